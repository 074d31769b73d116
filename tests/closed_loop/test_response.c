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
#include "parts.h"
#include "tests/unit/run_suite.h"

enum {
    BEFORE_S = 27 * 3600 + 2700,
    NOTICE_S = 900,
    EVENT_S = 7200,
    AFTER_S = 32400,
    MOST_SLOTS = 64,
    WINDOW_S = 1800,
    PEAKS = 4,
    TIES_LOSE_W = 3400, // of 120 kW
};

static char directory[256] = "tests/closed_loop";
static struct parts calm; // the same day of the area that is tested, without the event

// ---- the meters -----------------------------------------------------------------------------------------------------

struct meters { // of all grid connections together, in each slot since the start
    double slot_wh[MOST_SLOTS];
    int slot_s;
};

struct day {
    int slot_s;
    double reference_w, limit_w;        // of import
    double worst_slot_w;                // furthest average of a slot of the event above the limit
    double asked_for_wh, drawn_wh;      // during the event: at most, and what was drawn
    int over_longest_s;                 // longest time in which single seconds of the event were above the limit
    double peak_before_w, peak_after_w; // highest window of a connection, relative to its own before the event
    double stored_frac[3];              // of all batteries: when it was announced, before, after it
    bool reported;
    double reported_wh, delivered_wh, baseline_wh; // of the area, by the engine's own report
    size_t compared;                               // parties with their meters
    double meter_error;                            // furthest of a party's energy in it from its meter, share
    double most_requested;                         // of all buildings together, highest share of the area's in a slot
    double requested_wh;                           // of them, by the report
    struct parts parts;
    struct parts_given given[PARTS_SLOTS], given_in_all; // by slot of `slot_s`
    double offered_w;                                    // by all buildings
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

static void run_event(struct closed_loop *c, struct day *d)
{
    int over_s = 0;
    d->worst_slot_w = -INFINITY;
    for (int at = 0; at < EVENT_S; at += d->slot_s) {
        double before = energy_wh(c, -1);
        for (int i = 0; i < d->slot_s; i++) {
            if (i % PARTS_SLOT_S == 0)
                parts_mark(&d->parts, c);
            closed_loop_run(c, 1);
            parts_second(&d->parts, c);
            over_s = power_w(c) > d->limit_w * 1.025 ? over_s + 1 : 0;
            d->over_longest_s = over_s > d->over_longest_s ? over_s : d->over_longest_s;
        }
        double wh = energy_wh(c, -1) - before;
        d->drawn_wh += wh;
        if (getenv("AEMS_TALK"))
            printf("  slot at %d: %+.2f kW\n", at, (wh * 3600 / d->slot_s - d->limit_w) / 1e3);
        d->worst_slot_w = fmax(d->worst_slot_w, wh * 3600 / d->slot_s - d->limit_w);
    }
    parts_mark(&d->parts, c);
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

static void compare_meters(const struct closed_loop *c, const struct settlement *r, struct day *d)
{
    const struct site *s = closed_loop_site(c);
    for (size_t p = 0; p < r->n_parties; p++)
        for (int b = -1; b < (int)s->n_buildings; b++) {
            double wh = parts_drawn_wh(s, &d->parts, b);
            if (strcmp(r->parties[p].id, b < 0 ? s->id : s->buildings[b].id) != 0)
                continue;
            d->compared++;
            d->meter_error = fmax(d->meter_error, fabs(r->parties[p].measured_wh / wh - 1));
        }
    d->reported = d->compared == 1 + s->n_buildings;
}

static void compare_requests(const struct settlement *r, struct day *d)
{
    for (size_t i = 0; i < r->parties[0].n_slots; i++) {
        double sum_w = 0;
        for (size_t p = 1; p < r->n_parties; p++)
            sum_w += i < r->parties[p].n_slots ? r->parties[p].slots[i].requested_w : 0;
        d->most_requested = fmax(d->most_requested, sum_w / r->parties[0].slots[i].requested_w);
    }
    for (size_t p = 1; p < r->n_parties; p++)
        d->requested_wh += r->parties[p].requested_wh;
}

static void take_report(const struct closed_loop *c, struct day *d)
{
    const struct settlement *r = closed_loop_report(c);
    d->reported = r && r->n_parties == 1 + closed_loop_site(c)->n_buildings && r->parties[0].has_baseline;
    if (!d->reported)
        return;
    d->reported_wh = r->parties[0].measured_wh;
    d->baseline_wh = r->parties[0].baseline_wh;
    d->delivered_wh = r->parties[0].delivered_wh;
    compare_meters(c, r, d);
    compare_requests(r, d);
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
    printf("above it for %d s, peak after it %+.2f kW, ", d->over_longest_s, d->peak_after_w / 1e3);
    printf("given %.2f kWh: buildings %.2f, storages %.2f, PV %.2f, others %.2f; ", d->given_in_all.area_wh / 1e3,
           d->given_in_all.buildings_wh / 1e3, d->given_in_all.storages_wh / 1e3, d->given_in_all.pv_wh / 1e3,
           d->given_in_all.others_wh / 1e3);
    printf("meters off by %.4f %%, requested %.2f kWh, at most %.2f of the area's, ", d->meter_error * 100,
           d->requested_wh / 1e3, d->most_requested);
    printf("stored %.2f %.2f %.2f, reported %.2f kWh of %.2f, %u plans, %u failed\n", d->stored_frac[0],
           d->stored_frac[1], d->stored_frac[2], d->reported_wh / 1e3, d->baseline_wh / 1e3, d->plans, d->failed_plans);
    fflush(stdout);
}

static struct closed_loop *open_day(const char *area, void (*configure)(struct site *s))
{
    struct closed_loop_options options = {.seed = 7,
                                          .load_steps = 0.05,
                                          .clouds = 0.7,
                                          .meter_noise_frac = 0.001,
                                          .configure = configure,
                                          .talk = getenv("AEMS_TALK") ? stdout : NULL};
    struct closed_loop *c;
    char path[320];
    snprintf(path, sizeof path, "%s/%s.yaml", directory, area);
    ck_assert_int_eq(rfc3339_parse("2026-05-07T09:00:00+09:00", &options.start_utc_ms), 0); // a Thursday
    ck_assert_int_eq(closed_loop_open(path, &options, &c), 0);
    return c;
}

// Until the event is announced. Returns what was imported in the half hour before, W.
static double run_before(struct closed_loop *c, double io_w[static PEAKS])
{
    feast(c, 9 * 3600, io_w);
    run_windows(c, BEFORE_S - 9 * 3600 - 1800, io_w);
    double wh = energy_wh(c, -1);
    run_windows(c, 1800, io_w);
    return (energy_wh(c, -1) - wh) * 2;
}

// The same day, but nothing is asked.
static void run_without(const char *area, struct parts *p)
{
    double peaks_w[PEAKS] = {0};
    struct closed_loop *c = open_day(area, NULL);
    *p = (struct parts){0};
    run_before(c, peaks_w);
    closed_loop_run(c, NOTICE_S);
    for (int i = 0; i < PARTS_SLOTS; i++) {
        parts_mark(p, c);
        closed_loop_run(c, PARTS_SLOT_S);
    }
    parts_mark(p, c);
    closed_loop_close(c);
}

static void share_out(const struct closed_loop *c, const struct parts *without, struct day *d)
{
    const struct site *s = closed_loop_site(c);
    size_t step = (size_t)d->slot_s / PARTS_SLOT_S;
    for (size_t i = 0; i < PARTS_SLOTS; i += step)
        d->given[i / step] = parts_given(s, &d->parts, without, i, i + step);
    d->given_in_all = parts_given(s, &d->parts, without, 0, PARTS_SLOTS);
    for (size_t i = 0; getenv("AEMS_TALK") && i < PARTS_SLOTS; i++) {
        struct parts_given g = parts_given(s, &d->parts, without, i, i + 1);
        printf(
            "  quarter %zu: area %.2f, buildings %.2f asked %.2f planned %.2f most %.2f, storages %.2f, PV %.2f kWh\n",
            i, g.area_wh / 1e3, g.buildings_wh / 1e3, d->parts.asked_wh[i] / 1e3, d->parts.planned_wh[i] / 1e3,
            d->parts.most_planned_w[i] / 4e3, g.storages_wh / 1e3, g.pv_wh / 1e3);
    }
    for (size_t b = 0; b < s->n_buildings; b++)
        for (size_t i = 0; i < s->buildings[b].n_offers; i++)
            d->offered_w += s->buildings[b].offers[i].power_w;
}

static struct day run_day(const char *area, const struct parts *without, void (*configure)(struct site *s), int slot_s)
{
    struct closed_loop *c = open_day(area, configure);
    struct day d = {.slot_s = slot_s};
    double before_w[PEAKS] = {0}, after_w[PEAKS] = {0};
    d.reference_w = run_before(c, before_w);
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
    share_out(c, without, &d);
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
    ck_assert_double_eq_tol(d->delivered_wh, d->baseline_wh - d->drawn_wh, 1e-3 * d->drawn_wh);
}

// Everybody's part, by the meters: what the area draws less is what buildings draw less and storages and PV give more,
// but for what ties lose of it (`lost_w` at most). Regulation sheds loads for moments: `shed_frac` of what is asked.
static void assert_parts(const struct day *d, double lost_w, double shed_frac)
{
    double asked_wh = 0;
    for (int i = 0; i < EVENT_S / d->slot_s; i++) {
        const struct parts_given *g = &d->given[i];
        double parts_wh = g->buildings_wh + g->storages_wh + g->pv_wh + g->others_wh;
        ck_assert_double_eq_tol(parts_wh, g->area_wh, 1e-3 * g->area_wh + lost_w * d->slot_s / 3600);
        ck_assert_double_eq_tol(g->others_wh, 0, 1); // nobody else is touched
    }
    for (int i = 0; i < PARTS_SLOTS; i++) {
        // Signals follow plans by steps, and what is under way is not taken back by a plan that needs less.
        double steady_wh = 0.06 * d->offered_w * PARTS_SLOT_S / 3600;
        ck_assert_double_ge(d->parts.asked_wh[i], d->parts.planned_wh[i] - steady_wh);
        ck_assert_double_le(d->parts.asked_wh[i], d->parts.most_planned_w[i] * PARTS_SLOT_S / 3600 + steady_wh);
        asked_wh += d->parts.asked_wh[i];
    }
    ck_assert_double_ge(asked_wh, 0.25 * d->limit_w * EVENT_S / 3600);  // they are needed
    ck_assert_double_ge(d->given_in_all.buildings_wh, 0.97 * asked_wh); // they need a minute to act
    ck_assert_double_le(d->given_in_all.buildings_wh,
                        (1.04 + shed_frac) * asked_wh); // less is asked for than is shed in moments
    ck_assert_double_eq_tol(d->requested_wh, asked_wh, 0.005 * asked_wh);
    ck_assert_double_le(d->meter_error, 1e-3);
    ck_assert_double_le(d->most_requested, 1);
}

START_TEST(an_area_of_one_connection_keeps_the_average_of_every_half_hour)
{
    struct day d = run_day("quarter", &calm, half_hours, 1800);
    assert_kept(&d);
    assert_parts(&d, 0, 0);
}
END_TEST

START_TEST(an_area_of_one_connection_keeps_the_average_of_every_quarter)
{
    struct day d = run_day("quarter", &calm, quarter_hours, 900);
    assert_kept(&d);
    assert_parts(&d, 0, 0);
}
END_TEST

START_TEST(an_area_of_one_connection_keeps_the_limit_in_every_second_but_moments)
{
    struct day d = run_day("quarter", &calm, seconds, 900);
    assert_kept(&d);
    assert_parts(&d, 0, 0.05);
    ck_assert_int_le(d.over_longest_s, 2); // one until it is measured, one until the device is told
}
END_TEST

START_TEST(an_area_of_three_connections_keeps_the_average_of_every_half_hour)
{
    struct day d = run_day("district", &calm, half_hours, 1800);
    assert_kept(&d);
    assert_parts(&d, TIES_LOSE_W, 0);
}
END_TEST

START_TEST(an_area_of_three_connections_keeps_the_average_of_every_quarter)
{
    struct day d = run_day("district", &calm, quarter_hours, 900);
    assert_kept(&d);
    assert_parts(&d, TIES_LOSE_W, 0);
}
END_TEST

START_TEST(an_area_of_three_connections_keeps_the_limit_in_every_second_but_moments)
{
    struct day d = run_day("district", &calm, seconds, 900);
    assert_kept(&d);
    assert_parts(&d, TIES_LOSE_W, 0.05);
    ck_assert_int_le(d.over_longest_s, 2);
}
END_TEST

// Once for all tests of an area.
static void quarter_without(void)
{
    run_without("quarter", &calm);
}

static void district_without(void)
{
    run_without("district", &calm);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        snprintf(directory, sizeof directory, "%s", argv[1]);
    Suite *suite = suite_create("response");
    TCase *c = tcase_create("one");
    tcase_set_timeout(c, 300);
    TCase *three = tcase_create("three");
    tcase_set_timeout(three, 300);
    tcase_add_unchecked_fixture(c, quarter_without, NULL);
    tcase_add_unchecked_fixture(three, district_without, NULL);
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
