// SPDX-License-Identifier: GPL-3.0-or-later
// A scratch folder for tests that read configuration files, and questions about messages.
#pragma once

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diagnostics.h"

static char scratch[64];

static inline void scratch_open(void)
{
    strcpy(scratch, "/tmp/aems-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(scratch));
}

static inline int scratch_remove(const char *path, const struct stat *status, int kind, struct FTW *position)
{
    (void)status, (void)kind, (void)position;
    return remove(path);
}

static inline void scratch_close(void)
{
    nftw(scratch, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

// The path of `name` in the scratch folder; valid until the fourth call after this one.
static inline const char *scratch_path(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", scratch, name);
    return path;
}

static inline const char *scratch_bytes(const char *name, const char *bytes, size_t length)
{
    const char *path = scratch_path(name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

static inline const char *scratch_write(const char *name, const char *text)
{
    return scratch_bytes(name, text, strlen(text));
}

static inline bool has_message(const struct diagnostics *d, enum severity severity, int line, const char *part)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->items[i].severity == severity && (line < 0 || d->items[i].line == line) &&
            strstr(d->items[i].text, part) != NULL)
            return true;
    return false;
}

static inline bool mentions(const struct diagnostics *d, const char *part)
{
    return has_message(d, SEVERITY_ERROR, -1, part) || has_message(d, SEVERITY_WARNING, -1, part);
}
