// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/store/record_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "daemon/store/state_directory.h"

static const char suffix[] = ".record";

enum { STAMP_SIZE = 17, NAME_SIZE = 128, MOST_SAME = 100, DAY_MS = 86400 * 1000 };

struct record_files {
    struct record_disk_settings settings;
    char present[NAME_SIZE];
    int64_t bytes, others_bytes;
};

int record_files_new(const struct record_disk_settings *settings, struct record_files **ret_files)
{
    struct record_files *f = calloc(1, sizeof *f);
    if (f == NULL)
        return AEMS_E_NOMEM;
    f->settings = *settings;
    *ret_files = f;
    return 0;
}

void record_files_free(struct record_files *f)
{
    free(f);
}

// 20260122T031500Z
static void format_stamp(int64_t utc_ms, char ret_stamp[static STAMP_SIZE])
{
    time_t t = (time_t)(utc_ms / 1000);
    struct tm utc;
    if (gmtime_r(&t, &utc) == NULL || strftime(ret_stamp, STAMP_SIZE, "%Y%m%dT%H%M%SZ", &utc) != STAMP_SIZE - 1)
        snprintf(ret_stamp, STAMP_SIZE, "19700101T000000Z");
}

// The stamp within a name of ours: AREA-STAMP[-N].record; NULL for another file.
static const char *stamp_of(const struct record_files *f, const char *name)
{
    size_t area = strlen(f->settings.area), length = strlen(name);
    if (length < area + 1 + STAMP_SIZE - 1 + strlen(suffix) || strncmp(name, f->settings.area, area) != 0 ||
        name[area] != '-' || strcmp(name + length - strlen(suffix), suffix) != 0)
        return NULL;
    const char *stamp = name + area + 1;
    bool good =
        strspn(stamp, "0123456789") == 8 && stamp[8] == 'T' && strspn(stamp + 9, "0123456789") == 6 && stamp[15] == 'Z';
    return good ? stamp : NULL;
}

// ---- making room ----------------------------------------------------------------------------------------------------

static void delete_file(const struct record_files *f, const char *name, const char *why)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", f->settings.directory, name);
    if (unlink(path) == 0)
        log_info("record %s deleted: %s", name, why);
}

static int64_t size_of(const struct record_files *f, const char *name)
{
    char path[PATH_MAX];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", f->settings.directory, name);
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode) ? (int64_t)status.st_size : 0;
}

// Oldest first: the stamp makes the order of names that of time.
static int list(const struct record_files *f, struct dirent ***ret_entries)
{
    int n = scandir(f->settings.directory, ret_entries, NULL, alphasort), kept = 0;
    for (int i = 0; i < n; i++) {
        struct dirent *entry = (*ret_entries)[i];
        if (stamp_of(f, entry->d_name) != NULL && strcmp(entry->d_name, f->present) != 0)
            (*ret_entries)[kept++] = entry;
        else
            free(entry);
    }
    return n < 0 ? -1 : kept;
}

static void make_room(struct record_files *f, const char *oldest_stamp)
{
    struct dirent **entries = NULL;
    int n = list(f, &entries);
    int64_t others = 0;
    for (int i = 0; i < n; i++)
        others += size_of(f, entries[i]->d_name);
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        bool old = strncmp(stamp_of(f, name), oldest_stamp, STAMP_SIZE - 1) < 0;
        bool much = others + f->bytes > f->settings.max_bytes;
        if (old || much) {
            others -= size_of(f, name);
            delete_file(f, name, old ? "record.keep_days" : "record.max_mb");
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    f->others_bytes = others;
}

bool record_files_grown(struct record_files *f, int64_t bytes)
{
    f->bytes += bytes;
    if (f->bytes + f->others_bytes > f->settings.max_bytes)
        make_room(f, "");
    return f->bytes <= f->settings.max_bytes;
}

// ---- a new file -----------------------------------------------------------------------------------------------------

static int open_new(struct record_files *f, const char *stamp)
{
    char path[PATH_MAX], again[16] = "";
    for (int i = 0; i < MOST_SAME; i++) {
        if (i > 0)
            snprintf(again, sizeof again, "-%d", i);
        snprintf(f->present, sizeof f->present, "%s-%s%s%s", f->settings.area, stamp, again, suffix);
        snprintf(path, sizeof path, "%s/%s", f->settings.directory, f->present);
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

int record_files_begin(struct record_files *f, int64_t utc_ms, int *ret_fd)
{
    char stamp[STAMP_SIZE], oldest[STAMP_SIZE];
    int r = state_directory_make(f->settings.directory);
    if (r < 0)
        return r;
    format_stamp(utc_ms, stamp);
    format_stamp(utc_ms - (int64_t)f->settings.keep_days * DAY_MS, oldest);
    f->present[0] = '\0';
    f->bytes = 0;
    make_room(f, oldest);
    int fd = open_new(f, stamp);
    if (fd < 0)
        return AEMS_E_IO;
    *ret_fd = fd;
    return 0;
}
