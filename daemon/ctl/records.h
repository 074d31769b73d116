// SPDX-License-Identifier: GPL-3.0-or-later
// What the commands that read records share.
#pragma once

#include "daemon/ctl/ctl.h"
#include "replay/data.h"
#include "site/site.h"

// A whole file; owned by the caller (free). CTL_OK, or CTL_FAILED after saying why.
int records_read(const char *path, void **ret_data, size_t *ret_length);

// `replay --record FILE...` without --out: everything is decided again and compared.
int records_repeat(const struct ctl_options *o);

// `replay --record FILE... --out DIR`: the records as recorded data for `*io_site`, which is that of the first record
// where it is NULL. Says what was recorded, and what has no counterpart. Owned by the caller.
int records_data(const struct ctl_options *o, struct site **io_site, struct replay_data **ret_data);
