// SPDX-License-Identifier: GPL-3.0-or-later
// Reasons in words.
#include <math.h>
#include <stdio.h>

#include "plan/schedule.h"

const char *reason_kind_name(enum reason_kind kind)
{
    static const char *const names[REASON_KIND_COUNT] = {
        [REASON_NONE] = "none",
        [REASON_PRICE] = "price",
        [REASON_POWER_LIMIT] = "power_limit",
        [REASON_FULL] = "full",
        [REASON_EMPTY] = "empty",
        [REASON_RESERVE] = "reserve",
        [REASON_IMPORT_LIMIT] = "import_limit",
        [REASON_EXPORT_LIMIT] = "export_limit",
        [REASON_PEAK] = "peak",
        [REASON_TIE_LIMIT] = "tie_limit",
        [REASON_SURPLUS] = "surplus",
        [REASON_SHORTAGE] = "shortage",
        [REASON_RULE] = "rule",
        [REASON_SAFE] = "safe",
        [REASON_MANUAL] = "manual",
        [REASON_REGULATION] = "regulation",
        [REASON_DR_LIMIT] = "dr_limit",
        [REASON_DR_INCENTIVE] = "dr_incentive",
        [REASON_CONTRACT] = "contract",
        [REASON_RAMP] = "ramp",
        [REASON_GROUP_LIMIT] = "group_limit",
        [REASON_DEPARTURE] = "departure",
        [REASON_CURVE] = "curve",
        [REASON_HEAT] = "heat",
        [REASON_MIN_POWER] = "min_power",
        [REASON_FUEL] = "fuel",
        [REASON_OUTAGE] = "outage",
        [REASON_FORMING] = "forming",
        [REASON_ISLAND_GIVE] = "island_give",
        [REASON_ISLAND_TAKE] = "island_take",
    };
    return (unsigned)kind < REASON_KIND_COUNT ? names[kind] : "unknown";
}

static const char *reason_words(enum reason_kind kind)
{
    static const char *const words[REASON_KIND_COUNT] = {
        [REASON_NONE] = "nothing binds",
        [REASON_PRICE] = "price",
        [REASON_POWER_LIMIT] = "power limit",
        [REASON_FULL] = "full",
        [REASON_EMPTY] = "empty",
        [REASON_RESERVE] = "reserve kept",
        [REASON_IMPORT_LIMIT] = "import limit",
        [REASON_EXPORT_LIMIT] = "export limit",
        [REASON_PEAK] = "month's peak",
        [REASON_TIE_LIMIT] = "tie limit",
        [REASON_SURPLUS] = "surplus",
        [REASON_SHORTAGE] = "shed, supply is short",
        [REASON_RULE] = "no plan, self-consumption rule",
        [REASON_SAFE] = "safe value, data lost",
        [REASON_MANUAL] = "operator's command",
        [REASON_REGULATION] = "deviation from the plan",
        [REASON_DR_LIMIT] = "demand-response limit",
        [REASON_DR_INCENTIVE] = "demand-response incentive",
        [REASON_CONTRACT] = "contract power",
        [REASON_RAMP] = "ramp limit",
        [REASON_GROUP_LIMIT] = "limit of the group",
        [REASON_DEPARTURE] = "energy wanted in time",
        [REASON_CURVE] = "power falls with the state of charge",
        [REASON_HEAT] = "heat or cold is needed",
        [REASON_MIN_POWER] = "lowest power it runs at",
        [REASON_FUEL] = "fuel that is left",
        [REASON_OUTAGE] = "grid away",
        [REASON_FORMING] = "holds the island, gives and takes what others leave",
    };
    return (unsigned)kind < REASON_KIND_COUNT ? words[kind] : "unknown reason";
}

static const char *verb(enum asset_kind kind, double power_w)
{
    static const char *const into[ASSET_KIND_COUNT] = {
        [ASSET_GRID] = "imports",       [ASSET_PV] = "gives",           [ASSET_BATTERY] = "discharges",
        [ASSET_STORE] = "gives",        [ASSET_CHARGER] = "feeds back", [ASSET_FLEXIBLE] = "feeds back",
        [ASSET_LOAD] = "feeds back",    [ASSET_GENERATOR] = "gives",    [ASSET_CONVERTER] = "gives",
        [ASSET_TIE] = "carries forward"};
    static const char *const out[ASSET_KIND_COUNT] = {
        [ASSET_GRID] = "exports",    [ASSET_PV] = "takes",        [ASSET_BATTERY] = "charges",
        [ASSET_STORE] = "takes",     [ASSET_CHARGER] = "charges", [ASSET_FLEXIBLE] = "takes",
        [ASSET_LOAD] = "takes",      [ASSET_GENERATOR] = "takes", [ASSET_CONVERTER] = "takes",
        [ASSET_TIE] = "carries back"};
    if ((unsigned)kind >= ASSET_KIND_COUNT)
        return "is at";
    return power_w < 0 ? out[kind] : into[kind];
}

// With what binds: "export limit at pcc", "keeps bat within what it can give".
static void format_cause(const struct reason *r, char *ret_text, size_t size)
{
    const char *at = r->asset[0] != '\0' ? r->asset : "who holds the island";
    if (r->kind == REASON_ISLAND_GIVE || r->kind == REASON_ISLAND_TAKE)
        snprintf(ret_text, size, "keeps %.47s within what it can %s", at,
                 r->kind == REASON_ISLAND_GIVE ? "give" : "take");
    else
        snprintf(ret_text, size, "%s%s%.47s", reason_words(r->kind), r->asset[0] != '\0' ? " at " : "", r->asset);
}

void reason_text(const char *asset, enum asset_kind kind, double power_w, const struct reason *r, char *ret_text,
                 size_t size)
{
    char power[80], cause[160], price[64] = "";
    if (fabs(power_w) < 0.5)
        snprintf(power, sizeof(power), "rests");
    else
        snprintf(power, sizeof(power), "%s %.4g kW", verb(kind, power_w), fabs(power_w) / 1000);
    format_cause(r, cause, sizeof(cause));
    if (isfinite(r->price_per_kwh))
        snprintf(price, sizeof(price), ", %.2f/kWh", r->price_per_kwh);
    snprintf(ret_text, size, "%s %s: %s%s", asset, power, cause, price);
}
