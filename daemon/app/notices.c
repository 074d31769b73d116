// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/notices.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "core/rehearsing.h"
#include "report/messages.h"

enum { OUTAGE_AGAIN_MS = 60 * 1000 };

// ---- emergencies of the grid operator ------------------------------------------------------------------------------

static enum advice_kind advice_now(const struct engine *e, struct instant now)
{
    struct dr_view v;
    engine_dr(e, now, &v);
    return v.emergency ? ADVICE_EMERGENCY : v.black_start ? ADVICE_BLACK_START : ADVICE_NONE;
}

// What to do, and the operator's own words.
static void advice_text(const struct engine *e, enum advice_kind kind, struct instant now, char *ret_text, size_t size)
{
    static const char *const texts[] = {
        [ADVICE_EMERGENCY] = "The grid operator has declared an emergency: switch off what you can do without, and do "
                             "not charge vehicles, until this notice is gone.",
        [ADVICE_BLACK_START] = "The grid is being brought up again: keep large appliances switched off until this "
                               "notice is gone.",
    };
    enum dr_signal_kind signal = kind == ADVICE_EMERGENCY ? DR_EMERGENCY : DR_BLACK_START;
    const struct dr_event *event = NULL;
    struct dr_signal s;
    bool found = dr_timeline_at(engine_dr_events(e), -1, signal, now.utc_ms, &s, &event);
    bool words = found && event != NULL && event->text[0] != '\0';
    snprintf(ret_text, size, "%s%s%s", texts[kind], words ? " The operator says: " : "", words ? event->text : "");
}

static void tell_advice(struct notices *n, int building, enum advice_kind kind, struct instant now)
{
    static const char *const names[] = {
        [ADVICE_NONE] = "", [ADVICE_EMERGENCY] = "emergency", [ADVICE_BLACK_START] = "black_start"};
    char text[512] = "";
    if (kind != ADVICE_NONE)
        advice_text(n->driver->engine, kind, now, text, sizeof(text));
    publisher_advice(n->driver->publisher, building, names[kind], kind != ADVICE_NONE ? text : NULL, now);
}

// ---- all -----------------------------------------------------------------------------------------------------------

static bool is_due(const struct told_notice *told, const struct notice *next, enum advice_kind advice,
                   uint64_t now_mono_ms)
{
    if (!told->once || told->advice != advice || notice_is_urgent(&told->notice, next))
        return true;
    return !notice_is_same(&told->notice, next) && now_mono_ms - told->mono_ms >= NOTICES_PAUSE_MS;
}

static void tell_building(struct notices *n, const struct notice_look *look, int building, enum advice_kind advice,
                          struct instant now, uint64_t now_mono_ms)
{
    struct told_notice *told = &n->told[building];
    struct notice next;
    notice_make(n->driver->engine, look, building, now, now.utc_ms < n->drill_until_utc_ms ? n->drill_shed : NULL,
                &next);
    if (next.kind == NOTICE_OUTAGE)
        advice = ADVICE_NONE;
    else if (advice != ADVICE_NONE)
        next = (struct notice){.lasts_h = -1};
    if (!is_due(told, &next, advice, now_mono_ms))
        return;
    if (next.kind != NOTICE_NONE)
        publisher_notice(n->driver->publisher, building, &next, now);
    else
        tell_advice(n, building, advice, now);
    *told = (struct told_notice){.notice = next, .advice = advice, .mono_ms = now_mono_ms, .once = true};
}

// The engine publishes each change; this is for those who come later, and for what only time changes.
static void tell_outage(struct notices *n, struct instant now, uint64_t now_mono_ms)
{
    if (n->outage_mono_ms != 0 && now_mono_ms - n->outage_mono_ms < OUTAGE_AGAIN_MS)
        return;
    n->outage_mono_ms = now_mono_ms;
    publisher_outage(n->driver->publisher, n->driver->engine, now);
}

void notices_tick(struct notices *n, uint64_t now_mono_ms)
{
    const struct site *s = engine_site(n->driver->engine);
    struct instant now = driver_now(n->driver);
    if (now_mono_ms - n->second_mono_ms < 1000)
        return;
    n->second_mono_ms = now_mono_ms;
    if (s != n->told_to) { // other buildings may stand at the same places
        memset(n->told, 0, sizeof(n->told));
        n->drill_until_utc_ms = 0;
        n->told_to = s;
    }
    enum advice_kind advice = advice_now(n->driver->engine, now);
    struct notice_look look = {0};
    if (s->n_buildings > 0)
        notice_look(n->driver->engine, now, &look);
    for (size_t i = 0; i < s->n_buildings; i++)
        tell_building(n, &look, (int)i, advice, now, now_mono_ms);
    tell_outage(n, now, now_mono_ms);
}

void notices_drill(struct notices *n, int64_t until_utc_ms, char *ret_why, size_t size)
{
    struct instant now = driver_now(n->driver);
    const struct site *s = engine_site(n->driver->engine);
    struct outage_view v;
    engine_outage(n->driver->engine, now, &v);
    ret_why[0] = '\0';
    if (v.on) {
        snprintf(ret_why, size, "there is an outage: this is no time for a drill");
        return;
    }
    n->drill_until_utc_ms = until_utc_ms;
    memset(n->drill_shed, 0, sizeof(n->drill_shed));
    engine_rehearse_switches(n->driver->engine, now, n->drill_shed);
    if (until_utc_ms <= now.utc_ms)
        log_notice("the drill is over");
    else
        log_notice("drill: %zu buildings are told what they would be; nothing is switched", s->n_buildings);
}
