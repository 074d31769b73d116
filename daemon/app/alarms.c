// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/alarms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

struct entry {
    struct alarm alarm;
    bool own; // the daemon's, not the engine's
};

struct alarm_board {
    struct publisher *publisher;
    struct store *store;
    struct entry *entries; // active ones
    size_t count, capacity;
};

static const char store_kind[] = "alarm";

int alarm_board_new(struct publisher *publisher, struct store *store, struct alarm_board **ret_alarms)
{
    struct alarm_board *a = calloc(1, sizeof(*a));
    if (a == NULL)
        return AEMS_E_NOMEM;
    a->publisher = publisher;
    a->store = store;
    *ret_alarms = a;
    return 0;
}

void alarm_board_free(struct alarm_board *a)
{
    if (a == NULL)
        return;
    free(a->entries);
    free(a);
}

static struct entry *find(const struct alarm_board *a, const char *id)
{
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->entries[i].alarm.id, id) == 0)
            return &a->entries[i];
    }
    return NULL;
}

static bool add(struct alarm_board *a, const struct alarm *alarm, bool own)
{
    if (a->count == a->capacity) {
        size_t capacity = a->capacity == 0 ? 16 : a->capacity * 2;
        struct entry *more = realloc(a->entries, capacity * sizeof(*more));
        if (more == NULL)
            return false;
        a->entries = more;
        a->capacity = capacity;
    }
    a->entries[a->count++] = (struct entry){*alarm, own};
    return true;
}

static void raise_alarm(struct alarm_board *a, const struct alarm *alarm, bool own, struct instant now)
{
    struct entry *known = find(a, alarm->id);
    if (known == NULL) {
        log_line(alarm->severity == ALARM_NOTICE ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARNING, "alarm %s: %s", alarm->id,
                 alarm->text);
        if (add(a, alarm, own)) // without memory it is logged and published all the same
            store_put(a->store, store_kind, alarm->id, "{}", false);
    } else {
        known->alarm = *alarm;
    }
    publisher_alarm(a->publisher, alarm, now);
}

static void clear_alarm(struct alarm_board *a, const struct alarm *alarm, struct instant now)
{
    struct entry *known = find(a, alarm->id);
    if (known == NULL)
        return;
    log_notice("alarm %s is over", alarm->id);
    struct alarm over = *alarm;
    over.active = false;
    *known = a->entries[--a->count];
    store_delete(a->store, store_kind, over.id);
    publisher_alarm(a->publisher, &over, now);
}

void alarm_board_take(struct alarm_board *a, const struct alarm *alarm, struct instant now)
{
    if (alarm->active)
        raise_alarm(a, alarm, false, now);
    else
        clear_alarm(a, alarm, now);
}

void alarm_board_set(struct alarm_board *a, const char *id, enum alarm_severity severity, const char *text,
                     struct instant now)
{
    struct alarm alarm = {.severity = severity, .active = true, .since_utc_ms = now.utc_ms};
    snprintf(alarm.id, sizeof(alarm.id), "%s", id);
    snprintf(alarm.text, sizeof(alarm.text), "%s", text);
    if (find(a, id) == NULL)
        raise_alarm(a, &alarm, true, now);
}

void alarm_board_clear(struct alarm_board *a, const char *id, struct instant now)
{
    const struct entry *known = find(a, id);
    if (known != NULL) {
        struct alarm alarm = known->alarm;
        clear_alarm(a, &alarm, now);
    }
}

void alarm_board_clear_engine(struct alarm_board *a, struct instant now)
{
    for (size_t i = a->count; i > 0; i--) {
        struct entry e = a->entries[i - 1];
        if (!e.own)
            clear_alarm(a, &e.alarm, now);
    }
}

static void forget_one(void *user, const char *kind, const char *id, const char *json)
{
    (void)kind;
    (void)json;
    struct alarm_board *a = user;
    struct alarm former = {.active = false};
    if (find(a, id) == NULL && text_copy(former.id, sizeof(former.id), id) == 0)
        add(a, &former, false);
}

void alarm_board_forget_former(struct alarm_board *a)
{
    // First gathered, then deleted: the store is not changed while it is being read.
    size_t active = a->count;
    store_each(a->store, store_kind, forget_one, a);
    for (size_t i = active; i < a->count; i++) {
        publisher_alarm_forget(a->publisher, a->entries[i].alarm.id);
        store_delete(a->store, store_kind, a->entries[i].alarm.id);
    }
    a->count = active;
}

size_t alarm_board_count(const struct alarm_board *a)
{
    return a->count;
}

json_t *alarm_board_of_daemon(const struct alarm_board *a)
{
    static const char *const severities[] = {"notice", "warning", "critical"};
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < a->count; i++) {
        const struct alarm *alarm = &a->entries[i].alarm;
        if (!a->entries[i].own)
            continue;
        char since[RFC3339_SIZE];
        rfc3339_format(alarm->since_utc_ms, since);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "id", alarm->id, "text", alarm->text, "severity",
                                              severities[alarm->severity], "since", since));
    }
    return list;
}
