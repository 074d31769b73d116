// SPDX-License-Identifier: GPL-3.0-or-later
// Do the devices fit what they are said to measure and drive? Questions that need configuration and profiles together.
#pragma once

#include "base/diagnostics.h"
#include "conf/tree.h"
#include "modbus/profile.h"
#include "site/site.h"

// Adds what is wrong to `d`, at the device's lines in `tree` (NULL: at `file` as a whole). `profiles` has
// site->n_devices entries; a NULL one was reported already and is passed over.
void app_judge_devices(const struct site *site, const struct profile *const *profiles, const struct conf_tree *tree,
                       const char *file, struct diagnostics *d);

// The same for islands: does anybody tell of their grid, and in which terms?
void app_judge_islands(const struct site *site, const struct profile *const *profiles, const struct conf_tree *tree,
                       const char *file, struct diagnostics *d);

// Where `<section>.<id>.<key>` stands, or the entry, or the file; the same of a device.
struct place app_entry_place(const struct conf_tree *tree, const char *file, const char *section, const char *id,
                             const char *key);
struct place app_device_place(const struct conf_tree *tree, const char *file, const char *id, const char *key);

// True when a profile of this kind may measure or drive an asset of that kind. Meters measure anything.
bool app_kinds_fit(enum profile_kind profile, enum asset_kind asset);
