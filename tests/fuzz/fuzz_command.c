// SPDX-License-Identifier: GPL-3.0-or-later
// Operators' commands as they come in over MQTT.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The first byte chooses: the rest is a whole payload, or one value in a command that is otherwise right, so that
// inputs get beyond the first brace.
static const char *const FRAMES[][2] = {
    {"", ""},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"valid_until\":\"2026-01-01T01:00:00Z\",\"power_w\":", "}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"power_w\":5,\"valid_until\":", "}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"mode\":", "}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"replan\":", "}"},
    {"{\"power_w\":5,\"valid_until\":\"2026-01-01T01:00:00Z\",\"t\":\"", "\"}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"until\":\"2026-01-01T01:00:00Z\",\"wanted_kwh\":", "}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"until\":\"2026-01-01T01:00:00Z\",\"wanted_wh\":5,", "}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"id\":\"x\",\"from\":\"2026-01-01T01:00:00Z\",\"until\":\"2026-01-01T02:00:"
     "00Z\",",
     "}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"id\":", "}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"points\":[", "]}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"action\":\"warn\",\"until\":\"2026-01-01T01:00:00Z\",", "}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"action\":\"force\",\"state\":\"islanded\",\"for_s\":3600,", "}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"action\":\"free\",", "}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"id\":\"x\",\"until\":\"2026-01-01T01:00:00Z\",\"action\":\"", "\"}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"points\":[{\"from\":\"2026-01-01T00:00:00Z\",\"import_price_per_kwh\":", "}]}"},
};

enum { FRAMES_COUNT = sizeof FRAMES / sizeof *FRAMES };

static size_t put(char *target, size_t at, const void *bytes, size_t n)
{
    memcpy(target + at, bytes, n);
    return at + n;
}

// What is accepted holds numbers.
static bool is_sound(const struct event *e)
{
    if (e->kind == EVENT_SESSION)
        return isfinite(e->session.wanted_wh) && isfinite(e->session.capacity_wh) && isfinite(e->session.energy_wh);
    if (e->kind == EVENT_LIMIT)
        return e->limit.id[0] != '\0' && isfinite(e->limit.import_limit_w) && isfinite(e->limit.export_limit_w) &&
               isfinite(e->limit.incentive_per_kwh) && isfinite(e->limit.baseline_w);
    return isfinite(e->command.power_w);
}

// Nothing that could be shown to people, or stand for long, but as it should.
static bool outage_is_sound(const struct event *e)
{
    const struct outage_word *w = &e->outage;
    bool ends = w->kind == OUTAGE_FREE || (w->until_utc_ms > e->at.utc_ms && w->until_utc_ms > w->from_utc_ms);
    bool leases = w->kind == OUTAGE_FORBID || w->kind == OUTAGE_FORCE;
    return e->kind == EVENT_OUTAGE && w->kind < OUTAGE_WORD_KIND_COUNT && w->island >= -1 && w->island < 1 &&
           w->state < ISLAND_STATE_COUNT && strlen(w->why) < sizeof w->why && ends &&
           (!leases || w->until_utc_ms - w->from_utc_ms <= 86400000) && (w->kind == OUTAGE_FREE || w->id[0] != '\0');
}

static void read_outages(const struct site *site, const char *payload, size_t length, struct instant now)
{
    struct event event;
    char why[160] = "";
    int result = message_read_outage(site, payload, length, now, &event, why, sizeof why);
    if (result < 0 ? why[0] == '\0' : !outage_is_sound(&event))
        abort();
    why[0] = '\0';
    result = message_read_warning(site, payload, length, now, &event, why, sizeof why);
    if (result < 0 ? why[0] == '\0' : !outage_is_sound(&event) || event.outage.kind != OUTAGE_WARNING)
        abort();
}

static bool prices_are_sound(const struct event *e)
{
    for (size_t i = 0; i < e->prices.count; i++)
        if (!isfinite(e->prices.points[i].import_price_per_kwh) || !isfinite(e->prices.points[i].export_price_per_kwh))
            return false;
    return e->prices.count > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char payload[2 * COMMAND_MAX_BYTES];
    char why[160] = "";
    struct site_battery battery = {.id = "b1", .max_charge_w = 1000, .max_discharge_w = 1000};
    struct site_grid grid = {.id = "g1", .import_limit_w = 1000};
    struct site_flexible charger = {.id = "c1", .max_charge_w = 1000};
    struct site_tariff tariff = {.id = "t1"};
    struct site_price_point *points = NULL;
    struct site_island island = {.id = "i1", .breaker = -1};
    struct site site = {.id = "area",
                        .batteries = &battery,
                        .n_batteries = 1,
                        .grids = &grid,
                        .n_grids = 1,
                        .chargers = &charger,
                        .n_chargers = 1,
                        .tariffs = &tariff,
                        .n_tariffs = 1,
                        .islands = &island,
                        .n_islands = 1,
                        .simulation = {.speed = 1}};
    struct instant now = {.utc_ms = 1767225600000, .mono_ms = 1000};
    struct event event;
    if (size < 1 || size > COMMAND_MAX_BYTES + 100 || site_index_assets(&site) < 0)
        return 0;
    const char *const *frame = FRAMES[data[0] % FRAMES_COUNT];
    size_t length = put(payload, 0, frame[0], strlen(frame[0]));
    length = put(payload, length, data + 1, size - 1);
    length = put(payload, length, frame[1], strlen(frame[1]));
    static const char *const ids[] = {"b1", "c1", "g1"};
    for (size_t i = 0; i < 3; i++) {
        int result = message_read_command(&site, ids[i], payload, length, now, &event, why, sizeof why);
        if (result < 0 ? why[0] == '\0' : !is_sound(&event)) // a refusal always says why
            abort();
    }
    read_outages(&site, payload, length, now);
    why[0] = '\0';
    int result = message_read_prices(&site, "t1", payload, length, now, &points, &event, why, sizeof why);
    if (result < 0 ? why[0] == '\0' : !prices_are_sound(&event))
        abort();
    free(points);
    free(site.assets);
    return 0;
}
