// SPDX-License-Identifier: GPL-3.0-or-later
// What is worth telling or keeping, and how often.
#include <math.h>

#include "core/internal.h"
#include "core/proving.h"

static bool setpoint_changed(const struct engine *e, int asset)
{
    const struct asset_state *a = &e->assets[asset];
    const struct published *p = &a->published;
    return !p->once || p->reason != a->reason.kind ||
           fabs(p->setpoint_w - a->setpoint_w) > 0.01 * asset_range_w(e, asset);
}

static void publish_setpoint(struct engine *e, int asset, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    struct published *p = &a->published;
    if (!a->has_setpoint)
        return;
    bool due = elapsed_ms(p->setpoint_mono_ms, now.mono_ms) >= PUBLISH_SETPOINT_MS;
    if (!due && !setpoint_changed(e, asset))
        return;
    p->once = true;
    p->setpoint_w = a->setpoint_w;
    p->reason = a->reason.kind;
    p->setpoint_mono_ms = now.mono_ms;
    queue_add(&e->queue, TASK_PUBLISH_SETPOINT, asset);
}

static void save(struct engine *e)
{
    for (size_t i = 0; i < e->site->n_assets; i++) {
        queue_add(&e->queue, TASK_SAVE_ENERGY, (int)i);
        if (e->assets[i].session.active)
            queue_add(&e->queue, TASK_SAVE_SESSION, (int)i);
    }
    for (size_t g = 0; g < e->site->n_grids; g++)
        queue_add(&e->queue, TASK_SAVE_PEAK, (int)g); // with the window that is under way
    for (size_t t = 0; t < e->site->n_ties; t++)
        queue_add(&e->queue, TASK_SAVE_LEDGER, (int)t);
    for (size_t i = 0; i < e->proving->n_parties; i++)
        queue_add(&e->queue, TASK_SAVE_METER, (int)i); // with the quarter hour that is under way
}

void publishing_tick(struct engine *e, struct instant now)
{
    for (size_t i = 0; i < e->site->n_assets; i++)
        publish_setpoint(e, (int)i, now);
    if (e->published_mono_ms == 0 || elapsed_ms(e->published_mono_ms, now.mono_ms) >= PUBLISH_STATE_MS) {
        e->published_mono_ms = now.mono_ms;
        queue_add(&e->queue, TASK_PUBLISH_STATE, 0);
        for (size_t i = 0; i < e->site->n_assets; i++)
            queue_add(&e->queue, TASK_PUBLISH_ASSET, (int)i);
    }
    if (elapsed_ms(e->saved_mono_ms, now.mono_ms) >= SAVE_MS) {
        e->saved_mono_ms = now.mono_ms;
        save(e);
    }
}
