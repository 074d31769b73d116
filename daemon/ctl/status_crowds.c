// SPDX-License-Identifier: GPL-3.0-or-later
// Many assets of one kind: a row for each of two hundred chargers is no glance any more.
#include <math.h>
#include <string.h>

#include "daemon/ctl/status_parts.h"

enum { CROWD = 30, GROUPS = 12 }; // more of a kind on a bus are shown together, and by group if these are not too many

static bool same_text(const json_t *a, const json_t *b, const char *key)
{
    return strcmp(status_text_of(a, key, ""), status_text_of(b, key, "")) == 0;
}

static bool same_kind_and_bus(const json_t *a, const json_t *b)
{
    return same_text(a, b, "kind") && same_text(a, b, "bus");
}

bool status_is_crowd(const struct status_style *v, const json_t *assets, const json_t *asset)
{
    size_t i, count = 0;
    json_t *other;
    json_array_foreach(assets, i, other) count += same_kind_and_bus(asset, other);
    return !v->all && count > CROWD;
}

struct crowd {
    size_t count, connected, silent, unknown, with_soc;
    double power_w, setpoint_w, missing_wh, soc_sum;
};

static void count_asset(struct crowd *c, const json_t *asset)
{
    const json_t *session = json_object_get(asset, "session");
    double power_w, setpoint_w, missing_wh, soc_frac;
    c->count++;
    c->connected += json_is_true(json_object_get(session, "connected"));
    c->silent += json_is_false(json_object_get(asset, "reachable"));
    if (status_number_of(asset, "power_w", &power_w))
        c->power_w += power_w;
    else
        c->unknown++;
    if (status_number_of(asset, "setpoint_w", &setpoint_w))
        c->setpoint_w += setpoint_w;
    if (status_number_of(session, "missing_wh", &missing_wh))
        c->missing_wh += missing_wh;
    bool present = session == NULL || json_is_true(json_object_get(session, "connected"));
    if (present && status_number_of(asset, "soc_frac", &soc_frac)) {
        c->soc_sum += soc_frac;
        c->with_soc++;
    }
}

// Among those of its kind on its bus, and, `by_group`, of its group.
static bool is_first(const json_t *assets, size_t index, bool by_group)
{
    const json_t *asset = json_array_get(assets, index);
    for (size_t i = 0; i < index; i++) {
        const json_t *other = json_array_get(assets, i);
        if (same_kind_and_bus(asset, other) && (!by_group || same_text(asset, other, "group")))
            return false;
    }
    return true;
}

static bool has_few_groups(const json_t *assets, const json_t *asset)
{
    size_t groups = 0;
    for (size_t i = 0; i < json_array_size(assets) && groups <= GROUPS; i++)
        groups += same_kind_and_bus(asset, json_array_get(assets, i)) && is_first(assets, i, true);
    return groups <= GROUPS;
}

static void add_crowd(struct table *t, const struct status_style *v, const json_t *asset, bool by_group,
                      const struct crowd *c)
{
    table_cell(t, TINT_PLAIN, "  %s", by_group ? status_text_of(asset, "group", "together") : "together");
    table_cell(t, TINT_DIM, "%zu x %s", c->count, status_text_of(asset, "kind", "?"));
    table_cell(t, TINT_PLAIN, "%.*f", v->decimals, status_kw_of(v, c->power_w));
    if (v->wide)
        table_cell(t, TINT_PLAIN, "%s", "");
    table_cell(t, TINT_PLAIN, "%.*f", v->decimals, status_kw_of(v, c->setpoint_w));
    if (c->with_soc > 0)
        table_cell(t, TINT_GOOD, "%3.0f%%", 100 * c->soc_sum / (double)c->with_soc);
    else
        table_cell(t, TINT_PLAIN, "%s", "");
    if (v->wide && c->silent > 0)
        table_cell(t, TINT_BAD, "%zu silent", c->silent);
    else if (v->wide)
        table_cell(t, c->unknown > 0 ? TINT_WARN : TINT_PLAIN, c->unknown > 0 ? "%zu unknown" : "good", c->unknown);
    if (json_is_object(json_object_get(asset, "session")))
        table_cell(t, TINT_DIM, "%zu connected, %.1f kWh wanted", c->connected, c->missing_wh / 1000);
    else
        table_cell(t, TINT_DIM, "%s", "--all shows each");
}

void status_add_crowds(struct table *t, const struct status_style *v, const json_t *assets, const char *bus)
{
    for (size_t i = 0; i < json_array_size(assets); i++) {
        const json_t *asset = json_array_get(assets, i);
        struct crowd c = {0};
        if (strcmp(status_text_of(asset, "bus", ""), bus) != 0 || !status_is_crowd(v, assets, asset))
            continue;
        if (!is_first(assets, i, true))
            continue;
        bool by_group = has_few_groups(assets, asset);
        if (!by_group && !is_first(assets, i, false))
            continue;
        for (size_t n = i; n < json_array_size(assets); n++) {
            const json_t *other = json_array_get(assets, n);
            if (same_kind_and_bus(asset, other) && (!by_group || same_text(asset, other, "group")))
                count_asset(&c, other);
        }
        add_crowd(t, v, asset, by_group, &c);
    }
}
