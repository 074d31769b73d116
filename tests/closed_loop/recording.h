// SPDX-License-Identifier: GPL-3.0-or-later
// The closed loop with a record of it in memory, as the daemon keeps it on disk.
#pragma once

#include "closed_loop.h"

struct recording {
    struct closed_loop *loop; // borrowed
    struct record_writer *writer;
    struct record_packer *packer;
    char *configuration;
    struct bytes file; // what a disk would hold
    size_t raw;        // bytes before they were packed
};

// AEMS_E_* of the configuration or of memory.
int recording_start(struct recording *r, struct closed_loop *loop, const char *config_path, enum record_cause cause);

// Runs the loop; what was recorded goes into `file` every `flush_s`. AEMS_E_NOMEM.
int recording_run(struct recording *r, int64_t seconds, int64_t flush_s);

// `whole`: as after an orderly end, else as after a kill. The file stays.
int recording_stop(struct recording *r, bool whole);
void recording_free(struct recording *r);

// What was written since goes into `file`. AEMS_E_NOMEM.
int recording_flush(struct recording *r);
