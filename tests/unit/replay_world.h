// SPDX-License-Identifier: GPL-3.0-or-later
// A small area, recorded data made by a function of time, and what a controller makes of them.
#pragma once

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/local_time.h"
#include "base/text.h"
#include "conf/conf.h"
#include "replay/replay.h"

struct replay_world {
    struct site *site;
    struct replay_data *data;
    struct replay_figures figures; // of the last run
    double worst_balance_wh;       // of any bus in any cycle: all flows, what is not served included
    double settled_cost;           // sum of the steps
    unsigned steps;
    size_t alarms;
    uint64_t digest; // of all steps
};

// Writes the row of `hour` hours after the start, without its time: ",1200,0,...".
typedef void replay_row_fn(struct text *t, double hour);

static inline void replay_world_start(struct replay_world *w, const char *conf, const char *head, const char *from,
                                      double step_h, int rows, replay_row_fn *row)
{
    struct diagnostics d = {0};
    struct text t = {0};
    int64_t start;
    *w = (struct replay_world){0};
    if (conf_load_text("area.yaml", conf, strlen(conf), &d, &w->site) < 0)
        diagnostics_print(&d, stderr);
    ck_assert_ptr_nonnull(w->site);
    ck_assert_int_eq(local_time_set_zone(w->site->timezone), 0);
    ck_assert_int_eq(rfc3339_parse(from, &start), 0);
    text_appendf(&t, "time%s\n", head);
    for (int i = 0; i < rows; i++) {
        char when[RFC3339_SIZE];
        size_t before = t.length;
        rfc3339_format(start + (int64_t)(i * step_h * 3600e3), when);
        text_appendf(&t, "%s", when);
        size_t named = t.length;
        row(&t, i * step_h);
        if (t.length == named) { // no such row: a gap
            t.length = before;
            t.data[before] = '\0';
        } else {
            text_appendf(&t, "\n");
        }
    }
    FILE *stream = fmemopen(t.data, t.length, "r");
    if (replay_data_read(stream, "data.csv", w->site, &d, &w->data) < 0)
        diagnostics_print(&d, stderr);
    ck_assert_ptr_nonnull(w->data);
    fclose(stream);
    text_free(&t);
    diagnostics_free(&d);
}

static inline void replay_world_end(struct replay_world *w)
{
    replay_data_free(w->data);
    site_free(w->site);
}

static inline void replay_digest(struct replay_world *w, const void *bytes, size_t size)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < size; i++)
        w->digest = (w->digest ^ b[i]) * UINT64_C(1099511628211);
}

// Electric flows into a bus, by the physics of the site; what is spilled where nobody can take it is not in it.
static inline double replay_bus_w(const struct site *s, const struct replay_step *step, int bus)
{
    double sum = 0;
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct site_asset *a = &s->assets[i];
        double w = step->assets[i].realised_w;
        if (a->bus == bus)
            sum += w;
        if (a->kind == ASSET_TIE && s->ties[a->of_kind].from == bus) {
            double through = 1 - s->ties[a->of_kind].loss_frac;
            sum += w > 0 ? -w / through : -w * through;
        }
    }
    return sum;
}

typedef void replay_look_fn(struct replay_world *w, const struct replay_step *step);

static inline void replay_run(struct replay_world *w, const struct replay_options *options, replay_look_fn *look)
{
    struct replay *r;
    const struct replay_step *step;
    char why[256] = "";
    int result = replay_new(w->site, w->data, options, &r, why, sizeof why);
    ck_assert_msg(result == 0, "%s", why);
    w->worst_balance_wh = w->settled_cost = 0;
    w->steps = 0;
    w->alarms = 0;
    w->digest = UINT64_C(14695981039346656037);
    while ((result = replay_step(r, &step)) > 0) {
        for (size_t b = 0; b < w->site->n_buses; b++)
            if (w->site->buses[b].carrier == CARRIER_ELECTRICITY)
                w->worst_balance_wh =
                    fmax(w->worst_balance_wh, fabs(replay_bus_w(w->site, step, (int)b)) * step->hours);
        w->settled_cost += step->cost;
        w->steps++;
        w->alarms += step->alarms;
        replay_digest(w, step->assets, w->site->n_assets * sizeof *step->assets);
        replay_digest(w, &step->cost, sizeof step->cost);
        if (look != NULL)
            look(w, step);
    }
    ck_assert_int_eq(result, 0);
    replay_figures(r, &w->figures);
    replay_free(r);
}

static inline double replay_cost(struct replay_world *w, enum replay_controller controller)
{
    replay_run(w, &(struct replay_options){.controller = controller, .soc_frac = -1, .seed = 7}, NULL);
    return w->figures.total_cost;
}

static inline double replay_hour_of_day(double hour)
{
    return fmod(hour, 24);
}

// A bell from six to six.
static inline double replay_sun(double hour)
{
    double h = replay_hour_of_day(hour);
    return h > 6 && h < 18 ? sin((h - 6) / 12 * 3.14159265358979) : 0;
}
