// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/status_parts.h"

#include <math.h>
#include <string.h>

#include "base/instant.h"
#include "base/local_time.h"

// ---- values that may be missing -----------------------------------------------------------------------------------

const char *status_text_of(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL && text[0] != '\0' ? text : otherwise;
}

bool status_number_of(const json_t *object, const char *key, double *ret_value)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_number(value))
        return false;
    *ret_value = json_number_value(value);
    return true;
}

// Rounded first, so that nothing shows as -0.0.
double status_kw_of(const struct status_style *v, double power_w)
{
    double parts = v->decimals == 1 ? 10 : 100;
    return round(power_w / 1000.0 * parts) / parts + 0.0;
}

void status_kw_text(const struct status_style *v, const json_t *object, const char *key, char *ret_text, size_t size)
{
    double power_w;
    if (status_number_of(object, key, &power_w))
        snprintf(ret_text, size, "%.*f", v->decimals, status_kw_of(v, power_w));
    else
        snprintf(ret_text, size, "-");
}

int status_decimals_for(const json_t *assets)
{
    double most_w = 0, power_w;
    size_t i;
    json_t *asset;
    json_array_foreach(assets, i, asset)
    {
        if (status_number_of(asset, "power_w", &power_w))
            most_w = fmax(most_w, fabs(power_w));
        if (status_number_of(asset, "max_power_w", &power_w))
            most_w = fmax(most_w, fabs(power_w));
    }
    return most_w < 100000 ? 2 : 1;
}

void status_age_text(double age_s, char *ret_text, size_t size)
{
    if (age_s < 120)
        snprintf(ret_text, size, "%.0f s", age_s);
    else if (age_s < 7200)
        snprintf(ret_text, size, "%.0f min", age_s / 60);
    else
        snprintf(ret_text, size, "%.1f h", age_s / 3600);
}

void status_when_text(const char *rfc3339, const char *format, char *ret_text, size_t size)
{
    int64_t utc_ms;
    if (rfc3339 == NULL || rfc3339_parse(rfc3339, &utc_ms) < 0) {
        snprintf(ret_text, size, "-");
        return;
    }
    struct local_time t = local_time_at(utc_ms);
    if (strcmp(format, "clock") == 0)
        snprintf(ret_text, size, "%02d:%02d", t.minute / 60, t.minute % 60);
    else
        snprintf(ret_text, size, "%04d-%02d-%02d %02d:%02d:%02d", t.year, t.month, t.day, t.minute / 60, t.minute % 60,
                 t.second);
}

// ---- what is wanted, and limits -----------------------------------------------------------------------------------

static void session_text(const json_t *session, char *ret_text, size_t size)
{
    double missing_wh = 0;
    char until[32];
    bool connected = json_is_true(json_object_get(session, "connected"));
    bool active = json_is_true(json_object_get(session, "active"));
    status_number_of(session, "missing_wh", &missing_wh);
    status_when_text(status_text_of(session, "until", NULL), "clock", until, sizeof(until));
    if (active && missing_wh >= 50)
        snprintf(ret_text, size, "%s%.1f kWh by %s", connected ? "" : "awaited, ", missing_wh / 1000, until);
    else
        snprintf(ret_text, size, "%s", active ? "has what it wants" : connected ? "plugged in" : "nobody");
}

void status_needs_text(const struct status_style *v, const json_t *asset, char *ret_text, size_t size)
{
    const json_t *session = json_object_get(asset, "session");
    double value, fuel;
    ret_text[0] = '\0';
    if (json_is_object(session))
        session_text(session, ret_text, size);
    else if (status_number_of(asset, "energy_value_per_kwh", &value) && v->wide)
        snprintf(ret_text, size, "worth %.2f/kWh", value);
    else if (status_number_of(asset, "fuel_frac", &fuel))
        snprintf(ret_text, size, "fuel %.0f %%", 100 * fuel);
}

static void append_limit(const json_t *limit, const struct status_style *v, struct text *out)
{
    double import_w, export_w, incentive = 0;
    char from[32], until[32];
    status_when_text(status_text_of(limit, "from", NULL), "full", from, sizeof(from));
    status_when_text(status_text_of(limit, "until", NULL), "full", until, sizeof(until));
    tinted(out, v->style, TINT_BOLD, status_text_of(limit, "id", "?"));
    text_appendf(out, " at %s:", status_text_of(limit, "grid", "?"));
    if (status_number_of(limit, "import_limit_w", &import_w))
        text_appendf(out, " import up to %.*f kW", v->decimals, status_kw_of(v, import_w));
    if (status_number_of(limit, "export_limit_w", &export_w))
        text_appendf(out, " export up to %.*f kW", v->decimals, status_kw_of(v, export_w));
    if (status_number_of(limit, "incentive_per_kwh", &incentive) && incentive > 0)
        text_appendf(out, " pays %.2f %s/kWh", incentive, v->currency);
    text_appendf(out, " from %s until %s\n", from, until);
}

void status_append_limits(const json_t *status, const struct status_style *v, struct text *out)
{
    size_t i;
    json_t *limit;
    json_array_foreach(json_object_get(status, "limits"), i, limit) append_limit(limit, v, out);
}
