// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/calls_internal.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "report/messages.h"

enum { LONGEST_COMMAND_S = 86400 };

typedef int call_fn(struct call *c);

int call_sorry(struct call *c, int code, const char *why)
{
    snprintf(c->why, sizeof(c->why), "%s", why);
    return code;
}

// Adds a message that was made as text.
int call_add_message(struct call *c, const char *key, int made, char *text)
{
    if (made < 0)
        return call_sorry(c, made, aems_error_text(made));
    json_t *message = json_loads(text, 0, NULL);
    free(text);
    if (message == NULL || json_object_set_new(c->reply, key, message) < 0)
        return call_sorry(c, AEMS_E_NOMEM, aems_error_text(AEMS_E_NOMEM));
    return 0;
}

static json_t *describe_daemon(const struct call *c)
{
    static const char *const healths[] = {"ok", "memory only", "ok, a corrupt file was set aside"};
    const struct driver *d = c->calls->driver;
    const char *mqtt = !publisher_enabled(d->publisher)    ? "disabled"
                       : publisher_connected(d->publisher) ? "connected"
                                                           : "away";
    struct mqtt_counters counters;
    publisher_counters(d->publisher, &counters);
    struct dr_desk_counters desk = {0};
    if (c->calls->desk != NULL)
        dr_desk_counters(c->calls->desk, &desk);
    return json_pack("{s:s, s:i, s:i, s:I, s:I, s:s, s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "version",
                     AEMS_VERSION, "pid", (int)getpid(), "planner_pid",
                     d->planner != NULL ? (int)planner_link_pid(d->planner) : -1, "uptime_s",
                     (json_int_t)((c->now.mono_ms - c->calls->started_mono_ms) / 1000), "cycles", (json_int_t)d->cycles,
                     "mqtt", mqtt, "mqtt_waiting", (json_int_t)counters.waiting, "mqtt_dropped",
                     (json_int_t)counters.telemetry_dropped, "store", healths[store_health(d->store)],
                     "commands_accepted", (json_int_t)c->calls->commands->accepted, "commands_refused",
                     (json_int_t)c->calls->commands->refused, "replies_accepted",
                     (json_int_t)c->calls->replies->accepted, "replies_refused", (json_int_t)c->calls->replies->refused,
                     "dr_accepted", (json_int_t)desk.accepted, "dr_refused", (json_int_t)desk.refused, "dr_retained",
                     (json_int_t)desk.retained, "dr_heartbeats", (json_int_t)desk.heartbeats);
}

// Names the devices of each asset: one without any is not silent, only unmeasured.
static void add_devices(json_t *assets, const struct site *s)
{
    for (size_t i = 0; i < s->n_assets; i++)
        json_object_set_new(json_array_get(assets, i), "devices", json_array());
    for (size_t d = 0; d < s->n_devices; d++) {
        if (s->devices[d].asset < 0)
            continue;
        json_t *asset = json_array_get(assets, (size_t)s->devices[d].asset);
        json_array_append_new(json_object_get(asset, "devices"), json_string(s->devices[d].id));
    }
}

// The engine's view, with the daemon's own part and its alarms among the others.
static int call_status(struct call *c)
{
    char *text = NULL;
    int r = message_status(c->calls->driver->engine, c->now, &text);
    r = call_add_message(c, "status", r, text);
    if (r < 0)
        return r;
    json_t *status = json_object_get(c->reply, "status");
    add_devices(json_object_get(status, "assets"), engine_site(c->calls->driver->engine));
    json_t *own = alarm_board_of_daemon(c->calls->driver->alarms);
    json_array_extend(json_object_get(status, "alarms"), own);
    json_decref(own);
    if (json_object_set_new(status, "daemon", describe_daemon(c)) < 0)
        return call_sorry(c, AEMS_E_NOMEM, aems_error_text(AEMS_E_NOMEM));
    return 0;
}

static json_t *bus_ids(const struct site *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->n_buses; i++)
        json_array_append_new(list, json_string(s->buses[i].id));
    return list;
}

// Where each asset hangs, where its heat goes and, for a storage, how much it holds: what a table of the plan needs
// beside the plan.
static json_t *asset_homes(const struct site *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct site_asset *a = &s->assets[i];
        json_t *home = json_pack("{s:s, s:i}", "id", a->id, "bus", a->bus);
        if (site_storage_of(s, (int)i) != NULL)
            json_object_set_new(home, "capacity_wh", json_real(site_storage_of(s, (int)i)->capacity_wh));
        if (a->kind == ASSET_CONVERTER)
            json_object_set_new(home, "to", json_integer(s->converters[a->of_kind].to));
        if (a->kind == ASSET_GENERATOR && s->generators[a->of_kind].heat_bus >= 0)
            json_object_set_new(home, "to", json_integer(s->generators[a->of_kind].heat_bus));
        if (a->kind == ASSET_TIE)
            json_object_set_new(home, "from", json_integer(s->ties[a->of_kind].from));
        json_array_append_new(list, home);
    }
    return list;
}

static int call_plan(struct call *c)
{
    const struct site *s = engine_site(c->calls->driver->engine);
    char *text = NULL;
    if (engine_plan(c->calls->driver->engine) == NULL)
        return call_sorry(c, AEMS_E_STATE, "there is no plan yet");
    json_object_set_new(c->reply, "timezone", json_string(s->timezone));
    json_object_set_new(c->reply, "currency", json_string(s->currency));
    json_object_set_new(c->reply, "buses", bus_ids(s));
    json_object_set_new(c->reply, "assets", asset_homes(s));
    int r = message_plan(c->calls->driver->engine, c->now, &text);
    return call_add_message(c, "plan", r, text);
}

int call_find_asset(struct call *c, int *ret_asset)
{
    const char *id = json_string_value(json_object_get(c->request, "asset"));
    int asset = id != NULL ? site_find_asset(engine_site(c->calls->driver->engine), id) : -1;
    if (asset < 0) {
        bool named = id != NULL && text_is_id(id);
        const char *near = named ? site_nearest_asset(engine_site(c->calls->driver->engine), id) : NULL;
        snprintf(c->why, sizeof(c->why), "%s: no such asset%s%s%s", named ? id : "asset",
                 near != NULL ? "; did you mean " : "", near != NULL ? near : "", near != NULL ? "?" : "");
        return AEMS_E_NOT_FOUND;
    }
    *ret_asset = asset;
    return 0;
}

int call_carry(struct call *c, const struct event *event)
{
    return commands_local(c->calls->commands, event, c->why, sizeof(c->why));
}

static int call_setpoint(struct call *c)
{
    struct event e = {.kind = EVENT_COMMAND, .at = c->now};
    const json_t *power = json_object_get(c->request, "power_w");
    const json_t *valid_for = json_object_get(c->request, "valid_for_s");
    e.command.kind = COMMAND_MANUAL_SETPOINT;
    int r = call_find_asset(c, &e.command.asset);
    if (r < 0)
        return r;
    if (!json_is_number(power) || !in_range(json_number_value(power), -1e9, 1e9))
        return call_sorry(c, AEMS_E_RANGE, "power_w: expected a power in W");
    if (!json_is_number(valid_for) || !in_range(json_number_value(valid_for), 1, LONGEST_COMMAND_S))
        return call_sorry(c, AEMS_E_RANGE, "valid_for_s: expected 1 s to 24 h");
    e.command.power_w = json_number_value(power);
    e.command.valid_until_utc_ms = c->now.utc_ms + (int64_t)(json_number_value(valid_for) * 1000.0);
    return call_carry(c, &e);
}

static int call_automatic(struct call *c)
{
    struct event e = {.kind = EVENT_COMMAND, .at = c->now};
    e.command.kind = COMMAND_AUTOMATIC;
    int r = call_find_asset(c, &e.command.asset);
    return r < 0 ? r : call_carry(c, &e);
}

static int call_replan(struct call *c)
{
    struct event e = {.kind = EVENT_COMMAND, .at = c->now};
    e.command.kind = COMMAND_REPLAN;
    e.command.asset = -1;
    return call_carry(c, &e);
}

// A command as it would come over MQTT, sent now: one way of judging it for both.
static int call_command(struct call *c)
{
    const char *id = json_string_value(json_object_get(c->request, "id"));
    json_t *payload = json_copy(json_object_get(c->request, "payload"));
    struct event e = {0};
    char t[RFC3339_SIZE];
    if (id == NULL || !text_is_id(id) || !json_is_object(payload)) {
        json_decref(payload);
        return call_sorry(c, AEMS_E_FORMAT, "expected an id and a payload");
    }
    rfc3339_format(c->now.utc_ms, t);
    json_object_set_new(payload, "t", json_string(t));
    char *text = json_dumps(payload, JSON_COMPACT);
    json_decref(payload);
    const struct site *s = engine_site(c->calls->driver->engine);
    int r = 0;
    if (text == NULL)
        r = call_sorry(c, AEMS_E_NOMEM, aems_error_text(AEMS_E_NOMEM));
    else if (commands_are_of_outages(s, id))
        r = message_read_outage(s, text, strlen(text), c->now, &e, c->why, sizeof(c->why));
    else
        r = message_read_command(s, id, text, strlen(text), c->now, &e, c->why, sizeof(c->why));
    free(text);
    if (r == 0)
        r = call_carry(c, &e);
    const char *remark = engine_last_remark(c->calls->driver->engine);
    if (r == 0 && e.kind == EVENT_OUTAGE && remark[0] != '\0')
        json_object_set_new(c->reply, "remark", json_string(remark));
    return r;
}

static const struct {
    const char *name;
    call_fn *fn;
} table[] = {
    {"status", call_status},           {"plan", call_plan},
    {"setpoint", call_setpoint},       {"automatic", call_automatic},
    {"replan", call_replan},           {"ledger", call_ledger},
    {"command", call_command},         {"prices", call_prices},
    {"weather", call_weather},         {"forecast", call_forecast},
    {"buildings", call_buildings},     {"report", call_report},
    {"dr_send", call_dr_send},         {"dr_cancel", call_dr_cancel},
    {"dr_list", call_dr_list},         {"capability", call_capability},
    {"outage", call_outage},           {"outage_journal", call_outage_journal},
    {"outage_plan", call_outage_plan}, {"outage_drill", call_outage_drill},
};

static int dispatch(struct call *c)
{
    const char *name = json_string_value(json_object_get(c->request, "call"));
    for (size_t i = 0; name != NULL && i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].name, name) == 0)
            return table[i].fn(c);
    }
    return call_sorry(c, AEMS_E_NOT_FOUND, "no such call");
}

char *calls_answer(void *user, const char *line, size_t length)
{
    struct calls *calls = user;
    struct call c = {.calls = calls, .now = driver_now(calls->driver), .reply = json_object()};
    json_t *request = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    c.request = request;
    int r =
        json_is_object(request) ? dispatch(&c) : call_sorry(&c, AEMS_E_FORMAT, "expected one JSON object in one line");
    if (r < 0) {
        json_object_clear(c.reply);
        json_object_set_new(c.reply, "error", json_string(c.why));
    }
    json_object_set_new(c.reply, "ok", json_boolean(r == 0));
    char *text = json_dumps(c.reply, JSON_COMPACT);
    json_decref(c.reply);
    json_decref(request);
    return text;
}
