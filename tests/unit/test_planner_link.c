// SPDX-License-Identifier: GPL-3.0-or-later
// With the real aems-planner, whose path is the first argument, and with small scripts that misbehave.
#include <check.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/loop/clock.h"
#include "daemon/loop/loop.h"
#include "daemon/planner/planner_link.h"
#include "plan_fixture.h"
#include "tests/unit/run_suite.h"

enum { DEADLINE_MS = 30000 };

static char directory[64], script[96];
static const char *real_planner;
static struct loop *loop;
static struct loop_timer *late;
static struct planner_link *planner;

static struct {
    int schedules, failures, awaited;
    double last_demand_w; // of the load in the last schedule
    char why[400];
    bool ask_again; // from inside the callback
} told;

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void fail_late(void *unused)
{
    (void)unused;
    ck_abort_msg("nothing came in time");
}

static void setup(void)
{
    strcpy(directory, "/tmp/aems-test-planner-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(script, sizeof(script), "%s/planner", directory);
    memset(&told, 0, sizeof(told));
    ck_assert_int_eq(loop_new(&loop), 0);
    ck_assert_int_eq(loop_timer_new(loop, fail_late, NULL, &late), 0);
    loop_timer_start(late, DEADLINE_MS, 0);
}

static void teardown(void)
{
    planner_link_stop(planner);
    planner = NULL;
    loop_timer_free(late);
    loop_free(loop);
    nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

// A load that imports cover; its demand tells problems apart.
static struct plan_problem *problem(double demand_w)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 2, .n_grids = 1, .n_batteries = 1, .n_loads = 1});
    FILL(p->grids[0].import_price_per_kwh, 0.2, 0.3);
    FILL(p->loads[0].demand_w, demand_w, demand_w);
    return p;
}

static void came(void)
{
    if (told.schedules + told.failures >= told.awaited)
        loop_stop(loop);
}

static void on_schedule(void *user, struct schedule *s)
{
    (void)user;
    told.schedules++;
    const struct schedule_asset *load = schedule_find(s, "l0");
    ck_assert_ptr_nonnull(load);
    told.last_demand_w = -load->power_w[0];
    schedule_free(s);
    came();
}

static void on_failure(void *user, const char *why)
{
    (void)user;
    told.failures++;
    snprintf(told.why, sizeof(told.why), "%s", why);
    if (told.ask_again)
        ck_assert_int_eq(planner_link_solve(planner, problem(3000), 5000), 0);
    told.ask_again = false;
    came();
}

static void start(const char *program)
{
    const struct planner_callbacks callbacks = {on_schedule, on_failure, NULL};
    ck_assert_int_eq(planner_link_start(loop, program, &callbacks, &planner), 0);
}

static void start_script(const char *text)
{
    FILE *f = fopen(script, "w");
    ck_assert_ptr_nonnull(f);
    fprintf(f, "#!/bin/sh\n%s\n", text);
    fclose(f);
    ck_assert_int_eq(chmod(script, 0700), 0);
    start(script);
}

static void await(int answers)
{
    told.awaited = told.schedules + told.failures + answers;
    loop_run(loop);
}

// ---- the real one -------------------------------------------------------------------------------------------------

START_TEST(the_real_planner_answers_again_and_again)
{
    start(real_planner);
    pid_t pid = planner_link_pid(planner);
    for (int i = 1; i <= 3; i++) {
        ck_assert_int_eq(planner_link_solve(planner, problem(1000 * i), 10000), 0);
        await(1);
        ck_assert_msg(told.schedules == i, "%s", told.why);
        ck_assert_double_eq_tol(told.last_demand_w, 1000 * i, 1);
    }
    ck_assert_int_eq(planner_link_pid(planner), pid); // the same one: it keeps its basis
}
END_TEST

START_TEST(while_it_solves_only_the_newest_problem_waits)
{
    start(real_planner);
    for (int i = 1; i <= 5; i++)
        ck_assert_int_eq(planner_link_solve(planner, problem(1000 * i), 10000), 0);
    await(2);
    ck_assert_int_eq(told.schedules, 2);
    ck_assert_double_eq_tol(told.last_demand_w, 5000, 1);
}
END_TEST

START_TEST(a_planner_killed_while_idle_is_replaced_and_answers)
{
    start(real_planner);
    pid_t pid = planner_link_pid(planner);
    kill(pid, SIGKILL);
    ck_assert_int_eq(planner_link_solve(planner, problem(1000), 10000), 0);
    await(1);
    if (told.failures == 1) { // asked before its end was known
        ck_assert_int_eq(planner_link_solve(planner, problem(1000), 10000), 0);
        await(1);
    }
    ck_assert_int_eq(told.schedules, 1);
    ck_assert_int_ne(planner_link_pid(planner), pid);
}
END_TEST

START_TEST(a_problem_that_the_planner_refuses_costs_no_restart)
{
    start(real_planner);
    pid_t pid = planner_link_pid(planner);
    struct plan_problem *p = problem(1000);
    p->hours[0] = -1;
    ck_assert_int_eq(planner_link_solve(planner, p, 10000), 0);
    await(1);
    ck_assert_int_eq(told.failures, 1);
    ck_assert_int_eq(strncmp(told.why, "planner: ", 9), 0);
    ck_assert_int_eq(planner_link_pid(planner), pid);
}
END_TEST

START_TEST(a_frozen_planner_is_killed_and_the_next_one_answers)
{
    start(real_planner);
    pid_t pid = planner_link_pid(planner);
    kill(pid, SIGSTOP);
    ck_assert_int_eq(planner_link_solve(planner, problem(1000), 300), 0);
    ck_assert_int_eq(planner_link_solve(planner, problem(2000), 10000), 0); // waits
    await(1);
    ck_assert_str_eq(told.why, "planner killed after 300 ms");
    await(1);
    ck_assert_int_eq(told.schedules, 1);
    ck_assert_double_eq_tol(told.last_demand_w, 2000, 1);
    ck_assert_int_ne(planner_link_pid(planner), pid);
}
END_TEST

// ---- bad ones -----------------------------------------------------------------------------------------------------

static const struct {
    const char *script, *why;
} bad_planners[] = {
    {"cat >/dev/null; exit 1", "planner killed after 300 ms"},
    {"exec sleep 60", "planner killed after 300 ms"},
    {"head -c 4 >/dev/null; exit 3", "planner ended with status 3"},
    {"head -c 4 >/dev/null; kill -ABRT $$", "planner ended by signal 6"},
    {"head -c 4 >/dev/null; exec >&-; exec sleep 60", "planner closed its output"},
    {"head -c 4 >/dev/null; echo 'glp_malloc: no memory'; sleep 60", "planner's answer is no frame: limit exceeded"},
    {"head -c 4 >/dev/null; printf '\\000\\000\\000\\003abc'; sleep 60", "planner's answer is no answer"},
    {"head -c 4 >/dev/null; printf '\\000\\000\\000\\016{\"schedule\":1}'; sleep 60",
     "planner's answer is no schedule: malformed"},
    {"head -c 4 >/dev/null; printf '\\000\\000\\000\\020{\"error\":\"nope\"}'; sleep 60", "planner: nope"},
    {"head -c 4 >/dev/null; printf '\\000\\000\\000\\020{\"error\":\"nope\"}'; exit 1", "planner: nope"},
    {"head -c 4 >/dev/null; printf '\\000\\000\\001\\000half of a frame'; exit 0", "planner ended with status 0"},
};

START_TEST(a_bad_planner_leads_to_a_clear_failure)
{
    start_script(bad_planners[_i].script);
    ck_assert_int_eq(planner_link_solve(planner, problem(1000), 300), 0);
    await(1);
    ck_assert_int_eq(told.schedules, 0);
    ck_assert_str_eq(told.why, bad_planners[_i].why);
}
END_TEST

START_TEST(an_answer_that_does_not_fit_the_problem_is_refused)
{
    char answer[96], text[400];
    struct plan_problem *p = problem(1000);
    struct schedule *s = solved(p);
    s->assets[s->n_assets - 1].power_w[0] *= 2; // balances do not close any more
    char *json = NULL;
    ck_assert_int_eq(schedule_to_json(s, &json), 0);
    done(p, s);
    snprintf(answer, sizeof(answer), "%s/answer", directory);
    FILE *f = fopen(answer, "w");
    size_t length = strlen(json) + 13;
    fprintf(f, "%c%c%c%c{\"schedule\":%s}", 0, 0, (int)(length >> 8), (int)(length & 255), json);
    fclose(f);
    free(json);
    snprintf(text, sizeof(text), "head -c 4 >/dev/null; cat %s; sleep 60", answer);
    start_script(text);
    ck_assert_int_eq(planner_link_solve(planner, problem(1000), 5000), 0);
    await(1);
    ck_assert_msg(strncmp(told.why, "planner's answer refused: ", 26) == 0, "%s", told.why);
}
END_TEST

START_TEST(an_answer_that_nobody_asked_for_replaces_the_planner)
{
    char once[96], text[300];
    snprintf(once, sizeof(once), "%s/once", directory);
    snprintf(text, sizeof(text),
             "[ -e %s ] && exec %s; : >%s; printf '\\000\\000\\000\\020{\"error\":\"nope\"}'; sleep 60", once,
             real_planner, once);
    start_script(text);
    pid_t pid = planner_link_pid(planner);
    struct loop_timer *look = NULL; // the second one answers
    ck_assert_int_eq(loop_timer_new(loop, (void (*)(void *))loop_stop, loop, &look), 0);
    loop_timer_start(look, 10, 10);
    while (planner_link_pid(planner) == pid || planner_link_pid(planner) < 0)
        loop_run(loop);
    loop_timer_free(look);
    ck_assert_int_eq(planner_link_solve(planner, problem(1000), 10000), 0);
    await(1);
    ck_assert_int_eq(told.schedules, 1);
}
END_TEST

START_TEST(a_problem_asked_from_the_callback_waits_for_the_restart)
{
    char once[96], text[300];
    snprintf(once, sizeof(once), "%s/once", directory);
    snprintf(text, sizeof(text), "[ -e %s ] && exec %s; : >%s; head -c 4 >/dev/null; exit 9", once, real_planner, once);
    start_script(text);
    told.ask_again = true;
    ck_assert_int_eq(planner_link_solve(planner, problem(1000), 5000), 0);
    await(2);
    ck_assert_str_eq(told.why, "planner ended with status 9");
    ck_assert_int_eq(told.schedules, 1);
    ck_assert_double_eq_tol(told.last_demand_w, 3000, 1);
}
END_TEST

START_TEST(a_large_problem_goes_through_a_full_pipe)
{
    start(real_planner);
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 100, .n_grids = 1, .n_loads = 60});
    for (size_t k = 0; k < p->n_steps; k++) {
        p->grids[0].import_price_per_kwh[k] = 0.1;
        for (size_t i = 0; i < p->n_loads; i++)
            p->loads[i].demand_w[k] = 1000 + (double)k / 7;
    }
    ck_assert_int_eq(planner_link_solve(planner, p, 20000), 0);
    await(1);
    ck_assert_msg(told.schedules == 1, "%s", told.why);
}
END_TEST

START_TEST(a_program_that_does_not_exist_is_told_at_the_start)
{
    const struct planner_callbacks callbacks = {on_schedule, on_failure, NULL};
    ck_assert_int_eq(planner_link_start(loop, "/nonexistent/aems-planner", &callbacks, &planner), AEMS_E_NOT_FOUND);
    ck_assert_ptr_null(planner);
}
END_TEST

START_TEST(stopping_while_it_solves_leaves_nothing_behind)
{
    start_script("cat >/dev/null; exit 1");
    pid_t pid = planner_link_pid(planner);
    ck_assert_int_eq(planner_link_solve(planner, problem(1000), 300), 0);
    ck_assert_int_eq(planner_link_solve(planner, problem(2000), 300), 0);
    planner_link_stop(planner);
    planner = NULL;
    loop_timer_free(late);
    late = NULL;
    loop_run(loop);
    ck_assert_int_eq(kill(pid, 0), -1);
    ck_assert_int_eq(told.schedules + told.failures, 0);
}
END_TEST

int main(int argc, char **argv)
{
    real_planner = argc > 1 ? argv[1] : "aems-planner";
    Suite *s = suite_create("planner_link");
    TCase *t = tcase_create("planner_link");
    tcase_set_timeout(t, 40);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_real_planner_answers_again_and_again);
    tcase_add_test(t, while_it_solves_only_the_newest_problem_waits);
    tcase_add_test(t, a_planner_killed_while_idle_is_replaced_and_answers);
    tcase_add_test(t, a_problem_that_the_planner_refuses_costs_no_restart);
    tcase_add_test(t, a_frozen_planner_is_killed_and_the_next_one_answers);
    tcase_add_loop_test(t, a_bad_planner_leads_to_a_clear_failure, 0,
                        (int)(sizeof(bad_planners) / sizeof(bad_planners[0])));
    tcase_add_test(t, an_answer_that_does_not_fit_the_problem_is_refused);
    tcase_add_test(t, an_answer_that_nobody_asked_for_replaces_the_planner);
    tcase_add_test(t, a_problem_asked_from_the_callback_waits_for_the_restart);
    tcase_add_test(t, a_large_problem_goes_through_a_full_pipe);
    tcase_add_test(t, a_program_that_does_not_exist_is_told_at_the_start);
    tcase_add_test(t, stopping_while_it_solves_leaves_nothing_behind);
    suite_add_tcase(s, t);
    return run_suite(s);
}
