// SPDX-License-Identifier: GPL-3.0-or-later
// The journal of outages. Its numbers have neither gap nor double whenever the program dies, because an entry goes two
// ways: it is part of what is saved as long as it waits, and is given out only after that save. A restart in between
// finds it there and gives it out again, under the number that it has.
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "core/internal.h"

const struct journal_entry *journal_waiting(const struct engine *e, size_t index)
{
    const struct outage_book *b = &e->outage;
    return &b->waiting[(b->first_waiting + index) % JOURNAL_MAX_WAITING];
}

// A driver that takes nothing for so long finds the last one said again; no number is left out for it.
static struct journal_entry *next_entry(struct outage_book *b)
{
    bool full = b->n_waiting == JOURNAL_MAX_WAITING;
    if (!full) {
        b->n_waiting++;
        b->journal_number++;
    }
    struct journal_entry *j = &b->waiting[(b->first_waiting + b->n_waiting - 1) % JOURNAL_MAX_WAITING];
    j->number = b->journal_number;
    return j;
}

void journal_step(struct engine *e, int island, enum island_state from, enum island_state to, const char *cause)
{
    if (!outage_is_watched(e) || island < -1 || island >= (int)outage_islands(e))
        return;
    struct journal_entry *j = next_entry(&e->outage);
    j->utc_ms = e->outage.now_utc_ms;
    j->island = island;
    j->from = from;
    j->to = to;
    text_escape(j->cause, sizeof j->cause, cause); // cut off at a whole character
    queue_add(&e->queue, TASK_SAVE_OUTAGE, 0);
    queue_add(&e->queue, TASK_JOURNAL, 0);
    queue_add(&e->queue, TASK_OUTAGE, 0);
}

enum { EVERY_MS = 30 * 1000, AT_ONCE = 100 };

// Transitions are all there, and come seldom enough by themselves; so does what operators say. The rest is rationed, so
// that something that flutters does not push out what was said before, nor wear the disk out.
static bool has_ration(struct engine *e, int island, enum island_state state)
{
    struct outage_book *b = &e->outage;
    uint64_t now = e->last_tick.mono_ms, from = b->journal_mono_ms > now ? b->journal_mono_ms : now;
    if (from - now > (uint64_t)AT_ONCE * EVERY_MS) {
        b->left_out++;
        return false;
    }
    b->journal_mono_ms = from + EVERY_MS;
    if (b->left_out > 0) {
        char text[64];
        snprintf(text, sizeof text, "%llu entries were left out", (unsigned long long)b->left_out);
        b->left_out = 0;
        journal_step(e, island, state, state, text);
    }
    return true;
}

static void __attribute__((format(printf, 4, 0)))
write_entry(struct engine *e, int island, bool rationed, const char *format, va_list arguments)
{
    char cause[sizeof((struct journal_entry *)0)->cause];
    if (!outage_is_watched(e) || island < -1 || island >= (int)outage_islands(e))
        return;
    vsnprintf(cause, sizeof cause, format, arguments);
    enum island_state state = island >= 0 ? e->outage.islands[island].island.state : ISLAND_CONNECTED;
    if (!rationed || has_ration(e, island, state))
        journal_step(e, island, state, state, cause);
}

void journal(struct engine *e, int island, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_entry(e, island, true, format, arguments);
    va_end(arguments);
}

void journal_always(struct engine *e, int island, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_entry(e, island, false, format, arguments);
    va_end(arguments);
}

// What waits has a number already, and is kept or will be.
void engine_journal_after(struct engine *e, uint64_t number)
{
    struct outage_book *b = &e->outage;
    if (!outage_is_watched(e) || b->n_waiting > 0 || number <= b->journal_number || number >= UINT64_MAX / 2)
        return;
    b->journal_number = number;
    queue_add(&e->queue, TASK_SAVE_OUTAGE, 0);
}

bool journal_take(struct engine *e, struct journal_entry *ret_entry)
{
    struct outage_book *b = &e->outage;
    if (b->n_waiting == 0)
        return false;
    const struct journal_entry *first = journal_waiting(e, 0);
    bool kept = first->number <= b->saved_number;
    if (kept) {
        *ret_entry = *first;
        b->first_waiting = (b->first_waiting + 1) % JOURNAL_MAX_WAITING;
        b->n_waiting--;
    }
    if (!kept || b->n_waiting == 0) // to be taken along first, or not to be said again by a restart
        queue_add(&e->queue, TASK_SAVE_OUTAGE, 0);
    if (b->n_waiting > 0)
        queue_add(&e->queue, TASK_JOURNAL, 0);
    return kept;
}
