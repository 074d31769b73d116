// SPDX-License-Identifier: GPL-3.0-or-later
// The whole of it, and the kinds of members.
#include "core/image.h"
#include "core/buildings.h"
#include "core/proving.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { IMAGE_FORMAT = 1, PLAN_TEXT_MAX = 64 << 20 };

// ---- kinds of members ---------------------------------------------------------------------------------------------

void image_unsigned(struct image *m, uint64_t *value)
{
    if (m->out != NULL)
        bytes_put_unsigned(m->out, *value);
    else
        *value = bytes_take_unsigned(m->in);
}

void image_signed(struct image *m, int64_t *value)
{
    if (m->out != NULL)
        bytes_put_varint(m->out, *value);
    else
        *value = bytes_take_varint(m->in);
}

void image_bool(struct image *m, bool *value)
{
    if (m->out != NULL)
        bytes_put_byte(m->out, *value);
    else
        *value = bytes_take_byte(m->in) != 0;
}

void image_int(struct image *m, int *value, int low, int high)
{
    int64_t wide = *value;
    image_signed(m, &wide);
    if (m->out != NULL)
        return;
    if (wide < low || wide > high) {
        m->in->failed = true;
        wide = low;
    }
    *value = (int)wide;
}

void image_count(struct image *m, size_t *value, size_t most)
{
    uint64_t wide = *value;
    image_unsigned(m, &wide);
    if (m->out != NULL)
        return;
    if (wide > most) {
        m->in->failed = true;
        wide = 0;
    }
    *value = (size_t)wide;
}

void image_u32(struct image *m, uint32_t *value)
{
    uint64_t wide = *value;
    image_unsigned(m, &wide);
    *value = (uint32_t)wide;
}

void image_double(struct image *m, double *value)
{
    if (m->out != NULL)
        bytes_put_double(m->out, *value);
    else
        *value = bytes_take_double(m->in);
}

void image_chars(struct image *m, char *text, size_t size)
{
    if (m->out != NULL)
        bytes_put_text(m->out, text);
    else
        bytes_take_chars(m->in, text, size);
}

void image_value(struct image *m, struct value *value)
{
    image_double(m, &value->v);
    image_unsigned(m, &value->mono_ms);
    IMAGE_ENUM(m, value->quality, QUALITY_INVALID + 1);
}

void image_reason(struct image *m, struct reason *reason)
{
    IMAGE_ENUM(m, reason->kind, REASON_KIND_COUNT);
    image_chars(m, reason->asset, sizeof reason->asset);
    image_double(m, &reason->price_per_kwh);
}

static void image_instant(struct image *m, struct instant *t)
{
    image_signed(m, &t->utc_ms);
    image_unsigned(m, &t->mono_ms);
}

// ---- the plan -------------------------------------------------------------------------------------------------------

static void write_schedule(struct image *m, const struct engine *e)
{
    char *text = NULL;
    if (e->plan.schedule != NULL && schedule_to_json(e->plan.schedule, &text) < 0)
        m->out->failed = true;
    bytes_put_text(m->out, text != NULL ? text : "");
    free(text);
}

static void read_schedule(struct image *m, struct engine *e)
{
    struct schedule *s = NULL;
    size_t length = 0;
    const char *text = bytes_take_text(m->in, PLAN_TEXT_MAX, &length);
    if (text == NULL || length == 0)
        return;
    if (schedule_from_json(text, length, &s) < 0 || !schedule_fits(e, s)) {
        schedule_free(s);
        m->in->failed = true;
        return;
    }
    schedule_free(e->plan.schedule);
    e->plan.schedule = s;
}

KNOWS(struct plan_state, 64);
static void image_plan(struct image *m, struct engine *e)
{
    struct plan_state *p = &e->plan;
    image_bool(m, &p->solving);
    image_unsigned(m, &p->asked_mono_ms);
    image_bool(m, &p->due);
    image_signed(m, &p->next_utc_ms);
    image_unsigned(m, &p->not_before_mono_ms);
    image_unsigned(m, &p->strayed_mono_ms);
    image_bool(m, &p->failed);
    image_bool(m, &p->off);
    if (m->out != NULL)
        write_schedule(m, e);
    else
        read_schedule(m, e);
}

// ---- forecasts ----------------------------------------------------------------------------------------------------

static void write_area_forecast(struct image *m, const struct engine *e)
{
    json_t *json = NULL;
    char *text = forecast_area_to_json(e->forecast, &json) == 0 ? json_dumps(json, JSON_COMPACT) : NULL;
    m->out->failed |= text == NULL;
    bytes_put_text(m->out, text != NULL ? text : "");
    free(text);
    json_decref(json);
}

static void read_area_forecast(struct image *m, struct engine *e)
{
    size_t length = 0;
    const char *text = bytes_take_text(m->in, PLAN_TEXT_MAX, &length);
    json_t *json = text != NULL ? json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL) : NULL;
    m->in->failed |= json == NULL || forecast_area_from_json(e->forecast, json) < 0;
    json_decref(json);
}

static void write_saved(struct image *m, const struct engine *e, enum saved_kind kind, int index)
{
    struct saved item = {0};
    int code = engine_saved(e, kind, index, &item);
    m->out->failed |= code == AEMS_E_NOMEM;
    bytes_put_text(m->out, code == 0 ? item.id : "");
    bytes_put_text(m->out, code == 0 ? item.json : "");
    saved_free(&item);
}

static void read_saved(struct image *m, struct engine *e, enum saved_kind kind)
{
    struct saved item = {.kind = kind};
    size_t length = 0;
    bytes_take_chars(m->in, item.id, sizeof item.id);
    const char *text = bytes_take_text(m->in, PLAN_TEXT_MAX, &length);
    if (text == NULL || length == 0)
        return;
    item.json = strndup(text, length);
    m->in->failed |= item.json == NULL || engine_restore(e, &item, e->last_tick) < 0;
    saved_free(&item);
}

// By way of what survives a restart: that room knows best what it has learned.
static void image_forecasts(struct image *m, struct engine *e)
{
    for (size_t i = 0; i < e->site->n_assets; i++) {
        if (m->out != NULL)
            write_saved(m, e, SAVED_FORECAST, (int)i);
        else
            read_saved(m, e, SAVED_FORECAST);
    }
    if (m->out != NULL) {
        write_saved(m, e, SAVED_WEATHER, 0);
        write_area_forecast(m, e);
    } else {
        read_saved(m, e, SAVED_WEATHER);
        read_area_forecast(m, e);
    }
}

// ---- all of it ------------------------------------------------------------------------------------------------------

// What was written for another site, or by a program with other members, cannot be read.
static void image_shape(struct image *m, struct engine *e)
{
    const size_t shape[] = {IMAGE_FORMAT,
                            e->site->n_devices,
                            e->site->n_assets,
                            e->site->n_buses,
                            e->site->n_grids,
                            e->site->n_ties,
                            e->site->n_groups,
                            e->site->n_tariffs,
                            e->site->n_islands,
                            e->site->n_switches,
                            (size_t)QUANTITY_COUNT,
                            sizeof(struct engine),
                            sizeof(struct device_state),
                            sizeof(struct asset_state),
                            sizeof(struct island_book),
                            sizeof(struct switch_state)};
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        uint64_t count = shape[i];
        image_unsigned(m, &count);
        if (m->in != NULL)
            m->in->failed |= count != shape[i];
    }
}

// What was last told of the capability is told anew; it decides nothing else.
KNOWS(struct engine, 58376);
static void image_clocks(struct image *m, struct engine *e)
{
    image_instant(m, &e->started);
    image_instant(m, &e->last_tick);
    image_bool(m, &e->ticked);
    image_bool(m, &e->received);
    image_unsigned(m, &e->fresh_from_mono_ms);
    image_unsigned(m, &e->regulated_mono_ms);
    image_unsigned(m, &e->published_mono_ms);
    image_unsigned(m, &e->saved_mono_ms);
    image_unsigned(m, &e->clock_step_mono_ms);
    image_signed(m, &e->learned_utc_ms);
    image_unsigned(m, &e->mistrusted_until_mono_ms);
    IMAGE_ENUM(m, e->mode, MODE_SAFE + 1);
}

static void image_outside(struct image *m, struct outside_state *o)
{
    uint64_t learned = o->learned_count;
    image_value(m, &o->value);
    image_double(m, &o->learned_sum_degc);
    image_unsigned(m, &learned);
    o->learned_count = (unsigned)learned;
}

static void image_engine(struct image *m, struct engine *e)
{
    image_shape(m, e);
    image_clocks(m, e);
    image_outside(m, &e->outside);
    for (size_t i = 0; i < e->site->n_devices; i++)
        image_device(m, &e->devices[i]);
    for (size_t i = 0; i < e->site->n_assets; i++)
        image_asset(m, &e->assets[i]);
    for (size_t i = 0; i < e->site->n_assets; i++)
        image_double(m, &e->regulate_assets[i].plan_w); // the next step asks what the last one had planned
    for (size_t i = 0; i < e->site->n_buses; i++)
        image_bus(m, &e->buses[i]);
    for (size_t i = 0; i < e->site->n_grids; i++)
        image_grid(m, &e->grids[i]);
    image_dr_slot(m, &e->area_slot);
    image_unsigned(m, &e->area_over_since_mono_ms);
    for (size_t i = 0; i < e->site->n_ties; i++)
        image_ledger(m, &e->ledgers[i], (int)i);
    for (size_t i = 0; i < e->site->n_groups; i++)
        image_unsigned(m, &e->group_over_since_mono_ms[i]);
    for (size_t i = 0; i < e->site->n_buildings; i++)
        image_building(m, &e->buildings[i]);
    image_told(m, e);
    image_dr(m, e);
    image_outage(m, e);
    image_alarms(m, e);
    image_queue(m, &e->queue);
    image_plan(m, e);
    image_forecasts(m, e);
    image_proving(m, e);
}

int engine_image(const struct engine *e, struct bytes *image)
{
    struct image m = {.out = image};
    image_engine(&m, (struct engine *)e); // the walk changes nothing on its way out
    return image->failed ? AEMS_E_NOMEM : 0;
}

int engine_take_image(struct engine *e, const void *image, size_t length)
{
    struct bytes_in in = bytes_in_of(image, length);
    struct image m = {.in = &in};
    image_engine(&m, e);
    return in.failed || in.at != in.end ? AEMS_E_FORMAT : 0;
}
