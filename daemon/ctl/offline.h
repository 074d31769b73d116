// SPDX-License-Identifier: GPL-3.0-or-later
// What the offline commands work on: a configuration and recorded data.
#pragma once

#include "core/engine.h"
#include "daemon/ctl/ctl.h"
#include "replay/data.h"

// The configuration of --config, else the daemon's; its zone becomes that of the process. CTL_OK, or CTL_FAILED after
// every mistake was printed. Owned by the caller (site_free).
int offline_site(const struct ctl_options *o, struct site **ret_site);

// Its devices as an engine needs them. Profiles are not read: what may be controlled is taken as what can be. Owned by
// the caller (free); NULL: no memory.
struct engine_device *offline_devices(const struct site *site);

// Reads a file of recorded data. CTL_OK, with what was refused printed; else CTL_FAILED after saying why. Owned by the
// caller (replay_data_free).
int offline_data(const char *path, const struct site *site, struct replay_data **ret_data);
