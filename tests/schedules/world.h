// SPDX-License-Identifier: GPL-3.0-or-later
// The driver between the engine and the simulated area, for trial.c.
#pragma once

#include "trial.h"

void world_obey(struct trial *s); // orders of the step before
void world_tick(struct trial *s); // reads, ticks, and carries out what the engine asks for
void world_drain(struct trial *s);
void world_kill(struct trial *s);
// The same site under another engine; `anew`: the buses start again, and what was on its way to devices is lost.
void world_reload(struct trial *s, bool anew);
int world_restart(struct trial *s); // AEMS_E_NOMEM
