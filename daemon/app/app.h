// SPDX-License-Identifier: GPL-3.0-or-later
// aemsd: the parts, started in the order in which they need each other, and ended in the opposite one.
#pragma once

#include "daemon/app/options.h"

// Runs until SIGTERM or SIGINT. The exit status.
int app_run(const struct app_options *options);

// `--check`: judges, solves one plan on trial, and says so in one line. The exit status.
int app_check(const struct app_options *options);
