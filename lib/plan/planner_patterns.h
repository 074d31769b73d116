// SPDX-License-Identifier: GPL-3.0-or-later
// When generators, converters, and flexibles with a lowest power run: patterns made from a relaxed answer, in which
// they may have any power up to their limit, and from the prices of an answer. For the files of this room.
#pragma once

#include "plan/planner_turns.h"

struct pattern_unit {
    bool is_switched; // has a lowest power, or starts that cost money or last
    double least_kw, most_kw;
    double start_cost, min_run_h;
    double must_run_h; // of the run that is under way
    bool runs_before, has_ramp;
    double fuel_kwh;
    const struct plan_generator *generator; // of the problem; NULL: a converter
};

struct patterns {
    const struct plan_problem *p;
    size_t n_units; // generators, then converters; the flexibles of `turns` follow them in every pattern
    struct turns turns;
    struct pattern_unit *units;
    double *wanted_kw;              // of the relaxed answer, mean over all courses; n_units x n_steps
    double *margin_off, *margin_on; // what a kW more throughout the step would earn in the last answer in which the
                                    // unit was off, or on; NAN when there was none
};

enum pattern_rule {
    PATTERN_HALF,   // on where at least half of the lowest power is wanted
    PATTERN_ANY,    // on where anything is wanted
    PATTERN_WHOLE,  // on where the lowest power is wanted
    PATTERN_ENERGY, // on and off so that the energy is that which is wanted
    PATTERN_REST,   // off, unless a run under way has to go on
    PATTERN_OFF,    // off whatever is under way
    PATTERN_PRICES, // where running earns more than it costs, starts included, at the prices of the other answers
    PATTERN_RULES
};

// AEMS_E_NOMEM.
int patterns_new(const struct plan_problem *p, struct patterns *ret_patterns);
void patterns_free(struct patterns *s);

// Keeps what the relaxed answer wants; what a kW more would earn in another answer.
void patterns_relaxed(struct patterns *s, const struct model *m, const struct lp_solution *solution);
void patterns_answer(struct patterns *s, const struct model *m, const struct lp_solution *solution,
                     const signed char *runs);

// Is a generator or converter switched?
bool patterns_have_units(const struct patterns *s);

// Does the relaxed answer leave anything to decide?
bool patterns_are_needed(const struct patterns *s);

// (n_units and flexibles) x n_steps of +1 on, -1 off, 0 for what is not switched. Flexibles follow the relaxed answer.
void patterns_make(const struct patterns *s, enum pattern_rule rule, signed char *ret_runs);

// The pattern of a plan of the same units whose steps began at `start_utc_ms`, carried over by time; past its end it
// goes on as it ended.
void patterns_carry(const struct patterns *s, const signed char *runs, const int64_t *start_utc_ms, size_t n_steps,
                    signed char *ret_runs);

// The next change to `runs` after number `*io_number` (begin with 0): a run left out, or a gap between runs filled.
// False when there are no more.
bool patterns_change(const struct patterns *s, size_t *io_number, const signed char *runs, signed char *ret_runs);
