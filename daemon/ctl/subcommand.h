// SPDX-License-Identifier: GPL-3.0-or-later
// Commands that have commands of their own: aemsctl dr, aemsctl outage.
#pragma once

#include "daemon/ctl/ctl.h"

struct ctl_subcommand {
    const char *name;
    const char *options; // its own, each between spaces
    size_t words;        // after its name
    const char *usage;
    int (*run)(const struct ctl_options *o);
};

// Runs the one that the first word of `o` names, with the words after it; `command` is what they are called under.
// What `run` returned, or CTL_USAGE after a message.
int ctl_run_subcommand(const char *command, const struct ctl_subcommand *list, size_t n, const struct ctl_options *o);
