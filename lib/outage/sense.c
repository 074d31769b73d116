// SPDX-License-Identifier: GPL-3.0-or-later
#include "outage/sense.h"

#include <math.h>

static uint64_t elapsed(uint64_t since_mono_ms, uint64_t now_mono_ms)
{
    return now_mono_ms > since_mono_ms ? now_mono_ms - since_mono_ms : 0;
}

static uint64_t stamp(uint64_t now_mono_ms) // 0 means never
{
    return now_mono_ms > 0 ? now_mono_ms : 1;
}

static enum witness judge(bool has, double value, double nominal, double off)
{
    if (!has || !isfinite(value) || !(nominal > 0))
        return WITNESS_SILENT;
    return fabs(value - nominal) <= off ? WITNESS_YES : WITNESS_NO;
}

struct votes {
    unsigned yes, no; // that the supply is there
    bool steady;      // those who measure are within the narrow band
};

static void vote(struct votes *v, enum witness w)
{
    v->yes += w == WITNESS_YES;
    v->no += w == WITNESS_NO;
}

// What each says of the supply. A meter that told a frequency before and has none to tell now, at a voltage that is
// gone, says so twice: there is nothing to count.
static struct votes count(struct sense *s, const struct sense_settings *settings, const struct sense_reading *r)
{
    double nominal_v = settings->nominal_v, nominal_hz = settings->nominal_hz;
    enum witness voltage = judge(r->has_voltage, r->voltage_v, nominal_v, settings->lost_voltage_frac * nominal_v);
    enum witness frequency = judge(r->has_frequency, r->frequency_hz, nominal_hz, settings->lost_frequency_hz);
    if (frequency != WITNESS_SILENT)
        s->hears_frequency = true;
    else if (voltage == WITNESS_NO && s->hears_frequency)
        frequency = WITNESS_NO;
    struct votes v = {0};
    vote(&v, voltage);
    vote(&v, frequency);
    vote(&v, r->relay);
    if (v.yes + v.no > 0)
        s->hears_supply = true;
    else if (!s->hears_supply)
        vote(&v, r->breaker); // nobody else ever spoke: what the interconnection's protection does
    v.steady =
        judge(r->has_voltage, r->voltage_v, nominal_v, settings->stable_voltage_frac * nominal_v) != WITNESS_NO &&
        judge(r->has_frequency, r->frequency_hz, nominal_hz, settings->stable_frequency_hz) != WITNESS_NO;
    return v;
}

// A contact that has just moved is not known until it has stayed so; one that opens while the supply is said to be gone
// is believed at once.
static void see_breaker(struct sense *s, const struct sense_settings *settings, enum witness breaker, bool agreed,
                        uint64_t now_mono_ms)
{
    if (breaker == WITNESS_SILENT) {
        s->breaker_known = s->breaker_open = false;
        s->breaker_seen = WITNESS_SILENT;
        return;
    }
    if (breaker != s->breaker_seen) {
        bool first = s->breaker_seen == WITNESS_SILENT;
        s->breaker_seen = breaker;
        s->breaker_mono_ms = stamp(now_mono_ms);
        s->breaker_known = first && breaker == WITNESS_YES;
        s->breaker_open = false;
    }
    bool stayed = elapsed(s->breaker_mono_ms, now_mono_ms) >= settings->confirm_ms;
    if (stayed || (breaker == WITNESS_NO && agreed)) {
        s->breaker_known = true;
        s->breaker_open = breaker == WITNESS_NO;
    }
}

static void judge_supply(struct sense *s, const struct sense_settings *settings, const struct votes *v,
                         uint64_t now_mono_ms)
{
    if (v->no > 0) {
        if (s->doubt_mono_ms == 0)
            s->doubt_mono_ms = stamp(now_mono_ms);
    } else if (v->yes > 0) {
        s->doubt_mono_ms = 0;
        s->supply = SUPPLY_THERE;
    }
    // Somebody who said no and then fell silent has not taken it back.
    bool confirmed = s->doubt_mono_ms != 0 && elapsed(s->doubt_mono_ms, now_mono_ms) >= settings->confirm_ms;
    bool unheard = elapsed(s->heard_mono_ms, now_mono_ms) >= settings->silent_ms;
    if (v->no >= 2 || (v->no == 1 && s->breaker_seen == WITNESS_NO && s->hears_supply) || confirmed || unheard)
        s->supply = SUPPLY_GONE;
}

void sense_update(struct sense *s, const struct sense_settings *settings, const struct sense_reading *reading,
                  uint64_t now_mono_ms)
{
    // Silence counts from the start; over a long one nobody can say what the grid did.
    if (s->heard_mono_ms == 0)
        s->heard_mono_ms = stamp(now_mono_ms);
    if (elapsed(s->heard_mono_ms, now_mono_ms) >= settings->silent_ms)
        s->steady_mono_ms = 0;
    struct votes v = count(s, settings, reading);
    if (v.yes + v.no > 0 || reading->breaker != WITNESS_SILENT)
        s->heard_mono_ms = stamp(now_mono_ms);
    see_breaker(s, settings, reading->breaker, v.no > 0 && s->hears_supply, now_mono_ms);
    judge_supply(s, settings, &v, now_mono_ms);
    s->disagree = v.yes > 0 && v.no > 0;
    if (v.yes == 0 || v.no > 0 || !v.steady)
        s->steady_mono_ms = 0;
    else if (s->steady_mono_ms == 0)
        s->steady_mono_ms = stamp(now_mono_ms);
}

void sense_wake(struct sense *s, uint64_t now_mono_ms)
{
    if (s->heard_mono_ms != 0)
        s->heard_mono_ms = stamp(now_mono_ms);
    if (s->doubt_mono_ms != 0)
        s->doubt_mono_ms = stamp(now_mono_ms);
    s->steady_mono_ms = 0;
}

bool sense_relies(const struct sense *s)
{
    return s->supply != SUPPLY_GONE && !(s->breaker_known && s->breaker_open);
}

bool sense_is_stable(const struct sense *s, const struct sense_settings *settings, uint64_t now_mono_ms)
{
    return s->supply == SUPPLY_THERE && sense_wait_ms(s, settings, now_mono_ms) == 0;
}

uint64_t sense_wait_ms(const struct sense *s, const struct sense_settings *settings, uint64_t now_mono_ms)
{
    if (s->steady_mono_ms == 0)
        return UINT64_MAX;
    uint64_t ran_ms = elapsed(s->steady_mono_ms, now_mono_ms);
    return ran_ms >= settings->stable_ms ? 0 : settings->stable_ms - ran_ms;
}

const char *supply_name(enum supply supply)
{
    static const char *const names[] = {"unknown", "there", "gone"};
    return (unsigned)supply < sizeof names / sizeof *names ? names[supply] : "unknown";
}
