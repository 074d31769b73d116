// SPDX-License-Identifier: GPL-3.0-or-later
// Files of a folder that come all at once: they are written beside the ones that are there, and take their place when
// everything is written. Whoever looks sees old files or new ones, never half of one.
#pragma once

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

enum { NEW_FILES_MAX = 4 };

struct new_files { // begin with zeros
    int count;
    struct {
        char path[PATH_MAX], part[PATH_MAX];
        FILE *stream;
    } files[NEW_FILES_MAX];
};

// Makes a folder and those above it. AEMS_E_IO (errno).
int new_files_folder(const char *folder);

// The stream of `folder`/`name`. AEMS_E_IO (errno), AEMS_E_LIMIT: the name is too long.
int new_files_open(struct new_files *f, const char *folder, const char *name, FILE **ret_stream);

// Puts all of them into place. AEMS_E_IO (errno); call new_files_drop then.
int new_files_keep(struct new_files *f);

// Removes what is not in place. Also after new_files_keep.
void new_files_drop(struct new_files *f);
