// SPDX-License-Identifier: GPL-3.0-or-later
// An operator's word: refused when it makes no sense, forgotten when its time is up.
#include "base/error.h"
#include "base/number.h"
#include "core/internal.h"

static int refuse_command(struct engine *e, const char *why)
{
    refuse(e, "%s", why);
    return AEMS_E_REFUSED;
}

static bool can_be_set(const struct engine *e, int asset)
{
    const struct site_asset *site = site_asset_at(e, asset);
    bool curtailable = site->kind != ASSET_PV || e->site->pvs[site->of_kind].curtailable;
    return site->kind != ASSET_GRID && curtailable && e->assets[asset].control >= 0;
}

static int set_manual(struct engine *e, const struct event *event)
{
    int asset = event->command.asset;
    const struct site_asset *site = site_asset_at(e, asset);
    int64_t left_ms = event->command.valid_until_utc_ms - event->at.utc_ms;
    if (!can_be_set(e, asset))
        return refuse_command(e, "no device takes setpoints for this asset");
    if (!in_range(event->command.power_w, site->min_power_w, site->max_power_w)) {
        refuse(e, "%s takes %.10g kW to %.10g kW", site->id, site->min_power_w / 1000, site->max_power_w / 1000);
        return AEMS_E_REFUSED;
    }
    if (event->command.valid_until_utc_ms <= event->at.utc_ms)
        return refuse_command(e, "valid_until has passed");
    if (left_ms > MANUAL_MAX_MS)
        return refuse_command(e, "valid_until is more than 24 hours away");
    e->assets[asset].manual = (struct manual_setpoint){
        .active = true, .power_w = event->command.power_w, .valid_until_utc_ms = event->command.valid_until_utc_ms};
    planning_request(e); // the plan has to live with it
    return 0;
}

int command_consume(struct engine *e, const struct event *event)
{
    int asset = event->command.asset;
    if (event->command.kind == COMMAND_REPLAN) {
        planning_request(e);
        return 0;
    }
    if (asset < 0 || (size_t)asset >= e->site->n_assets)
        return AEMS_E_RANGE;
    switch (event->command.kind) {
    case COMMAND_MANUAL_SETPOINT:
        return set_manual(e, event);
    case COMMAND_AUTOMATIC:
        if (e->assets[asset].manual.active)
            planning_request(e);
        e->assets[asset].manual.active = false;
        return 0;
    default:
        return AEMS_E_RANGE;
    }
}

void commands_expire(struct engine *e, struct instant now)
{
    for (size_t i = 0; i < e->site->n_assets; i++) {
        struct manual_setpoint *m = &e->assets[i].manual;
        int64_t left_ms = m->valid_until_utc_ms - now.utc_ms;
        // A clock that was set back must not stretch a command beyond a day.
        if (m->active && (left_ms <= 0 || left_ms > MANUAL_MAX_MS)) {
            m->active = false;
            planning_request(e);
        }
    }
}
