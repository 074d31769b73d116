// SPDX-License-Identifier: GPL-3.0-or-later
// Files of records on a disk that may be slow or full: a thread of its own packs and writes, so that nobody waits.
//
// A file is <area>-<UTC>.record, as 20260122T031500Z, mode 0640, only ever appended to. Files of former days and those
// beyond a size in all are deleted, the oldest first; other files in the folder are left alone.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "site/site.h"

struct record_disk_settings {
    char directory[SITE_TEXT_MAX]; // made when it is not there
    char area[SITE_ID_MAX];
    int keep_days;
    int64_t max_bytes;
};

struct record_disk;

// AEMS_E_NOMEM, AEMS_E_IO (no thread).
int record_disk_start(const struct record_disk_settings *settings, struct record_disk **ret_disk);
// Writes what waits and ends.
void record_disk_stop(struct record_disk *d);

// A new file begins at this instant; what follows goes there. What went wrong before is forgotten.
void record_disk_open(struct record_disk *d, int64_t utc_ms);

// Takes the bytes over and leaves empty ones. When too much waits already (RECORD_DISK_MOST_BYTES) the disk has failed.
enum { RECORD_DISK_MOST_BYTES = 16 << 20 };
void record_disk_write(struct record_disk *d, struct bytes *raw);

// True, with a sentence, when nothing more is written until the next record_disk_open.
bool record_disk_failed(struct record_disk *d, char *ret_why, size_t size);
