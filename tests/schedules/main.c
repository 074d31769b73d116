// SPDX-License-Identifier: GPL-3.0-or-later
// outage_schedules SEED COUNT [plans] [tell]
//
// That many schedules from that seed on, what broke in them and what happened. `plans`: a few areas ask the real
// planner. `tell`: everything that happens.
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "trial.h"

enum { MOST_TOLD = 40 };

static void add(struct trial_figures *sum, const struct trial_figures *f)
{
    sum->steps += f->steps;
    sum->islandings += f->islandings;
    sum->blackouts += f->blackouts;
    sum->restarts += f->restarts;
    sum->connections += f->connections;
    sum->kills += f->kills;
    sum->entries += f->entries;
    sum->plans += f->plans;
    sum->late += f->late;
    for (int c = 0; c < BLACK_CAUSE_COUNT; c++)
        sum->black[c] += f->black[c];
    sum->strays += f->strays;
    sum->clocks += f->clocks;
    sum->reloads += f->reloads;
}

static void tell(const struct trial_figures *sum, uint64_t count, unsigned broken)
{
    printf("schedules: count=%llu broken=%u steps=%u islandings=%u blackouts=%u restarts=%u closings=%u kills=%u "
           "journal=%u plans=%u late=%u strays=%u clocks=%u reloads=%u cpu_s=%.1f\n",
           (unsigned long long)count, broken, sum->steps, sum->islandings, sum->blackouts, sum->restarts,
           sum->connections, sum->kills, sum->entries, sum->plans, sum->late, sum->strays, sum->clocks, sum->reloads,
           (double)clock() / CLOCKS_PER_SEC);
}

static void tell_causes(const struct trial_figures *sum)
{
    printf("blackouts:");
    for (int c = 0; c < BLACK_CAUSE_COUNT; c++)
        printf(" %s=%u", black_cause_name((enum black_cause)c), sum->black[c]);
    printf("\n");
}

static bool says(int argc, char **argv, const char *word)
{
    for (int i = 3; i < argc; i++)
        if (strcmp(argv[i], word) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s SEED COUNT [plans] [tell]\n", argv[0]);
        return EXIT_FAILURE;
    }
    uint64_t seed = strtoull(argv[1], NULL, 10), count = strtoull(argv[2], NULL, 10);
    const struct trial_options options = {.talk = says(argc, argv, "tell") ? stdout : NULL,
                                          .plans = says(argc, argv, "plans")};
    struct trial_figures sum = {0};
    unsigned broken = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct trial_figures f = {0};
        int status = trial_run(seed + i, &options, &f);
        if (status < 0) {
            fprintf(stderr, "seed %llu: %s\n", (unsigned long long)(seed + i), aems_error_text(status));
            return EXIT_FAILURE;
        }
        add(&sum, &f);
        if (f.broken[0] && broken++ < MOST_TOLD)
            printf("seed %llu, step %lld: %s; once more: %s %llu 1%s tell\n", (unsigned long long)(seed + i),
                   (long long)f.broken_step, f.broken, argv[0], (unsigned long long)(seed + i),
                   options.plans ? " plans" : "");
    }
    tell(&sum, count, broken);
    tell_causes(&sum);
    return broken > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
