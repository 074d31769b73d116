// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/report_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "core/engine.h"

enum { KEY_SIZE = DR_ID_SIZE + RFC3339_SIZE };

static const char KIND[] = "dr_report";
static const int64_t DAY_MS = INT64_C(86400000);

// ---- adding ---------------------------------------------------------------------------------------------------------

// An event that is sent again under its name, at another time, is another one.
static void key_of(const struct settlement *s, char ret_key[static KEY_SIZE])
{
    char from[RFC3339_SIZE];
    rfc3339_format(s->from_utc_ms, from);
    snprintf(ret_key, KEY_SIZE, "%s/%s", s->event, from);
}

static bool start_of_key(const char *key, int64_t *ret_utc_ms)
{
    const char *slash = strrchr(key, '/');
    return slash != NULL && rfc3339_parse(slash + 1, ret_utc_ms) == 0;
}

struct cleaning {
    struct store *store;
    int64_t oldest_utc_ms;
};

static void drop_old(void *user, const char *kind, const char *id, const char *json)
{
    const struct cleaning *c = user;
    int64_t from;
    (void)json;
    if (start_of_key(id, &from) && from < c->oldest_utc_ms)
        store_delete(c->store, kind, id);
}

int report_book_add(struct store *s, const struct settlement *settlement)
{
    char key[KEY_SIZE], *text;
    int result = settlement_to_json(settlement, &text);
    if (result < 0)
        return result;
    key_of(settlement, key);
    store_put(s, KIND, key, text, true);
    free(text);
    struct cleaning c = {s, settlement->from_utc_ms - REPORT_DAYS * DAY_MS};
    return store_each(s, KIND, drop_old, &c);
}

// ---- reading --------------------------------------------------------------------------------------------------------

struct month {
    int64_t from_utc_ms, to_utc_ms;
    json_t *list;
};

static const char *start_text(const json_t *report)
{
    const char *text = json_string_value(json_object_get(report, "from"));
    return text != NULL ? text : "";
}

static int64_t start_of(const json_t *report)
{
    int64_t utc_ms = 0;
    return rfc3339_parse(start_text(report), &utc_ms) == 0 ? utc_ms : 0;
}

static void insert(json_t *list, json_t *report)
{
    size_t i = json_array_size(list);
    while (i > 0 && start_of(json_array_get(list, i - 1)) > start_of(report))
        i--;
    json_array_insert_new(list, i, report);
}

static void read_one(void *user, const char *kind, const char *id, const char *json)
{
    struct month *r = user;
    int64_t from;
    (void)kind;
    if (!start_of_key(id, &from) || from < r->from_utc_ms || from >= r->to_utc_ms)
        return;
    json_t *report = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(report))
        insert(r->list, report);
    else
        json_decref(report);
}

json_t *report_book_read(struct store *s, int64_t from_utc_ms, int64_t to_utc_ms)
{
    struct month r = {from_utc_ms, to_utc_ms, json_array()};
    if (r.list != NULL && store_each(s, KIND, read_one, &r) < 0) {
        json_decref(r.list);
        return NULL;
    }
    return r.list;
}

// ---- meters ---------------------------------------------------------------------------------------------------------

struct meters {
    struct store *store;
    char oldest[METER_DATE_SIZE];
};

static void drop_old_day(void *user, const char *kind, const char *id, const char *json)
{
    const struct meters *m = user;
    const char *dot = strrchr(id, '.');
    (void)json;
    if (dot == NULL || strcmp(dot + 1, m->oldest) < 0)
        store_delete(m->store, kind, id);
}

void report_book_clean_meters(struct store *s, int64_t now_utc_ms)
{
    struct meters m = {.store = s};
    meter_date(now_utc_ms - (METER_DAYS + 1) * DAY_MS, m.oldest);
    (void)store_each(s, saved_kind_name(SAVED_METER), drop_old_day, &m);
}
