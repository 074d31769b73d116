// SPDX-License-Identifier: GPL-3.0-or-later
// What was told of each event, what the store keeps of it, and what a new configuration makes of it.
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "core/internal.h"

// ---- places ---------------------------------------------------------------------------------------------------------

static bool is_free(const struct engine *e, int place)
{
    const struct dr_status *p = &e->dr.places[place];
    if (p->id[0] == '\0')
        return true;
    bool unsaid = e->queue.waiting[TASK_DR_STATUS][place] || e->queue.waiting[TASK_SAVE_DR_EVENT][place];
    return !unsaid && dr_timeline_find(&e->dr.timeline, p->id) == NULL;
}

int dr_place(struct engine *e, const char *id)
{
    int place = -1;
    for (int i = 0; i < DR_PLACES; i++) {
        if (strcmp(e->dr.places[i].id, id) == 0)
            return i;
        if (place < 0 && is_free(e, i))
            place = i;
    }
    if (place >= 0) {
        e->dr.places[place] = (struct dr_status){.reference_w = -1};
        text_copy(e->dr.places[place].id, sizeof e->dr.places[place].id, id);
    }
    return place;
}

void dr_tell(struct engine *e, int place, enum dr_state state, const char *why)
{
    struct dr_status *p = &e->dr.places[place];
    const struct dr_event *event = dr_timeline_find(&e->dr.timeline, p->id);
    p->state = state;
    snprintf(p->why, sizeof p->why, "%s", why);
    if (event != NULL) {
        p->from_utc_ms = event->from_utc_ms;
        p->until_utc_ms = event->until_utc_ms;
        p->reference_w = event->reference_w;
    }
    queue_add(&e->queue, TASK_DR_STATUS, place);
}

// ---- the store ------------------------------------------------------------------------------------------------------

const char *dr_saved_id(const struct engine *e, int place)
{
    bool used = place >= 0 && place < DR_PLACES && e->dr.places[place].id[0] != '\0';
    return used ? e->dr.places[place].id : NULL;
}

int dr_saved(const struct engine *e, int place, char **ret_json)
{
    const struct dr_event *event = dr_timeline_find(&e->dr.timeline, e->dr.places[place].id);
    *ret_json = NULL;
    return event != NULL ? dr_event_to_json(event, e->site, ret_json) : 0;
}

// What is over by now is taken as well: it has still to be told, and settled.
int dr_restore(struct engine *e, const char *id, const char *json, struct instant now)
{
    struct dr_event *event;
    int code = e->site->dr.enabled ? dr_event_from_json(json, strlen(json), e->site, &event) : AEMS_E_STATE;
    if (code < 0)
        return code;
    int place = strcmp(event->id, id) == 0 && event->until_utc_ms > event->from_utc_ms ? dr_place(e, id) : -1;
    code = place >= 0 ? dr_timeline_put(&e->dr.timeline, event) : AEMS_E_FORMAT;
    if (code < 0) {
        dr_event_free(event);
        return code;
    }
    dr_tell(e, place, engine_dr_state(e, event, now), event->notes);
    return 0;
}

// ---- a new configuration --------------------------------------------------------------------------------------------

static int present_grid(const struct engine *e, const struct engine *former, int grid)
{
    int asset = grid >= 0 ? site_find_asset(e->site, former->site->grids[grid].id) : -1;
    return asset >= 0 && site_asset_at(e, asset)->kind == ASSET_GRID ? site_asset_at(e, asset)->of_kind : -1;
}

static void adopt_event(struct engine *e, const struct engine *former, const struct dr_event *old)
{
    struct dr_event *event;
    int place = dr_place(e, old->id);
    for (int i = 0; place >= 0 && i < DR_PLACES; i++)
        if (strcmp(former->dr.places[i].id, old->id) == 0)
            e->dr.places[place] = former->dr.places[i];
    int grid = present_grid(e, former, old->grid);
    bool gone = old->grid >= 0 && grid < 0;
    if (place < 0)
        return;
    if (gone || !e->site->dr.enabled) {
        dr_tell(e, place, DR_CANCELLED,
                gone ? "its grid connection is gone from the configuration" : "demand response was switched off");
        queue_add(&e->queue, TASK_SAVE_DR_EVENT, place);
        return;
    }
    if (dr_event_copy(old, &event) < 0)
        return;
    event->grid = grid;
    if (dr_timeline_put(&e->dr.timeline, event) < 0)
        dr_event_free(event);
}

static bool has_guard(const struct engine *e)
{
    return e->site->dr.enabled && e->site->dr.failsafe.enabled;
}

void dr_adopt(struct engine *e, const struct engine *former)
{
    for (size_t i = 0; i < former->dr.timeline.count; i++)
        adopt_event(e, former, former->dr.timeline.events[i]);
    for (int i = 0; i < DR_PLACES; i++) // what was said for the last time, and not heard yet
        if (former->queue.waiting[TASK_DR_STATUS][i] || former->queue.waiting[TASK_SAVE_DR_EVENT][i]) {
            int place = dr_place(e, former->dr.places[i].id);
            if (place < 0)
                continue;
            e->dr.places[place] = former->dr.places[i];
            queue_add(&e->queue, TASK_DR_STATUS, place);
            queue_add(&e->queue, TASK_SAVE_DR_EVENT, place);
        }
    if (former->dr.timeline.order > e->dr.timeline.order)
        e->dr.timeline.order = former->dr.timeline.order;
    if (has_guard(e) && has_guard(former))
        e->dr.guard = former->dr.guard;
    e->dr.sender_lost = former->dr.sender_lost && e->site->dr.enabled;
    e->dr.ticked_utc_ms = former->dr.ticked_utc_ms;
    e->dr.doubt_from_utc_ms = former->dr.doubt_from_utc_ms;
    e->dr.doubt_until_utc_ms = former->dr.doubt_until_utc_ms;
    e->dr.doubt_over_mono_ms = former->dr.doubt_over_mono_ms;
}
