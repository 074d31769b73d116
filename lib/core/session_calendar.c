// SPDX-License-Identifier: GPL-3.0-or-later
// Stays that are expected, from the local times of the configuration.
#include "base/local_time.h"
#include "core/internal.h"
#include "tariff/tariff.h"

static const int64_t MINUTE_MS = 60 * 1000, DAY_MS = INT64_C(24) * 3600 * 1000;

enum { LONGEST_DAYS = 10 }; // that are looked through

// A local minute of the day that begins at `day_utc_ms`, right across a change of the clocks.
static int64_t at_minute(int64_t day_utc_ms, int minute)
{
    int64_t at = day_utc_ms + minute * MINUTE_MS;
    return at - (local_time_at(at).utc_offset_s - local_time_at(day_utc_ms).utc_offset_s) * INT64_C(1000);
}

static int64_t next_day(int64_t day_utc_ms)
{
    return local_day_start_ms(day_utc_ms + DAY_MS * 3 / 2);
}

static bool is_of_day(const struct site_session *session, bool weekend)
{
    return session->days == DAYS_ALL || (session->days == DAYS_WEEKENDS) == weekend;
}

struct collecting {
    struct plan_session *sessions;
    size_t count, max;
};

// By their beginning; the last of more than fit falls out.
static void insert(struct collecting *c, struct plan_session session)
{
    size_t i = c->count;
    if (c->max == 0 || (i == c->max && c->sessions[i - 1].from_utc_ms <= session.from_utc_ms))
        return;
    i = i < c->max ? i : c->max - 1;
    for (; i > 0 && c->sessions[i - 1].from_utc_ms > session.from_utc_ms; i--)
        c->sessions[i] = c->sessions[i - 1];
    c->sessions[i] = session;
    c->count += c->count < c->max;
}

static void collect_day(const struct site *s, const struct site_flexible *f, int64_t day, int64_t after, int64_t to,
                        struct collecting *c)
{
    bool weekend = calendar_is_weekend(s, day + DAY_MS / 2);
    for (size_t i = 0; i < f->n_sessions; i++) {
        const struct site_session *expected = &f->sessions[i];
        bool same_day = expected->until_minute > expected->from_minute;
        struct plan_session session = {
            .from_utc_ms = at_minute(day, expected->from_minute),
            .until_utc_ms = at_minute(same_day ? day : next_day(day), expected->until_minute),
            .wanted_wh = expected->energy_wh,
        };
        if (is_of_day(expected, weekend) && session.until_utc_ms > after && session.from_utc_ms < to)
            insert(c, session);
    }
}

// One vehicle leaves before the next comes.
static size_t separate(struct plan_session *sessions, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct plan_session session = sessions[i];
        if (kept > 0 && session.from_utc_ms < sessions[kept - 1].until_utc_ms)
            session.from_utc_ms = sessions[kept - 1].until_utc_ms;
        if (session.until_utc_ms > session.from_utc_ms)
            sessions[kept++] = session;
    }
    return kept;
}

size_t sessions_expected(const struct site *s, const struct site_flexible *f, int64_t after_utc_ms, int64_t to_utc_ms,
                         struct plan_session *ret_sessions, size_t max)
{
    struct collecting c = {.sessions = ret_sessions, .max = max};
    int64_t day = local_day_start_ms(after_utc_ms - DAY_MS);
    for (int i = 0; f->n_sessions > 0 && i < LONGEST_DAYS && day < to_utc_ms; i++) {
        collect_day(s, f, day, after_utc_ms, to_utc_ms, &c);
        day = next_day(day);
    }
    return separate(c.sessions, c.count);
}
