// SPDX-License-Identifier: GPL-3.0-or-later
// What buildings are told, and how they stand.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "dr/openadr.h"
#include "report/messages.h"
#include "report/pack.h"

static const char *incentive_name(enum incentive_kind kind)
{
    static const char *const names[INCENTIVE_KIND_COUNT] = {[INCENTIVE_FIXED] = "fixed",
                                                            [INCENTIVE_CRITICAL_PEAK] = "critical_peak",
                                                            [INCENTIVE_REBATE] = "rebate",
                                                            [INCENTIVE_TIME_OF_USE] = "time_of_use"};
    return (unsigned)kind < INCENTIVE_KIND_COUNT ? names[kind] : "unknown";
}

// ---- its signal -----------------------------------------------------------------------------------------------------

enum { VALUES = 3 };

static struct openadr_interval pack_slot(const struct building_slot *s, struct openadr_value values[static VALUES])
{
    size_t n = 0;
    if (s->limit_w < PLAN_NO_LIMIT_W) {
        values[n++] = (struct openadr_value){"IMPORT_CAPACITY_LIMIT", s->limit_w / 1000};
        values[n++] = (struct openadr_value){"SIMPLE", s->level};
    }
    values[n++] = (struct openadr_value){"PRICE", s->price_per_kwh};
    return (struct openadr_interval){
        .from_utc_ms = s->from_utc_ms, .until_utc_ms = s->until_utc_ms, .values = values, .n_values = n};
}

static json_t *pack_event(const struct site *s, const struct site_building *b, const struct building_view *v)
{
    struct openadr_value values[SIGNAL_MAX_SLOTS][VALUES];
    struct openadr_interval intervals[SIGNAL_MAX_SLOTS];
    const struct openadr_descriptor descriptors[VALUES] = {{.type = "IMPORT_CAPACITY_LIMIT", .units = "KW"},
                                                           {.type = "SIMPLE"},
                                                           {.type = "PRICE", .units = "KWH", .currency = s->currency}};
    const char *const targets[] = {b->id};
    char id[DR_ID_SIZE];
    snprintf(id, sizeof id, "signal-%s", b->id);
    for (size_t i = 0; i < v->n_slots; i++)
        intervals[i] = pack_slot(&v->slots[i], values[i]);
    const struct openadr_event_text event = {.id = id,
                                             .name = b->name,
                                             .program = s->dr.program[0] != '\0' ? s->dr.program : s->id,
                                             .priority = DR_PRIORITY_NULL,
                                             .created_utc_ms = v->signalled_utc_ms,
                                             .modified_utc_ms = v->signalled_utc_ms,
                                             .targets = targets,
                                             .n_targets = 1,
                                             .descriptors = descriptors,
                                             .n_descriptors = VALUES,
                                             .intervals = intervals,
                                             .n_intervals = v->n_slots};
    return openadr_write_event(&event);
}

int message_building_signal(const struct engine *e, int building, struct instant now, char **ret_json)
{
    const struct site *s = engine_site(e);
    struct building_view v;
    engine_building(e, building, now, &v);
    // Never told anything: as of now, so that it takes the place of what a former life of the service left with the
    // broker.
    if (v.signalled_utc_ms == 0)
        v.signalled_utc_ms = now.utc_ms;
    json_t *json = pack_event(s, &s->buildings[building], &v);
    if (json != NULL) {
        json_object_set_new(json, "t", pack_time(now.utc_ms));
        json_object_set_new(json, "incentive", json_string(incentive_name(s->buildings[building].incentive)));
        json_object_set_new(json, "version", json_integer((json_int_t)v.version));
    }
    return pack_finish(json, ret_json);
}

// ---- all of them ----------------------------------------------------------------------------------------------------

static const char *state_of(const struct building_view *v)
{
    if (v->opted_out)
        return "opted_out";
    if (v->failing)
        return "failing";
    if (v->asked_w > 0)
        return v->accepted ? "accepted" : "asked";
    for (size_t i = 0; i < v->n_slots; i++)
        if (v->slots[i].reduction_w > 0)
            return "scheduled";
    return "idle";
}

static json_t *pack_slots(const struct building_view *v)
{
    json_t *list = json_array();
    for (size_t i = 0; i < v->n_slots; i++) {
        const struct building_slot *s = &v->slots[i];
        json_array_append_new(list, json_pack("{s:o, s:o, s:f, s:o, s:i, s:f}", "from", pack_time(s->from_utc_ms),
                                              "until", pack_time(s->until_utc_ms), "reduction_w", s->reduction_w,
                                              "limit_w", pack_number(s->limit_w < PLAN_NO_LIMIT_W ? s->limit_w : NAN),
                                              "level", s->level, "price_per_kwh", s->price_per_kwh));
    }
    return list;
}

static json_t *pack_building(const struct engine *e, int building, struct instant now)
{
    const struct site_building *b = &engine_site(e)->buildings[building];
    struct building_view v;
    engine_building(e, building, now, &v);
    bool bound = v.until_utc_ms != 0;
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:f, s:f, s:f, s:o, s:b, s:b, s:b, s:I, s:o}", "id", b->id, "name",
                     b->name, "incentive", incentive_name(b->incentive), "state", state_of(&v), "until",
                     bound ? pack_time(v.until_utc_ms) : json_null(), "offered_w", v.offered_w, "asked_w", v.asked_w,
                     "delivered_w", v.delivered_w, "drawn_w", pack_number(v.drawn_w), "accepted", (int)v.accepted,
                     "opted_out", (int)v.opted_out, "failing", (int)v.failing, "version", (json_int_t)v.version,
                     "slots", pack_slots(&v));
}

int message_buildings(const struct engine *e, struct instant now, char **ret_json)
{
    json_t *list = json_array();
    for (size_t i = 0; i < engine_site(e)->n_buildings; i++)
        json_array_append_new(list, pack_building(e, (int)i, now));
    return pack_finish(json_pack("{s:o, s:s, s:o}", "t", pack_time(now.utc_ms), "currency", engine_site(e)->currency,
                                 "buildings", list),
                       ret_json);
}

// ---- what people there can do ---------------------------------------------------------------------------------------

int message_building_advice(const struct site *s, int building, const char *kind, const char *text, struct instant now,
                            char **ret_json)
{
    return pack_finish(json_pack("{s:o, s:s, s:s, s:s}", "t", pack_time(now.utc_ms), "id", s->buildings[building].id,
                                 "kind", kind, "text", text),
                       ret_json);
}
