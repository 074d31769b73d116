// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/ledger_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/log.h"
#include "site/site.h"

enum { DATE_LENGTH = 10, DAY_ID_MAX = DATE_LENGTH + 1 + SITE_ID_MAX };

static const char KIND[] = "ledger-day";
static const int64_t DAY_MS = INT64_C(86400000);

static void date_of(int64_t utc_ms, char ret_date[static RFC3339_SIZE])
{
    rfc3339_format(utc_ms, ret_date);
    ret_date[DATE_LENGTH] = '\0';
}

// ---- adding ---------------------------------------------------------------------------------------------------------

struct search {
    struct store *store;
    const char *id;     // the day that is looked for
    const char *oldest; // date of the first day that is kept
    json_t *day;
};

static void look(void *user, const char *kind, const char *id, const char *json)
{
    struct search *s = user;
    if (strcmp(id, s->id) == 0)
        s->day = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    else if (strncmp(id, s->oldest, DATE_LENGTH) < 0)
        store_delete(s->store, kind, id);
}

static json_t *day_of(struct store *store, const char *id, int64_t start_utc_ms)
{
    char oldest[RFC3339_SIZE];
    date_of(start_utc_ms - LEDGER_DAYS * DAY_MS, oldest);
    struct search s = {.store = store, .id = id, .oldest = oldest};
    store_each(store, KIND, look, &s);
    if (json_is_array(s.day))
        return s.day;
    json_decref(s.day);
    return json_array();
}

static void put(json_t *day, json_t *interval)
{
    const char *start = json_string_value(json_object_get(interval, "start"));
    size_t i;
    json_t *other;
    json_array_foreach(day, i, other)
    {
        const char *its = json_string_value(json_object_get(other, "start"));
        if (its != NULL && start != NULL && strcmp(its, start) == 0) {
            json_array_set_new(day, i, interval);
            return;
        }
    }
    json_array_append_new(day, interval);
}

void ledger_book_add(struct store *s, int64_t start_utc_ms, const char *tie, const char *json)
{
    char date[RFC3339_SIZE], id[DAY_ID_MAX];
    date_of(start_utc_ms, date);
    snprintf(id, sizeof(id), "%.10s/%.47s", date, tie);
    json_t *day = day_of(s, id, start_utc_ms), *interval = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    char *text = NULL;
    if (day != NULL && interval != NULL) {
        put(day, interval);
        text = json_dumps(day, JSON_COMPACT);
    }
    if (text != NULL)
        store_put(s, KIND, id, text, true);
    else
        log_warning("an interval of the sharing ledger is lost: no memory");
    free(text);
    json_decref(day);
}

// ---- reading --------------------------------------------------------------------------------------------------------

struct reading {
    char first[RFC3339_SIZE], last[RFC3339_SIZE]; // dates
    int64_t from_utc_ms, to_utc_ms;
    json_t *intervals;
};

static void read_day(void *user, const char *kind, const char *id, const char *json)
{
    struct reading *r = user;
    size_t i;
    json_t *interval;
    (void)kind;
    if (strncmp(id, r->first, DATE_LENGTH) < 0 || strncmp(id, r->last, DATE_LENGTH) > 0)
        return;
    json_t *day = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    json_array_foreach(day, i, interval)
    {
        const char *start = json_string_value(json_object_get(interval, "start"));
        int64_t utc_ms;
        if (start != NULL && rfc3339_parse(start, &utc_ms) == 0 && utc_ms >= r->from_utc_ms && utc_ms < r->to_utc_ms)
            json_array_append(r->intervals, interval);
    }
    json_decref(day);
}

json_t *ledger_book_read(struct store *s, int64_t from_utc_ms, int64_t to_utc_ms)
{
    struct reading r = {.from_utc_ms = from_utc_ms, .to_utc_ms = to_utc_ms, .intervals = json_array()};
    if (r.intervals == NULL || to_utc_ms <= from_utc_ms)
        return r.intervals;
    date_of(from_utc_ms, r.first);
    date_of(to_utc_ms - 1, r.last);
    if (store_each(s, KIND, read_day, &r) < 0) {
        json_decref(r.intervals);
        return NULL;
    }
    return r.intervals;
}
