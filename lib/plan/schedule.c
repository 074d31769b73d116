// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/schedule_alloc.h"

int schedule_alloc(size_t n_steps, size_t n_assets, size_t n_buses, size_t n_grids, size_t n_communities,
                   size_t n_offers, struct schedule **ret_schedule)
{
    if (n_steps < 1 || n_steps > PLAN_MAX_STEPS || n_assets > 8 * SITE_MAX_ASSETS || n_buses > SITE_MAX_BUSES ||
        n_grids > SITE_MAX_ASSETS || n_communities > SITE_MAX_ASSETS || n_offers > SITE_MAX_ASSETS)
        return AEMS_E_LIMIT;
    struct schedule *s = calloc(1, sizeof(*s));
    if (!s)
        return AEMS_E_NOMEM;
    s->start_utc_ms = calloc(n_steps, sizeof(*s->start_utc_ms));
    s->hours = calloc(n_steps, sizeof(*s->hours));
    s->assets = calloc(n_assets + 1, sizeof(*s->assets));
    s->price_per_kwh = calloc(n_buses * n_steps + 1, sizeof(*s->price_per_kwh));
    s->peak_w = calloc(n_grids + 1, sizeof(*s->peak_w));
    s->community_price_per_kwh = calloc(n_communities * n_steps + 1, sizeof(*s->community_price_per_kwh));
    s->offer_w = calloc(n_offers * n_steps + 1, sizeof(*s->offer_w));
    s->offer_ids = calloc(n_offers + 1, sizeof(*s->offer_ids));
    s->n_steps = n_steps;
    s->n_assets = s->assets ? n_assets : 0;
    s->n_buses = n_buses;
    s->n_grids = n_grids;
    s->n_communities = n_communities;
    s->n_offers = n_offers;
    if (!s->start_utc_ms || !s->hours || !s->assets || !s->price_per_kwh || !s->peak_w || !s->community_price_per_kwh ||
        !s->offer_w || !s->offer_ids) {
        schedule_free(s);
        return AEMS_E_NOMEM;
    }
    *ret_schedule = s;
    return 0;
}

int schedule_alloc_asset(struct schedule *s, size_t asset, const char *id, enum asset_kind kind)
{
    struct schedule_asset *a = &s->assets[asset];
    snprintf(a->id, sizeof(a->id), "%s", id);
    a->kind = kind;
    a->power_w = calloc(s->n_steps, sizeof(double));
    a->reasons = calloc(s->n_steps, sizeof(*a->reasons));
    bool done = a->power_w && a->reasons;
    if (kind >= ASSET_BATTERY && kind <= ASSET_FLEXIBLE) {
        a->energy_wh = calloc(s->n_steps, sizeof(double));
        a->energy_value_per_kwh = calloc(s->n_steps, sizeof(double));
        done = done && a->energy_wh && a->energy_value_per_kwh;
    }
    if (kind == ASSET_GENERATOR || kind == ASSET_CONVERTER) {
        a->heat_w = calloc(s->n_steps, sizeof(double));
        done = done && a->heat_w;
    }
    if (kind == ASSET_LOAD) {
        a->shed_w = calloc(s->n_steps * TIER_COUNT, sizeof(double));
        done = done && a->shed_w;
    }
    return done ? 0 : AEMS_E_NOMEM;
}

void schedule_free(struct schedule *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_assets; i++) {
        free(s->assets[i].power_w);
        free(s->assets[i].energy_wh);
        free(s->assets[i].shed_w);
        free(s->assets[i].energy_value_per_kwh);
        free(s->assets[i].heat_w);
        free(s->assets[i].reasons);
    }
    free(s->start_utc_ms);
    free(s->hours);
    free(s->assets);
    free(s->price_per_kwh);
    free(s->peak_w);
    free(s->community_price_per_kwh);
    free(s->offer_w);
    free(s->offer_ids);
    free(s);
}

int schedule_step_at(const struct schedule *s, int64_t utc_ms)
{
    for (size_t k = 0; k < s->n_steps; k++) {
        int64_t end_ms = s->start_utc_ms[k] + (int64_t)(s->hours[k] * 3.6e6 + 0.5);
        if (utc_ms >= s->start_utc_ms[k] && utc_ms < end_ms)
            return (int)k;
    }
    return -1;
}

const struct schedule_asset *schedule_find(const struct schedule *s, const char *id)
{
    for (size_t i = 0; i < s->n_assets; i++)
        if (strcmp(s->assets[i].id, id) == 0)
            return &s->assets[i];
    return NULL;
}
