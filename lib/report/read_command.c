// SPDX-License-Identifier: GPL-3.0-or-later
// What operators, charging stations and demand response send. Bytes from outside: everything that is not exactly as it
// should be is refused whole.
#include <string.h>

#include "base/error.h"
#include "report/messages.h"
#include "report/payload.h"

static const double LARGEST_W = 1e10, LARGEST_WH = 1e10, LARGEST_PRICE = 1e6;

// ---- by hand --------------------------------------------------------------------------------------------------------

static int read_setpoint(const struct payload_reader *r, json_t *json, struct event *event)
{
    int result = payload_keys(r, json, " t power_w valid_until ");
    if (result == 0)
        result =
            payload_number(r, json, &(struct payload_number){"power_w", "a power in W", -LARGEST_W, LARGEST_W, false},
                           &event->command.power_w);
    event->command.kind = COMMAND_MANUAL_SETPOINT;
    return result < 0 ? result : payload_time(r, json, "valid_until", &event->command.valid_until_utc_ms);
}

static int read_mode(const struct payload_reader *r, json_t *json, struct event *event)
{
    json_t *mode = json_object_get(json, "mode");
    int result = payload_keys(r, json, " t mode ");
    if (result < 0)
        return result;
    if (!json_is_string(mode) || strcmp(json_string_value(mode), "automatic") != 0)
        return payload_complain(r, AEMS_E_FORMAT, "mode: expected \"automatic\"");
    event->command.kind = COMMAND_AUTOMATIC;
    return 0;
}

static int read_replan(const struct payload_reader *r, json_t *json, struct event *event)
{
    int result = payload_keys(r, json, " t replan ");
    if (result < 0)
        return result;
    if (!json_is_true(json_object_get(json, "replan")))
        return payload_complain(r, AEMS_E_FORMAT, "replan: expected true");
    event->command.kind = COMMAND_REPLAN;
    return 0;
}

// ---- sessions -------------------------------------------------------------------------------------------------------

static int read_wanted(const struct payload_reader *r, json_t *json, struct session_wish *w)
{
    bool kwh = json_object_get(json, "wanted_kwh") != NULL;
    if (kwh && json_object_get(json, "wanted_wh") != NULL)
        return payload_complain(r, AEMS_E_FORMAT, "wanted_kwh: wanted_wh is given as well");
    const struct payload_number wanted = {kwh ? "wanted_kwh" : "wanted_wh", "an energy that is wanted", 0,
                                          kwh ? LARGEST_WH / 1000 : LARGEST_WH, false};
    int result = payload_number(r, json, &wanted, &w->wanted_wh);
    if (result == 0 && kwh)
        w->wanted_wh *= 1000;
    return result;
}

static int read_session(const struct payload_reader *r, json_t *json, struct event *event)
{
    static const struct payload_number capacity = {"capacity_wh", "a vehicle's capacity in Wh", 1, 1e10, true};
    static const struct payload_number energy = {"energy_wh", "the energy in the vehicle in Wh", 0, 1e10, true};
    struct session_wish w = {.asset = event->command.asset, .energy_wh = -1};
    int result = payload_keys(r, json, " t until wanted_wh wanted_kwh capacity_wh energy_wh ");
    if (result == 0)
        result = payload_time(r, json, "until", &w.until_utc_ms);
    if (result == 0)
        result = read_wanted(r, json, &w);
    if (result == 0)
        result = payload_number(r, json, &capacity, &w.capacity_wh);
    if (result == 0)
        result = payload_number(r, json, &energy, &w.energy_wh);
    *event = (struct event){.kind = EVENT_SESSION, .at = event->at, .session = w};
    return result;
}

// ---- limits ---------------------------------------------------------------------------------------------------------

static int read_withdrawal(const struct payload_reader *r, json_t *json, struct grid_limit *l)
{
    int result = payload_keys(r, json, " t id withdraw ");
    if (result < 0)
        return result;
    if (!json_is_true(json_object_get(json, "withdraw")))
        return payload_complain(r, AEMS_E_FORMAT, "withdraw: expected true");
    l->from_utc_ms = l->until_utc_ms = r->now.utc_ms;
    return 0;
}

static int read_numbers(const struct payload_reader *r, json_t *json, struct grid_limit *l)
{
    const struct {
        struct payload_number number;
        double *value;
    } all[] = {
        {{"import_limit_w", "a power in W, at least 0", 0, LARGEST_W, true}, &l->import_limit_w},
        {{"export_limit_w", "a power in W, at least 0", 0, LARGEST_W, true}, &l->export_limit_w},
        {{"incentive_per_kwh", "what is paid for a kWh, at least 0", 0, LARGEST_PRICE, true}, &l->incentive_per_kwh},
        {{"baseline_w", "a power in W, at least 0", 0, LARGEST_W, true}, &l->baseline_w},
    };
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof all / sizeof *all; i++)
        result = payload_number(r, json, &all[i].number, all[i].value);
    bool pays = json_object_get(json, "incentive_per_kwh") != NULL;
    if (result == 0 && pays != (json_object_get(json, "baseline_w") != NULL))
        return payload_complain(r, AEMS_E_FORMAT, "baseline_w: expected together with incentive_per_kwh");
    return result;
}

static int read_terms(const struct payload_reader *r, json_t *json, struct grid_limit *l)
{
    int result = payload_keys(r, json, " t id from until import_limit_w export_limit_w incentive_per_kwh baseline_w ");
    if (result == 0)
        result = payload_time(r, json, "from", &l->from_utc_ms);
    if (result == 0)
        result = payload_time(r, json, "until", &l->until_utc_ms);
    if (result == 0 && l->until_utc_ms <= l->from_utc_ms)
        return payload_complain(r, AEMS_E_FORMAT, "until: expected a time after from");
    return result < 0 ? result : read_numbers(r, json, l);
}

static int read_limit(const struct payload_reader *r, json_t *json, struct event *event)
{
    struct grid_limit l = {.grid = r->site->assets[event->command.asset].of_kind,
                           .import_limit_w = PLAN_NO_LIMIT_W,
                           .export_limit_w = PLAN_NO_LIMIT_W};
    int result = payload_text(r, json, "id", l.id, sizeof l.id);
    if (result == 0)
        result = json_object_get(json, "withdraw") != NULL ? read_withdrawal(r, json, &l) : read_terms(r, json, &l);
    *event = (struct event){.kind = EVENT_LIMIT, .at = event->at, .limit = l};
    return result;
}

// ---- which one ------------------------------------------------------------------------------------------------------

static bool has_one_of(const json_t *json, const char *const *keys, size_t count)
{
    bool has = false;
    for (size_t i = 0; i < count; i++)
        has |= json_object_get(json, keys[i]) != NULL;
    return has;
}

// The words of a session or a limit under the name of something that knows neither.
static int judge_kind(const struct payload_reader *r, const json_t *json, const struct site_asset *asset)
{
    static const char *const of_sessions[] = {"wanted_wh", "wanted_kwh"};
    static const char *const of_limits[] = {"import_limit_w", "export_limit_w", "incentive_per_kwh", "withdraw"};
    bool takes_sessions = asset->kind == ASSET_CHARGER || asset->kind == ASSET_FLEXIBLE;
    if (!takes_sessions && has_one_of(json, of_sessions, sizeof of_sessions / sizeof *of_sessions))
        return payload_complain(r, AEMS_E_FORMAT, "%s: expected a charger or a flexible load", asset->id);
    if (asset->kind != ASSET_GRID && has_one_of(json, of_limits, sizeof of_limits / sizeof *of_limits))
        return payload_complain(r, AEMS_E_FORMAT, "%s: expected a grid connection", asset->id);
    return 0;
}

static int complain_of_id(const struct payload_reader *r, const char *id)
{
    const char *near = site_nearest_asset(r->site, id);
    return payload_complain(r, AEMS_E_NOT_FOUND, "%.48s: no such asset%s%s%s", id,
                            near != NULL ? "; did you mean " : "", near != NULL ? near : "", near != NULL ? "?" : "");
}

static int read_object(const struct payload_reader *r, json_t *json, struct event *event)
{
    int asset = event->command.asset;
    enum asset_kind kind = asset >= 0 ? r->site->assets[asset].kind : ASSET_KIND_COUNT;
    int result = asset >= 0 ? judge_kind(r, json, &r->site->assets[asset]) : 0;
    if (result < 0)
        return result;
    if (json_object_get(json, "power_w") != NULL)
        return read_setpoint(r, json, event);
    if (json_object_get(json, "mode") != NULL)
        return read_mode(r, json, event);
    if (json_object_get(json, "replan") != NULL)
        return read_replan(r, json, event);
    if (kind == ASSET_GRID)
        return read_limit(r, json, event);
    if (kind == ASSET_CHARGER || kind == ASSET_FLEXIBLE)
        return read_session(r, json, event);
    return payload_complain(r, AEMS_E_FORMAT, "expected one of power_w, mode, replan");
}

int message_read_command(const struct site *s, const char *asset_id, const char *payload, size_t length,
                         struct instant now, struct event *ret_event, char *ret_why, size_t size)
{
    struct payload_reader r = {s, now, ret_why, size};
    struct event event = {.kind = EVENT_COMMAND, .at = now};
    json_t *json;
    if (length == 0 || length > COMMAND_MAX_BYTES)
        return payload_complain(&r, AEMS_E_FORMAT, "%zu bytes: expected 1 to %d", length, COMMAND_MAX_BYTES);
    int asset = event.command.asset = site_find_asset(s, asset_id);
    int result = payload_object(&r, payload, length, &json);
    if (result < 0)
        return result;
    // A new plan is asked of the area as a whole, under the area's id or that of any asset.
    bool area = json_object_get(json, "replan") != NULL && strcmp(asset_id, s->id) == 0;
    result = asset < 0 && !area ? complain_of_id(&r, asset_id) : read_object(&r, json, &event);
    if (result == 0)
        result = payload_age(&r, json, COMMAND_MAX_AGE_S);
    json_decref(json);
    if (result == 0)
        *ret_event = event;
    return result;
}
