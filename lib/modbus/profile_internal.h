// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of the profile reader share.
#pragma once

#include "conf/schema.h"
#include "modbus/profile.h"

// The rows of a profile file: a table over `struct profile`.
extern const struct conf_option profile_options[];

// Fills what follows from the rows: quantities, indices, open ranges, what is present.
void profile_complete(const struct conf_node *root, struct profile *p);

// What no single row can see. All problems go to `d`.
void profile_judge(const struct conf_node *root, const struct profile *p, struct diagnostics *d);
