// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "daemon/app/notify.h"
#include "daemon/app/trial.h"
#include "daemon/loop/background.h"

struct reload {
    struct loop *loop;
    struct reload_settings settings;
    bool busy;                  // from the request to its end
    bool again;                 // asked for once more meanwhile
    struct background *loading; // reads `candidate`: a large file takes longer than the loop may stand still
    struct diagnostics found;   // by it
    int loaded;                 // its result
    struct app_area *candidate;
    struct trial *trial; // of it
};

int reload_new(struct loop *loop, const struct reload_settings *settings, struct reload **ret_reload)
{
    struct reload *r = calloc(1, sizeof(*r));
    if (r == NULL)
        return AEMS_E_NOMEM;
    r->loop = loop;
    r->settings = *settings;
    *ret_reload = r;
    return 0;
}

static void drop_candidate(struct reload *r)
{
    background_free(r->loading);
    trial_free(r->trial);
    app_area_release(r->candidate);
    diagnostics_free(&r->found);
    r->loading = NULL;
    r->trial = NULL;
    r->candidate = NULL;
}

void reload_free(struct reload *r)
{
    if (r == NULL)
        return;
    drop_candidate(r);
    free(r);
}

static void finish(struct reload *r, const char *status)
{
    drop_candidate(r);
    r->busy = false;
    notify_ready(status);
    if (r->again) {
        r->again = false;
        reload_request(r);
    }
}

static void refuse(struct reload *r, const char *why)
{
    log_error("the new configuration is refused, the present one stays: %s", why);
    finish(r, "running; the last new configuration was refused");
}

static void on_trial(void *user, const struct schedule *schedule, const char *why)
{
    struct reload *r = user;
    if (schedule == NULL) {
        refuse(r, why);
        return;
    }
    int code = r->settings.swap(r->settings.user, r->candidate);
    if (code < 0) {
        refuse(r, aems_error_text(code));
        return;
    }
    log_notice("the new configuration of %s is in force", r->candidate->site->id);
    finish(r, "running");
}

// What cannot change under a running daemon.
static const char *unchangeable(const struct site *present, const struct site *candidate)
{
    if (strcmp(present->id, candidate->id) != 0)
        return "area.id is another one: that needs a restart";
    if (strcmp(present->state_directory, candidate->state_directory) != 0)
        return "state.directory is another one: that needs a restart";
    if (present->simulation.speed != candidate->simulation.speed ||
        present->simulation.start_utc_ms != candidate->simulation.start_utc_ms)
        return "simulation is another one: that needs a restart";
    return NULL;
}

static void load(void *user)
{
    struct reload *r = user;
    r->loaded = app_area_load(r->settings.config, r->settings.folders, &r->found, &r->candidate);
}

static void try_candidate(struct reload *r)
{
    const struct app_area *present = r->settings.present(r->settings.user);
    const char *why = unchangeable(present->site, r->candidate->site);
    if (why != NULL) {
        refuse(r, why);
        return;
    }
    int code = trial_start(r->loop, r->settings.planner, r->candidate, present->site, clock_now(r->settings.clock),
                           on_trial, r, &r->trial);
    if (code < 0)
        refuse(r, aems_error_text(code));
}

static void on_loaded(void *user)
{
    struct reload *r = user;
    char why[64];
    background_free(r->loading);
    r->loading = NULL;
    app_area_log(&r->found);
    snprintf(why, sizeof(why), "%zu errors (%s)", r->found.errors, aems_error_text(r->loaded));
    if (r->loaded < 0)
        refuse(r, why);
    else
        try_candidate(r);
}

void reload_request(struct reload *r)
{
    if (r->busy) {
        r->again = true;
        return;
    }
    r->busy = true;
    log_notice("reading the configuration again");
    notify_reloading("judging a new configuration; control goes on");
    int code = background_start(r->loop, load, on_loaded, r, &r->loading);
    if (code < 0)
        refuse(r, aems_error_text(code));
}
