// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/status_view.h"

#include <math.h>
#include <string.h>

#include "daemon/ctl/outage_view.h"
#include "daemon/ctl/status_parts.h"

enum { SOC_CELLS = 10, POWER_CELLS = 8, WIDE_COLUMNS = 110, ALARMS_ON_SCREEN_MIN = 3 };

// ---- the head -----------------------------------------------------------------------------------------------------

static enum tint tint_of_mode(const char *mode)
{
    if (strcmp(mode, "plan") == 0)
        return TINT_GOOD;
    return strcmp(mode, "safe") == 0 ? TINT_BAD : TINT_WARN;
}

static void append_plan(const json_t *status, const struct style *style, struct text *out)
{
    const json_t *plan = json_object_get(status, "plan");
    double age_s, solve_ms, scenarios, fallbacks;
    char age[32];
    text_append(out, "plan ");
    if (!status_number_of(plan, "age_s", &age_s)) {
        tinted(out, style, TINT_WARN, "none");
        return;
    }
    status_age_text(age_s, age, sizeof(age));
    text_appendf(out, "%s old (%s", age, status_text_of(plan, "status", "?"));
    if (status_number_of(plan, "solve_ms", &solve_ms))
        text_appendf(out, ", %.0f ms", solve_ms);
    if (status_number_of(plan, "scenarios", &scenarios) && scenarios > 1)
        text_appendf(out, ", %.0f courses", scenarios);
    if (status_number_of(plan, "fallbacks", &fallbacks) && fallbacks > 0)
        text_appendf(out, ", %.0f fallbacks", fallbacks);
    text_append(out, ")");
}

static void append_head(const json_t *status, const struct status_style *v, struct text *out)
{
    const struct style *style = v->style;
    const json_t *daemon = json_object_get(status, "daemon");
    const char *mode = status_text_of(status, "mode", "?"), *mqtt = status_text_of(daemon, "mqtt", "?");
    const char *store = status_text_of(daemon, "store", "?");
    char now[32];
    status_when_text(status_text_of(status, "t", NULL), "full", now, sizeof(now));
    tinted(out, style, TINT_BOLD, status_text_of(status, "name", status_text_of(status, "area", "area")));
    text_appendf(out, "   %s   mode ", now);
    tinted(out, style, tint_of_mode(mode), mode);
    text_append(out, v->wide ? "   " : "\n");
    append_plan(status, style, out);
    const json_t *outside = json_object_get(status, "outside_degc");
    if (json_is_number(outside))
        text_appendf(out, "   outside %.1f degC", json_number_value(outside));
    text_append(out, "   mqtt ");
    tinted(out, style, strcmp(mqtt, "away") == 0 ? TINT_WARN : TINT_PLAIN, mqtt);
    if (strcmp(store, "ok") != 0) {
        text_append(out, "   store ");
        tinted(out, style, TINT_WARN, store);
    }
    text_append(out, "\n");
}

// ---- buses and their assets ---------------------------------------------------------------------------------------

// What flows into the bus by what is measured; false where something is not known.
static bool balance_of(const json_t *assets, const char *bus, double *ret_w)
{
    size_t i;
    json_t *asset;
    double sum = 0, power_w;
    json_array_foreach(assets, i, asset)
    {
        bool into = strcmp(status_text_of(asset, "bus", ""), bus) == 0,
             from = strcmp(status_text_of(asset, "from", ""), bus) == 0;
        if (!into && !from)
            continue;
        if (!status_number_of(asset, "power_w", &power_w))
            return false;
        sum += into ? power_w : -power_w;
    }
    *ret_w = sum;
    return true;
}

static void add_bus(struct table *t, const struct status_style *v, const json_t *bus, const json_t *assets)
{
    const char *id = status_text_of(bus, "id", "?");
    double price, balance_w;
    table_cell(t, TINT_BOLD, "%s", id);
    table_cell(t, TINT_DIM, "%s", "balance");
    const char *carrier = status_text_of(bus, "carrier", "electricity");
    if (strcmp(carrier, "electricity") != 0) // what converters give is not measured everywhere
        table_cell(t, TINT_DIM, "%s", carrier);
    else if (balance_of(assets, id, &balance_w))
        table_cell(t, TINT_DIM, "%+.*f", v->decimals, status_kw_of(v, balance_w));
    else
        table_cell(t, TINT_DIM, "%s", "-");
    for (int blank = v->wide ? 4 : 2; blank > 0; blank--)
        table_cell(t, TINT_PLAIN, "%s", "");
    if (status_number_of(bus, "price_per_kwh", &price))
        table_cell(t, TINT_DIM, "%.2f %s/kWh", price, v->currency);
    else
        table_cell(t, TINT_DIM, "%s", "");
}

static void add_power_bar(struct table *t, const struct style *style, const json_t *asset)
{
    double power_w, low_w = 0, high_w = 0;
    char cells[POWER_CELLS * 4 + 1] = "";
    status_number_of(asset, "min_power_w", &low_w);
    status_number_of(asset, "max_power_w", &high_w);
    double most_w = fmax(fabs(low_w), fabs(high_w));
    if (status_number_of(asset, "power_w", &power_w) && most_w > 0)
        bar(cells, sizeof(cells), style, fabs(power_w) / most_w, POWER_CELLS);
    table_cell(t, TINT_DIM, "%s", cells);
}

static void add_soc(struct table *t, const struct status_style *v, const json_t *asset)
{
    double soc_frac;
    char cells[SOC_CELLS * 4 + 2] = "";
    const json_t *session = json_object_get(asset, "session");
    bool nobody = json_is_object(session) && !json_is_true(json_object_get(session, "connected"));
    if (nobody || !status_number_of(asset, "soc_frac", &soc_frac)) {
        table_cell(t, TINT_PLAIN, "%s", "");
        return;
    }
    if (v->wide) {
        bar(cells, sizeof(cells) - 1, v->style, soc_frac, SOC_CELLS);
        strcat(cells, " ");
    }
    table_cell(t, soc_frac < 0.15 ? TINT_WARN : TINT_GOOD, "%s%3.0f%%", cells, 100 * soc_frac);
}

// What is wrong with the asset or its values, or "good".
static const char *state_of(const json_t *asset, enum tint *ret_tint)
{
    const char *quality = status_text_of(asset, "quality", "none");
    const json_t *devices = json_object_get(asset, "devices");
    *ret_tint = TINT_BAD;
    if (devices != NULL && json_array_size(devices) == 0) {
        *ret_tint = TINT_DIM;
        return "no device";
    }
    if (json_is_false(json_object_get(asset, "reachable")))
        return "silent";
    if (json_is_false(json_object_get(asset, "obeys")))
        return "disobeys";
    *ret_tint = strcmp(quality, "good") == 0 ? TINT_PLAIN : TINT_WARN;
    return quality;
}

// The sentence without its subject and the amount, which have columns of their own.
static const char *reason_of(const json_t *asset)
{
    const char *reason = status_text_of(asset, "reason", ""), *why = strstr(reason, ": ");
    return why != NULL ? why + 2 : reason;
}

// On a narrow screen only what is not as it should be takes room beside the reason.
static void add_state_and_reason(struct table *t, const struct status_style *v, const json_t *asset)
{
    enum tint tint;
    char needs[96];
    const json_t *session = json_object_get(asset, "session");
    bool wants = json_is_object(session); // what a vehicle wants stands before the reason
    bool nobody = wants && !json_is_true(json_object_get(session, "connected")) &&
                  !json_is_true(json_object_get(session, "active"));
    const char *state = state_of(asset, &tint), *reason = nobody ? "" : reason_of(asset);
    status_needs_text(v, asset, needs, sizeof(needs));
    const char *between = needs[0] != '\0' && reason[0] != '\0' ? "; " : "";
    const char *first = wants ? needs : reason, *second = wants ? reason : needs;
    if (v->wide)
        table_cell(t, tint, "%s", state);
    if (v->wide || tint == TINT_PLAIN)
        table_cell(t, TINT_DIM, "%s%s%s", first, between, second);
    else
        table_cell(t, tint, "%s", state);
}

static void add_asset(struct table *t, const struct status_style *v, const json_t *asset)
{
    char power[32], setpoint[32];
    const char *from = v->wide ? status_text_of(asset, "from", NULL) : NULL;
    status_kw_text(v, asset, "power_w", power, sizeof(power));
    status_kw_text(v, asset, "setpoint_w", setpoint, sizeof(setpoint));
    table_cell(t, TINT_PLAIN, "  %s", status_text_of(asset, "id", "?"));
    table_cell(t, TINT_DIM, from != NULL ? "%s from %s" : "%s", status_text_of(asset, "kind", "?"), from);
    table_cell(t, TINT_PLAIN, "%s", power);
    if (v->wide)
        add_power_bar(t, v->style, asset);
    table_cell(t, TINT_PLAIN, "%s", strcmp(setpoint, "-") == 0 ? "" : setpoint);
    add_soc(t, v, asset);
    add_state_and_reason(t, v, asset);
}

static struct table *asset_table(bool wide)
{
    static const char *const all[] = {"bus / asset", "", ">kW", "", ">setpoint", "SoC", "values", "why"};
    static const char *const few[] = {"bus / asset", "", ">kW", ">setpoint", "SoC", "why"};
    return wide ? table_new(all, sizeof(all) / sizeof(all[0])) : table_new(few, sizeof(few) / sizeof(few[0]));
}

static void append_assets(const json_t *status, const struct status_style *v, struct text *out)
{
    const json_t *assets = json_object_get(status, "assets");
    struct table *t = asset_table(v->wide);
    size_t b, i;
    json_t *bus, *asset;
    if (t == NULL)
        return;
    json_array_foreach(json_object_get(status, "buses"), b, bus)
    {
        add_bus(t, v, bus, assets);
        json_array_foreach(assets, i, asset)
        {
            bool here = strcmp(status_text_of(asset, "bus", ""), status_text_of(bus, "id", "?")) == 0;
            if (here && !status_is_crowd(v, assets, asset))
                add_asset(t, v, asset);
        }
        status_add_crowds(t, v, assets, status_text_of(bus, "id", "?"));
    }
    table_render(t, v->style, 0, out);
    text_append(out, "\n");
    table_free(t);
}

// ---- grid connections and alarms ----------------------------------------------------------------------------------

static const char *limit_key(const json_t *grid, const char *in_force, const char *configured)
{
    return json_is_number(json_object_get(grid, in_force)) ? in_force : configured;
}

static void add_grid(struct table *t, const struct status_style *v, const json_t *grid)
{
    char import_limit[32], export_limit[32], peak[32], window[384], since[32], prices[64] = "-";
    double window_wh, import_price, export_price;
    status_kw_text(v, grid, limit_key(grid, "import_limit_now_w", "import_limit_w"), import_limit,
                   sizeof(import_limit));
    status_kw_text(v, grid, limit_key(grid, "export_limit_now_w", "export_limit_w"), export_limit,
                   sizeof(export_limit));
    status_kw_text(v, grid, "month_peak_w", peak, sizeof(peak));
    status_when_text(status_text_of(grid, "window_start", NULL), "clock", since, sizeof(since));
    if (status_number_of(grid, "window_wh", &window_wh))
        snprintf(window, sizeof(window), "%.1f kWh since %s", window_wh / 1000.0, since);
    else
        snprintf(window, sizeof(window), "-");
    if (status_number_of(grid, "import_price_per_kwh", &import_price) &&
        status_number_of(grid, "export_price_per_kwh", &export_price))
        snprintf(prices, sizeof(prices), "%.2f / %.2f", import_price, export_price);
    table_cell(t, TINT_PLAIN, "%s", status_text_of(grid, "id", "?"));
    table_cell(t, TINT_PLAIN, "%s", import_limit);
    table_cell(t, TINT_PLAIN, "%s", export_limit);
    table_cell(t, TINT_PLAIN, "%s", window);
    table_cell(t, TINT_PLAIN, "%s", peak);
    table_cell(t, TINT_PLAIN, "%s", prices);
}

static void append_grids(const json_t *status, const struct status_style *v, struct text *out)
{
    static const char *const headings[] = {"grid (kW)",      ">import max",   ">export max",
                                           ">demand window", ">month's peak", ">buy / sell"};
    struct table *t = table_new(headings, sizeof(headings) / sizeof(headings[0]));
    size_t i;
    json_t *grid;
    if (t == NULL)
        return;
    json_array_foreach(json_object_get(status, "grids"), i, grid) add_grid(t, v, grid);
    if (i > 0)
        table_render(t, v->style, 0, out);
    table_free(t);
}

static size_t append_alarms_of(const json_t *alarms, const char *severity, const struct status_style *v, size_t room,
                               struct text *out)
{
    size_t i, shown = 0;
    json_t *alarm;
    json_array_foreach(alarms, i, alarm)
    {
        char since[32];
        if (strcmp(status_text_of(alarm, "severity", "warning"), severity) != 0 || shown == room)
            continue;
        status_when_text(status_text_of(alarm, "since", NULL), "clock", since, sizeof(since));
        tinted(out, v->style, strcmp(severity, "critical") == 0 ? TINT_BAD : TINT_WARN,
               status_text_of(alarm, "id", "?"));
        text_appendf(out, "  %s since %s: %s\n", severity, since, status_text_of(alarm, "text", ""));
        shown++;
    }
    return shown;
}

// The worst first. A screen keeps most of its lines for the area.
static void append_alarms(const json_t *alarms, const struct status_style *v, struct text *out)
{
    static const char *const severities[] = {"critical", "warning", "notice"};
    size_t count = json_array_size(alarms), room = count, shown = 0;
    if (v->style->height > 0 && room > (size_t)v->style->height / 5)
        room = (size_t)v->style->height / 5 + ALARMS_ON_SCREEN_MIN;
    for (size_t i = 0; i < sizeof(severities) / sizeof(severities[0]); i++)
        shown += append_alarms_of(alarms, severities[i], v, room - shown, out);
    if (count == 0)
        tinted(out, v->style, TINT_GOOD, "no alarms\n");
    else if (shown < count)
        text_appendf(out, "and %zu more alarms\n", count - shown);
}

void status_view(const json_t *status, const struct style *style, bool all, struct text *out)
{
    const struct status_style v = {style, status_text_of(status, "currency", ""),
                                   status_decimals_for(json_object_get(status, "assets")), style->width >= WIDE_COLUMNS,
                                   all};
    append_head(status, &v, out);
    outage_view_line(json_object_get(status, "outage"), style, out);
    append_alarms(json_object_get(status, "alarms"), &v, out);
    text_append(out, "\n");
    append_assets(status, &v, out);
    append_grids(status, &v, out);
    status_append_limits(status, &v, out);
}
