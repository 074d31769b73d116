// SPDX-License-Identifier: GPL-3.0-or-later
// Three days without the grid, in many draws of sun and load: what aems serves, beside one who knows the draw
// beforehand and one who does not plan.
//
//     bench_outage CONFIG [DRAWS [FIRST [fixed]]]
//
// Two processes share the draws. `fixed`: the steps of the fixed order are looked for instead, on other draws.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/local_time.h"
#include "blackout.h"

enum { DRAWS = 100, HOURS = 72, STEP_MS = 5000, AFTER_S = 7200, WORKERS = 2, TRIED_DRAWS = 8, FIRST_TRIED = 100001 };

static const char *const blackout_at = "2026-01-20T18:00:00+09:00"; // a Tuesday

// What two rounds of the search that `fixed` runs have found: it takes those with which most of its draws are survived,
// then those with the fewest hours below the least share, then those that serve most.
static const struct fixed_order_steps chosen_steps = {.low_frac = -0.6,
                                                      .high_frac = 0.8,
                                                      .important_frac = 0.08,
                                                      .full_frac = 0.8,
                                                      .fuel_first = 0.5,
                                                      .fuel_second = 0.05,
                                                      .most_first = 0.6,
                                                      .most_second = 0.9};

struct line { // of the table
    int done; // 1, or a negative error
    struct served_verdict own, perfect, fixed;
    double fuel_left_wh, stored_left_wh, switchings_per_day, sun_lost_wh, plan_ms, plan_longest_ms, connected_s;
    double after_peak_frac, after_average_frac, out_of_order_s, first_shed_ms, backfeed_s;
    unsigned blackouts, plans, failed_plans;
};

static struct line measure(const struct blackout *b)
{
    static struct blackout_outcome own, perfect, fixed; // large
    struct line l = {0};
    int status = blackout_perfect(b, &perfect);
    if (status == 0)
        status = blackout_fixed_order(b, &chosen_steps, &fixed);
    if (status == 0)
        status = blackout_run(b, &own);
    l.done = status < 0 ? status : 1;
    if (status < 0)
        return l;
    l.own = own.verdict;
    l.perfect = perfect.verdict;
    l.fixed = fixed.verdict;
    l.fuel_left_wh = own.fuel_left_wh;
    l.stored_left_wh = own.stored_left_wh;
    l.switchings_per_day = own.circuits > 0 ? own.switchings * 24.0 / b->hours / own.circuits : 0.0;
    l.sun_lost_wh = own.sun_lost_wh;
    l.plan_ms = own.plan_ms;
    l.plan_longest_ms = own.plan_longest_ms;
    l.connected_s = own.connected_s;
    l.after_peak_frac = own.after_peak_frac;
    l.after_average_frac = own.after_average_frac;
    l.out_of_order_s = own.out_of_order_s;
    l.first_shed_ms = own.first_shed_ms;
    l.backfeed_s = own.backfeed_s;
    l.blackouts = own.blackouts;
    l.plans = own.plans;
    l.failed_plans = own.failed_plans;
    return l;
}

// ---- two processes --------------------------------------------------------------------------------------------------

struct message {
    int draw;
    struct line line;
};

// Every so-manieth draw from `worker` on.
static int work(const struct blackout *of, int draws, int worker, int fd)
{
    for (int i = worker; i < draws; i += WORKERS) {
        struct blackout b = *of;
        b.seed = of->seed + (uint64_t)i;
        struct message m = {.draw = i, .line = measure(&b)};
        if (write(fd, &m, sizeof m) != sizeof m)
            return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

static void print_head(void)
{
    printf("%5s %6s %6s %7s %5s %5s %6s %6s %5s %5s %5s %8s %7s %7s %6s\n", "draw", "served", "worst", "lifel.",
           "order", "black", "fuel", "stored", "moves", "plan", "back", "perfect", "worst", "fixed", "worst");
    printf("%5s %6s %6s %7s %5s %5s %6s %6s %5s %5s %5s\n", "", "", "hour", "", "s", "", "MWh", "MWh", "/day", "ms",
           "s");
}

static char mark(const struct served_verdict *v)
{
    return v->survived ? ' ' : '!';
}

static void print_line(int draw, const struct line *l)
{
    printf(
        "%5d %5.1f%%%c %5.1f%% %6.2f%% %5.0f %5u %6.2f %6.2f %5.1f %5.0f %5.0f %6.1f%%%c %6.1f%% %6.1f%%%c %5.1f%%\n",
        draw, 100 * l->own.in_all, mark(&l->own), 100 * l->own.worst_hour, 100 * l->own.lifelines, l->out_of_order_s,
        l->blackouts, l->fuel_left_wh / 1e6, l->stored_left_wh / 1e6, l->switchings_per_day, l->plan_ms, l->connected_s,
        100 * l->perfect.in_all, mark(&l->perfect), 100 * l->perfect.worst_hour, 100 * l->fixed.in_all, mark(&l->fixed),
        100 * l->fixed.worst_hour);
    fflush(stdout);
}

static void collect(int fd, struct line *lines, int first)
{
    struct message m;
    while (read(fd, &m, sizeof m) == sizeof m) {
        lines[m.draw] = m.line;
        print_line(first + m.draw, &m.line);
    }
}

// A message is shorter than what a pipe takes at once, and all of a process fit into one.
static bool share_out(const struct blackout *b, struct line *lines, int draws)
{
    int pipes[WORKERS][2];
    pid_t pids[WORKERS];
    bool all = true;
    for (int w = 0; w < WORKERS; w++) {
        fflush(stdout);
        if (pipe(pipes[w]) < 0 || (pids[w] = fork()) < 0)
            return false;
        if (pids[w] == 0)
            _exit(work(b, draws, w, pipes[w][1]));
        close(pipes[w][1]);
    }
    for (int w = 0; w < WORKERS; w++) {
        int status;
        collect(pipes[w][0], lines, (int)b->seed);
        close(pipes[w][0]);
        all = waitpid(pids[w], &status, 0) == pids[w] && WIFEXITED(status) && WEXITSTATUS(status) == 0 && all;
    }
    for (int i = 0; i < draws; i++)
        all = all && lines[i].done == 1;
    return all;
}

// ---- all together ---------------------------------------------------------------------------------------------------

static void print_sums(const struct line *lines, int n)
{
    int own = 0, perfect = 0, fixed = 0;
    unsigned blackouts = 0, plans = 0, failed = 0;
    double served = 0, served_perfect = 0, served_fixed = 0, worst = 1, least = 1, fuel = 0, stored = 0, moves = 0,
           plan_ms = 0, longest_ms = 0, peak = 0, window = 0, lifelines = 1, order_s = 0, backfeed_s = 0, shed_ms = 0;
    for (int i = 0; i < n; i++) {
        const struct line *l = &lines[i];
        own += l->own.survived;
        perfect += l->perfect.survived;
        fixed += l->fixed.survived;
        served += l->own.in_all / n;
        served_perfect += l->perfect.in_all / n;
        served_fixed += l->fixed.in_all / n;
        worst = fmin(worst, l->own.worst_hour);
        least = fmin(least, l->own.in_all);
        lifelines = fmin(lifelines, l->own.lifelines);
        fuel += l->fuel_left_wh / 1e6 / n;
        stored += l->stored_left_wh / 1e6 / n;
        moves += l->switchings_per_day / n;
        plan_ms += l->plan_ms / n;
        longest_ms = fmax(longest_ms, l->plan_longest_ms);
        peak = fmax(peak, l->after_peak_frac);
        window = fmax(window, l->after_average_frac);
        order_s = fmax(order_s, l->out_of_order_s);
        backfeed_s += l->backfeed_s;
        shed_ms = fmax(shed_ms, l->first_shed_ms);
        blackouts += l->blackouts;
        plans += l->plans;
        failed += l->failed_plans;
    }
    printf("outage: survived=%d mean_served=%.4f fixed_order_survived=%d perfect_survived=%d perfect_mean_served=%.4f "
           "fixed_order_mean_served=%.4f least_served=%.4f worst_hour=%.3f lifelines=%.5f blackouts=%u backfeed_s=%.1f "
           "out_of_order_s=%.0f shed_ms=%.0f fuel_left_mwh=%.2f stored_left_mwh=%.2f moves_per_circuit_day=%.1f "
           "peak_after=%.2f window_after=%.2f plans=%u failed_plans=%u plan_ms=%.0f plan_longest_ms=%.0f draws=%d\n",
           own, served, fixed, perfect, served_perfect, served_fixed, least, worst, lifelines, blackouts, backfeed_s,
           order_s, shed_ms, fuel, stored, moves, peak, window, plans, failed, plan_ms, longest_ms, n);
}

static int run(const struct blackout *b, int draws)
{
    struct line *lines = calloc((size_t)draws, sizeof *lines);
    if (!lines)
        return EXIT_FAILURE;
    print_head();
    bool all = share_out(b, lines, draws);
    if (all)
        print_sums(lines, draws);
    else
        fprintf(stderr, "outage: not all draws came to an end\n");
    free(lines);
    return all ? EXIT_SUCCESS : EXIT_FAILURE;
}

// ---- the fixed order's steps ----------------------------------------------------------------------------------------

struct tried {
    int survived;
    unsigned hours_below;
    double served;
};

static bool is_better(const struct tried *a, const struct tried *b)
{
    if (a->survived != b->survived)
        return a->survived > b->survived;
    if (a->hours_below != b->hours_below)
        return a->hours_below < b->hours_below;
    return a->served > b->served;
}

static int try_steps(struct blackout b, const struct fixed_order_steps *steps, struct tried *ret_tried)
{
    static struct blackout_outcome o;
    struct tried t = {0};
    for (int i = 0; i < TRIED_DRAWS; i++) {
        b.seed = (uint64_t)(FIRST_TRIED + i);
        int status = blackout_fixed_order(&b, steps, &o);
        if (status < 0)
            return status;
        t.survived += o.verdict.survived;
        t.hours_below += o.verdict.hours_below + (o.verdict.lifelines < SERVED_LIFELINES ? (unsigned)b.hours : 0);
        t.served += o.verdict.in_all / TRIED_DRAWS;
    }
    *ret_tried = t;
    return 0;
}

// One number at a time, to where it is best, until none helps any more.
static int look_for_steps(const struct blackout *b)
{
    static const double candidates[][8] = {
        {-0.6, -0.3, -0.1, 0, 0.05, 0.1},      {0.4, 0.6, 0.8, 0.9, 1, 1.2}, {0.01, 0.02, 0.04, 0.08},
        {0.5, 0.6, 0.65, 0.7, 0.8, 0.9, 0.95}, {0.2, 0.3, 0.4, 0.5},         {0.05, 0.1, 0.15, 0.2},
        {0.5, 0.6, 0.7, 0.8, 0.9, 1},          {0.5, 0.6, 0.7, 0.8, 0.9, 1}};
    struct fixed_order_steps best = chosen_steps;
    double *numbers[] = {&best.low_frac,   &best.high_frac,   &best.important_frac, &best.full_frac,
                         &best.fuel_first, &best.fuel_second, &best.most_first,     &best.most_second};
    struct tried top;
    int status = try_steps(*b, &best, &top);
    for (bool helps = true; helps && status == 0;) {
        helps = false;
        for (size_t n = 0; n < 8; n++)
            for (size_t c = 0; c < 8 && status == 0; c++) {
                struct tried t;
                double was = *numbers[n];
                if (c > 0 && candidates[n][c] <= candidates[n][c - 1])
                    break;
                *numbers[n] = candidates[n][c];
                status = try_steps(*b, &best, &t);
                if (status == 0 && is_better(&t, &top)) {
                    top = t;
                    helps = true;
                } else {
                    *numbers[n] = was;
                }
            }
        printf("survived %d of %d, %u hours below, served %.4f:", top.survived, TRIED_DRAWS, top.hours_below,
               top.served);
        for (size_t n = 0; n < 8; n++)
            printf(" %g", *numbers[n]);
        printf("\n");
        fflush(stdout);
    }
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct blackout b = {.hours = HOURS, .step_ms = STEP_MS, .after_s = AFTER_S};
    int draws = argc > 2 ? atoi(argv[2]) : DRAWS, first = argc > 3 ? atoi(argv[3]) : 1;
    if (argc < 2 || draws < 1 || draws > 1000 || first < 1 || rfc3339_parse(blackout_at, &b.at_utc_ms) < 0)
        return EXIT_FAILURE;
    b.config_path = argv[1];
    b.seed = (uint64_t)first;
    if (argc > 4 && !strcmp(argv[4], "fixed"))
        return look_for_steps(&b);
    return run(&b, draws);
}
