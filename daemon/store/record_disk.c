// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/store/record_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/store/record_files.h"
#include "replay/record.h"

struct job { // bytes to be written or, without any, a new file
    struct job *next;
    struct bytes raw;
    bool opens;
    int64_t utc_ms;
};

struct record_disk {
    struct record_disk_settings settings;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;

    // under the lock
    struct job *first, *last;
    size_t waiting; // bytes
    bool stopping, failed;
    char why[256];

    // of the thread
    int fd;
    struct record_packer *packer;
    struct record_files *files;
};

// ---- the thread -----------------------------------------------------------------------------------------------------

__attribute__((format(printf, 2, 3))) static void fail(struct record_disk *d, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&d->lock);
    if (!d->failed)
        vsnprintf(d->why, sizeof d->why, format, arguments);
    d->failed = true;
    pthread_mutex_unlock(&d->lock);
    va_end(arguments);
}

static void close_file(struct record_disk *d)
{
    if (d->fd >= 0)
        close(d->fd);
    d->fd = -1;
    record_packer_free(d->packer);
    d->packer = NULL;
}

static void open_file(struct record_disk *d, int64_t utc_ms)
{
    close_file(d);
    if (record_packer_new(&d->packer) < 0) {
        fail(d, "no memory");
        return;
    }
    int r = record_files_begin(d->files, utc_ms, &d->fd);
    if (r < 0) {
        fail(d, "%s: %s", d->settings.directory, r == AEMS_E_IO ? strerror(errno) : aems_error_text(r));
        close_file(d);
    }
}

static bool write_all(int fd, const struct bytes *b)
{
    for (size_t done = 0; done < b->length;) {
        ssize_t n = write(fd, b->data + done, b->length - done);
        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static void write_chunk(struct record_disk *d, const struct bytes *raw)
{
    struct bytes chunk = {0};
    if (d->fd < 0)
        return;
    if (record_pack(d->packer, raw->data, raw->length, &chunk) < 0)
        fail(d, "no memory");
    else if (!write_all(d->fd, &chunk))
        fail(d, "%s: %s", d->settings.directory, strerror(errno));
    else if (!record_files_grown(d->files, (int64_t)chunk.length))
        fail(d, "%s: today's record alone is larger than record.max_mb", d->settings.directory);
    bytes_free(&chunk);
}

static struct job *next_job(struct record_disk *d)
{
    pthread_mutex_lock(&d->lock);
    while (d->first == NULL && !d->stopping)
        pthread_cond_wait(&d->more, &d->lock);
    struct job *j = d->first;
    if (j != NULL) {
        d->first = j->next;
        d->last = d->first != NULL ? d->last : NULL;
    }
    pthread_mutex_unlock(&d->lock);
    return j;
}

static bool has_failed(struct record_disk *d)
{
    pthread_mutex_lock(&d->lock);
    bool failed = d->failed;
    pthread_mutex_unlock(&d->lock);
    return failed;
}

static void *run(void *user)
{
    struct record_disk *d = user;
    struct job *j;
    while ((j = next_job(d)) != NULL) {
        if (j->opens)
            open_file(d, j->utc_ms);
        else if (!has_failed(d))
            write_chunk(d, &j->raw);
        if (has_failed(d))
            close_file(d);
        pthread_mutex_lock(&d->lock);
        d->waiting -= j->raw.length;
        pthread_mutex_unlock(&d->lock);
        bytes_free(&j->raw);
        free(j);
    }
    close_file(d);
    return NULL;
}

// ---- the loop's side ------------------------------------------------------------------------------------------------

static int start_thread(struct record_disk *d)
{
    sigset_t all, before;
    sigfillset(&all); // signals are for the loop's thread
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&d->thread, NULL, run, d);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r == 0 ? 0 : AEMS_E_IO;
}

int record_disk_start(const struct record_disk_settings *settings, struct record_disk **ret_disk)
{
    struct record_disk *d = calloc(1, sizeof *d);
    if (d == NULL)
        return AEMS_E_NOMEM;
    d->settings = *settings;
    d->fd = -1;
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->more, NULL);
    int r = record_files_new(settings, &d->files);
    if (r == 0)
        r = start_thread(d);
    if (r < 0) {
        record_files_free(d->files);
        free(d);
        return r;
    }
    *ret_disk = d;
    return 0;
}

void record_disk_stop(struct record_disk *d)
{
    if (d == NULL)
        return;
    pthread_mutex_lock(&d->lock);
    d->stopping = true;
    pthread_cond_signal(&d->more);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    pthread_mutex_destroy(&d->lock);
    pthread_cond_destroy(&d->more);
    record_files_free(d->files);
    free(d);
}

static void add(struct record_disk *d, struct job *j)
{
    pthread_mutex_lock(&d->lock);
    if (d->last != NULL)
        d->last->next = j;
    else
        d->first = j;
    d->last = j;
    d->waiting += j->raw.length;
    pthread_cond_signal(&d->more);
    pthread_mutex_unlock(&d->lock);
}

void record_disk_open(struct record_disk *d, int64_t utc_ms)
{
    struct job *j = calloc(1, sizeof *j);
    pthread_mutex_lock(&d->lock);
    d->failed = false;
    pthread_mutex_unlock(&d->lock);
    if (j == NULL) {
        fail(d, "no memory");
        return;
    }
    j->opens = true;
    j->utc_ms = utc_ms;
    add(d, j);
}

void record_disk_write(struct record_disk *d, struct bytes *raw)
{
    pthread_mutex_lock(&d->lock);
    bool full = d->waiting + raw->length > RECORD_DISK_MOST_BYTES, failed = d->failed;
    pthread_mutex_unlock(&d->lock);
    struct job *j = full || failed ? NULL : calloc(1, sizeof *j);
    if (full && !failed)
        fail(d, "%s: the disk is too slow: %d MB wait to be written", d->settings.directory,
             RECORD_DISK_MOST_BYTES >> 20);
    else if (j == NULL && !failed)
        fail(d, "no memory");
    if (j == NULL) {
        bytes_free(raw);
        return;
    }
    j->raw = *raw;
    *raw = (struct bytes){0};
    add(d, j);
}

bool record_disk_failed(struct record_disk *d, char *ret_why, size_t size)
{
    pthread_mutex_lock(&d->lock);
    bool failed = d->failed;
    if (failed)
        snprintf(ret_why, size, "%s", d->why);
    pthread_mutex_unlock(&d->lock);
    return failed;
}
