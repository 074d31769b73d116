// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/app/dr_desk_internal.h"

static void tell(struct dr_desk *d, const struct dr_origin *origin, const char *id, const char *why, bool retain)
{
    struct dr_status status = {.state = DR_REFUSED, .reference_w = -1};
    bool trusted = origin->proven || !engine_site(d->driver->engine)->dr.is_signed;
    bool own_topic = trusted && id[0] != '\0';
    snprintf(status.why, sizeof(status.why), "%s", why);
    text_copy(status.id, sizeof(status.id), id);
    publisher_dr_status(d->driver->publisher, own_topic ? id : DR_UNKNOWN, &status, retain,
                        retain || (own_topic && origin->proven), driver_now(d->driver));
}

static void say(struct dr_desk *d, const struct dr_origin *origin, const char *id, const char *why, bool retain,
                bool log)
{
    char harmless[DESK_WHY_SIZE];
    text_escape(harmless, sizeof(harmless), why);
    if (log)
        log_warning("demand response%s%s: %s%srefused: %s", origin->sender[0] != '\0' ? " from " : "", origin->sender,
                    id, id[0] != '\0' ? " " : "", harmless);
    tell(d, origin, id, harmless, retain);
}

// Whether one more is told in this second, and logged.
static bool has_room(struct dr_desk *d, const struct dr_origin *origin, bool *ret_log)
{
    int *told = origin->proven ? &d->told_proven : &d->told;
    *ret_log = *told < DESK_REFUSALS_TOLD;
    d->untold += !*ret_log;
    if (*told >= (origin->proven ? DESK_PROVEN_TOLD : DESK_REFUSALS_TOLD))
        return false;
    (*told)++;
    return true;
}

void desk_refuse(struct dr_desk *d, const struct dr_origin *origin, const char *id, const char *why)
{
    bool log;
    d->counters.refused++;
    if (has_room(d, origin, &log))
        say(d, origin, id, why, false, log);
}

// In the log alone: others may well send to the topics of several areas.
void desk_pass_over(struct dr_desk *d, const struct dr_origin *origin, const char *id)
{
    bool log;
    d->counters.not_for_us++;
    if (has_room(d, origin, &log) && log)
        log_info("demand response%s%s: %s is for others: none of its targets is this area or a connection of it",
                 origin->sender[0] != '\0' ? " from " : "", origin->sender, id);
}

void desk_take_back(struct dr_desk *d, const struct dr_origin *origin, const char *id, const char *why)
{
    d->counters.refused++;
    say(d, origin, id, why, dr_timeline_find(engine_dr_events(d->driver->engine), id) == NULL, true);
}

void desk_tell_tick(struct dr_desk *d, uint64_t now_mono_ms)
{
    if (now_mono_ms - d->second_mono_ms < 1000)
        return;
    if (d->untold > 0)
        log_warning("demand response: %" PRIu64 " more messages refused or for others", d->untold);
    d->second_mono_ms = now_mono_ms;
    d->told = d->told_proven = 0;
    d->untold = 0;
}
