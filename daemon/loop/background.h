// SPDX-License-Identifier: GPL-3.0-or-later
// A piece of work that is too long for the loop, on a thread of its own.
#pragma once

#include "daemon/loop/loop.h"

struct background;

// Runs `work` on a thread, then `done` on the loop's; there call background_free. Where no thread can be made the work
// is done before the call returns. AEMS_E_NOMEM, AEMS_E_IO.
int background_start(struct loop *l, void (*work)(void *user), void (*done)(void *user), void *user,
                     struct background **ret_background);

// Waits for the end of the work; `done` is not called any more. NULL is fine.
void background_free(struct background *b);
