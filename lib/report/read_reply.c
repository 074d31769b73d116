// SPDX-License-Identifier: GPL-3.0-or-later
// A building's word: whether it takes part, until when, and what it can do.
#include <string.h>

#include "base/error.h"
#include "report/messages.h"
#include "report/payload.h"

static int read_power(const struct payload_reader *r, json_t *json, struct site_offer *o)
{
    bool kw = json_object_get(json, "power_kw") != NULL;
    if (kw && json_object_get(json, "power_w") != NULL)
        return payload_complain(r, AEMS_E_FORMAT, "power_kw: power_w is given as well");
    const struct payload_number power = {kw ? "power_kw" : "power_w", "a power that it can do without", 0,
                                         kw ? PLAN_NO_LIMIT_W / 1000 : PLAN_NO_LIMIT_W, false};
    int result = payload_number(r, json, &power, &o->power_w);
    if (result == 0 && kw)
        o->power_w *= 1000;
    return result;
}

static int read_tier(const struct payload_reader *r, json_t *json, struct site_offer *o)
{
    json_t *tier = json_object_get(json, "tier");
    o->tier = TIER_DEFERRABLE;
    if (tier == NULL)
        return 0;
    for (int i = 0; i < TIER_COUNT && json_is_string(tier); i++)
        if (strcmp(json_string_value(tier), load_tier_name((enum load_tier)i)) == 0) {
            o->tier = (enum load_tier)i;
            return 0;
        }
    return payload_complain(r, AEMS_E_FORMAT, "tier: expected lifeline, important, ordinary or deferrable");
}

static int read_offer(const struct payload_reader *r, json_t *json, struct site_offer *o)
{
    static const struct payload_number price = {"price_per_kwh", "a price of 0 to 1e6 per kWh", 0, 1e6, false};
    static const struct payload_number duration = {"max_duration_s", "60 to 86400 s", 60, 86400, false};
    double duration_s = 0;
    if (!json_is_object(json))
        return payload_complain(r, AEMS_E_FORMAT, "expected an object");
    int result = payload_keys(r, json, " power_w power_kw price_per_kwh max_duration_s tier ");
    if (result == 0)
        result = read_power(r, json, o);
    if (result == 0)
        result = payload_number(r, json, &price, &o->price_per_kwh);
    if (result == 0)
        result = payload_number(r, json, &duration, &duration_s);
    o->max_duration_s = (int)duration_s;
    return result < 0 ? result : read_tier(r, json, o);
}

static int read_offers(const struct payload_reader *r, json_t *json, struct building_reply *reply)
{
    json_t *list = json_object_get(json, "offers"), *item;
    size_t i;
    if (list == NULL)
        return 0;
    if (!json_is_array(list) || json_array_size(list) < 1 || json_array_size(list) > SITE_MAX_OFFERS)
        return payload_complain(r, AEMS_E_FORMAT, "offers: expected a list of 1 to %d", (int)SITE_MAX_OFFERS);
    json_array_foreach(list, i, item)
    {
        char why[128] = "";
        struct payload_reader inner = {r->site, r->now, why, sizeof why};
        int result = read_offer(&inner, item, &reply->offers[i]);
        if (result < 0)
            return payload_complain(r, result, "offers[%zu]: %s", i, why);
    }
    reply->n_offers = json_array_size(list);
    return 0;
}

static int read_word(const struct payload_reader *r, json_t *json, struct building_reply *reply)
{
    const char *word = json_string_value(json_object_get(json, "reply"));
    if (word == NULL || (strcmp(word, "accept") != 0 && strcmp(word, "opt_out") != 0))
        return payload_complain(r, AEMS_E_FORMAT, "reply: expected \"accept\" or \"opt_out\"");
    reply->accepts = strcmp(word, "accept") == 0;
    return 0;
}

// An id of OpenADR, longer than those of configurations.
static int read_event(const struct payload_reader *r, json_t *json, struct building_reply *reply)
{
    json_t *event = json_object_get(json, "event");
    const char *text = json_string_value(event);
    if (event == NULL)
        return 0;
    size_t length = text != NULL ? json_string_length(event) : 0;
    if (length < 1 || length >= sizeof reply->event ||
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU"
                     "VWXYZ0123456789_-") != length)
        return payload_complain(r, AEMS_E_FORMAT, "event: expected the id of an event");
    memcpy(reply->event, text, length + 1);
    return 0;
}

static int read_all(const struct payload_reader *r, json_t *json, struct building_reply *reply)
{
    int result = payload_keys(r, json, " t event reply until offers ");
    if (result == 0)
        result = read_word(r, json, reply);
    if (result == 0)
        result = read_event(r, json, reply);
    if (result == 0 && json_object_get(json, "until") != NULL)
        result = payload_time(r, json, "until", &reply->until_utc_ms);
    if (result == 0 && json_object_get(json, "until") != NULL && reply->until_utc_ms <= r->now.utc_ms)
        return payload_complain(r, AEMS_E_RANGE, "until: it has passed");
    if (result == 0)
        result = read_offers(r, json, reply);
    return result < 0 ? result : payload_age(r, json, REPLY_MAX_AGE_S);
}

int message_read_reply(const struct site *s, const char *building_id, const char *payload, size_t length,
                       struct instant now, struct event *ret_event, char *ret_why, size_t size)
{
    struct payload_reader r = {s, now, ret_why, size};
    struct event event = {.kind = EVENT_REPLY, .at = now, .reply = {.building = -1}};
    json_t *json;
    if (length == 0 || length > REPLY_MAX_BYTES)
        return payload_complain(&r, AEMS_E_FORMAT, "%zu bytes: expected 1 to %d", length, REPLY_MAX_BYTES);
    for (size_t i = 0; i < s->n_buildings; i++)
        if (strcmp(s->buildings[i].id, building_id) == 0)
            event.reply.building = (int)i;
    if (event.reply.building < 0)
        return payload_complain(&r, AEMS_E_NOT_FOUND, "%.48s: no such building", building_id);
    int result = payload_object(&r, payload, length, &json);
    if (result < 0)
        return result;
    result = read_all(&r, json, &event.reply);
    json_decref(json);
    if (result == 0)
        *ret_event = event;
    return result;
}
