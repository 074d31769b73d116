// SPDX-License-Identifier: GPL-3.0-or-later
// The courses of a problem - the expected one, then its scenarios - each as a problem of its own. For the files of this
// room.
#pragma once

#include "plan/problem.h"

struct plan_courses {
    size_t count;                  // 1 + n_scenarios
    struct plan_problem *problems; // without scenarios; arrays are borrowed from the problem they come from
    double *weights;               // relative to that of the expected course, which is 1
    double weight_sum;
    size_t shared_steps; // first steps whose decisions are the same in all courses; 0 with a single course
};

// `p` must outlive them. AEMS_E_NOMEM.
int plan_courses_new(const struct plan_problem *p, struct plan_courses *ret_courses);
void plan_courses_free(struct plan_courses *c);
