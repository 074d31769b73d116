// SPDX-License-Identifier: GPL-3.0-or-later
// The folder of records: names, ages and sizes. For record_disk.c; see there.
#pragma once

#include "daemon/store/record_disk.h"

struct record_files;

int record_files_new(const struct record_disk_settings *settings, struct record_files **ret_files); // AEMS_E_NOMEM
void record_files_free(struct record_files *f);

// Makes the folder, deletes what is too old or too much, and opens a file that was not there. AEMS_E_IO (errno).
int record_files_begin(struct record_files *f, int64_t utc_ms, int *ret_fd);

// The present file has grown: makes room among the others. False when it alone is too large.
bool record_files_grown(struct record_files *f, int64_t bytes);
