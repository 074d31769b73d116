// SPDX-License-Identifier: GPL-3.0-or-later
// Days on which the area has to halve its import for two hours with a quarter of an hour's notice: kept over the
// average of every slot, or in every second, and without a new peak afterwards. Judged by the meters of the simulated
// area, which are more exact than those that the engine reads.
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "closed_loop.h"
#include "tests/unit/run_suite.h"

enum {
    BEFORE_S = 27 * 3600 + 2700,
    NOTICE_S = 900,
    EVENT_S = 7200,
    AFTER_S = 32400,
    MOST_SLOTS = 64,
    WINDOW_S = 1800,
    PEAKS = 4
};

static char directory[256] = "tests/closed_loop";

// ---- the meters -----------------------------------------------------------------------------------------------------

struct meters { // of all grid connections together, in each slot since the start
    double slot_wh[MOST_SLOTS];
    int slot_s;
};

struct day {
    int slot_s;
    double reference_w, limit_w;         // of import
    double worst_slot_w;                 // furthest average of a slot of the event above the limit
    double asked_for_wh, drawn_wh;       // during the event: at most, and what was drawn
    int over_longest_s;                  // longest time in which single seconds of the event were above the limit
    double peak_before_w, peak_after_w;  // highest window of a connection, relative to its own before the event
    double building_wh[4], buildings_wh; // less drawn by each, and all together
    double building_drawn_wh[4];         // by each, during the event
    double worst_building_frac;          // furthest that the report is off these
    double asked_of_buildings_wh;        // by the report
    int reported_buildings;
    double stored_frac[3]; // of all batteries: when it was announced, before, after it
    bool reported;
    double reported_wh, delivered_wh, baseline_wh; // of the area, by the engine's own report
    unsigned plans, failed_plans;
};

static double energy_wh(const struct closed_loop *c, int grid)
{
    const struct site *s = closed_loop_site(c);
    double sum = 0;
    for (size_t i = 0, n = 0; i < s->n_assets; i++)
        if (s->assets[i].kind == ASSET_GRID && (grid < 0 || (int)n++ == grid)) {
            const struct plant_asset *a = plant_model_asset(closed_loop_model(c), (int)i);
            sum += a->energy_in_wh - a->energy_out_wh;
        }
    return sum;
}

static double stored_frac(const struct closed_loop *c)
{
    const struct site *s = closed_loop_site(c);
    double wh = 0, capacity_wh = 0;
    for (size_t i = 0, n = 0; i < s->n_assets; i++)
        if (s->assets[i].kind == ASSET_BATTERY) {
            wh += plant_model_asset(closed_loop_model(c), (int)i)->energy_wh;
            capacity_wh += s->batteries[n++].capacity_wh;
        }
    return wh / capacity_wh;
}

static double power_w(const struct closed_loop *c)
{
    const struct site *s = closed_loop_site(c);
    double sum = 0;
    for (size_t i = 0; i < s->n_assets; i++)
        sum += s->assets[i].kind == ASSET_GRID ? plant_model_asset(closed_loop_model(c), (int)i)->power_w : 0;
    return sum;
}

// Highest window of each connection so far in `io_w`.
static void run_windows(struct closed_loop *c, int seconds, double io_w[static PEAKS])
{
    size_t n = closed_loop_site(c)->n_grids;
    for (int left = seconds; left > 0; left -= WINDOW_S) {
        double before[PEAKS];
        for (size_t g = 0; g < n; g++)
            before[g] = energy_wh(c, (int)g);
        closed_loop_run(c, left < WINDOW_S ? left : WINDOW_S);
        for (size_t g = 0; g < n && left >= WINDOW_S; g++)
            io_w[g] = fmax(io_w[g], (energy_wh(c, (int)g) - before[g]) * 3600 / WINDOW_S);
    }
}

// ---- the day --------------------------------------------------------------------------------------------------------

static void count_buildings(const struct closed_loop *c, struct day *d)
{
    const struct site *s = closed_loop_site(c);
    for (size_t b = 0; b < s->n_buildings; b++) {
        int asset = site_find_asset(s, s->loads[s->buildings[b].loads[0]].id);
        double less_wh = -plant_model_asset(closed_loop_model(c), asset)->extra_w / 3600;
        d->building_wh[b] += less_wh;
        d->buildings_wh += less_wh;
    }
}

static void add_drawn(const struct closed_loop *c, struct day *d, double sign)
{
    const struct site *s = closed_loop_site(c);
    for (size_t b = 0; b < s->n_buildings; b++)
        for (size_t i = 0; i < s->buildings[b].n_loads; i++) {
            int asset = site_find_asset(s, s->loads[s->buildings[b].loads[i]].id);
            const struct plant_asset *a = plant_model_asset(closed_loop_model(c), asset);
            d->building_drawn_wh[b] -= sign * (a->energy_in_wh - a->energy_out_wh);
        }
}

static void run_event(struct closed_loop *c, struct day *d)
{
    int over_s = 0;
    add_drawn(c, d, -1);
    d->worst_slot_w = -INFINITY;
    for (int at = 0; at < EVENT_S; at += d->slot_s) {
        double before = energy_wh(c, -1);
        for (int i = 0; i < d->slot_s; i++) {
            closed_loop_run(c, 1);
            count_buildings(c, d);
            over_s = power_w(c) > d->limit_w * 1.025 ? over_s + 1 : 0;
            d->over_longest_s = over_s > d->over_longest_s ? over_s : d->over_longest_s;
        }
        double wh = energy_wh(c, -1) - before;
        d->drawn_wh += wh;
        if (getenv("AEMS_TALK"))
            printf("  slot at %d: %+.2f kW\n", at, (wh * 3600 / d->slot_s - d->limit_w) / 1e3);
        d->worst_slot_w = fmax(d->worst_slot_w, wh * 3600 / d->slot_s - d->limit_w);
    }
    add_drawn(c, d, 1);
    d->asked_for_wh = d->limit_w * EVENT_S / 3600;
}

// As the desk does: judged first, then accepted.
static void announce(struct closed_loop *c, const struct day *d)
{
    struct dr_event *e = calloc(1, sizeof *e);
    ck_assert_ptr_nonnull(e);
    *e = (struct dr_event){.id = "halve", .sender = "operator", .priority = DR_PRIORITY_NULL, .grid = -1};
    e->signals = calloc(1, sizeof *e->signals);
    ck_assert_ptr_nonnull(e->signals);
    e->signals[0] = (struct dr_signal){.kind = DR_IMPORT_LIMIT, .until_ms = EVENT_S * 1000, .value = d->limit_w};
    e->n_signals = 1;
    e->received_utc_ms = e->modified_utc_ms = closed_loop_now(c).utc_ms;
    e->from_utc_ms = e->received_utc_ms + NOTICE_S * 1000;
    e->until_utc_ms = e->from_utc_ms + EVENT_S * 1000;
    ck_assert_int_eq(engine_dr_judge(closed_loop_engine(c), e, closed_loop_now(c)), 0);
    struct event event = {.kind = EVENT_DR, .dr = {.operation = DR_PUT, .event = e}};
    ck_assert_int_eq(closed_loop_tell(c, event), 0);
}

static void take_buildings(const struct closed_loop *c, const struct settlement *r, struct day *d)
{
    const struct site *s = closed_loop_site(c);
    for (size_t i = 1; i < r->n_parties; i++)
        for (size_t b = 0; b < s->n_buildings; b++) {
            if (strcmp(r->parties[i].id, s->buildings[b].id) != 0)
                continue;
            double off = fabs(r->parties[i].measured_wh / d->building_drawn_wh[b] - 1);
            d->worst_building_frac = fmax(d->worst_building_frac, off);
            d->asked_of_buildings_wh += r->parties[i].requested_wh;
            d->reported_buildings++;
        }
}

static void take_report(const struct closed_loop *c, struct day *d)
{
    const struct settlement *r = closed_loop_report(c);
    d->reported = r && r->n_parties > 0 && r->parties[0].has_baseline;
    if (!d->reported)
        return;
    d->reported_wh = r->parties[0].measured_wh;
    d->baseline_wh = r->parties[0].baseline_wh;
    d->delivered_wh = r->parties[0].delivered_wh;
    take_buildings(c, r, d);
}

// The day before something was on everywhere, which is why the month's peaks are higher than this day alone would make
// them.
static void feast(struct closed_loop *c, int length_s, double io_w[static PEAKS])
{
    static const char *const loads[] = {"offices", "shops", "classrooms"};
    static const double extra_w[] = {25e3, 25e3, 4e3};
    int assets[3];
    for (int i = 0; i < 3; i++) {
        assets[i] = site_find_asset(closed_loop_site(c), loads[i]);
        plant_model_set_extra(closed_loop_model(c), assets[i], extra_w[i]);
    }
    run_windows(c, length_s, io_w);
    for (int i = 0; i < 3; i++)
        plant_model_set_extra(closed_loop_model(c), assets[i], 0);
}

static void say(const char *area, const struct day *d)
{
    printf("%s, slots of %d s: import of %.1f kW limited to %.1f kW; worst slot %+.2f kW, drawn %.1f of %.1f kWh, ",
           area, d->slot_s, d->reference_w / 1e3, d->limit_w / 1e3, d->worst_slot_w / 1e3, d->drawn_wh / 1e3,
           d->asked_for_wh / 1e3);
    printf("above it for %d s, peak after it %+.2f kW, buildings %.1f kWh (%.1f %.1f %.1f), ", d->over_longest_s,
           d->peak_after_w / 1e3, d->buildings_wh / 1e3, d->building_wh[0] / 1e3, d->building_wh[1] / 1e3,
           d->building_wh[2] / 1e3);
    printf("asked of %d by the report %.1f kWh, their meters off by %.4f %%, ", d->reported_buildings,
           d->asked_of_buildings_wh / 1e3, d->worst_building_frac * 100);
    printf("stored %.2f %.2f %.2f, reported %.2f kWh of %.2f, %u plans, %u failed\n", d->stored_frac[0],
           d->stored_frac[1], d->stored_frac[2], d->reported_wh / 1e3, d->baseline_wh / 1e3, d->plans, d->failed_plans);
    fflush(stdout);
}

static struct day run_day(const char *area, void (*configure)(struct site *s), int slot_s)
{
    struct closed_loop_options options = {.seed = 7,
                                          .load_steps = 0.05,
                                          .clouds = 0.7,
                                          .meter_noise_frac = 0.001,
                                          .configure = configure,
                                          .talk = getenv("AEMS_TALK") ? stdout : NULL};
    struct closed_loop *c;
    struct day d = {.slot_s = slot_s};
    char path[320];
    double before_w[PEAKS] = {0}, after_w[PEAKS] = {0};
    snprintf(path, sizeof path, "%s/%s.yaml", directory, area);
    ck_assert_int_eq(rfc3339_parse("2026-05-07T09:00:00+09:00", &options.start_utc_ms), 0); // a Thursday
    ck_assert_int_eq(closed_loop_open(path, &options, &c), 0);
    feast(c, 9 * 3600, before_w);
    run_windows(c, BEFORE_S - 9 * 3600 - 1800, before_w);
    double wh = energy_wh(c, -1);
    run_windows(c, 1800, before_w);
    d.reference_w = (energy_wh(c, -1) - wh) * 2;
    d.limit_w = d.reference_w / 2;
    d.stored_frac[0] = stored_frac(c);
    announce(c, &d);
    closed_loop_run(c, NOTICE_S);
    d.stored_frac[1] = stored_frac(c);
    run_event(c, &d);
    d.stored_frac[2] = stored_frac(c);
    run_windows(c, AFTER_S, after_w);
    d.peak_after_w = -INFINITY;
    for (size_t g = 0; g < closed_loop_site(c)->n_grids; g++)
        d.peak_after_w = fmax(d.peak_after_w, after_w[g] - before_w[g]);
    take_report(c, &d);
    struct closed_loop_figures f;
    closed_loop_figures(c, &f);
    d.plans = f.plans;
    d.failed_plans = f.failed_plans;
    closed_loop_close(c);
    say(area, &d);
    return d;
}

static void half_hours(struct site *s)
{
    s->dr.average = true;
    s->dr.slot_s = 1800;
}

static void quarter_hours(struct site *s)
{
    s->dr.average = true;
    s->dr.slot_s = 900;
}

static void seconds(struct site *s)
{
    s->dr.average = false;
}

static void assert_kept(const struct day *d)
{
    ck_assert_uint_eq(d->failed_plans, 0);
    ck_assert_double_le(d->worst_slot_w, 0);
    ck_assert_double_ge(d->drawn_wh, 0.85 * d->asked_for_wh); // what may be drawn is used
    ck_assert_double_le(d->peak_after_w, 0.005 * d->reference_w);
    ck_assert(d->reported);
    ck_assert_double_eq_tol(d->reported_wh, d->drawn_wh, 1e-3 * d->drawn_wh);
    ck_assert_int_gt(d->reported_buildings, 0);
    ck_assert_double_le(d->worst_building_frac, 1e-3);
    ck_assert_double_eq_tol(d->asked_of_buildings_wh, d->buildings_wh, 0.02 * d->buildings_wh); // they do as asked
    ck_assert_double_eq_tol(d->delivered_wh, d->baseline_wh - d->drawn_wh, 1e-3 * d->drawn_wh);
}

START_TEST(an_area_of_one_connection_keeps_the_average_of_every_half_hour)
{
    struct day d = run_day("quarter", half_hours, 1800);
    assert_kept(&d);
}
END_TEST

START_TEST(an_area_of_one_connection_keeps_the_average_of_every_quarter)
{
    struct day d = run_day("quarter", quarter_hours, 900);
    assert_kept(&d);
}
END_TEST

START_TEST(an_area_of_one_connection_keeps_the_limit_in_every_second_but_moments)
{
    struct day d = run_day("quarter", seconds, 900);
    assert_kept(&d);
    ck_assert_int_le(d.over_longest_s, 2); // one until it is measured, one until the device is told
}
END_TEST

START_TEST(an_area_of_three_connections_keeps_the_average_of_every_half_hour)
{
    struct day d = run_day("district", half_hours, 1800);
    assert_kept(&d);
}
END_TEST

START_TEST(an_area_of_three_connections_keeps_the_average_of_every_quarter)
{
    struct day d = run_day("district", quarter_hours, 900);
    assert_kept(&d);
}
END_TEST

START_TEST(an_area_of_three_connections_keeps_the_limit_in_every_second_but_moments)
{
    struct day d = run_day("district", seconds, 900);
    assert_kept(&d);
    ck_assert_int_le(d.over_longest_s, 2);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1)
        snprintf(directory, sizeof directory, "%s", argv[1]);
    Suite *suite = suite_create("response");
    TCase *c = tcase_create("one");
    tcase_set_timeout(c, 300);
    TCase *three = tcase_create("three");
    tcase_set_timeout(three, 300);
    tcase_add_test(c, an_area_of_one_connection_keeps_the_average_of_every_half_hour);
    tcase_add_test(c, an_area_of_one_connection_keeps_the_average_of_every_quarter);
    tcase_add_test(c, an_area_of_one_connection_keeps_the_limit_in_every_second_but_moments);
    tcase_add_test(three, an_area_of_three_connections_keeps_the_average_of_every_half_hour);
    tcase_add_test(three, an_area_of_three_connections_keeps_the_average_of_every_quarter);
    tcase_add_test(three, an_area_of_three_connections_keeps_the_limit_in_every_second_but_moments);
    suite_add_tcase(suite, c);
    suite_add_tcase(suite, three);
    return run_suite(suite);
}
