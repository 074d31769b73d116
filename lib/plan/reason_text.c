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
        [REASON_SHORTAGE] = "shortage",
        [REASON_RULE] = "no plan, self-consumption rule",
        [REASON_SAFE] = "safe value, data lost",
        [REASON_MANUAL] = "operator's command",
        [REASON_REGULATION] = "deviation from the plan",
    };
    return (unsigned)kind < REASON_KIND_COUNT ? words[kind] : "unknown reason";
}

static const char *verb(enum asset_kind kind, double power_w)
{
    static const char *const into[ASSET_KIND_COUNT] = {"imports",    "gives", "discharges",
                                                       "feeds back", "gives", "carries forward"};
    static const char *const out[ASSET_KIND_COUNT] = {"exports", "takes", "charges", "takes", "takes", "carries back"};
    if ((unsigned)kind >= ASSET_KIND_COUNT)
        return "is at";
    return power_w < 0 ? out[kind] : into[kind];
}

void reason_text(const char *asset, enum asset_kind kind, double power_w, const struct reason *r, char *ret_text,
                 size_t size)
{
    char power[80];
    if (fabs(power_w) < 0.5)
        snprintf(power, sizeof(power), "rests");
    else
        snprintf(power, sizeof(power), "%s %.4g kW", verb(kind, power_w), fabs(power_w) / 1000);
    snprintf(ret_text, size, "%s %s: %s%s%.47s, %.2f/kWh", asset, power, reason_words(r->kind),
             r->asset[0] ? " at " : "", r->asset, r->price_per_kwh);
}
