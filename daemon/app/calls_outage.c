// SPDX-License-Identifier: GPL-3.0-or-later
// Calls about outages: what stands, what was, what would be, and drills. Words of operators come as commands.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "daemon/app/calls_internal.h"
#include "daemon/app/journal_book.h"
#include "daemon/app/notices.h"
#include "report/messages.h"

enum { LAST_ENTRIES = 10, PAGE_ENTRIES = 500, DRILL_LONGEST_S = 4 * 3600, DRILL_S = 600 };

static int judge_site(struct call *c)
{
    const struct site *s = engine_site(c->calls->driver->engine);
    if (!engine_looks_after_outages(c->calls->driver->engine))
        return call_sorry(c, AEMS_E_STATE, "this area looks after no islands: see outage and islands in aems.yaml(5)");
    json_object_set_new(c->reply, "timezone", json_string(s->timezone));
    json_object_set_new(c->reply, "area", json_string(s->id));
    return 0;
}

static int add_journal(struct call *c, uint64_t before, size_t most)
{
    json_t *entries = journal_book_read(c->calls->driver->store, before, most);
    if (entries == NULL || json_object_set_new(c->reply, "journal", entries) < 0)
        return call_sorry(c, AEMS_E_NOMEM, aems_error_text(AEMS_E_NOMEM));
    return 0;
}

int call_outage(struct call *c)
{
    char *text = NULL;
    int r = judge_site(c);
    if (r < 0)
        return r;
    r = message_outage(c->calls->driver->engine, c->now, &text);
    r = call_add_message(c, "outage", r, text);
    return r < 0 ? r : add_journal(c, UINT64_MAX, LAST_ENTRIES);
}

// A page of it: those before a number.
int call_outage_journal(struct call *c)
{
    const json_t *before = json_object_get(c->request, "before");
    int r = judge_site(c);
    if (r < 0)
        return r;
    if (before != NULL && (!json_is_integer(before) || json_integer_value(before) < 1))
        return call_sorry(c, AEMS_E_RANGE, "before: expected the number of an entry");
    return add_journal(c, before != NULL ? (uint64_t)json_integer_value(before) : UINT64_MAX, PAGE_ENTRIES);
}

int call_outage_plan(struct call *c)
{
    char *text = NULL;
    int r = judge_site(c);
    if (r < 0)
        return r;
    r = message_rehearsal(c->calls->driver->engine, c->now, &text);
    return call_add_message(c, "rehearsal", r, text);
}

// Tells what would be switched, here and to the buildings, and switches nothing.
int call_outage_drill(struct call *c)
{
    const json_t *for_s = json_object_get(c->request, "for_s");
    double seconds = for_s != NULL ? json_number_value(for_s) : DRILL_S;
    if (for_s != NULL && (!json_is_number(for_s) || !in_range(seconds, 0, DRILL_LONGEST_S)))
        return call_sorry(c, AEMS_E_RANGE, "for_s: expected 0 s (the drill is over) to 4 h");
    int r = call_outage_plan(c);
    if (r < 0)
        return r;
    if (c->calls->notices == NULL)
        return call_sorry(c, AEMS_E_STATE, "nobody is told anything");
    notices_drill(c->calls->notices, c->now.utc_ms + (int64_t)(seconds * 1000), c->why, sizeof(c->why));
    if (c->why[0] != '\0')
        return AEMS_E_STATE;
    json_object_set_new(c->reply, "until_utc_ms", json_integer(c->now.utc_ms + (json_int_t)(seconds * 1000)));
    json_object_set_new(c->reply, "buildings",
                        json_integer((json_int_t)engine_site(c->calls->driver->engine)->n_buildings));
    return 0;
}
