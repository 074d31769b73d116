// SPDX-License-Identifier: GPL-3.0-or-later
// A small area by the dice: one to three islands with batteries, generators, sun, chargers, ties, and circuits in all
// tiers; as the text of its configuration, so that it is judged as any other and can be looked at.
//
// The dice are thrown at most once in a call's arguments: compilers evaluate those in an order of their own, and a seed
// is to mean the same area everywhere.
#include <stdlib.h>

#include "trial.h"

static const char *const tiers[TIER_COUNT] = {"lifeline", "important", "ordinary", "deferrable"};

struct drawing {
    struct noise *dice;
    int n_islands;
    double load_kw[TRIAL_MAX_ISLANDS];
    bool battery[TRIAL_MAX_ISLANDS], generator[TRIAL_MAX_ISLANDS], pv[TRIAL_MAX_ISLANDS];
    bool charger[TRIAL_MAX_ISLANDS], breaker[TRIAL_MAX_ISLANDS], relay[TRIAL_MAX_ISLANDS];
    bool tie[TRIAL_MAX_ISLANDS];                   // to the island before
    int switches[TRIAL_MAX_ISLANDS][TIER_COUNT];   // of the tier
    bool sheddable[TRIAL_MAX_ISLANDS][TIER_COUNT]; // by the load's own device
};

bool trial_chance(struct noise *dice, double probability)
{
    return noise_uniform(dice) < probability;
}

int trial_pick(struct noise *dice, int n)
{
    int i = (int)(noise_uniform(dice) * n);
    return i < n ? i : n - 1;
}

double trial_between(struct noise *dice, double low, double high)
{
    return low + noise_uniform(dice) * (high - low);
}

static void draw_island(struct drawing *d, int i)
{
    struct noise *dice = d->dice;
    d->load_kw[i] = trial_between(dice, 50, 400);
    d->tie[i] = i > 0 && trial_chance(dice, 0.6);
    d->battery[i] = trial_chance(dice, 0.75);
    d->generator[i] = trial_chance(dice, 0.5);
    if (!d->battery[i] && !d->generator[i] && !d->tie[i])
        d->battery[i] = true;
    d->pv[i] = trial_chance(dice, 0.6);
    d->charger[i] = trial_chance(dice, 0.35);
    d->breaker[i] = trial_chance(dice, 0.85);
    d->relay[i] = trial_chance(dice, 0.6);
    for (int t = 0; t < TIER_COUNT; t++) {
        double often = t == TIER_LIFELINE ? 0.3 : 0.8;
        d->switches[i][t] = trial_chance(dice, often) ? 1 + trial_pick(dice, 2) : 0;
        d->sheddable[i][t] = t != TIER_LIFELINE && d->switches[i][t] == 0 && trial_chance(dice, 0.5);
    }
}

static void write_supply(FILE *f, struct drawing *d)
{
    fprintf(f, "pv:\n");
    for (int i = 0; i < d->n_islands; i++)
        if (d->pv[i])
            fprintf(f, "  pv%d: {bus: bus%d, peak_power: %.1f kW, curtailable: true}\n", i, i,
                    trial_between(d->dice, 0.2, 1.5) * d->load_kw[i]);
    fprintf(f, "batteries:\n");
    for (int i = 0; i < d->n_islands; i++) {
        double power_kw = trial_between(d->dice, 0.4, 1.8) * d->load_kw[i];
        if (d->battery[i])
            fprintf(f,
                    "  bat%d: {bus: bus%d, capacity: %.1f kWh, max_charge: %.1f kW, max_discharge: %.1f kW, "
                    "soc_min: 10 %%, soc_max: 95 %%, reserve: 30 %%, wear: 0.01 /kWh}\n",
                    i, i, trial_between(d->dice, 0.2, 6) * power_kw, power_kw, power_kw);
    }
    fprintf(f, "generators:\n");
    for (int i = 0; i < d->n_islands; i++) {
        double power_kw = trial_between(d->dice, 0.4, 1.5) * d->load_kw[i];
        if (!d->generator[i])
            continue;
        double min_kw = trial_between(d->dice, 0, 0.3) * power_kw;
        fprintf(f, "  gen%d: {bus: bus%d, max_power: %.1f kW, min_power: %.1f kW, fuel_cost: 0.4 /kWh, emergency: %s",
                i, i, power_kw, min_kw, trial_chance(d->dice, 0.6) ? "true" : "false");
        if (trial_chance(d->dice, 0.5))
            fprintf(f, ", fuel: %.1f kWh", trial_between(d->dice, 0.05, 10) * power_kw);
        if (trial_chance(d->dice, 0.5))
            fprintf(f, ", ramp: %.1f kW/s, start_time: %d s", power_kw / 10, 5 + trial_pick(d->dice, 15));
        fprintf(f, "}\n");
    }
    fprintf(f, "ties:\n");
    for (int i = 1; i < d->n_islands; i++)
        if (d->tie[i])
            fprintf(f, "  tie%d: {from: bus%d, to: bus%d, limit: %.1f kW, loss: 2 %%}\n", i, i - 1, i,
                    trial_between(d->dice, 0.3, 1.5) * d->load_kw[i]);
}

static void write_loads(FILE *f, struct drawing *d)
{
    static const char *const shapes[] = {"flat", "office", "home", "mall"};
    fprintf(f, "loads:\n");
    for (int i = 0; i < d->n_islands; i++) {
        fprintf(f, "  load%d: {bus: bus%d, shape: %s, average: %.1f kW, peak: %.1f kW, ", i, i,
                shapes[trial_pick(d->dice, 4)], d->load_kw[i], 2 * d->load_kw[i]);
        fprintf(f, "tiers: {lifeline: 20 %%, important: 30 %%, ordinary: 40 %%, deferrable: 10 %%}, sheddable: [");
        const char *comma = "";
        for (int t = 0; t < TIER_COUNT; t++)
            if (d->sheddable[i][t]) {
                fprintf(f, "%s%s", comma, tiers[t]);
                comma = ", ";
            }
        fprintf(f, "]}\n");
    }
    fprintf(f, "chargers:\n");
    for (int i = 0; i < d->n_islands; i++) {
        if (!d->charger[i])
            continue;
        double power_kw = trial_between(d->dice, 10, 60);
        fprintf(f,
                "  ev%d: {bus: bus%d, max_charge: %.1f kW, min_charge: 4 kW, charge_efficiency: 94 %%, "
                "capacity: 80 kWh, priority: %s}\n",
                i, i, power_kw, tiers[1 + trial_pick(d->dice, 3)]);
    }
}

static void write_islands(FILE *f, struct drawing *d)
{
    fprintf(f, "islands:\n");
    for (int i = 0; i < d->n_islands; i++) {
        const char *names[3] = {d->battery[i] ? "bat" : NULL, d->generator[i] ? "gen" : NULL, d->tie[i] ? "tie" : NULL};
        int first = trial_pick(d->dice, 3);
        const char *comma = "";
        fprintf(f, "  isle%d: {grid: grid%d, voltage: 230 V, frequency: 50 Hz, forming: [", i, i);
        for (int k = 0; k < 3; k++)
            if (names[(first + k) % 3]) {
                fprintf(f, "%s%s%d", comma, names[(first + k) % 3], i);
                comma = ", ";
            }
        fprintf(f, "]");
        if (d->breaker[i])
            fprintf(f, ", breaker: brk%d", i);
        fprintf(f, "}\n");
    }
    fprintf(f, "switches:\n");
    for (int i = 0; i < d->n_islands; i++) {
        if (d->breaker[i])
            fprintf(f, "  brk%d: {}\n", i);
        for (int t = 0; t < TIER_COUNT; t++)
            for (int k = 0; k < d->switches[i][t]; k++)
                fprintf(f, "  s%d_%s_%d: {load: load%d, tier: %s, inrush: %.1f}\n", i, tiers[t], k, i, tiers[t],
                        trial_between(d->dice, 1, 2));
    }
}

static void write_device(FILE *f, int *unit, const char *profile, const char *what, const char *name, int i,
                         bool control)
{
    fprintf(f, "  d_%s%d: {link: wire, unit: %d, profile: %s, %s: %s%d, poll: 1 s%s}\n", name, i, ++*unit, profile,
            what, name, i, control ? ", control: true" : "");
}

static void write_devices(FILE *f, struct drawing *d)
{
    int unit = 0;
    fprintf(f, "modbus: {wire: {tcp: \"127.0.0.1:502\"}}\ndevices:\n");
    for (int i = 0; i < d->n_islands; i++) {
        bool limited = false;
        for (int t = 0; t < TIER_COUNT; t++)
            limited = limited || d->sheddable[i][t];
        write_device(f, &unit, "generic-meter", "asset", "grid", i, false);
        write_device(f, &unit, limited ? "generic-load" : "generic-meter", "asset", "load", i, limited);
        if (d->pv[i])
            write_device(f, &unit, "generic-pv", "asset", "pv", i, true);
        if (d->battery[i])
            write_device(f, &unit, "generic-battery", "asset", "bat", i, true);
        if (d->generator[i])
            write_device(f, &unit, "generic-generator", "asset", "gen", i, true);
        if (d->charger[i])
            write_device(f, &unit, "generic-charger", "asset", "ev", i, true);
        if (d->tie[i])
            write_device(f, &unit, "generic-tie", "asset", "tie", i, true);
        if (d->breaker[i])
            write_device(f, &unit, "generic-switch", "switch", "brk", i, true);
        if (d->relay[i])
            fprintf(f, "  d_relay%d: {link: wire, unit: %d, profile: generic-grid-relay, island: isle%d, poll: 1 s}\n",
                    i, ++unit, i);
        for (int t = 0; t < TIER_COUNT; t++)
            for (int k = 0; k < d->switches[i][t]; k++)
                fprintf(f,
                        "  d_s%d_%s_%d: {link: wire, unit: %d, profile: generic-switch, switch: s%d_%s_%d, "
                        "poll: 1 s, control: true}\n",
                        i, tiers[t], k, ++unit, i, tiers[t], k);
    }
}

static void write_settings(FILE *f, struct drawing *d)
{
    static const int stable_s[] = {60, 60, 120, 300};
    double speed = trial_chance(d->dice, 0.65) ? 1 : trial_chance(d->dice, 0.7) ? 10 : 120;
    fprintf(f,
            "area: {id: dice, name: Dice, timezone: UTC, latitude: 36 deg, longitude: 140 deg, currency: EUR}\n"
            "plan: {interval: 5 min, horizon: 24 h, deadline: 10 s, max_age: 15 min}\n"
            "control: {cycle: 1 s, stale_polls: 10, lease: 30 s}\nmqtt: {enabled: false}\n"
            "simulation: {speed: %g}\n"
            "tariffs: {t: {import: [{price: 0.3 /kWh}], export: [{price: 0.05 /kWh}]}}\n",
            speed);
    int stable = stable_s[trial_pick(d->dice, 4)], dwell_s = trial_chance(d->dice, 0.5) ? 60 : 900;
    int settle_s = 2 + trial_pick(d->dice, 9), confirm_ms = trial_chance(d->dice, 0.5) ? 300 : 2000;
    fprintf(f, "outage: {enabled: true, stable_time: %d s, dwell: %d s, settle: %d s, confirm: %d ms}\nbuses:\n",
            stable, dwell_s, settle_s, confirm_ms);
    for (int i = 0; i < d->n_islands; i++)
        fprintf(f, "  bus%d: {}\n", i);
    fprintf(f, "grids:\n");
    for (int i = 0; i < d->n_islands; i++)
        fprintf(f, "  grid%d: {bus: bus%d, import_limit: %.1f kW, export_limit: %.1f kW, tariff: t}\n", i, i,
                5 * d->load_kw[i] + 100, 2 * d->load_kw[i]);
}

char *trial_draw_area(struct noise *dice)
{
    struct drawing d = {.dice = dice, .n_islands = 1};
    char *text = NULL;
    size_t length;
    if (trial_chance(dice, 0.4))
        d.n_islands += 1 + trial_pick(dice, 2);
    for (int i = 0; i < d.n_islands; i++)
        draw_island(&d, i);
    FILE *f = open_memstream(&text, &length);
    if (!f)
        return NULL;
    write_settings(f, &d);
    write_supply(f, &d);
    write_loads(f, &d);
    write_islands(f, &d);
    write_devices(f, &d);
    fclose(f);
    return text;
}
