// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "base/error.h"
#include "base/local_time.h"
#include "blackout.h"
#include "blackout_scene.h"
#include "conf/conf.h"

static int play(const struct blackout *b, struct fixed_order *f, const struct site *site, const struct draw *draw,
                struct plant_model *m, struct blackout_outcome *ret_outcome)
{
    struct instant now = {.utc_ms = b->at_utc_ms, .mono_ms = 100000};
    struct blackout_outcome o = {0};
    scene_weather(site, draw, m, now.utc_ms);
    now.mono_ms += 1000; // powers settle, connected
    plant_model_step(m, now);
    scene_begin(site, m);
    served_begin(&o.served, site, m);
    for (int hour = 0; hour < b->hours; hour++) {
        int64_t end_ms = b->at_utc_ms + (hour + 1) * INT64_C(3600000);
        while (now.utc_ms < end_ms) {
            int step_ms = scene_step_ms(b, now.utc_ms);
            fixed_order_act(f, m);
            now.utc_ms += step_ms;
            now.mono_ms += (uint64_t)step_ms;
            scene_weather(site, draw, m, now.utc_ms);
            plant_model_step(m, now);
        }
        int status = served_hour(&o.served, site, m);
        if (status < 0)
            return status;
    }
    o.verdict = served_judge(o.served.hours, o.served.n);
    o.switchings = fixed_order_switchings(f);
    scene_end(site, m, &o);
    *ret_outcome = o;
    return 0;
}

int blackout_fixed_order(const struct blackout *b, const struct fixed_order_steps *steps,
                         struct blackout_outcome *ret_outcome)
{
    struct instant start = {.utc_ms = b->at_utc_ms, .mono_ms = 99000};
    struct site *site = NULL;
    struct plant_model *m = NULL;
    struct fixed_order *f = NULL;
    struct draw draw = {0};
    int status = scene_load(b->config_path, &site);
    if (status == 0)
        status = scene_draw(b, site, &draw);
    if (status == 0)
        status = plant_model_new(site, b->seed, start, &m);
    if (status == 0)
        status = plant_model_set_islands(m, true);
    if (status == 0)
        status = fixed_order_new(site, steps, &f);
    if (status == 0)
        status = play(b, f, site, &draw, m, ret_outcome);
    fixed_order_free(f);
    plant_model_free(m);
    draw_free(&draw);
    site_free(site);
    return status;
}
