// SPDX-License-Identifier: GPL-3.0-or-later
#include "quality/quality.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

const char *quality_name(enum quality q)
{
    switch (q) {
    case QUALITY_NONE:
        return "none";
    case QUALITY_GOOD:
        return "good";
    case QUALITY_SUSPECT:
        return "suspect";
    case QUALITY_STALE:
        return "stale";
    case QUALITY_INVALID:
        return "invalid";
    default:
        return "unknown";
    }
}

static uint64_t age_ms(uint64_t since_mono_ms, uint64_t now_mono_ms)
{
    return now_mono_ms > since_mono_ms ? now_mono_ms - since_mono_ms : 0;
}

static bool is_plausible(const struct quality_limits *limits, const struct reading *r)
{
    return r->status == READING_GOOD && in_range(r->value, limits->low, limits->high);
}

// A change too large for one poll counts once a second reading stands near the first.
static bool is_spike(const struct judge *j, const struct quality_limits *limits, double reading)
{
    if (limits->max_step <= 0 || !j->has_value || fabs(reading - j->value.v) <= limits->max_step)
        return false;
    return !j->has_candidate || fabs(reading - j->candidate) > limits->max_step;
}

static bool is_same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

// Follows how long the raw value has stood still. Time without readings is no time of standing still.
static void follow_changes(struct judge *j, const struct quality_limits *limits, double reading, uint64_t now_mono_ms)
{
    bool gap = age_ms(j->value.mono_ms, now_mono_ms) > limits->stale_ms;
    if (!j->has_value || gap || reading == 0 || !is_same_bits(reading, j->last_raw))
        j->last_change_mono_ms = now_mono_ms;
    j->last_raw = reading;
}

static bool is_frozen(const struct judge *j, const struct quality_limits *limits, uint64_t now_mono_ms)
{
    return limits->frozen_ms > 0 && age_ms(j->last_change_mono_ms, now_mono_ms) >= limits->frozen_ms;
}

static void accept(struct judge *j, double reading, enum quality quality, uint64_t now_mono_ms)
{
    j->value = (struct value){.v = reading, .mono_ms = now_mono_ms, .quality = quality};
    j->has_value = true;
    j->has_candidate = false;
}

enum quality judge_reading(struct judge *j, const struct quality_limits *limits, const struct reading *r,
                           uint64_t now_mono_ms)
{
    if (r->status == READING_MISSING)
        return judge_value(j, limits, now_mono_ms).quality;
    if (!is_plausible(limits, r)) {
        j->value.quality = QUALITY_INVALID;
        j->has_candidate = false; // a confirmation is the very next reading
        return QUALITY_INVALID;
    }
    follow_changes(j, limits, r->value, now_mono_ms);
    if (is_spike(j, limits, r->value)) {
        j->candidate = r->value;
        j->has_candidate = true;
        j->value.quality = QUALITY_SUSPECT;
        return judge_value(j, limits, now_mono_ms).quality;
    }
    accept(j, r->value, is_frozen(j, limits, now_mono_ms) ? QUALITY_SUSPECT : QUALITY_GOOD, now_mono_ms);
    return j->value.quality;
}

struct value judge_value(const struct judge *j, const struct quality_limits *limits, uint64_t now_mono_ms)
{
    struct value value = j->value;
    bool ages = value.quality == QUALITY_GOOD || value.quality == QUALITY_SUSPECT;
    if (ages && age_ms(value.mono_ms, now_mono_ms) > limits->stale_ms)
        value.quality = QUALITY_STALE;
    return value;
}

bool value_usable(struct value v)
{
    return v.quality == QUALITY_GOOD && isfinite(v.v);
}
