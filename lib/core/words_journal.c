// SPDX-License-Identifier: GPL-3.0-or-later
// What operators and others say of outages, in the journal: afterwards it is asked who wanted what, and until when.
#include <stdio.h>
#include <string.h>

#include "base/local_time.h"
#include "core/internal.h"

enum { TIME_SIZE = 48, SENTENCE_SIZE = sizeof((struct journal_entry *)0)->cause };

static void format_time(int64_t utc_ms, char ret_text[static TIME_SIZE])
{
    struct local_time l = local_time_at(utc_ms);
    snprintf(ret_text, TIME_SIZE, "%04d-%02d-%02d %02d:%02d", l.year, l.month, l.day, l.minute / 60, l.minute % 60);
}

static const char *who(const struct outage_word *w)
{
    return w->who[0] != '\0' ? w->who : "somebody";
}

// Without a reason: "anna forbids resynchronising until 2026-01-14 20:00".
static void format_word(const struct outage_word *w, int64_t now_utc_ms, char ret_text[static SENTENCE_SIZE])
{
    static const char *const verbs[OUTAGE_WORD_KIND_COUNT] = {[OUTAGE_WARNING] = "warns of an outage",
                                                              [OUTAGE_PLANNED] = "announces an outage",
                                                              [OUTAGE_FORBID] = "forbids",
                                                              [OUTAGE_FORCE] = "forces",
                                                              [OUTAGE_FREE] = "takes back",
                                                              [OUTAGE_EXPECT] = "expects"};
    char from[TIME_SIZE], until[TIME_SIZE];
    bool leases = w->kind == OUTAGE_FORBID || w->kind == OUTAGE_FORCE, begun = w->from_utc_ms <= now_utc_ms;
    format_time(w->from_utc_ms, from);
    format_time(w->until_utc_ms, until);
    if (w->kind == OUTAGE_EXPECT)
        snprintf(ret_text, SENTENCE_SIZE, "%s expects the grid back by %s", who(w), until);
    else
        snprintf(ret_text, SENTENCE_SIZE, "%s %s%s%s%s%s until %s", who(w), verbs[w->kind], leases ? " " : "",
                 leases ? island_state_name(w->state) : "", begun ? "" : " from ", begun ? "" : from, until);
}

static bool is_alike(const struct outage_word *a, const struct outage_word *b)
{
    return a->kind == b->kind && a->state == b->state && a->island == b->island && strcmp(a->who, b->who) == 0 &&
           strcmp(a->why, b->why) == 0;
}

// It says something else than the one of its name did, not the same anew.
static bool displaces(const struct outage_word *w, const struct outage_word *former)
{
    bool ahead = w->kind == OUTAGE_WARNING || w->kind == OUTAGE_PLANNED;
    bool apart = w->from_utc_ms >= former->until_utc_ms || w->until_utc_ms <= former->from_utc_ms;
    return w->kind != former->kind || w->state != former->state || w->island != former->island || (ahead && apart);
}

static void say_displaced(struct engine *e, const struct outage_word *w, const struct outage_word *former)
{
    char text[SENTENCE_SIZE];
    format_word(former, e->outage.now_utc_ms, text);
    journal_always(e, former->island, "%s replaces: %s", who(w), text);
    snprintf(e->outage.remark, sizeof e->outage.remark, "it replaces what had the same id: %.120s", text);
}

// One that is only said again is none; one that is prolonged, again and again perhaps, yields to all the rest.
void word_is_said(struct engine *e, const struct outage_word *w, const struct outage_word *former)
{
    char text[SENTENCE_SIZE];
    bool alike = former != NULL && is_alike(w, former);
    bool begun = w->from_utc_ms <= e->outage.now_utc_ms;
    if (alike && w->until_utc_ms == former->until_utc_ms && (begun || w->from_utc_ms == former->from_utc_ms))
        return;
    bool displaced = former != NULL && displaces(w, former);
    if (displaced)
        say_displaced(e, w, former);
    format_word(w, e->outage.now_utc_ms, text);
    (alike && !displaced ? journal : journal_always)(e, w->island, "%s%s%s", text, w->why[0] != '\0' ? ": " : "",
                                                     w->why);
}

void word_is_over(struct engine *e, const struct outage_word *w)
{
    char text[SENTENCE_SIZE];
    format_word(w, e->outage.now_utc_ms, text);
    journal_always(e, w->island, "over: %s", text);
}

void word_is_taken_back(struct engine *e, const struct outage_word *w, const struct outage_word *by)
{
    char text[SENTENCE_SIZE];
    format_word(w, e->outage.now_utc_ms, text);
    journal_always(e, w->island, "%s takes back: %s%s%s", who(by), text, by->why[0] != '\0' ? ": " : "", by->why);
}
