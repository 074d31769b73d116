// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/local_time.h"
#include "base/log.h"
#include "daemon/store/record_disk.h"

enum {
    FLUSH_MS = 10 * 1000, // so much is lost by a kill
    FLUSH_BYTES = 64 << 10,
    RETRY_MS = 60 * 1000,
};

struct recorder {
    struct app_area *area; // held; NULL: nothing is recorded
    struct record_disk *disk;
    struct record_disk_settings settings; // of `disk`
    struct record_writer *writer;         // NULL: not now
    int64_t day_utc_ms;                   // when the local day of the record began
    uint64_t begun_mono_ms, flushed_mono_ms, failed_mono_ms;
    char why[256]; // it failed; empty: it did not
};

int recorder_new(struct recorder **ret_recorder)
{
    *ret_recorder = calloc(1, sizeof **ret_recorder);
    return *ret_recorder != NULL ? 0 : AEMS_E_NOMEM;
}

static void flush(struct recorder *r, uint64_t now_mono_ms)
{
    struct bytes *raw = record_written(r->writer);
    if (raw->length > 0 && !raw->failed)
        record_disk_write(r->disk, raw);
    r->flushed_mono_ms = now_mono_ms;
}

static void end_record(struct recorder *r)
{
    if (r->writer == NULL)
        return;
    record_end(r->writer);
    flush(r, r->flushed_mono_ms);
    record_writer_free(r->writer);
    r->writer = NULL;
}

static void close_disk(struct recorder *r)
{
    end_record(r);
    record_disk_stop(r->disk);
    r->disk = NULL;
    app_area_release(r->area);
    r->area = NULL;
}

void recorder_free(struct recorder *r)
{
    if (r == NULL)
        return;
    close_disk(r);
    free(r);
}

// ---- beginning ----------------------------------------------------------------------------------------------------

static void fail(struct recorder *r, const char *why, struct instant now)
{
    snprintf(r->why, sizeof r->why, "%s", why);
    r->failed_mono_ms = now.mono_ms;
    record_writer_free(r->writer);
    r->writer = NULL;
}

static void settings_of(const struct site *s, struct record_disk_settings *ret)
{
    memset(ret, 0, sizeof *ret); // they are compared as bytes
    if (s->record.directory[0] != '\0')
        snprintf(ret->directory, sizeof ret->directory, "%s", s->record.directory);
    else
        snprintf(ret->directory, sizeof ret->directory, "%.240s/records", s->state_directory);
    snprintf(ret->area, sizeof ret->area, "%s", s->id);
    ret->keep_days = s->record.keep_days;
    ret->max_bytes = (int64_t)s->record.max_mb * 1000000;
}

static int open_disk(struct recorder *r, struct app_area *area)
{
    struct record_disk_settings settings;
    settings_of(area->site, &settings);
    if (r->disk != NULL && memcmp(&settings, &r->settings, sizeof settings) == 0)
        return 0;
    record_disk_stop(r->disk);
    r->disk = NULL;
    r->settings = settings;
    return record_disk_start(&settings, &r->disk);
}

static int begin_file(struct recorder *r, const struct engine *engine, struct instant now, enum record_cause cause)
{
    const struct site *s = r->area->site;
    struct record_begin begin = {
        .program = AEMS_VERSION, .at = now, .speed = s->simulation.speed > 0 ? s->simulation.speed : 1, .cause = cause};
    snprintf(begin.area, sizeof begin.area, "%s", s->id);
    int code = r->area->configuration != NULL ? open_disk(r, r->area) : AEMS_E_NOT_FOUND;
    if (code == 0)
        code = record_writer_new(s, &r->writer);
    if (code == 0)
        code = record_begin(r->writer, &begin, r->area->configuration, r->area->devices, engine);
    if (code < 0)
        return code;
    record_disk_open(r->disk, now.utc_ms);
    flush(r, now.mono_ms);
    r->day_utc_ms = local_day_start_ms(now.utc_ms);
    r->begun_mono_ms = now.mono_ms;
    log_info("recording to %s: %s", r->settings.directory, record_cause_name(cause));
    return 0;
}

static void begin_record(struct recorder *r, const struct engine *engine, struct instant now, enum record_cause cause)
{
    end_record(r);
    int code = begin_file(r, engine, now, cause);
    if (code < 0)
        fail(r, code == AEMS_E_NOT_FOUND ? "the configuration cannot be kept" : aems_error_text(code), now);
}

void recorder_begin(struct recorder *r, struct app_area *area, const struct engine *engine, struct instant now,
                    enum record_cause cause)
{
    if (!area->site->record.enabled) {
        close_disk(r);
        r->why[0] = '\0';
        return;
    }
    end_record(r); // of the former area
    app_area_release(r->area);
    r->area = app_area_hold(area);
    begin_record(r, engine, now, cause);
}

// ---- what happens -------------------------------------------------------------------------------------------------

void recorder_event(struct recorder *r, const struct event *event)
{
    if (r != NULL && r->writer != NULL)
        record_event(r->writer, event);
}

void recorder_code(struct recorder *r, int code)
{
    if (r != NULL && r->writer != NULL)
        record_code(r->writer, code);
}

void recorder_action(struct recorder *r, struct instant now, const struct action *action)
{
    uint64_t digest = 0;
    if (r == NULL || r->writer == NULL)
        return;
    if (action->kind == ACTION_SOLVE && record_problem_digest(action->problem, &digest) < 0) {
        fail(r, aems_error_text(AEMS_E_NOMEM), now);
        return;
    }
    record_action(r->writer, now, action, digest);
}

void recorder_drained(struct recorder *r, struct instant now, bool complete)
{
    if (r != NULL && r->writer != NULL)
        record_drained(r->writer, now, complete);
}

// ---- once a cycle -------------------------------------------------------------------------------------------------

static void look_after(struct recorder *r, struct instant now)
{
    char why[256];
    if (r->writer != NULL && record_written(r->writer)->failed)
        fail(r, aems_error_text(AEMS_E_NOMEM), now);
    if (r->writer != NULL && record_disk_failed(r->disk, why, sizeof why))
        fail(r, why, now);
    if (r->writer != NULL && now.mono_ms - r->begun_mono_ms >= FLUSH_MS) // the disk takes it again
        r->why[0] = '\0';
}

static void tell(const struct recorder *r, struct alarm_board *alarms, struct instant now)
{
    char text[192];
    if (r->why[0] == '\0') {
        alarm_board_clear(alarms, "record", now);
        return;
    }
    snprintf(text, sizeof text, "nothing is recorded, control goes on: %.140s", r->why);
    alarm_board_set(alarms, "record", ALARM_WARNING, text, now);
}

void recorder_tick(struct recorder *r, const struct engine *engine, struct alarm_board *alarms, struct instant now)
{
    if (r == NULL)
        return;
    if (r->area != NULL) {
        look_after(r, now);
        if (r->writer == NULL && now.mono_ms - r->failed_mono_ms >= RETRY_MS)
            begin_record(r, engine, now, RECORD_RESUMED);
        else if (r->writer != NULL && local_day_start_ms(now.utc_ms) != r->day_utc_ms)
            begin_record(r, engine, now, RECORD_NEW_DAY);
        else if (r->writer != NULL &&
                 (now.mono_ms - r->flushed_mono_ms >= FLUSH_MS || record_written(r->writer)->length >= FLUSH_BYTES))
            flush(r, now.mono_ms);
    }
    tell(r, alarms, now);
}
