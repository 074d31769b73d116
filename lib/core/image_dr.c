// SPDX-License-Identifier: GPL-3.0-or-later
// Events of the grid operator, what was told of them, and who watches over their sender.
#include <stdlib.h>

#include "core/image.h"

enum { EVENT_TEXT_MAX = 1 << 20 };

KNOWS(struct guard, 32);
static void image_guard(struct image *m, struct guard *g)
{
    IMAGE_ENUM(m, g->state, GUARD_STATE_COUNT);
    image_bool(m, &g->heard);
    image_unsigned(m, &g->heartbeat_mono_ms);
    image_unsigned(m, &g->back_mono_ms);
    image_unsigned(m, &g->since_mono_ms);
}

KNOWS(struct dr_status, 352);
static void image_place(struct image *m, struct dr_status *p)
{
    image_chars(m, p->id, sizeof p->id);
    if (p->id[0] == '\0')
        return;
    IMAGE_ENUM(m, p->state, DR_STATE_COUNT);
    image_chars(m, p->why, sizeof p->why);
    image_signed(m, &p->from_utc_ms);
    image_signed(m, &p->until_utc_ms);
    image_double(m, &p->reference_w);
}

static void write_event(struct image *m, const struct engine *e, const struct dr_event *event)
{
    char *text = NULL;
    m->out->failed |= dr_event_to_json(event, e->site, &text) < 0;
    bytes_put_text(m->out, text != NULL ? text : "");
    free(text);
}

static void read_event(struct image *m, struct engine *e)
{
    struct dr_event *event = NULL;
    size_t length = 0;
    const char *text = bytes_take_text(m->in, EVENT_TEXT_MAX, &length);
    if (text == NULL || dr_event_from_json(text, length, e->site, &event) < 0 ||
        dr_timeline_put(&e->dr.timeline, event) < 0) {
        dr_event_free(event);
        m->in->failed = true;
    }
}

KNOWS(struct dr_book, 45656);
void image_dr(struct image *m, struct engine *e)
{
    struct dr_book *b = &e->dr;
    size_t count = b->timeline.count;
    if (m->in != NULL)
        dr_timeline_clear(&b->timeline);
    image_count(m, &count, DR_MAX_EVENTS);
    for (size_t i = 0; i < count && (m->out != NULL || !m->in->failed); i++) {
        if (m->out != NULL)
            write_event(m, e, b->timeline.events[i]);
        else
            read_event(m, e);
    }
    image_unsigned(m, &b->timeline.order);
    image_guard(m, &b->guard);
    image_bool(m, &b->sender_lost);
    for (int i = 0; i < DR_PLACES; i++)
        image_place(m, &b->places[i]);
    image_signed(m, &b->ticked_utc_ms);
    image_signed(m, &b->doubt_from_utc_ms);
    image_signed(m, &b->doubt_until_utc_ms);
    image_unsigned(m, &b->doubt_over_mono_ms);
}
