// SPDX-License-Identifier: GPL-3.0-or-later
// aemsctl dr: its own commands, one function each; all return an enum ctl_exit.
#pragma once

#include <stdint.h>

#include "daemon/ctl/ctl.h"
#include "dr/envelope.h"

// Over the control socket: the operator's own word.
int dr_send(const struct ctl_options *o);
int dr_cancel(const struct ctl_options *o);
int dr_list(const struct ctl_options *o);
int dr_capability(const struct ctl_options *o);

// Without a daemon.
int dr_keygen(const struct ctl_options *o);
int dr_sign(const struct ctl_options *o);
int dr_verify(const struct ctl_options *o);

// The private key of a file: one line of base64url. Refused where others than its owner may read it. CTL_OK, or
// CTL_FAILED after a message. Wipe it after use (explicit_bzero).
int dr_key_read(const char *path, uint8_t ret_seed[static ENVELOPE_SEED_SIZE]);

// Writes a new one, for its owner alone; never over a file that is there.
int dr_key_write(const char *path, const uint8_t seed[static ENVELOPE_SEED_SIZE]);

// --at, else this machine's clock. CTL_OK, or CTL_USAGE after a message.
int dr_time(const struct ctl_options *o, int64_t *ret_utc_ms);
