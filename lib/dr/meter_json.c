// SPDX-License-Identifier: GPL-3.0-or-later
// A local day of a meter as text: {"from": ms, "slots": [null | [mean_w, measured, during_w, during, asked_w, event]]}
#include <jansson.h>
#include <stdio.h>

#include "base/error.h"
#include "base/local_time.h"
#include "base/number.h"
#include "base/text.h"
#include "dr/baseline.h"

enum { MOST_SLOTS = 4 * 27 }; // of a local day, with room for zones that move by more than an hour

static const int64_t SLOT_MS = METER_SLOT_S * INT64_C(1000);
static const int64_t LATEST_MS = INT64_C(253402300799000); // 9999
static const double LARGEST_W = 1e12;

void meter_date(int64_t utc_ms, char ret_date[static METER_DATE_SIZE])
{
    struct local_time t = local_time_at(utc_ms);
    char text[48];
    snprintf(text, sizeof text, "%04d-%02d-%02d", t.year, t.month, t.day);
    (void)text_copy(ret_date, METER_DATE_SIZE, text);
}

static bool is_empty(const struct meter_slot *slot)
{
    return slot == NULL || (slot->measured <= 0 && slot->asked_w <= 0 && !slot->event);
}

static json_t *pack_slot(const struct meter_slot *slot)
{
    if (is_empty(slot))
        return json_null();
    return json_pack("[f, f, f, f, f, b]", (double)slot->mean_w, (double)slot->measured, (double)slot->during_w,
                     (double)slot->during, (double)slot->asked_w, (int)slot->event);
}

int meter_day_to_json(const struct meter *m, int64_t day_utc_ms, char **ret_text)
{
    int64_t from = local_day_start_ms(day_utc_ms), to = local_day_start_ms(from + INT64_C(36) * 3600 * 1000);
    bool any = false;
    json_t *slots = json_array();
    for (int64_t t = meter_slot_start(from); t < to && t <= m->last_utc_ms; t += SLOT_MS) {
        any |= !is_empty(meter_slot_kept(m, t));
        json_array_append_new(slots, pack_slot(meter_slot_kept(m, t)));
    }
    json_t *day = json_pack("{s:I, s:o}", "from", (json_int_t)meter_slot_start(from), "slots", slots);
    char *text = any && day != NULL ? json_dumps(day, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(day);
    if (text == NULL)
        return any ? AEMS_E_NOMEM : AEMS_E_NOT_FOUND;
    *ret_text = text;
    return 0;
}

// ---- and back -------------------------------------------------------------------------------------------------------

static bool unpack_slot(json_t *json, struct meter_slot *ret)
{
    double mean_w, measured, during_w, during, asked_w;
    int event;
    *ret = (struct meter_slot){0};
    if (json_is_null(json))
        return true;
    if (json_unpack(json, "[F, F, F, F, F, b!]", &mean_w, &measured, &during_w, &during, &asked_w, &event) < 0)
        return false;
    if (!in_range(mean_w, -LARGEST_W, LARGEST_W) || !in_range(measured, 0, 1) ||
        !in_range(during_w, -LARGEST_W, LARGEST_W) || !in_range(during, 0, 1) || !in_range(asked_w, 0, LARGEST_W))
        return false;
    *ret =
        (struct meter_slot){(float)mean_w, (float)measured, (float)during_w, (float)during, (float)asked_w, event != 0};
    return true;
}

static int read_day(json_t *json, int64_t *ret_from, struct meter_slot ret_slots[static MOST_SLOTS], size_t *ret_count)
{
    json_int_t from;
    json_t *slots;
    if (json_unpack(json, "{s:I, s:o!}", "from", &from, "slots", &slots) < 0 || !json_is_array(slots))
        return AEMS_E_FORMAT;
    *ret_count = json_array_size(slots);
    if (from <= 0 || from > LATEST_MS || from % SLOT_MS != 0 || *ret_count == 0 || *ret_count > MOST_SLOTS)
        return AEMS_E_FORMAT;
    for (size_t i = 0; i < *ret_count; i++)
        if (!unpack_slot(json_array_get(slots, i), &ret_slots[i]))
            return AEMS_E_FORMAT;
    *ret_from = from;
    return 0;
}

// Days come in any order: an older one does not make the meter forget a newer.
static void take(struct meter *m, int64_t start, const struct meter_slot *slot)
{
    if (m->last_utc_ms == 0 || start > m->last_utc_ms)
        meter_reach(m, start);
    struct meter_slot *mine = (struct meter_slot *)meter_slot_kept(m, start); // the ring is ours
    if (mine == NULL)
        return;
    *mine = *slot;
    if (start == m->last_utc_ms)
        meter_reopen(m);
}

int meter_day_from_json(struct meter *m, const char *text, size_t length)
{
    struct meter_slot slots[MOST_SLOTS];
    size_t count = 0;
    int64_t from = 0;
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    int result = json != NULL ? read_day(json, &from, slots, &count) : AEMS_E_FORMAT;
    json_decref(json);
    for (size_t i = 0; result == 0 && i < count; i++)
        take(m, from + (int64_t)i * SLOT_MS, &slots[i]);
    return result;
}
