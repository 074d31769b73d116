// SPDX-License-Identifier: GPL-3.0-or-later
#include "served.h"

#include "base/error.h"

static struct served_hour counted(const struct site *site, const struct plant_model *m)
{
    struct served_hour sum = {0};
    for (size_t i = 0; i < site->n_loads; i++) {
        const struct plant_served *of = plant_model_served(m, (int)i);
        for (int t = 0; t < TIER_COUNT; t++) {
            sum.wanted_wh[t] += of->wanted_wh[t];
            sum.served_wh[t] += of->served_wh[t];
        }
    }
    return sum;
}

void served_begin(struct served *s, const struct site *site, const struct plant_model *m)
{
    s->n = 0;
    s->before = counted(site, m);
}

int served_hour(struct served *s, const struct site *site, const struct plant_model *m)
{
    struct served_hour now = counted(site, m);
    if (s->n >= SERVED_MAX_HOURS)
        return AEMS_E_LIMIT;
    struct served_hour *hour = &s->hours[s->n++];
    for (int t = 0; t < TIER_COUNT; t++) {
        hour->wanted_wh[t] = now.wanted_wh[t] - s->before.wanted_wh[t];
        hour->served_wh[t] = now.served_wh[t] - s->before.served_wh[t];
    }
    s->before = now;
    return 0;
}

static double share(double served_wh, double wanted_wh)
{
    return wanted_wh > 0.0 ? served_wh / wanted_wh : 1.0;
}

static double sum_of(const double by_tier[static TIER_COUNT])
{
    double sum = 0.0;
    for (int t = 0; t < TIER_COUNT; t++)
        sum += by_tier[t];
    return sum;
}

struct served_verdict served_judge(const struct served_hour *hours, size_t n)
{
    struct served_verdict v = {.worst_hour = 1.0};
    struct served_hour all = {0};
    for (size_t h = 0; h < n; h++) {
        double hour = share(sum_of(hours[h].served_wh), sum_of(hours[h].wanted_wh));
        for (int t = 0; t < TIER_COUNT; t++) {
            all.wanted_wh[t] += hours[h].wanted_wh[t];
            all.served_wh[t] += hours[h].served_wh[t];
        }
        v.hours_below += hour < SERVED_EACH_HOUR;
        if (hour < v.worst_hour) {
            v.worst_hour = hour;
            v.worst_hour_number = h;
        }
    }
    for (int t = 0; t < TIER_COUNT; t++)
        v.tiers[t] = share(all.served_wh[t], all.wanted_wh[t]);
    v.lifelines = v.tiers[TIER_LIFELINE];
    v.unserved_lifelines_wh = all.wanted_wh[TIER_LIFELINE] - all.served_wh[TIER_LIFELINE];
    v.wanted_wh = sum_of(all.wanted_wh);
    v.in_all = share(sum_of(all.served_wh), v.wanted_wh);
    v.survived = v.lifelines >= SERVED_LIFELINES && v.in_all >= SERVED_IN_ALL && v.hours_below == 0;
    return v;
}
