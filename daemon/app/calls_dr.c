// SPDX-License-Identifier: GPL-3.0-or-later
// Calls about demand response: events by the operator's own word, and what is known of all of them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "daemon/app/calls_internal.h"
#include "daemon/app/dr_desk.h"
#include "dr/openadr.h"
#include "report/messages.h"

// ---- events by hand -------------------------------------------------------------------------------------------------

// To the same desk as what comes over MQTT. The reply tells from when on the event may be looked for.
static int hand_in(struct call *c, const char *payload, size_t length, bool withdraws)
{
    char id[DR_ID_SIZE] = "";
    if (c->calls->desk == NULL)
        return call_sorry(c, AEMS_E_STATE, "demand response is not listened to");
    int r = dr_desk_local(c->calls->desk, payload, length, id, c->why, sizeof(c->why));
    if (r < 0 && c->why[0] == '\0')
        return call_sorry(c, r, aems_error_text(r));
    if (r < 0)
        return r;
    json_object_set_new(c->reply, "id", json_string(id));
    json_object_set_new(c->reply, "withdraws", json_boolean(withdraws));
    json_object_set_new(c->reply, "t_utc_ms", json_integer(c->now.utc_ms));
    return 0;
}

// A message withdraws an event by its operation, its time or its targets, so it is read here as well as at the desk.
static bool is_withdrawal(const struct call *c, const char *payload, size_t length)
{
    struct openadr_message m;
    char why[OPENADR_WHY_SIZE];
    int r = openadr_read(engine_site(c->calls->driver->engine), payload, length, c->now, 0.5, &m, why, sizeof(why));
    bool withdraws = r == 0 && (m.operation == OPENADR_DELETE || m.not_for_us);
    openadr_message_free(&m);
    return withdraws;
}

int call_dr_send(struct call *c)
{
    const json_t *payload = json_object_get(c->request, "payload");
    const char *text = json_string_value(payload);
    if (text == NULL)
        return call_sorry(c, AEMS_E_FORMAT, "payload: expected the event as a text");
    return hand_in(c, text, json_string_length(payload), is_withdrawal(c, text, json_string_length(payload)));
}

int call_dr_cancel(struct call *c)
{
    const char *id = json_string_value(json_object_get(c->request, "id"));
    if (id == NULL)
        return call_sorry(c, AEMS_E_FORMAT, "id: expected that of an event");
    json_t *message =
        json_pack("{s:s, s:s, s:{s:s}}", "objectType", "EVENT", "operation", "DELETE", "object", "id", id);
    char *text = message != NULL ? json_dumps(message, JSON_COMPACT) : NULL;
    json_decref(message);
    int r = text != NULL ? hand_in(c, text, strlen(text), true)
                         : call_sorry(c, AEMS_E_NOMEM, aems_error_text(AEMS_E_NOMEM));
    free(text);
    return r;
}

// ---- what is known --------------------------------------------------------------------------------------------------

// "W", "Wh", "share", "level"; of prices and emissions what they are per kWh; "" of alerts.
static const char *unit_of(const struct dr_signal *s, const char *price_unit)
{
    switch (s->kind) {
    case DR_SIMPLE:
        return "level";
    case DR_PRICE:
    case DR_EXPORT_PRICE:
        return price_unit;
    case DR_GHG:
        return "g/kWh";
    case DR_CHARGE_STATE:
        return s->is_energy ? "Wh" : "share";
    case DR_EMERGENCY:
    case DR_BLACK_START:
        return "";
    case DR_IMPORT_LIMIT:
    case DR_EXPORT_LIMIT:
    case DR_SETPOINT:
    case DR_SETPOINT_RELATIVE:
    case DR_SIGNAL_COUNT:
        break;
    }
    return "W";
}

static json_t *pack_signal(const struct dr_signal *s, const char *price_unit)
{
    return json_pack("{s:s, s:I, s:I, s:f, s:s}", "type", dr_signal_name(s->kind), "from_ms", (json_int_t)s->from_ms,
                     "until_ms", (json_int_t)s->until_ms, "value", s->value, "unit", unit_of(s, price_unit));
}

static json_t *pack_signals(const struct dr_event *e, const char *price_unit)
{
    json_t *list = json_array();
    for (size_t i = 0; i < e->n_signals; i++)
        json_array_append_new(list, pack_signal(&e->signals[i], price_unit));
    return list;
}

// What it says at this instant, of each kind.
static json_t *pack_now(const struct dr_event *e, const char *price_unit, int64_t utc_ms)
{
    json_t *list = json_array();
    for (int kind = 0; kind < DR_SIGNAL_COUNT; kind++) {
        const struct dr_signal *s = dr_event_signal_at(e, (enum dr_signal_kind)kind, utc_ms);
        if (s != NULL)
            json_array_append_new(list, pack_signal(s, price_unit));
    }
    return list;
}

static json_t *pack_event(const struct call *c, const struct dr_event *e)
{
    const struct engine *engine = c->calls->driver->engine;
    const struct site *s = engine_site(engine);
    char price_unit[24];
    snprintf(price_unit, sizeof(price_unit), "%s/kWh", s->currency);
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:b, s:o, s:o}", "id", e->id, "name",
        e->name, "program", e->program, "sender", e->sender, "state", dr_state_name(engine_dr_state(engine, e, c->now)),
        "target", e->grid >= 0 ? s->grids[e->grid].id : s->id, "received_utc_ms", (json_int_t)e->received_utc_ms,
        "modified_utc_ms", (json_int_t)e->modified_utc_ms, "from_utc_ms", (json_int_t)e->from_utc_ms, "until_utc_ms",
        (json_int_t)e->until_utc_ms, "turn_ms", (json_int_t)e->turn_ms, "text", e->text, "notes", e->notes,
        "wants_report", (int)e->wants_report, "signals", pack_signals(e, price_unit), "now",
        pack_now(e, price_unit, c->now.utc_ms));
    json_object_set_new(json, "priority", e->priority == DR_PRIORITY_NULL ? json_null() : json_integer(e->priority));
    json_object_set_new(json, "reference_w", e->reference_w < 0 ? json_null() : json_real(e->reference_w));
    return json;
}

static json_t *pack_limit(double limit_w)
{
    return limit_w < PLAN_NO_LIMIT_W ? json_real(limit_w) : json_null();
}

static json_t *pack_area(const struct call *c)
{
    struct dr_view v;
    engine_dr(c->calls->driver->engine, c->now, &v);
    return json_pack("{s:o, s:o, s:i, s:b, s:b, s:s, s:b, s:b}", "import_limit_w", pack_limit(v.import_limit_w),
                     "export_limit_w", pack_limit(v.export_limit_w), "level", v.level, "emergency", (int)v.emergency,
                     "black_start", (int)v.black_start, "guard", guard_state_name(v.guard), "sender_lost",
                     (int)v.sender_lost, "on", (int)v.on);
}

int call_dr_list(struct call *c)
{
    const struct dr_timeline *t = engine_dr_events(c->calls->driver->engine);
    json_t *events = json_array();
    for (size_t i = 0; i < t->count; i++)
        json_array_append_new(events, pack_event(c, t->events[i]));
    json_object_set_new(c->reply, "enabled", json_boolean(engine_site(c->calls->driver->engine)->dr.enabled));
    json_object_set_new(c->reply, "timezone", json_string(engine_site(c->calls->driver->engine)->timezone));
    json_object_set_new(c->reply, "area", pack_area(c));
    return json_object_set_new(c->reply, "events", events) < 0
               ? call_sorry(c, AEMS_E_NOMEM, aems_error_text(AEMS_E_NOMEM))
               : 0;
}
