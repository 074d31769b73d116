// SPDX-License-Identifier: GPL-3.0-or-later
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"
#include "dr/settlement.h"

enum { MOST_PARTIES = SITE_MAX_BUILDINGS + 1 };

static const double LARGEST = 1e15;

// ---- out ------------------------------------------------------------------------------------------------------------

static json_t *pack_time(int64_t utc_ms)
{
    char text[RFC3339_SIZE];
    rfc3339_format(utc_ms, text);
    return json_string(text);
}

static json_t *pack_known(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *pack_slots(const struct settled_party *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->n_slots; i++) {
        const struct settled_slot *s = &p->slots[i];
        json_array_append_new(list,
                              json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "from", pack_time(s->from_utc_ms), "until",
                                        pack_time(s->until_utc_ms), "baseline_w", pack_known(s->baseline_w),
                                        "measured_w", pack_known(s->measured_w), "requested_w",
                                        pack_known(s->requested_w), "delivered_w", pack_known(s->delivered_w)));
    }
    return list;
}

static bool request_is_known(const struct settled_party *p)
{
    for (size_t i = 0; i < p->n_slots; i++)
        if (!isfinite(p->slots[i].requested_w))
            return false;
    return true;
}

static json_t *pack_party(const struct settled_party *p)
{
    double asked_wh = request_is_known(p) ? p->requested_wh : NAN;
    double given_wh = p->has_baseline ? p->delivered_wh : NAN, baseline_wh = p->has_baseline ? p->baseline_wh : NAN;
    return json_pack("{s:s, s:s, s:b, s:i, s:f, s:o, s:o, s:f, s:o, s:f, s:f, s:f, s:o}", "id", p->id, "method",
                     baseline_method_name(p->method), "has_baseline", (int)p->has_baseline, "baseline_days",
                     p->baseline_days, "adjustment_w", p->adjustment_w, "requested_wh", pack_known(asked_wh),
                     "delivered_wh", pack_known(given_wh), "measured_wh", p->measured_wh, "baseline_wh",
                     pack_known(baseline_wh), "unmeasured_s", p->unmeasured_s, "incentive", p->incentive, "penalty",
                     p->penalty, "slots", pack_slots(p));
}

int settlement_to_json(const struct settlement *s, char **ret_text)
{
    json_t *parties = json_array();
    for (size_t i = 0; i < s->n_parties; i++)
        json_array_append_new(parties, pack_party(&s->parties[i]));
    json_t *json = json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:o}", "event", s->event, "name", s->name, "program",
                             s->program, "from", pack_time(s->from_utc_ms), "until", pack_time(s->until_utc_ms),
                             "cancelled", (int)s->cancelled, "parties", parties);
    char *text = json != NULL && json_array_size(parties) == s->n_parties
                     ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(12))
                     : NULL;
    json_decref(json);
    if (text == NULL)
        return AEMS_E_NOMEM;
    *ret_text = text;
    return 0;
}

// ---- and back -------------------------------------------------------------------------------------------------------

static bool read_time(const char *text, int64_t *ret_utc_ms)
{
    return text != NULL && rfc3339_parse(text, ret_utc_ms) == 0;
}

static bool read_known(const json_t *json, double *ret)
{
    *ret = json_is_null(json) ? NAN : json_number_value(json);
    return json_is_null(json) || (json_is_number(json) && in_range(*ret, -LARGEST, LARGEST));
}

static bool read_sum(const json_t *json, double *ret_wh) // 0 where it is not known
{
    *ret_wh = json_number_value(json);
    return json_is_null(json) || json_is_number(json);
}

static bool read_slot(json_t *json, struct settled_slot *s)
{
    const char *from, *until;
    json_t *baseline, *measured, *requested, *delivered;
    if (json_unpack(json, "{s:s, s:s, s:o, s:o, s:o, s:o!}", "from", &from, "until", &until, "baseline_w", &baseline,
                    "measured_w", &measured, "requested_w", &requested, "delivered_w", &delivered) < 0)
        return false;
    if (!read_time(from, &s->from_utc_ms) || !read_time(until, &s->until_utc_ms) || s->until_utc_ms <= s->from_utc_ms)
        return false;
    if (!read_known(baseline, &s->baseline_w) || !read_known(measured, &s->measured_w) ||
        !read_known(requested, &s->requested_w) || !read_known(delivered, &s->delivered_w))
        return false;
    s->measured = isfinite(s->measured_w);
    return isnan(s->requested_w) || in_range(s->requested_w, 0, LARGEST);
}

static bool read_slots(json_t *json, struct settled_party *p)
{
    size_t n = json_array_size(json);
    if (!json_is_array(json) || n > SETTLE_MAX_SLOTS)
        return false;
    p->slots = calloc(n + 1, sizeof *p->slots);
    for (; p->slots != NULL && p->n_slots < n; p->n_slots++)
        if (!read_slot(json_array_get(json, p->n_slots), &p->slots[p->n_slots]))
            return false;
    return p->slots != NULL;
}

static bool read_method(const char *name, enum baseline_method *ret)
{
    for (int method = 0; method < BASELINE_METHOD_COUNT; method++)
        if (strcmp(name, baseline_method_name((enum baseline_method)method)) == 0) {
            *ret = (enum baseline_method)method;
            return true;
        }
    return false;
}

static bool sums_in_range(const struct settled_party *p)
{
    return in_range(p->requested_wh, 0, LARGEST) && in_range(p->delivered_wh, -LARGEST, LARGEST) &&
           in_range(p->measured_wh, -LARGEST, LARGEST) && in_range(p->baseline_wh, -LARGEST, LARGEST) &&
           in_range(p->unmeasured_s, 0, LARGEST) && in_range(p->incentive, 0, LARGEST) &&
           in_range(p->penalty, 0, LARGEST) && in_range(p->adjustment_w, -LARGEST, LARGEST);
}

static bool read_party(json_t *json, struct settled_party *p)
{
    const char *id, *method;
    int has_baseline;
    json_t *slots, *asked, *given, *baseline;
    if (json_unpack(json, "{s:s, s:s, s:b, s:i, s:F, s:o, s:o, s:F, s:o, s:F, s:F, s:F, s:o!}", "id", &id, "method",
                    &method, "has_baseline", &has_baseline, "baseline_days", &p->baseline_days, "adjustment_w",
                    &p->adjustment_w, "requested_wh", &asked, "delivered_wh", &given, "measured_wh", &p->measured_wh,
                    "baseline_wh", &baseline, "unmeasured_s", &p->unmeasured_s, "incentive", &p->incentive, "penalty",
                    &p->penalty, "slots", &slots) < 0)
        return false;
    if (!read_sum(asked, &p->requested_wh) || !read_sum(given, &p->delivered_wh) ||
        !read_sum(baseline, &p->baseline_wh))
        return false;
    p->has_baseline = has_baseline != 0;
    return text_copy(p->id, sizeof p->id, id) == 0 && read_method(method, &p->method) && sums_in_range(p) &&
           read_slots(slots, p);
}

static bool read_parties(json_t *json, struct settlement *s)
{
    size_t n = json_array_size(json);
    if (!json_is_array(json) || n > MOST_PARTIES)
        return false;
    s->parties = calloc(n + 1, sizeof *s->parties);
    for (size_t i = 0; s->parties != NULL && i < n; i++) {
        s->n_parties = i + 1;
        if (!read_party(json_array_get(json, i), &s->parties[i]))
            return false;
    }
    return s->parties != NULL;
}

static bool read_all(json_t *json, struct settlement *s)
{
    const char *event, *name, *program, *from, *until;
    int cancelled;
    json_t *parties;
    if (json_unpack(json, "{s:s, s:s, s:s, s:s, s:s, s:b, s:o!}", "event", &event, "name", &name, "program", &program,
                    "from", &from, "until", &until, "cancelled", &cancelled, "parties", &parties) < 0)
        return false;
    s->cancelled = cancelled != 0;
    return text_copy(s->event, sizeof s->event, event) == 0 && text_copy(s->name, sizeof s->name, name) == 0 &&
           text_copy(s->program, sizeof s->program, program) == 0 && read_time(from, &s->from_utc_ms) &&
           read_time(until, &s->until_utc_ms) && read_parties(parties, s);
}

int settlement_from_json(const char *text, size_t length, struct settlement **ret_settlement)
{
    struct settlement *s = calloc(1, sizeof *s);
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    bool good = s != NULL && json != NULL && read_all(json, s);
    int result = good ? 0 : s != NULL ? AEMS_E_FORMAT : AEMS_E_NOMEM;
    json_decref(json);
    if (good)
        *ret_settlement = s;
    else
        settlement_free(s);
    return result;
}
