// SPDX-License-Identifier: GPL-3.0-or-later
// The second half of the plan view: reasons, values, what is missed.
#pragma once

#include "daemon/ctl/plan_view.h"

void plan_why_text(const struct plan_view *v, const struct style *style, struct text *out);

void plan_clock_text(int64_t utc_ms, char ret_text[static 16]); // local, "Sun 12:00"
int64_t plan_step_end_utc_ms(const struct schedule *s, size_t step);
