// SPDX-License-Identifier: GPL-3.0-or-later
// Islands, switches, words and the journal.
#include "core/enduring.h"
#include "core/image.h"

KNOWS(struct sense, 56);
static void image_sense(struct image *m, struct sense *s)
{
    IMAGE_ENUM(m, s->supply, SUPPLY_GONE + 1);
    image_bool(m, &s->breaker_open);
    image_bool(m, &s->breaker_known);
    IMAGE_ENUM(m, s->breaker_seen, WITNESS_NO + 1);
    image_unsigned(m, &s->breaker_mono_ms);
    image_bool(m, &s->hears_supply);
    image_bool(m, &s->hears_frequency);
    image_bool(m, &s->disagree);
    image_unsigned(m, &s->doubt_mono_ms);
    image_unsigned(m, &s->heard_mono_ms);
    image_unsigned(m, &s->steady_mono_ms);
}

KNOWS(struct island, 56);
static void image_machine(struct image *m, struct island *i)
{
    IMAGE_ENUM(m, i->state, ISLAND_STATE_COUNT);
    image_unsigned(m, &i->since_mono_ms);
    image_unsigned(m, &i->wished_mono_ms);
    image_unsigned(m, &i->failed_mono_ms);
    image_unsigned(m, &i->turned_mono_ms);
    image_unsigned(m, &i->parted_mono_ms);
    image_bool(m, &i->was_black);
    image_bool(m, &i->was_open);
    image_bool(m, &i->breaker_stuck);
    image_bool(m, &i->resumed);
    IMAGE_ENUM(m, i->wish, BREAKER_CLOSE + 1);
}

// Why a restart failed is said once, when it does.
KNOWS(struct restart, 24);
static void image_restart(struct image *m, struct restart *r)
{
    IMAGE_ENUM(m, r->phase, RESTART_PHASE_COUNT);
    image_unsigned(m, &r->since_mono_ms);
}

KNOWS(struct serving, 48);
static void image_serving(struct image *m, struct serving *s)
{
    image_double(m, &s->carry_wh);
    image_unsigned(m, &s->budget_mono_ms);
    image_unsigned(m, &s->looked_mono_ms);
    image_bool(m, &s->waits);
    image_double(m, &s->room_w);
    image_unsigned(m, &s->asked_mono_ms);
    IMAGE_ENUM(m, s->last_tier, TIER_COUNT);
}

KNOWS(struct served_told, 48);
static void image_served_told(struct image *m, struct served_told *told)
{
    for (int t = 0; t < TIER_COUNT; t++) {
        IMAGE_ENUM(m, told->parts[t], SERVED_PART_COUNT);
        image_unsigned(m, &told->mono_ms[t]);
    }
}

KNOWS(struct island_book, 408);
static void image_island(struct image *m, struct island_book *b, const struct site *s)
{
    image_sense(m, &b->sense);
    image_machine(m, &b->island);
    image_restart(m, &b->restart);
    image_int(m, &b->forming, -1, (int)s->n_assets - 1);
    image_bool(m, &b->lives);
    image_bool(m, &b->heard);
    image_signed(m, &b->since_utc_ms);
    image_u32(m, &b->waits_told);
    image_unsigned(m, &b->lost_mono_ms);
    image_double(m, &b->import_w);
    image_double(m, &b->needs_w);
    image_unsigned(m, &b->needed_mono_ms);
    image_double(m, &b->shed_w);
    image_unsigned(m, &b->dispute_mono_ms);
    image_unsigned(m, &b->disputed_mono_ms);
    image_unsigned(m, &b->stuck_mono_ms);
    image_unsigned(m, &b->shed_mono_ms);
    image_double(m, &b->clear_w);
    image_unsigned(m, &b->clear_mono_ms);
    image_serving(m, &b->by_plan);
    image_served_told(m, &b->told);
    image_unsigned(m, &b->served_mono_ms);
    image_unsigned(m, &b->seen_mono_ms);
    for (int i = 0; i < SITE_MAX_FORMING; i++) {
        image_bool(m, &b->trips[i]);
        image_unsigned(m, &b->tripped_mono_ms[i]);
    }
}

KNOWS(struct switch_state, 80);
static void image_switch(struct image *m, struct switch_state *s)
{
    image_bool(m, &s->wanted_closed);
    image_bool(m, &s->told);
    image_bool(m, &s->obeyed);
    image_unsigned(m, &s->told_mono_ms);
    image_bool(m, &s->has_seen);
    image_bool(m, &s->seen_closed);
    image_bool(m, &s->disobeys);
    image_unsigned(m, &s->steady_mono_ms);
    image_unsigned(m, &s->worn_mono_ms);
    image_unsigned(m, &s->named_mono_ms);
    image_double(m, &s->power_w);
    image_signed(m, &s->since_utc_ms);
    image_unsigned(m, &s->changed_mono_ms);
}

KNOWS(struct outage_word, 216);
static void image_word(struct image *m, struct outage_word *w, size_t n_islands)
{
    IMAGE_ENUM(m, w->kind, OUTAGE_WORD_KIND_COUNT);
    image_chars(m, w->id, sizeof w->id);
    image_int(m, &w->island, -1, (int)n_islands - 1);
    IMAGE_ENUM(m, w->state, ISLAND_STATE_COUNT);
    image_signed(m, &w->from_utc_ms);
    image_signed(m, &w->until_utc_ms);
    image_chars(m, w->why, sizeof w->why);
    image_chars(m, w->who, sizeof w->who);
}

KNOWS(struct journal_entry, 256);
static void image_entry(struct image *m, struct journal_entry *j, size_t n_islands)
{
    image_unsigned(m, &j->number);
    image_signed(m, &j->utc_ms);
    image_int(m, &j->island, -1, (int)n_islands - 1);
    IMAGE_ENUM(m, j->from, ISLAND_STATE_COUNT);
    IMAGE_ENUM(m, j->to, ISLAND_STATE_COUNT);
    image_chars(m, j->cause, sizeof j->cause);
}

static void image_journal(struct image *m, struct engine *e)
{
    struct outage_book *b = &e->outage;
    image_unsigned(m, &b->journal_number);
    image_unsigned(m, &b->saved_number);
    image_count(m, &b->n_waiting, JOURNAL_MAX_WAITING);
    b->first_waiting = m->in != NULL ? 0 : b->first_waiting;
    for (size_t i = 0; i < b->n_waiting; i++)
        image_entry(m, &b->waiting[(b->first_waiting + i) % JOURNAL_MAX_WAITING], outage_islands(e));
}

static void image_part(struct image *m, struct enduring_part *p)
{
    for (int hour = 0; hour < ENDURING_HOURS; hour++) {
        for (int t = 0; t < TIER_COUNT; t++)
            image_double(m, &p->load_w[t][hour]);
        image_double(m, &p->pv_w[hour]);
    }
}

// What was gathered, and what of it is on its way: who is served by rule depends on it.
KNOWS(struct enduring_part, 6720);
KNOWS(struct enduring, 472);
static void image_enduring(struct image *m, struct enduring *d, size_t n_assets)
{
    image_bool(m, &d->complete);
    image_signed(m, &d->from_utc_ms);
    image_signed(m, &d->next_from_utc_ms);
    image_signed(m, &d->begun_utc_ms);
    image_count(m, &d->asset, n_assets);
    image_count(m, &d->hour, ENDURING_HOURS);
    for (size_t i = 0; i < d->n_parts && d->complete; i++)
        image_part(m, &d->parts[i]);
    for (size_t i = 0; i < d->n_parts && (d->asset > 0 || d->hour > 0); i++)
        image_part(m, &d->next[i]);
}

KNOWS(struct outage_book, 8136);
void image_outage(struct image *m, struct engine *e)
{
    struct outage_book *b = &e->outage;
    size_t n_islands = outage_islands(e), n_switches = outage_switches(e);
    image_count(m, &n_islands, outage_islands(e));
    image_count(m, &n_switches, outage_switches(e));
    if (!outage_is_watched(e))
        return;
    for (size_t i = 0; i < n_islands; i++)
        image_island(m, &b->islands[i], e->site);
    for (size_t i = 0; i < n_switches; i++)
        image_switch(m, &b->switches[i]);
    image_count(m, &b->n_words, ENGINE_MAX_WORDS);
    for (size_t i = 0; i < b->n_words; i++)
        image_word(m, &b->words[i], outage_islands(e));
    image_journal(m, e);
    image_signed(m, &b->since_utc_ms);
    for (size_t i = 0; i < e->site->n_loads; i++) {
        image_double(m, &b->served_w[i]);
        image_double(m, &b->spare_w[i]);
        image_u32(m, &b->limited[i]);
    }
    for (size_t i = 0; i < e->site->n_ties; i++)
        image_double(m, &b->brought_w[i]);
    for (size_t i = 0; i < e->site->n_assets; i++)
        image_bool(m, &b->paused[i]);
    for (int t = 0; t < TIER_COUNT; t++)
        image_double(m, &b->autonomy_h[t]);
    image_enduring(m, b->enduring, e->site->n_assets);
    image_signed(m, &b->told_utc_ms);
    image_unsigned(m, &b->woke_mono_ms);
    image_unsigned(m, &b->journal_mono_ms);
    image_unsigned(m, &b->left_out);
    image_signed(m, &b->now_utc_ms);
}
