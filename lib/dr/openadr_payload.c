// SPDX-License-Identifier: GPL-3.0-or-later
// Payload types, their units and their values.
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "dr/openadr_internal.h"

// ---- units ----------------------------------------------------------------------------------------------------------

struct unit {
    const char *name;
    double factor;
    bool is_energy;
};

static const struct unit powers[] = {{"KW", 1e3, false}, {"kW", 1e3, false}, {"W", 1, false}, {"MW", 1e6, false}, {0}};
// Of prices and emissions: the energy that they are for.
static const struct unit per_energies[] = {{"KWH", 1, false},
                                           {"kWh", 1, false},
                                           {"MWH", 1e-3, false},
                                           {"MWh", 1e-3, false},
                                           {"WH", 1e3, false},
                                           {"Wh", 1e3, false},
                                           {0}};
static const struct unit emissions[] = {{"KWH", 1, false}, {"kWh", 1, false}, {"GHG", 1, false}, {0}};
static const struct unit charges[] = {{"KWH", 1e3, true},       {"kWh", 1e3, true},          {"WH", 1, true},
                                      {"Wh", 1, true},          {"MWH", 1e6, true},          {"MWh", 1e6, true},
                                      {"PERCENT", 0.01, false}, {"PERCENTAGE", 0.01, false}, {0}};

// Each kind's units, the usual first, and the range of its values in W, Wh, per kWh.
struct rule {
    const struct unit *units; // NULL: it has none
    double low, high;
    const char *expected; // units, for sentences
};

static const double MAX_POWER_W = 1e10, MAX_PRICE = 1e6, MAX_ENERGY_WH = 1e10, MAX_EMISSION = 1e5;

static struct rule rule_of(enum dr_signal_kind kind)
{
    switch (kind) {
    case DR_SIMPLE:
        return (struct rule){NULL, 0, SITE_DR_LEVELS, ""};
    case DR_PRICE:
    case DR_EXPORT_PRICE:
        return (struct rule){per_energies, -MAX_PRICE, MAX_PRICE, "KWH, MWH or WH"};
    case DR_GHG:
        return (struct rule){emissions, 0, MAX_EMISSION, "KWH or GHG"};
    case DR_IMPORT_LIMIT:
    case DR_EXPORT_LIMIT:
        return (struct rule){powers, 0, MAX_POWER_W, "KW, W or MW"};
    case DR_SETPOINT:
    case DR_SETPOINT_RELATIVE:
        return (struct rule){powers, -MAX_POWER_W, MAX_POWER_W, "KW, W or MW"};
    case DR_CHARGE_STATE:
        return (struct rule){charges, 0, MAX_ENERGY_WH, "KWH, MWH, WH or PERCENT"};
    case DR_EMERGENCY:
    case DR_BLACK_START:
    case DR_SIGNAL_COUNT:
        break;
    }
    return (struct rule){NULL, 0, 1, ""};
}

static struct openadr_scale scale_of(enum dr_signal_kind kind, const struct unit *unit)
{
    struct rule rule = rule_of(kind);
    if (unit == NULL)
        return (struct openadr_scale){1, rule.low, rule.high, false, ""};
    bool is_share = kind == DR_CHARGE_STATE && !unit->is_energy;
    double high = is_share ? 1 : rule.high;
    return (struct openadr_scale){unit->factor, rule.low / unit->factor, high / unit->factor, unit->is_energy,
                                  unit->name};
}

// ---- descriptors ----------------------------------------------------------------------------------------------------

int openadr_kind(const char *type)
{
    for (int kind = 0; kind < DR_SIGNAL_COUNT; kind++)
        if (strcmp(type, dr_signal_name((enum dr_signal_kind)kind)) == 0)
            return kind;
    return -1;
}

bool openadr_is_alert(enum dr_signal_kind kind)
{
    return kind == DR_EMERGENCY || kind == DR_BLACK_START;
}

static int read_units(const struct openadr_reader *r, const struct openadr_place *at, const json_t *json,
                      enum dr_signal_kind kind, struct openadr_scale *ret_scale)
{
    char found[OPENADR_FOUND_SIZE];
    struct rule rule = rule_of(kind);
    const struct openadr_place here = {at, "units", 0};
    if (json == NULL || rule.units == NULL)
        return 0;
    for (const struct unit *u = rule.units; json_is_string(json) && u->name != NULL; u++) {
        if (strcmp(u->name, json_string_value(json)) == 0) {
            *ret_scale = scale_of(kind, u);
            return 0;
        }
    }
    return openadr_complain(r, &here, AEMS_E_FORMAT, "expected %s of %s, found %s", rule.expected, dr_signal_name(kind),
                            openadr_found(json, found));
}

static int read_currency(const struct openadr_reader *r, const struct openadr_place *at, const json_t *json,
                         enum dr_signal_kind kind)
{
    char found[OPENADR_FOUND_SIZE];
    const struct openadr_place here = {at, "currency", 0};
    if (json == NULL || (kind != DR_PRICE && kind != DR_EXPORT_PRICE))
        return 0;
    if (!json_is_string(json) || strcmp(json_string_value(json), r->site->currency) != 0)
        return openadr_complain(r, &here, AEMS_E_FORMAT, "expected %s, in which this area reckons, found %s",
                                r->site->currency, openadr_found(json, found));
    return 0;
}

static int read_descriptor(const struct openadr_reader *r, const struct openadr_place *at, const json_t *json,
                           bool *described, struct openadr_scales *scales)
{
    char found[OPENADR_FOUND_SIZE];
    if (!json_is_object(json))
        return openadr_complain(r, at, AEMS_E_FORMAT, "expected an object, found %s", openadr_found(json, found));
    const json_t *type = openadr_member(json, "payloadType");
    if (type == NULL)
        type = openadr_member(json, "payLoadType"); // as published examples spell it
    const struct openadr_place here = {at, "payloadType", 0};
    if (!json_is_string(type))
        return openadr_complain(r, &here, AEMS_E_FORMAT, "expected a payload type such as PRICE, found %s",
                                openadr_found(type, found));
    int kind = openadr_kind(json_string_value(type));
    if (kind < 0)
        return 0;
    if (described[kind])
        return openadr_complain(r, &here, AEMS_E_FORMAT, "%s is described twice", json_string_value(type));
    described[kind] = true;
    int result = read_units(r, at, openadr_member(json, "units"), (enum dr_signal_kind)kind, &scales->of[kind]);
    return result < 0 ? result : read_currency(r, at, openadr_member(json, "currency"), (enum dr_signal_kind)kind);
}

int openadr_read_scales(const struct openadr_reader *r, const struct openadr_place *at, const json_t *event,
                        struct openadr_scales *ret_scales)
{
    json_t *list;
    bool described[DR_SIGNAL_COUNT] = {false};
    const struct openadr_place here = {at, "payloadDescriptors", 0};
    for (int kind = 0; kind < DR_SIGNAL_COUNT; kind++)
        ret_scales->of[kind] = scale_of((enum dr_signal_kind)kind, rule_of((enum dr_signal_kind)kind).units);
    int result = openadr_list(r, at, event, "payloadDescriptors", &list);
    for (size_t i = 0; result == 0 && i < json_array_size(list); i++) {
        const struct openadr_place element = {&here, NULL, i};
        result = read_descriptor(r, &element, json_array_get(list, i), described, ret_scales);
    }
    return result;
}

// ---- values ---------------------------------------------------------------------------------------------------------

static int read_alert(const struct openadr_reader *r, const struct openadr_place *at, const json_t *json,
                      double *ret_value)
{
    char found[OPENADR_FOUND_SIZE];
    if (!json_is_string(json))
        return openadr_complain(r, at, AEMS_E_FORMAT, "expected a text, found %s", openadr_found(json, found));
    *ret_value = 1;
    return 0;
}

enum { PLAIN_SIZE = 32 };

// A bound as people write it, such as 10,000,000; whole numbers only have their thousands set apart.
static const char *plain(double value, char ret_text[static PLAIN_SIZE])
{
    char digits[PLAIN_SIZE];
    if (value != floor(value) || fabs(value) >= 1e15) {
        snprintf(ret_text, PLAIN_SIZE, "%g", value);
        return ret_text;
    }
    int n = snprintf(digits, sizeof(digits), "%.0f", fabs(value)), used = 0;
    if (value < 0)
        ret_text[used++] = '-';
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            ret_text[used++] = ',';
        ret_text[used++] = digits[i];
    }
    ret_text[used] = '\0';
    return ret_text;
}

// The range of an OpenADR unit in usual spelling: prices and emissions are per energy.
static void write_range(enum dr_signal_kind kind, const struct openadr_scale *scale, char *ret_text, size_t size)
{
    static const char *const spelled[][2] = {{"KW", "kW"}, {"KWH", "kWh"},   {"MWH", "MWh"},
                                             {"WH", "Wh"}, {"PERCENT", "%"}, {"PERCENTAGE", "%"}};
    char low[PLAIN_SIZE], high[PLAIN_SIZE];
    const char *unit = scale->units;
    bool is_price = kind == DR_PRICE || kind == DR_EXPORT_PRICE;
    for (size_t i = 0; i < sizeof(spelled) / sizeof(*spelled); i++)
        if (strcmp(scale->units, spelled[i][0]) == 0)
            unit = spelled[i][1];
    if (kind == DR_GHG)
        unit = "g/kWh";
    const char *between = is_price ? " per " : unit[0] != '\0' ? " " : "";
    snprintf(ret_text, size, "%s%s to %s%s%s", kind == DR_SIMPLE ? "a level, " : "", plain(scale->low, low),
             plain(scale->high, high), between, unit);
}

int openadr_read_value(const struct openadr_reader *r, const struct openadr_place *at, const json_t *json,
                       enum dr_signal_kind kind, const struct openadr_scale *scale, double *ret_value)
{
    char found[OPENADR_FOUND_SIZE], range[96];
    if (openadr_is_alert(kind))
        return read_alert(r, at, json, ret_value);
    if (!json_is_number(json))
        return openadr_complain(r, at, AEMS_E_FORMAT, "expected a number for %s, found %s", dr_signal_name(kind),
                                openadr_found(json, found));
    double value = json_number_value(json);
    if (!in_range(value, scale->low, scale->high) || (kind == DR_SIMPLE && value != floor(value))) {
        write_range(kind, scale, range, sizeof(range));
        return openadr_complain(r, at, AEMS_E_RANGE, "expected %s for %s, found %s", range, dr_signal_name(kind),
                                openadr_found(json, found));
    }
    struct rule rule = rule_of(kind); // rounding of the factor may lead a hair beyond it
    bool is_share = kind == DR_CHARGE_STATE && !scale->is_energy;
    *ret_value = clamp(value * scale->factor, rule.low, is_share ? 1 : rule.high);
    return 0;
}
