// SPDX-License-Identifier: GPL-3.0-or-later
// Values that follow from others.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "conf/site_options.h"

static int compare_dates(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

static void sort_holidays(struct site *s)
{
    size_t kept = 0;
    if (s->n_holidays > 0)
        qsort(s->holidays, s->n_holidays, sizeof(*s->holidays), compare_dates);
    for (size_t i = 0; i < s->n_holidays; i++)
        if (i == 0 || s->holidays[i] != s->holidays[i - 1])
            s->holidays[kept++] = s->holidays[i];
    s->n_holidays = kept;
}

static void derive_load(struct site_load *load)
{
    static const double usual[TIER_COUNT] = {0.2, 0.2, 0.5, 0.1};
    double sum = 0;
    for (int tier = 0; tier < TIER_COUNT; tier++)
        sum += load->tier_share[tier];
    if (sum <= 0)
        memcpy(load->tier_share, usual, sizeof(usual));
}

static void derive_mqtt(struct site *s)
{
    struct site_mqtt *mqtt = &s->mqtt;
    if (mqtt->port == 0)
        mqtt->port = mqtt->tls ? 8883 : 1883;
    if (mqtt->client_id[0] == '\0')
        snprintf(mqtt->client_id, sizeof(mqtt->client_id), "aems-%.42s", s->id);
}

// A flexible load draws what it is given, and a charger that never feeds back has no losses in doing so.
static void derive_flexibles(struct site *s)
{
    for (size_t i = 0; i < s->n_chargers; i++)
        if (s->chargers[i].discharge_efficiency <= 0)
            s->chargers[i].discharge_efficiency = 1;
    for (size_t i = 0; i < s->n_flexibles; i++)
        s->flexibles[i].charge_efficiency = s->flexibles[i].discharge_efficiency = 1;
}

static void derive_storages(struct site_battery *storages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (storages[i].reserve_frac <= 0)
            storages[i].reserve_frac = storages[i].soc_min_frac;
}

// ---- groups: each behind the one that it is within ------------------------------------------------------------------

// How many groups it hangs behind; no more than there are, even where they go round in a circle.
static size_t depth_of(const struct site *s, size_t group)
{
    size_t depth = 0;
    for (int i = s->groups[group].within; i >= 0 && depth < s->n_groups; i = s->groups[i].within)
        depth++;
    return depth;
}

static void renumber(int *group, const int *number)
{
    if (*group >= 0)
        *group = number[*group];
}

// `number`: where each group stands in `sorted`, by where it stood in the file.
static void adopt_order(struct site *s, struct site_group *sorted, const int *number)
{
    free(s->groups);
    s->groups = sorted;
    for (size_t i = 0; i < s->n_groups; i++)
        renumber(&s->groups[i].within, number);
    for (size_t i = 0; i < s->n_chargers; i++)
        renumber(&s->chargers[i].group, number);
    for (size_t i = 0; i < s->n_flexibles; i++)
        renumber(&s->flexibles[i].group, number);
}

static int sort_groups(struct site *s)
{
    if (s->n_groups == 0)
        return 0;
    struct site_group *sorted = calloc(s->n_groups, sizeof(*sorted));
    int *number = calloc(s->n_groups, sizeof(*number));
    if (sorted == NULL || number == NULL) {
        free(sorted);
        free(number);
        return AEMS_E_NOMEM;
    }
    size_t filled = 0;
    for (size_t depth = 0; filled < s->n_groups; depth++)
        for (size_t i = 0; i < s->n_groups; i++)
            if (depth_of(s, i) == depth) {
                number[i] = (int)filled;
                sorted[filled++] = s->groups[i];
            }
    adopt_order(s, sorted, number);
    free(number);
    return 0;
}

static void derive_names(struct site *s)
{
    if (s->name[0] == '\0')
        text_copy(s->name, sizeof(s->name), s->id);
    if (s->dr.program[0] == '\0')
        text_copy(s->dr.program, sizeof(s->dr.program), s->id);
    for (size_t i = 0; i < s->n_buildings; i++)
        if (s->buildings[i].name[0] == '\0')
            text_copy(s->buildings[i].name, sizeof(s->buildings[i].name), s->buildings[i].id);
}

// ---- outage ---------------------------------------------------------------------------------------------------------

// What the switches of this one's load and tier leave of the tier's share, and how many are to divide it.
static double left_share(const struct site *s, const struct site_switch *of, size_t *ret_takers)
{
    double left = s->loads[of->load].tier_share[of->tier];
    *ret_takers = 0;
    for (size_t i = 0; i < s->n_switches; i++) {
        const struct site_switch *other = &s->switches[i];
        if (other->load == of->load && other->tier == of->tier) {
            left -= fmax(other->share, 0);
            *ret_takers += other->share > 0 ? 0 : 1;
        }
    }
    return left;
}

// Shares that were not written are below 0 until all of them are known.
static void derive_switches(struct site *s)
{
    for (size_t i = 0; i < s->n_switches; i++) {
        struct site_switch *w = &s->switches[i];
        size_t takers = 0;
        if (w->load >= 0 && w->share <= 0)
            w->share = -fmax(left_share(s, w, &takers), 0) / (double)(takers > 0 ? takers : 1);
    }
    for (size_t i = 0; i < s->n_switches; i++)
        s->switches[i].share = fabs(s->switches[i].share);
}

static void derive_islands(struct site *s)
{
    for (size_t i = 0; i < s->n_islands; i++) {
        struct site_island *island = &s->islands[i];
        island->bus = island->grid >= 0 ? s->grids[island->grid].bus : -1;
    }
}

int site_derive(struct site *s)
{
    derive_names(s);
    derive_islands(s);
    sort_holidays(s);
    derive_mqtt(s);
    for (size_t i = 0; i < s->n_loads; i++)
        derive_load(&s->loads[i]);
    derive_storages(s->batteries, s->n_batteries);
    derive_storages(s->stores, s->n_stores);
    derive_flexibles(s);
    derive_switches(s);
    return sort_groups(s);
}
