// SPDX-License-Identifier: GPL-3.0-or-later
// Nothing runs both ways at once, whatever the prices: no store charges and discharges, no connection imports and
// exports in the same step. Areas by the dice with prices from -1 to +1; `test_plan_one_way SOURCE [PROBLEMS]`.
//
// A schedule has one signed power an asset and step, so it cannot show both: the solver's last answer is looked at.
#include "plan_fixture.h"
#include "tests/unit/random_area.h"

static int problems = 500;

static const struct random_area WILD = {
    .lowest_price = -1, .highest_price = 1, .wild = true, .steerable = true, .most_steps = 16};

static const double BOTH_KW = 1e-3;

// Columns that must not be above zero together: the model's names begin with these.
static const char *const pairs[][2] = {
    {"charge_", "discharge_"}, {"import_", "export_"}, {"import_over_", "export_"}, {"forward_", "backward_"}};

enum { PAIRS = sizeof(pairs) / sizeof(*pairs), MOST_COLUMNS = 20000 };

struct column {
    const char *name;
    double x;
};

struct witness {
    long flows, both; // of the last answer
    char which[96];
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct column *)a)->name, ((const struct column *)b)->name);
}

static void look_at(struct witness *w, const struct column *columns, size_t n, const struct column *c)
{
    for (int i = 0; i < PAIRS; i++) {
        char partner[128];
        size_t length = strlen(pairs[i][0]);
        if (strncmp(c->name, pairs[i][0], length) != 0)
            continue;
        snprintf(partner, sizeof(partner), "%s%s", pairs[i][1], c->name + length);
        struct column key = {.name = partner};
        const struct column *other = bsearch(&key, columns, n, sizeof(key), by_name);
        if (!other)
            continue;
        w->flows++;
        if (c->x > BOTH_KW && other->x > BOTH_KW) {
            w->both++;
            snprintf(w->which, sizeof(w->which), "%s %.4g, %.4g", c->name, c->x, other->x);
        }
    }
}

static void look(void *user, const struct lp *lp, const struct lp_solution *solution)
{
    static struct column columns[MOST_COLUMNS];
    struct witness *w = user;
    size_t n = lp_columns(lp);
    ck_assert_uint_le(n, MOST_COLUMNS);
    if (solution->status != LP_OPTIMAL)
        return;
    for (size_t j = 0; j < n; j++)
        columns[j] = (struct column){lp_column_name(lp, (int)j), solution->x[j]};
    qsort(columns, n, sizeof(*columns), by_name);
    *w = (struct witness){0};
    for (size_t j = 0; j < n; j++)
        look_at(w, columns, n, &columns[j]);
}

START_TEST(nothing_runs_both_ways_at_once_at_any_price)
{
    uint64_t dice = 20260105;
    struct planner *planner;
    struct witness w = {0};
    long flows = 0;
    ck_assert_int_eq(planner_new(&planner), 0);
    planner_watch(planner, look, &w);
    for (int i = 0; i < problems; i++) {
        struct plan_problem *p = random_area_draw(&dice, &WILD);
        struct schedule *s = NULL;
        char why[256] = "";
        int rc = planner_solve(planner, p, 60000, &s, why, sizeof(why));
        ck_assert_msg(rc == 0, "problem %d: %d: %s", i, rc, why);
        ck_assert_msg(schedule_check(s, p, why, sizeof(why)) == 0, "problem %d: %s", i, why);
        ck_assert_msg(w.both == 0, "problem %d: %ld flows both ways, such as %s", i, w.both, w.which);
        flows += w.flows;
        done(p, s);
    }
    printf("%d problems, %ld pairs of flows\n", problems, flows);
    ck_assert_int_gt(flows, problems);
    planner_free(planner);
}
END_TEST

int main(int argc, char *argv[])
{
    if (argc > 2)
        problems = atoi(argv[2]);
    Suite *suite = suite_create("plan one way");
    TCase *tc = tcase_create("one way");
    tcase_set_timeout(tc, 1200);
    tcase_add_test(tc, nothing_runs_both_ways_at_once_at_any_price);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
