// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/store/store.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/loop/clock.h"
#include "daemon/store/state_directory.h"
#include "daemon/store/store_disk.h"
#include "daemon/store/store_image.h"

enum { BATCH_MS = 5000, RETRY_MS = 1000, RETRY_MAX_MS = 60000, NO_MEMORY_MS = 1000 };

struct store {
    char directory[PATH_MAX - 32];
    char path[PATH_MAX];
    atomic_int health;
    bool has_writer;
    pthread_t writer;

    pthread_mutex_t mutex; // guards the members of this group
    pthread_cond_t changed;
    struct image *image;
    uint64_t version;         // counts changes
    uint64_t durable_version; // the change that must be synced
    uint64_t synced_version;  // the change up to which the disk is safe
    uint64_t written_version; // the change up to which SQLite has it
    uint64_t batch_due_ms;    // when the others are written; 0: nothing to write
    bool together;            // more belongs to what was put just now
    bool stopping;
    void (*on_written)(void *user); // may be NULL
    void *on_written_user;

    // Of the writer alone (and of store_open before it starts).
    int lock_fd;
    struct store_disk *disk; // NULL: memory only
    uint64_t retry_due_ms;   // while memory only
    uint64_t retry_ms;
    uint64_t hold_until_ms;   // no memory for a write
    bool loaded;              // what the disk had is in the image
    bool set_aside;           // a corrupt file was
    bool rewrite;             // the disk may have anything: write everything
    char why[STORE_WHY_SIZE]; // the disk failed last
};

// ---- disk and memory ----------------------------------------------------------------------------------------------

static void note_health(struct store *s)
{
    int now = s->disk == NULL ? STORE_MEMORY_ONLY : s->set_aside ? STORE_QUARANTINED : STORE_OK;
    int before = atomic_exchange(&s->health, now);
    if (before == STORE_MEMORY_ONLY && now != STORE_MEMORY_ONLY)
        log_notice("state: %s is usable again", s->directory);
}

// Retries that fail for the same reason are not worth a line each.
static void note_failure(struct store *s, const char *why)
{
    if (strcmp(why, s->why) != 0)
        log_error("state: keeping all in memory: %s: %s", s->path, why);
    snprintf(s->why, sizeof(s->why), "%s", why);
}

static void lose_disk(struct store *s)
{
    store_disk_close(s->disk);
    s->disk = NULL;
    s->rewrite = true;
}

static void plan_retry(struct store *s)
{
    s->retry_due_ms = clock_mono_ms() + s->retry_ms;
    s->retry_ms = s->retry_ms * 2 < RETRY_MAX_MS ? s->retry_ms * 2 : RETRY_MAX_MS;
}

static int load(struct store *s, char why[static STORE_WHY_SIZE])
{
    struct image *found = NULL;
    int r = image_new(&found);
    if (r != 0) {
        snprintf(why, STORE_WHY_SIZE, "out of memory");
        return r;
    }
    r = store_disk_load(s->disk, found, why);
    if (r == 0) {
        pthread_mutex_lock(&s->mutex);
        image_merge(s->image, found);
        pthread_mutex_unlock(&s->mutex);
        s->loaded = true;
    }
    image_free(found);
    return r;
}

static int open_and_load(struct store *s, char why[static STORE_WHY_SIZE])
{
    int r = store_disk_open(s->path, why, &s->disk);
    if (r != 0 || s->loaded)
        return r;
    r = load(s, why);
    if (r != 0)
        lose_disk(s);
    return r;
}

// 0, or AEMS_E_STATE when another instance has the directory; without a usable disk `disk` stays NULL.
static int find_disk(struct store *s)
{
    char why[STORE_WHY_SIZE];
    int r = s->lock_fd >= 0 ? 0 : state_directory_lock(s->directory, &s->lock_fd);
    if (r != 0) {
        bool refused = r == AEMS_E_STATE && s->retry_due_ms == 0; // the caller of store_open says so
        snprintf(why, sizeof(why), "%s", r == AEMS_E_STATE ? "in use by another instance" : strerror(errno));
        if (!refused)
            note_failure(s, why);
        return r == AEMS_E_STATE ? r : 0;
    }
    r = open_and_load(s, why);
    if (r == AEMS_E_FORMAT && state_set_aside(s->path) == 0) {
        s->set_aside = true;
        s->rewrite = true;
        r = open_and_load(s, why);
    }
    if (r != 0)
        note_failure(s, why);
    return 0;
}

// ---- the writer ---------------------------------------------------------------------------------------------------

static uint64_t due_ms(const struct store *s, uint64_t now_ms)
{
    if (s->together)
        return now_ms + 1000;
    if (s->stopping)
        return now_ms;
    if (s->disk == NULL)
        return s->retry_due_ms;
    if (s->durable_version > s->synced_version)
        return s->hold_until_ms;
    return s->batch_due_ms != 0 ? s->batch_due_ms : now_ms + 3600000;
}

static void wait_for_work(struct store *s)
{
    for (;;) {
        uint64_t now_ms = clock_mono_ms();
        uint64_t due = due_ms(s, now_ms);
        if (due <= now_ms)
            return;
        struct timespec until = clock_deadline(due - now_ms);
        pthread_cond_timedwait(&s->changed, &s->mutex, &until);
    }
}

static int write_all(struct store *s, const struct changes *c, bool sync)
{
    char why[STORE_WHY_SIZE];
    int r = store_disk_write(s->disk, c, s->rewrite, sync, why);
    if (r == 0) {
        s->rewrite = false;
        s->retry_ms = RETRY_MS;
        s->why[0] = '\0';
    } else {
        note_failure(s, why);
        lose_disk(s);
        plan_retry(s);
        if (r == AEMS_E_FORMAT) // nothing is lost: a new file takes all there is at once
            s->retry_due_ms = clock_mono_ms();
    }
    note_health(s);
    return r;
}

// Called and left with the mutex held; the disk is touched without it.
static void write_turn(struct store *s)
{
    struct changes c = {0};
    uint64_t version = s->version;
    bool sync = s->durable_version > s->synced_version || s->rewrite || (s->stopping && version > s->synced_version);
    s->batch_due_ms = 0;
    if (version == s->written_version && !sync)
        return;
    if (image_take_changes(s->image, s->rewrite, &c) != 0) {
        s->batch_due_ms = s->hold_until_ms = clock_mono_ms() + NO_MEMORY_MS;
        return;
    }
    pthread_mutex_unlock(&s->mutex);
    int r = write_all(s, &c, sync);
    changes_free(&c);
    pthread_mutex_lock(&s->mutex);
    if (r == 0) {
        s->written_version = version;
        if (sync)
            s->synced_version = version;
    }
    pthread_cond_broadcast(&s->changed);
}

// Called and left with the mutex held.
static void retry_disk(struct store *s)
{
    pthread_mutex_unlock(&s->mutex);
    if (find_disk(s) != 0 || s->disk == NULL)
        plan_retry(s);
    pthread_mutex_lock(&s->mutex);
}

static void *write_until_stopped(void *user)
{
    struct store *s = user;
    pthread_mutex_lock(&s->mutex);
    for (bool last = false; !last;) {
        wait_for_work(s);
        last = s->stopping;
        if (s->disk == NULL)
            retry_disk(s);
        if (s->disk != NULL)
            write_turn(s);
        if (s->on_written != NULL)
            s->on_written(s->on_written_user);
    }
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

// Signals are for the loop's thread.
static int start_writer(struct store *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&s->writer, NULL, write_until_stopped, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    s->has_writer = status == 0;
    return status == 0 ? 0 : AEMS_E_LIMIT;
}

// ---- opening and closing ------------------------------------------------------------------------------------------

static int store_new(struct store **ret_store)
{
    struct store *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return AEMS_E_NOMEM;
    s->lock_fd = -1;
    s->retry_ms = RETRY_MS;
    int r = image_new(&s->image);
    if (r != 0) {
        free(s);
        return r;
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&s->mutex, NULL);
    *ret_store = s;
    return 0;
}

// Messages made before the disk was found must not take the numbers of messages on it.
static void start_without_disk(struct store *s)
{
    struct clock_source clock;
    clock_start(&clock, 1, -1);
    image_start_sequence(s->image, clock_now(&clock).utc_ms * 1000);
    s->rewrite = true;
    plan_retry(s);
}

int store_open(const char *directory, struct store **ret_store)
{
    struct store *s = NULL;
    int r = store_new(&s);
    if (r != 0)
        return r;
    if (directory == NULL) {
        atomic_store(&s->health, STORE_MEMORY_ONLY);
        *ret_store = s;
        return 0;
    }
    r = text_copy(s->directory, sizeof(s->directory), directory) == 0 ? 0 : AEMS_E_LIMIT;
    if (r == 0) {
        snprintf(s->path, sizeof(s->path), "%s/state.db", s->directory);
        r = find_disk(s);
    }
    if (r == 0) {
        note_health(s);
        if (s->disk == NULL)
            start_without_disk(s);
        r = start_writer(s);
    }
    if (r != 0) {
        store_close(s);
        return r;
    }
    *ret_store = s;
    return 0;
}

enum store_health store_health(const struct store *s)
{
    return (enum store_health)atomic_load(&((struct store *)s)->health);
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    if (s->has_writer) {
        pthread_mutex_lock(&s->mutex);
        s->stopping = true;
        pthread_cond_broadcast(&s->changed);
        pthread_mutex_unlock(&s->mutex);
        pthread_join(s->writer, NULL);
    }
    store_disk_close(s->disk);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    image_free(s->image);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

int store_flush(struct store *s, int deadline_ms)
{
    struct timespec until = clock_deadline(deadline_ms > 0 ? (uint64_t)deadline_ms : 0);
    int r = 0;
    pthread_mutex_lock(&s->mutex);
    uint64_t version = s->version;
    s->durable_version = version;
    pthread_cond_broadcast(&s->changed);
    while (r == 0 && s->synced_version < version) {
        if (store_health(s) == STORE_MEMORY_ONLY)
            r = AEMS_E_IO;
        else if (pthread_cond_timedwait(&s->changed, &s->mutex, &until) == ETIMEDOUT)
            r = s->synced_version < version ? AEMS_E_TIMEOUT : 0;
    }
    pthread_mutex_unlock(&s->mutex);
    return r;
}

uint64_t store_mark(struct store *s)
{
    pthread_mutex_lock(&s->mutex);
    uint64_t mark = s->durable_version = s->version;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
    return mark;
}

enum store_safety store_safety(struct store *s, uint64_t mark)
{
    pthread_mutex_lock(&s->mutex);
    bool safe = s->has_writer && s->synced_version >= mark;
    pthread_mutex_unlock(&s->mutex);
    return safe ? STORE_SAFE : store_health(s) == STORE_MEMORY_ONLY ? STORE_NOT_SAFE : STORE_WAITING;
}

void store_on_written(struct store *s, void (*fn)(void *user), void *user)
{
    pthread_mutex_lock(&s->mutex);
    s->on_written = fn;
    s->on_written_user = user;
    pthread_mutex_unlock(&s->mutex);
}

// ---- calls of the loop's thread -----------------------------------------------------------------------------------

// Called with the mutex held, after the image was changed.
static void note_change(struct store *s, bool durable)
{
    s->version++;
    if (durable)
        s->durable_version = s->version;
    if (s->batch_due_ms == 0)
        s->batch_due_ms = clock_mono_ms() + BATCH_MS;
    pthread_cond_broadcast(&s->changed);
}

void store_put(struct store *s, const char *kind, const char *id, const char *json, bool durable)
{
    pthread_mutex_lock(&s->mutex);
    int r = image_put(s->image, kind, id, json);
    if (r == 0)
        note_change(s, durable);
    pthread_mutex_unlock(&s->mutex);
    if (r != 0)
        log_error("state: %s %s is not kept: %s", kind, id, aems_error_text(r));
}

void store_delete(struct store *s, const char *kind, const char *id)
{
    pthread_mutex_lock(&s->mutex);
    image_delete(s->image, kind, id);
    note_change(s, true);
    pthread_mutex_unlock(&s->mutex);
}

static void set_together(struct store *s, bool together)
{
    pthread_mutex_lock(&s->mutex);
    s->together = together;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
}

void store_begin_together(struct store *s)
{
    set_together(s, true);
}

void store_end_together(struct store *s)
{
    set_together(s, false);
}

int store_each(struct store *s, const char *kind, store_each_fn *fn, void *user)
{
    struct changes c = {0};
    pthread_mutex_lock(&s->mutex);
    int r = image_copy_kind(s->image, kind, &c);
    pthread_mutex_unlock(&s->mutex);
    for (size_t i = 0; r == 0 && i < c.count; i++)
        fn(user, c.items[i].name, c.items[i].id, c.items[i].data);
    changes_free(&c);
    return r;
}

int64_t outbox_add(struct store *s, const char *topic, const char *payload, size_t length, bool retain)
{
    pthread_mutex_lock(&s->mutex);
    int64_t sequence = image_outbox_add(s->image, topic, payload, length, retain);
    if (sequence > 0)
        note_change(s, true);
    pthread_mutex_unlock(&s->mutex);
    return sequence;
}

int outbox_done(struct store *s, int64_t sequence)
{
    pthread_mutex_lock(&s->mutex);
    int r = image_outbox_done(s->image, sequence);
    if (r == 0)
        note_change(s, false); // a crash before it is written costs one repetition
    pthread_mutex_unlock(&s->mutex);
    return r;
}

int outbox_after(struct store *s, int64_t after, size_t limit, outbox_each_fn *fn, void *user)
{
    struct changes c = {0};
    pthread_mutex_lock(&s->mutex);
    int r = image_copy_outbox(s->image, after, limit, &c);
    pthread_mutex_unlock(&s->mutex);
    for (size_t i = 0; r == 0 && i < c.count; i++)
        fn(user, c.items[i].sequence, c.items[i].name, c.items[i].data, c.items[i].length, c.items[i].retain);
    changes_free(&c);
    return r;
}

int outbox_each(struct store *s, outbox_each_fn *fn, void *user)
{
    return outbox_after(s, INT64_MIN, SIZE_MAX, fn, user);
}

size_t outbox_count(struct store *s)
{
    pthread_mutex_lock(&s->mutex);
    size_t count = image_outbox_count(s->image);
    pthread_mutex_unlock(&s->mutex);
    return count;
}

uint64_t outbox_dropped(struct store *s)
{
    pthread_mutex_lock(&s->mutex);
    uint64_t dropped = image_outbox_dropped(s->image);
    pthread_mutex_unlock(&s->mutex);
    return dropped;
}
