// SPDX-License-Identifier: GPL-3.0-or-later
// How the islands stand, what was, and what would be.
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/local_time.h"
#include "daemon/ctl/offline.h"
#include "daemon/ctl/outage.h"
#include "daemon/ctl/outage_view.h"
#include "daemon/loop/clock.h"
#include "replay/drill.h"
#include "report/messages.h"

enum { PAGE = 500 }; // of the journal, as the daemon gives it out

static void set_zone(const json_t *reply)
{
    const char *zone = json_string_value(json_object_get(reply, "timezone"));
    if (zone != NULL)
        local_time_set_zone(zone);
}

static int print(struct text *out)
{
    int r = out->failed ? CTL_FAILED : CTL_OK;
    if (!out->failed && out->data != NULL)
        fputs(out->data, stdout);
    text_free(out);
    return r;
}

int outage_run_status(const struct ctl_options *o)
{
    struct style style = style_of(stdout);
    struct text out = {0};
    json_t *reply = NULL;
    int r = ctl_call(o, json_pack("{s:s}", "call", "outage"), &reply);
    if (r != CTL_OK)
        return r;
    set_zone(reply);
    if (o->json) {
        json_object_set(json_object_get(reply, "outage"), "journal", json_object_get(reply, "journal"));
        r = ctl_print_json(json_object_get(reply, "outage"));
    } else {
        outage_view_status(reply, &style, &out);
        r = print(&out);
    }
    json_decref(reply);
    return r;
}

// ---- the journal ---------------------------------------------------------------------------------------------------

// Page by page towards the beginning; the list grows at its front.
static int read_journal(const struct ctl_options *o, json_t *list)
{
    json_int_t before = 0;
    for (;;) {
        json_t *reply = NULL, *request = json_pack("{s:s}", "call", "outage_journal");
        if (before > 0)
            json_object_set_new(request, "before", json_integer(before));
        int r = ctl_call(o, request, &reply);
        if (r != CTL_OK)
            return r;
        set_zone(reply);
        const json_t *page = json_object_get(reply, "journal");
        size_t n = json_array_size(page);
        for (size_t i = 0; i < n; i++)
            json_array_insert(list, i, json_array_get(page, i));
        before = json_integer_value(json_object_get(json_array_get(page, 0), "number"));
        json_decref(reply);
        if (!o->all || n < PAGE || before <= 1)
            return CTL_OK;
    }
}

int outage_run_journal(const struct ctl_options *o)
{
    struct style style = style_of(stdout);
    struct text out = {0};
    json_t *list = json_array();
    int r = read_journal(o, list);
    if (r == CTL_OK && o->json) {
        r = ctl_print_json(list);
    } else if (r == CTL_OK) {
        o->csv ? outage_view_journal_csv(list, &out) : outage_view_journal(list, &style, &out);
        r = print(&out);
    }
    json_decref(list);
    return r;
}

// ---- what would be -------------------------------------------------------------------------------------------------

static int sorry(const char *what, const char *why)
{
    fprintf(stderr, "aemsctl: %s: %s\n", what, why);
    return CTL_FAILED;
}

// What the area usually draws at that time, by the simulated area, with batteries half full and tanks full.
static int rehearse_site(const struct site *site, int64_t at_utc_ms, json_t **ret_rehearsal)
{
    const struct drill_options options = {.start_utc_ms = at_utc_ms, .outage_s = 3600, .soc_frac = -1, .seed = 1};
    struct engine_device *devices = offline_devices(site);
    struct drill *drill = NULL;
    char *text = NULL;
    int r = devices != NULL ? drill_new(site, devices, &options, &drill) : AEMS_E_NOMEM;
    if (r == 0) {
        drill_settle(drill);
        r = message_rehearsal(drill_engine(drill), drill_now(drill), &text);
    }
    *ret_rehearsal = r == 0 ? json_loads(text, 0, NULL) : NULL;
    free(text);
    drill_free(drill);
    free(devices);
    return r;
}

static int rehearse_offline(const struct ctl_options *o, json_t **ret_rehearsal)
{
    struct site *site = NULL;
    struct clock_source clock;
    int64_t at_utc_ms;
    int r = offline_site(o, &site);
    if (r != CTL_OK)
        return r;
    clock_start(&clock, 1, site->simulation.start_utc_ms);
    at_utc_ms = clock_now(&clock).utc_ms;
    if (o->at != NULL && rfc3339_parse(o->at, &at_utc_ms) < 0) {
        fprintf(stderr, "aemsctl: --at %s: expected a time such as 2026-01-14T08:00:00+09:00\n", o->at);
        r = CTL_USAGE;
    } else {
        int code = rehearse_site(site, at_utc_ms, ret_rehearsal);
        r = code == AEMS_E_STATE
                ? sorry(site->id, "this area looks after no islands: see outage and islands in aems.yaml(5)")
            : code < 0 ? sorry(site->id, aems_error_text(code))
                       : CTL_OK;
    }
    site_free(site);
    return r;
}

static int rehearse_live(const struct ctl_options *o, json_t **ret_rehearsal)
{
    json_t *reply = NULL;
    int r = ctl_call(o, json_pack("{s:s}", "call", "outage_plan"), &reply);
    if (r != CTL_OK)
        return r;
    set_zone(reply);
    *ret_rehearsal = json_incref(json_object_get(reply, "rehearsal"));
    json_decref(reply);
    return CTL_OK;
}

int outage_run_plan(const struct ctl_options *o)
{
    struct style style = style_of(stdout);
    struct text out = {0};
    json_t *rehearsal = NULL;
    if (o->at != NULL && !o->offline) {
        fputs("aemsctl: --at: expected --offline beside it; the daemon tells of now\n", stderr);
        return CTL_USAGE;
    }
    int r = o->offline ? rehearse_offline(o, &rehearsal) : rehearse_live(o, &rehearsal);
    if (r == CTL_OK && o->json) {
        r = ctl_print_json(rehearsal);
    } else if (r == CTL_OK) {
        outage_view_rehearsal(rehearsal, &style, &out);
        r = print(&out);
    }
    json_decref(rehearsal);
    return r;
}
