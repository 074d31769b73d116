// SPDX-License-Identifier: GPL-3.0-or-later
// The whole sequence in this process: the engine and the planner against the simulated area.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/local_time.h"
#include "base/number.h"
#include "conf/measure.h"
#include "daemon/ctl/offline.h"
#include "daemon/ctl/outage.h"
#include "daemon/loop/clock.h"
#include "replay/drill.h"

static const double SERVED = 0.999; // of a lifeline: what the first moment of a loss takes does not count

struct timeline {
    int64_t start_utc_ms;
    bool json;
    json_t *entries;
};

static int bad(const char *option, const char *expected)
{
    fprintf(stderr, "aemsctl: --%s: expected %s\n", option, expected);
    return CTL_USAGE;
}

static void on_say(void *user, int64_t utc_ms, const char *text)
{
    struct timeline *t = user;
    double after_s = (double)(utc_ms - t->start_utc_ms) / 1000;
    if (t->json)
        json_array_append_new(t->entries, json_pack("{s:f, s:s}", "after_s", after_s, "what", text));
    else if (after_s >= 0)
        printf("%10.1f s  %s\n", after_s, text);
}

static bool read_seed(const char *text, uint64_t *ret_seed)
{
    char *end = NULL;
    *ret_seed = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static int read_options(const struct ctl_options *o, const struct site *site, struct drill_options *d)
{
    double duration_s = 7200;
    struct clock_source clock;
    clock_start(&clock, 1, site->simulation.start_utc_ms);
    *d = (struct drill_options){.start_utc_ms = clock_now(&clock).utc_ms, .soc_frac = -1, .seed = 1};
    if (o->at != NULL && rfc3339_parse(o->at, &d->start_utc_ms) < 0)
        return bad("at", "a time such as 2026-01-14T18:00:00+09:00");
    if (o->duration != NULL &&
        (measure_parse(CONF_DURATION_S, o->duration, &duration_s) < 0 || !in_range(duration_s, 60, 7 * 86400.0)))
        return bad("for", "a duration from 1 min to 7 d such as 2 h");
    if (o->soc != NULL && (measure_parse(CONF_FRACTION, o->soc, &d->soc_frac) < 0 || !in_range(d->soc_frac, 0, 1)))
        return bad("soc", "a share from 0 to 1 such as 0.5");
    if (o->seed != NULL && !read_seed(o->seed, &d->seed))
        return bad("seed", "a whole number such as 1");
    d->outage_s = (int)duration_s;
    return CTL_OK;
}

// ---- figures -------------------------------------------------------------------------------------------------------

static bool is_good(const struct drill_figures *f)
{
    return f->worst_lifeline_frac >= SERVED && f->backfeed_s <= 0;
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 1;
}

static void print_duration(const char *what, double seconds)
{
    if (isfinite(seconds))
        printf("  %-26s %10.1f s\n", what, seconds);
    else
        printf("  %-26s      never\n", what);
}

static void print_verdict(const struct site *s, const struct drill_figures *f)
{
    if (f->backfeed_s > 0)
        printf("\nA DEAD GRID WAS FED, for %.1f s.\n", f->backfeed_s);
    if (f->worst_lifeline_frac >= SERVED) {
        printf("\nEvery lifeline was served.\n");
        return;
    }
    const struct site_load *worst = &s->loads[f->worst_lifeline_load];
    printf("\nA LIFELINE WAS NOT SERVED: %s got %.1f %% of what its lifelines want%s.\n", worst->id,
           100 * f->worst_lifeline_frac,
           site_island_of_bus(s, worst->bus) < 0 ? "; no island has its bus, so that nobody supplies it" : "");
}

static void print_figures(const struct site *s, const struct drill_figures *f)
{
    double wanted_wh = 0, served_wh = 0;
    printf("\nserved while the grid was away\n");
    for (int t = 0; t < TIER_COUNT; t++) {
        printf("  %-26s %9.1f %% of %.1f kWh\n", load_tier_name((enum load_tier)t),
               100 * share(f->served_wh[t], f->wanted_wh[t]), f->wanted_wh[t] / 1000);
        wanted_wh += f->wanted_wh[t];
        served_wh += f->served_wh[t];
    }
    printf("  %-26s %9.1f %% of %.1f kWh\n\n", "all", 100 * share(served_wh, wanted_wh), wanted_wh / 1000);
    print_duration("in balance after", f->balance_s);
    print_duration("black for", f->black_s);
    print_duration("all as before, after return", f->return_s);
    printf("  %-26s %10u\n  %-26s %10u\n", "switches told", f->switched, "setpoints written", f->setpoints);
    printf("  %-26s %10u, %u failed\n", "plans", f->plans, f->failed_plans);
    printf("  %-26s %10.1f kW, %.1f kW before\n", "highest import afterwards", f->peak_after_w / 1000,
           f->peak_before_w / 1000);
    print_verdict(s, f);
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static void print_json(const struct drill_figures *f, const struct timeline *t)
{
    json_t *tiers = json_object();
    for (int i = 0; i < TIER_COUNT; i++)
        json_object_set_new(
            tiers, load_tier_name((enum load_tier)i),
            json_pack("{s:f, s:f}", "wanted_kwh", f->wanted_wh[i] / 1000, "served_kwh", f->served_wh[i] / 1000));
    json_t *json = json_pack(
        "{s:b, s:o, s:f, s:o, s:o, s:f, s:f, s:f, s:f, s:i, s:i, s:i, s:i, s:i, s:O}", "lifelines_served",
        (int)(f->worst_lifeline_frac >= SERVED), "tiers", tiers, "worst_lifeline_frac", f->worst_lifeline_frac,
        "balance_s", number(f->balance_s), "return_s", number(f->return_s), "black_s", f->black_s, "peak_before_kw",
        f->peak_before_w / 1000, "peak_after_kw", f->peak_after_w / 1000, "backfeed_s", f->backfeed_s, "blackouts",
        (int)f->blackouts, "switched", (int)f->switched, "setpoints", (int)f->setpoints, "plans", (int)f->plans,
        "failed_plans", (int)f->failed_plans, "timeline", t->entries);
    ctl_print_json(json);
    json_decref(json);
}

// ---- running -------------------------------------------------------------------------------------------------------

static int run(const struct ctl_options *o, const struct site *site, struct drill_options *options)
{
    struct timeline t = {.start_utc_ms = options->start_utc_ms, .json = o->json, .entries = json_array()};
    struct engine_device *devices = offline_devices(site);
    struct drill_figures f;
    struct drill *d = NULL;
    options->say = on_say;
    options->user = &t;
    int r = devices != NULL ? drill_new(site, devices, options, &d) : AEMS_E_NOMEM;
    if (r == 0) {
        drill_run(d);
        drill_figures(d, &f);
        if (o->json)
            print_json(&f, &t);
        else
            print_figures(site, &f);
    } else {
        fprintf(stderr, "aemsctl: %s: %s\n", site->id,
                r == AEMS_E_STATE ? "this area looks after no islands: see outage and islands in aems.yaml(5)"
                                  : aems_error_text(r));
    }
    drill_free(d);
    free(devices);
    json_decref(t.entries);
    return r == 0 && is_good(&f) ? CTL_OK : CTL_FAILED;
}

int outage_run_simulate(const struct ctl_options *o)
{
    struct drill_options options;
    struct site *site = NULL;
    int r = offline_site(o, &site);
    if (r == CTL_OK)
        r = read_options(o, site, &options);
    if (r == CTL_OK)
        r = run(o, site, &options);
    site_free(site);
    return r;
}
