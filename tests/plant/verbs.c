// SPDX-License-Identifier: GPL-3.0-or-later
#include "verbs.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/local_time.h"
#include "base/number.h"
#include "conf/measure.h"
#include "verbs_internal.h"
#include "view.h"

static void append_json(struct text *reply, json_t *object)
{
    char *line = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
    text_append(reply, line ? line : "{\"ok\":false,\"error\":\"out of memory\"}");
    text_append(reply, "\n");
    free(line);
    json_decref(object);
}

const char *verb_complaint(int status)
{
    if (status == AEMS_E_STATE)
        return "not for an asset of this kind";
    return status < 0 ? aems_error_text(status) : NULL;
}

int verb_asset(const struct words *w, int word)
{
    return w->count > word ? site_find_asset(w->area->site, w->word[word]) : -1;
}

bool verb_number(const char *text, double low, double high, double *ret_value)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end || !in_range(value, low, high))
        return false;
    *ret_value = value;
    return true;
}

// ---- assets -------------------------------------------------------------------------------------------------------

// `load ID +300kW` adds to what the load draws by itself, `load ID 500kW` replaces it, `load ID auto` ends both.
static const char *verb_load(const struct words *w)
{
    int asset = verb_asset(w, 1);
    if (w->count != 3)
        return "expected: load ID +POWER|-POWER|POWER|auto";
    if (asset < 0)
        return "no such asset";
    const char *text = w->word[2];
    if (!strcmp(text, "auto"))
        return verb_complaint(plant_model_unfix(w->area->model, asset));
    bool relative = *text == '+' || *text == '-';
    double magnitude_w;
    if (measure_parse(CONF_POWER, text + relative, &magnitude_w) < 0)
        return "expected a power such as 300kW";
    if (relative)
        return verb_complaint(plant_model_set_extra(w->area->model, asset, *text == '-' ? -magnitude_w : magnitude_w));
    return verb_complaint(plant_model_fix(w->area->model, asset, magnitude_w));
}

static const char *verb_pv(const struct words *w)
{
    int asset = verb_asset(w, 1);
    double power_w;
    if (w->count != 3)
        return "expected: pv ID POWER|auto";
    if (asset < 0)
        return "no such asset";
    if (!strcmp(w->word[2], "auto"))
        return verb_complaint(plant_model_unfix(w->area->model, asset));
    if (measure_parse(CONF_POWER, w->word[2], &power_w) < 0)
        return "expected a power such as 300kW";
    return verb_complaint(plant_model_fix(w->area->model, asset, power_w));
}

static const char *verb_set(const struct words *w)
{
    double share;
    int asset = verb_asset(w, 2);
    bool soc = w->count == 4 && !strcmp(w->word[1], "soc"), fuel = w->count == 4 && !strcmp(w->word[1], "fuel");
    if ((!soc && !fuel) || !verb_number(w->word[3], 0.0, 1.0, &share))
        return "expected: set soc|fuel ID SHARE (0 to 1)";
    if (asset < 0)
        return "no such asset";
    return verb_complaint(soc ? plant_model_set_soc(w->area->model, asset, share)
                              : plant_model_set_fuel(w->area->model, asset, share));
}

static int64_t now_utc_ms(const struct words *w)
{
    return area_instant(w->area, w->mono_ms).utc_ms;
}

// An instant, or a local time of day: the next time that it comes.
static bool parse_until(const struct words *w, const char *text, int64_t *ret_utc_ms)
{
    const int64_t minute_ms = 60000, day_minutes = 1440;
    int hour, minute, used = 0;
    if (rfc3339_parse(text, ret_utc_ms) == 0)
        return true;
    if (sscanf(text, "%2d:%2d%n", &hour, &minute, &used) != 2 || text[used] || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59)
        return false;
    int64_t today = local_day_start_ms(now_utc_ms(w)), after = (hour * 60 + minute) * minute_ms;
    int64_t tomorrow = local_day_start_ms(today + day_minutes * minute_ms * 3 / 2);
    *ret_utc_ms = today + after > now_utc_ms(w) ? today + after : tomorrow + after;
    return true;
}

static const char *verb_session(const struct words *w)
{
    double energy_wh;
    int64_t until;
    int asset = verb_asset(w, 1);
    if (w->count != 4 || measure_parse(CONF_ENERGY, w->word[2], &energy_wh) < 0 || !parse_until(w, w->word[3], &until))
        return "expected: session ID ENERGY DEPARTURE, such as: session bay1 30kWh 17:30";
    if (asset < 0)
        return "no such asset";
    return verb_complaint(plant_model_plug_in(w->area->model, asset, energy_wh, until));
}

static const char *verb_unplug(const struct words *w)
{
    int asset = verb_asset(w, 1);
    if (w->count != 2)
        return "expected: unplug ID";
    if (asset < 0)
        return "no such asset";
    int status = plant_model_unplug(w->area->model, asset);
    return status == AEMS_E_STATE ? "nobody is there" : verb_complaint(status);
}

// `limit GRID POWER FROM UNTIL`: what a demand response asks; its observance is counted.
static const char *verb_limit(const struct words *w)
{
    double power_w;
    int64_t from, until;
    int asset = verb_asset(w, 1);
    if (w->count != 5 || measure_parse(CONF_POWER, w->word[2], &power_w) < 0 || !parse_until(w, w->word[3], &from) ||
        !parse_until(w, w->word[4], &until))
        return "expected: limit GRID POWER FROM UNTIL";
    if (asset < 0 || w->area->site->assets[asset].kind != ASSET_GRID)
        return "no such grid connection";
    return verb_complaint(
        plant_model_limit(w->area->model, w->area->site->assets[asset].of_kind, power_w, from, until));
}

static const char *verb_noise(const struct words *w)
{
    static const char *const kinds[PLANT_NOISE_COUNT] = {
        [PLANT_NOISE_STEPS] = "steps",
        [PLANT_NOISE_CLOUDS] = "clouds",
    };
    double share;
    for (int k = 0; w->count == 3 && k < PLANT_NOISE_COUNT; k++)
        if (!strcmp(w->word[1], kinds[k]) && verb_number(w->word[2], 0.0, 1.0, &share))
            return verb_complaint(plant_model_set_noise(w->area->model, (enum plant_noise)k, share));
    return "expected: noise steps|clouds SHARE (0 to 1)";
}

static const char *verb_violations(const struct words *w)
{
    if (w->count != 2 || strcmp(w->word[1], "reset"))
        return "expected: violations reset";
    plant_model_reset_violations(w->area->model);
    return NULL;
}

static const char *verb_speed(const struct words *w)
{
    double speed;
    if (w->count != 2 || !verb_number(w->word[1], 0.0, 100000.0, &speed))
        return "expected: speed FACTOR (0 to 100000)";
    area_set_speed(w->area, speed, w->mono_ms);
    return NULL;
}

// ---- faults -------------------------------------------------------------------------------------------------------

static void put_fault(const struct words *w, int device, struct fault f)
{
    plant_device_set_fault(w->area->devices[device], f, w->mono_ms);
    if (profile_can_write(w->area->profiles[device]))
        area_obey(w->area, device);
    server_apply_faults(w->server);
    area_tell(w->area, &(struct area_event){.what = "fault", .device = device, .mono_ms = w->mono_ms});
}

static const char *verb_fault(const struct words *w)
{
    struct fault f;
    int device = w->count > 1 ? area_find_device(w->area, w->word[1]) : -1;
    if (w->count < 3 || w->count > 4)
        return "expected: fault DEVICE KIND [ARGUMENT]";
    if (device < 0)
        return "no such device";
    int status = fault_parse(w->word[2], w->count == 4 ? w->word[3] : NULL, &f);
    if (status < 0)
        return status == AEMS_E_NOT_FOUND ? "no such fault" : "argument out of range";
    put_fault(w, device, f);
    return NULL;
}

static const char *verb_clear(const struct words *w)
{
    if (w->count != 2)
        return "expected: clear DEVICE|all";
    bool all = !strcmp(w->word[1], "all");
    int device = area_find_device(w->area, w->word[1]);
    if (!all && device < 0)
        return "no such device";
    for (size_t i = 0; i < w->area->site->n_devices; i++)
        if (all || (int)i == device)
            put_fault(w, (int)i, (struct fault){0});
    return NULL;
}

// ---- lines --------------------------------------------------------------------------------------------------------

static void split(char *line, struct words *w)
{
    char *rest = NULL;
    w->count = 0;
    for (char *word = strtok_r(line, " \t\r", &rest); word && w->count < MAX_WORDS;
         word = strtok_r(NULL, " \t\r", &rest))
        w->word[w->count++] = word;
}

static const char *run(const struct words *w)
{
    static const struct {
        const char *name;
        verb_fn *fn;
    } verbs[] = {
        {"load", verb_load},     {"pv", verb_pv},
        {"set", verb_set},       {"session", verb_session},
        {"unplug", verb_unplug}, {"noise", verb_noise},
        {"limit", verb_limit},   {"violations", verb_violations},
        {"speed", verb_speed},   {"fault", verb_fault},
        {"clear", verb_clear},   {"grid", verb_grid},
        {"supply", verb_supply}, {"protection", verb_protection},
        {"switch", verb_switch}, {"stick", verb_stick},
        {"trip", verb_trip},
    };
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (!strcmp(verbs[i].name, w->word[0]))
            return verbs[i].fn(w);
    return "unknown word: load, pv, set, session, unplug, noise, limit, violations, speed, fault, clear, grid, supply, "
           "protection, switch, stick, trip, get or trace";
}

enum verb_effect verbs_run(struct area *area, struct server *server, char *line, uint64_t mono_ms, struct text *reply)
{
    struct words w = {.area = area, .server = server, .mono_ms = mono_ms};
    split(line, &w);
    if (w.count == 0)
        return VERB_PLAIN;
    if (!strcmp(w.word[0], "get")) {
        append_json(reply, view_area(area, server));
        return VERB_PLAIN;
    }
    enum verb_effect effect = VERB_PLAIN;
    const char *why = NULL;
    if (!strcmp(w.word[0], "trace"))
        effect = w.count > 1 && !strcmp(w.word[1], "off") ? VERB_TRACE_OFF : VERB_TRACE;
    else
        why = run(&w);
    append_json(reply, why ? json_pack("{s:b,s:s}", "ok", 0, "error", why) : json_pack("{s:b}", "ok", 1));
    return effect;
}

void verbs_describe(const struct area *area, const struct area_event *event, struct text *reply)
{
    append_json(reply, view_event(area, event));
}
