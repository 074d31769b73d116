// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "daemon/app/app.h"
#include "daemon/app/area.h"
#include "daemon/app/trial.h"
#include "daemon/loop/clock.h"
#include "daemon/loop/loop.h"

struct checking {
    struct loop *loop;
    const struct app_options *options;
    const struct app_area *area;
    int status;
};

static void on_trial(void *user, const struct schedule *schedule, const char *why)
{
    struct checking *c = user;
    const struct site *s = c->area->site;
    loop_stop(c->loop);
    if (schedule == NULL) {
        fprintf(stderr, "%s: no plan can be made for this area: %s\n", c->options->config, why);
        return;
    }
    printf("%s: good: %s, %zu assets, %zu devices on %zu links, a plan of %zu steps in %.0f ms\n", c->options->config,
           s->id, s->n_assets, s->n_devices, s->n_links, schedule->n_steps, schedule->solve_ms);
    c->status = EXIT_SUCCESS;
}

static int solve_on_trial(struct checking *c)
{
    struct clock_source clock;
    struct trial *trial = NULL;
    const struct site_simulation *simulation = &c->area->site->simulation;
    clock_start(&clock, simulation->speed, simulation->start_utc_ms);
    int r = loop_new(&c->loop);
    if (r == 0)
        r = trial_start(c->loop, c->options->planner, c->area, NULL, clock_now(&clock), on_trial, c, &trial);
    if (r == 0)
        loop_run(c->loop);
    else
        fprintf(stderr, "%s: the trial plan cannot be started: %s\n", c->options->config, aems_error_text(r));
    trial_free(trial);
    loop_free(c->loop);
    return c->status;
}

int app_check(const struct app_options *options)
{
    struct diagnostics d = {0};
    struct app_area *area = NULL;
    char *folders = app_options_folders(options->config, options->profiles);
    int r = folders != NULL ? app_area_load(options->config, folders, &d, &area) : AEMS_E_NOMEM;
    diagnostics_print(&d, stderr);
    if (r < 0 && d.errors == 0)
        fprintf(stderr, "%s: %s\n", options->config, aems_error_text(r));
    diagnostics_free(&d);
    struct checking c = {.options = options, .area = area, .status = EXIT_FAILURE};
    int status = r == 0 ? solve_on_trial(&c) : EXIT_FAILURE;
    app_area_release(area);
    free(folders);
    return status;
}
