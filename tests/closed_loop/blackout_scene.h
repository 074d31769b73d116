// SPDX-License-Identifier: GPL-3.0-or-later
// What the ways to play a blackout have in common.
#pragma once

#include "blackout.h"

int scene_load(const char *config_path, struct site **ret_site); // told on stderr; the process's zone is set
int scene_draw(const struct blackout *b, const struct site *site, struct draw *ret_draw);
void scene_weather(const struct site *site, const struct draw *draw, struct plant_model *m, int64_t utc_ms);
// Of model and controller: 100 ms while the grid is lost, then seconds for ten minutes, then as `b` says; none goes
// over the end of an hour.
int scene_step_ms(const struct blackout *b, int64_t utc_ms);
// Batteries half full, tanks full, the grid away, counters at 0.
void scene_begin(const struct site *site, struct plant_model *m);
void scene_end(const struct site *site, const struct plant_model *m, struct blackout_outcome *o); // what is left
