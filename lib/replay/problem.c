// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/internal.h"

int replay_make_problem(struct replay *r, struct plan_problem **ret_problem)
{
    visits_begin(r);
    engine_set_planning(r->engine, false); // what would be planned is asked for, not a plan
    deciding_look(r);
    engine_set_planning(r->engine, true);
    return engine_make_problem(r->engine, r->now, ret_problem);
}
