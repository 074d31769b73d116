// SPDX-License-Identifier: GPL-3.0-or-later
// How aemsd was called.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct app_options {
    const char *config;   // all borrowed from argv or the environment
    const char *profiles; // folders of profiles, colon-separated
    const char *planner;  // path of aems-planner
    bool check, version, help;
};

// Fills in the environment ($AEMS_PROFILES, $AEMS_PLANNER) and the installed places where the command line is silent.
// AEMS_E_FORMAT with a sentence in `ret_why`; AEMS_E_NOMEM.
int app_options_parse(int argc, char *argv[], struct app_options *ret_options, char *ret_why, size_t size);

extern const char app_options_usage[];

// Folders to search for profiles: `devices/` beside the configuration, then `profiles`. Owned by the caller; NULL: no
// memory.
char *app_options_folders(const char *config, const char *profiles);
