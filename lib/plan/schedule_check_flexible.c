// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "plan/schedule_check.h"

void judge_flexible(struct judge *j, size_t i, const struct schedule_asset *a)
{
    for (size_t k = 0; k < j->p->n_steps; k++) // not in the model yet: it rests
        if (fabs(a->power_w[k]) > JUDGE_NEAR_W)
            judge_refuse(j, "%s: %.0f W in step %zu", j->p->flexibles[i].id, a->power_w[k], k);
}
