// SPDX-License-Identifier: GPL-3.0-or-later
// A recorded blackout: everything is decided again as it was, from before the grid was lost, and from the middle of the
// outage, where nobody plans any more and who is served depends on what the engine expects of the days to come.
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/instant.h"
#include "blackout_scene.h"
#include "recording.h"
#include "replay/repeat.h"
#include "tests/unit/run_suite.h"

enum { BEFORE_S = 300, PLANNED_S = 1200, BY_RULE_S = 1800, TICKS = 4000 };

struct expected { // at every tick of a recording
    int64_t utc_ms[TICKS];
    double autonomy_h[TICKS][TIER_COUNT];
    size_t n;
    size_t at, same;
};

static const char *config_path;
static struct recording planned, by_rule; // of the one run that all tests look at
static struct expected when_planned, when_by_rule;
static struct closed_loop *loop;

static void run(struct recording *r, struct expected *x, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        struct outage_view v;
        ck_assert_int_eq(recording_run(r, 1, 1), 0);
        engine_outage(closed_loop_engine(loop), closed_loop_now(loop), &v);
        ck_assert_uint_lt(x->n, TICKS);
        x->utc_ms[x->n] = closed_loop_now(loop).utc_ms;
        memcpy(x->autonomy_h[x->n++], v.autonomy_h, sizeof v.autonomy_h);
    }
}

static void record_a_blackout(void)
{
    struct closed_loop_options options = {
        .seed = 3, .load_steps = 0.3, .clouds = 0.7, .meter_noise_frac = 0.001, .islands = true, .patient = true};
    ck_assert_int_eq(rfc3339_parse("2026-01-20T17:55:00+09:00", &options.start_utc_ms), 0);
    ck_assert_int_eq(closed_loop_open(config_path, &options, &loop), 0);
    ck_assert_int_eq(recording_start(&planned, loop, config_path, RECORD_STARTED), 0);
    run(&planned, &when_planned, BEFORE_S);
    scene_begin(closed_loop_site(loop), closed_loop_model(loop));
    run(&planned, &when_planned, PLANNED_S);
    ck_assert_int_eq(recording_stop(&planned, true), 0);
    engine_set_planning(closed_loop_engine(loop), false);
    ck_assert_int_eq(recording_start(&by_rule, loop, config_path, RECORD_NEW_DAY), 0);
    run(&by_rule, &when_by_rule, BY_RULE_S);
    ck_assert_int_eq(recording_stop(&by_rule, true), 0);
}

static void end_it(void)
{
    recording_free(&planned);
    recording_free(&by_rule);
    closed_loop_close(loop);
}

static void compare(void *user, const struct engine *engine, struct instant now)
{
    struct expected *x = user;
    struct outage_view v;
    engine_outage(engine, now, &v);
    bool is_same = x->at < x->n && x->utc_ms[x->at] == now.utc_ms &&
                   memcmp(x->autonomy_h[x->at], v.autonomy_h, sizeof v.autonomy_h) == 0;
    x->at++;
    x->same += is_same;
}

static void assert_exact(const char *what, const struct recording *r, struct expected *x)
{
    struct repeat_figures f;
    const struct repeat_watch watch = {.user = x, .tick = compare};
    ck_assert_int_eq(repeat_record(r->file.data, r->file.length, &watch, &f), 0);
    printf("%s: %zu bytes, %zu events, %zu of %zu setpoints, %zu of %zu problems, autonomy at %zu of %zu ticks\n", what,
           r->file.length, f.events, f.equal[REPEAT_SETPOINT], f.recorded[REPEAT_SETPOINT], f.equal[REPEAT_PROBLEM],
           f.recorded[REPEAT_PROBLEM], x->same, x->n);
    for (size_t i = 0; i < f.n_differences && i < REPEAT_MAX_DIFFERENCES; i++)
        printf("  %s %s: %.17g %.17g\n", repeat_kind_name(f.differences[i].kind), f.differences[i].what,
               f.differences[i].recorded_w, f.differences[i].repeated_w);
    fflush(stdout); // a failed test ends at once
    ck_assert(!f.cold);
    ck_assert_int_eq(f.ending, RECORD_WHOLE);
    ck_assert_uint_eq(f.ticks, x->n);
    ck_assert_uint_gt(f.recorded[REPEAT_SETPOINT], 500);
    for (int kind = 0; kind < REPEAT_KIND_COUNT; kind++)
        ck_assert_uint_eq(f.equal[kind], f.recorded[kind]);
    ck_assert_uint_eq(x->same, x->n);
}

START_TEST(the_loss_of_the_grid_and_what_was_planned_then_repeat_to_the_bit)
{
    ck_assert(when_planned.autonomy_h[when_planned.n - 1][TIER_LIFELINE] > 0);
    assert_exact("from before the loss", &planned, &when_planned);
}
END_TEST

START_TEST(an_image_taken_in_the_outage_decides_and_expects_the_same)
{
    size_t last = when_by_rule.n - 1;
    ck_assert(memcmp(when_by_rule.autonomy_h[0], when_by_rule.autonomy_h[last], sizeof when_by_rule.autonomy_h[0]) !=
              0);
    assert_exact("from its middle", &by_rule, &when_by_rule);
}
END_TEST

int main(int argc, char **argv)
{
    config_path = argc > 1 ? argv[1] : "config/areas/kashiwa.yaml";
    Suite *suite = suite_create("record of an outage");
    TCase *test = tcase_create("a blackout");
    tcase_set_timeout(test, 200);
    tcase_add_unchecked_fixture(test, record_a_blackout, end_it);
    tcase_add_test(test, the_loss_of_the_grid_and_what_was_planned_then_repeat_to_the_bit);
    tcase_add_test(test, an_image_taken_in_the_outage_decides_and_expects_the_same);
    suite_add_tcase(suite, test);
    return run_suite(suite);
}
