// SPDX-License-Identifier: GPL-3.0-or-later
// What each asset does and why, what stored energy is worth, and who does not get what it wants.
#include "daemon/ctl/plan_why.h"

#include <math.h>
#include <string.h>

#include "base/local_time.h"

enum { IDLE_W = 50 }; // less than this is standing still

void plan_clock_text(int64_t utc_ms, char ret_text[static 16])
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    struct local_time t = local_time_at(utc_ms);
    snprintf(ret_text, 16, "%s %02d:%02d", days[t.weekday % 7], t.minute / 60 % 24, t.minute % 60);
}

int64_t plan_step_end_utc_ms(const struct schedule *s, size_t step)
{
    return s->start_utc_ms[step] + (int64_t)llround(s->hours[step] * 3600000.0);
}

// ---- reasons ------------------------------------------------------------------------------------------------------

static int direction(double power_w)
{
    return power_w > IDLE_W ? 1 : power_w < -IDLE_W ? -1 : 0;
}

// The last step of the stretch in which an asset does the same for the same reason.
static size_t stretch_end(const struct schedule *s, const struct schedule_asset *a, size_t from)
{
    size_t step = from;
    while (step + 1 < s->n_steps && a->reasons[step + 1].kind == a->reasons[from].kind &&
           strcmp(a->reasons[step + 1].asset, a->reasons[from].asset) == 0 &&
           direction(a->power_w[step + 1]) == direction(a->power_w[from]))
        step++;
    return step;
}

static double mean_w(const struct schedule *s, const struct schedule_asset *a, size_t first, size_t last)
{
    double energy_wh = 0, hours = 0;
    for (size_t step = first; step <= last; step++) {
        energy_wh += a->power_w[step] * s->hours[step];
        hours += s->hours[step];
    }
    return hours > 0 ? energy_wh / hours : a->power_w[first];
}

static bool is_steered(enum asset_kind kind)
{
    return kind != ASSET_GRID && kind != ASSET_PV && kind != ASSET_LOAD;
}

static void append_reasons(const struct plan_view *v, size_t asset, struct text *out)
{
    const struct schedule *s = v->schedule;
    const struct schedule_asset *a = &s->assets[asset];
    for (size_t step = 0; step < s->n_steps; step++) {
        size_t last = stretch_end(s, a, step);
        char from[16], to[16], why[192];
        bool moves = direction(a->power_w[step]) != 0 && a->reasons[step].kind != REASON_NONE;
        if (moves && (is_steered(a->kind) || a->reasons[step].kind != REASON_PRICE)) {
            plan_clock_text(s->start_utc_ms[step], from);
            plan_clock_text(plan_step_end_utc_ms(s, last), to);
            reason_text(a->id, a->kind, mean_w(s, a, step, last), &a->reasons[step], why, sizeof(why));
            text_appendf(out, "  %s - %s  %s\n", from, to, why);
        }
        step = last;
    }
}

// ---- values and what is missed ------------------------------------------------------------------------------------

static void append_value(const struct plan_view *v, size_t asset, struct text *out)
{
    const struct schedule *s = v->schedule;
    const struct schedule_asset *a = &s->assets[asset];
    double lowest = INFINITY, highest = -INFINITY;
    for (size_t k = 0; a->energy_value_per_kwh != NULL && k < s->n_steps; k++) {
        if (!isfinite(a->energy_value_per_kwh[k]) || !isfinite(a->reasons[k].price_per_kwh))
            continue;
        lowest = fmin(lowest, a->energy_value_per_kwh[k]);
        highest = fmax(highest, a->energy_value_per_kwh[k]);
    }
    if (lowest <= highest && (a->kind == ASSET_BATTERY || a->kind == ASSET_STORE))
        text_appendf(out, "  %s: a kWh in it is worth %.3f to %.3f %s\n", a->id, lowest, highest, v->currency);
    if (a->missed_wh > 50)
        text_appendf(out, "  %s misses %.1f kWh of what it wants\n", a->id, a->missed_wh / 1000);
}

static size_t count_of_kind(const struct schedule *s, enum asset_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < s->n_assets; i++)
        count += s->assets[i].kind == kind;
    return count;
}

void plan_why_text(const struct plan_view *v, const struct style *style, struct text *out)
{
    const struct schedule *s = v->schedule;
    bool left_out = false;
    tinted(out, style, TINT_BOLD, "Why");
    text_append(out, "\n");
    for (size_t i = 0; i < s->n_assets; i++) {
        bool crowd = !v->all && count_of_kind(s, s->assets[i].kind) > PLAN_VIEW_CROWD;
        left_out |= crowd;
        if (!crowd)
            append_reasons(v, i, out);
    }
    for (size_t i = 0; i < s->n_assets; i++)
        append_value(v, i, out);
    if (left_out)
        text_append(out, "  --all lists the reasons of each asset\n");
}
