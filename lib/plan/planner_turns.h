// SPDX-License-Identifier: GPL-3.0-or-later
// When flexible loads and chargers that have a lowest power run: rounded from a relaxed answer, so that every session
// gets its energy, and then moved to where an answer says that it costs less. For the files of this room.
#pragma once

#include "plan/extract.h"

struct turns {
    const struct plan_problem *p;
    struct stays *stays;          // of each flexible
    bool *is_switched;            // has a lowest power to keep
    double *wanted_kw;            // of the relaxed answer, n_flexibles x n_steps
    double *power_kw;             // of the last answer
    double *price, *net_kw;       // of the last answer, n_buses x n_steps: per kWh, and what the grids there draw
    double *moved_kw;             // since then, n_buses x n_steps
    double *net_least, *net_most; // what these may draw, kW
};

// AEMS_E_NOMEM.
int turns_new(const struct plan_problem *p, struct turns *ret_turns);
void turns_free(struct turns *t);

// Keeps what the relaxed answer wants; powers and prices of any answer.
void turns_relaxed(struct turns *t, const struct model *m, const struct lp_solution *solution);
void turns_answer(struct turns *t, const struct model *m, const struct lp_solution *solution);

// Is any lowest power planned with, whether or not the relaxed answer keeps it by itself?
bool turns_are_planned(const struct turns *t);

// Does the relaxed answer leave anything to decide?
bool turns_are_needed(const struct turns *t);

// From now on lowest powers are left to regulation.
void turns_release(struct turns *t);

// Patterns of n_flexibles x n_steps: +1 on, -1 off, 0 any power (where a run may end within the step, and of what has
// no lowest power). By the relaxed answer; by the pattern of a plan whose steps began at `start_utc_ms`.
void turns_round(const struct turns *t, signed char *ret_runs);
void turns_carry(const struct turns *t, const signed char *runs, const int64_t *start_utc_ms, size_t n_steps,
                 signed char *ret_runs);

// Moves runs of the last answer, whose pattern `io_runs` is, to steps of the same length in which they cost less by its
// prices. False when none is found.
bool turns_improve(struct turns *t, signed char *io_runs);
