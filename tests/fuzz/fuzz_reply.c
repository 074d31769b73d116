// SPDX-License-Identifier: GPL-3.0-or-later
// Words of buildings as they come in over MQTT.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The first byte chooses: the rest is a whole payload, or a part of one that is otherwise right.
static const char *const FRAMES[][2] = {
    {"", ""},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":", "}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"accept\",\"until\":", "}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"accept\",\"event\":", "}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"accept\",\"offers\":[", "]}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"accept\",\"offers\":[{\"price_per_kwh\":1,\"max_duration_s\":900,"
     "\"power_kw\":",
     "}]}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"accept\",\"offers\":[{\"price_per_kwh\":1,\"power_w\":5,"
     "\"max_duration_s\":",
     "}]}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"accept\",\"offers\":[{\"max_duration_s\":900,\"power_w\":5,"
     "\"price_per_kwh\":",
     "}]}"},
    {"{\"reply\":\"opt_out\",\"t\":\"", "\"}"},
};

enum { FRAMES_COUNT = sizeof FRAMES / sizeof *FRAMES };

static bool is_sound(const struct building_reply *r)
{
    bool sound = r->building == 0 && r->n_offers <= SITE_MAX_OFFERS && memchr(r->event, '\0', sizeof r->event) != NULL;
    for (size_t i = 0; i < r->n_offers && sound; i++) {
        const struct site_offer *o = &r->offers[i];
        sound = isfinite(o->power_w) && o->power_w >= 0 && isfinite(o->price_per_kwh) && o->price_per_kwh >= 0 &&
                o->max_duration_s >= 60 && o->max_duration_s <= 86400 && (unsigned)o->tier < TIER_COUNT;
    }
    return sound;
}

static size_t put(char *target, size_t at, const void *bytes, size_t n)
{
    memcpy(target + at, bytes, n);
    return at + n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char payload[2 * REPLY_MAX_BYTES], why[192] = "";
    struct site_building building = {.id = "tower"};
    struct site site = {.id = "area", .buildings = &building, .n_buildings = 1, .simulation = {.speed = 1}};
    struct instant now = {.utc_ms = 1767225600000, .mono_ms = 1000};
    struct event event = {0};
    if (size < 1 || size > REPLY_MAX_BYTES + 100)
        return 0;
    const char *const *frame = FRAMES[data[0] % FRAMES_COUNT];
    size_t length = put(payload, 0, frame[0], strlen(frame[0]));
    length = put(payload, length, data + 1, size - 1);
    length = put(payload, length, frame[1], strlen(frame[1]));
    int result = message_read_reply(&site, "tower", payload, length, now, &event, why, sizeof why);
    if (result < 0 ? why[0] == '\0' : !is_sound(&event.reply)) // a refusal always says why
        abort();
    return 0;
}
