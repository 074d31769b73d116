// SPDX-License-Identifier: GPL-3.0-or-later
// The store's file: an SQLite database in WAL mode. sqlite3.h only in store_disk.c. After any error: close it.
//
// Functions return 0, AEMS_E_FORMAT (the file is corrupt, or of another schema) or AEMS_E_IO (the disk is not usable),
// and say why in `ret_why`.
#pragma once

#include "daemon/store/store_image.h"

enum { STORE_WHY_SIZE = 256 };

struct store_disk;

// Opens or creates, checks the whole file, and locks it.
int store_disk_open(const char *path, char ret_why[static STORE_WHY_SIZE], struct store_disk **ret_disk);
int store_disk_load(struct store_disk *d, struct image *m, char ret_why[static STORE_WHY_SIZE]);

// One transaction. `rewrite`: deletes what there was first. `sync`: returns when it, and all before, will survive a
// power loss.
int store_disk_write(struct store_disk *d, const struct changes *c, bool rewrite, bool sync,
                     char ret_why[static STORE_WHY_SIZE]);
void store_disk_close(struct store_disk *d);
