// SPDX-License-Identifier: GPL-3.0-or-later
// Weather forecasts as they come in over MQTT: taken with sound numbers, or refused with a reason.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

// The first byte chooses: the rest is a whole payload, or what stands in the only point.
static const char *const FRAMES[][2] = {
    {"", ""},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"points\":[", "]}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"points\":[{\"from\":\"2026-01-01T00:00:00Z\",\"temp_degc\":", "}]}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"points\":[{\"cloud_frac\":0.5,\"from\":", "}]}"},
    {"{\"t\":\"2026-01-01T00:00:00Z\",\"points\":[{\"from\":\"2026-01-01T00:00:00Z\",\"irradiance_wm2\":5,", "}]}"},
};

enum { FRAMES_COUNT = sizeof FRAMES / sizeof *FRAMES };

static void check(const struct event *e)
{
    static struct site site = {.timezone = "UTC", .latitude_deg = 50};
    struct forecast *f;
    require(e->weather.count > 0 && e->weather.count <= FORECAST_MAX_WEATHER);
    for (size_t i = 0; i < e->weather.count; i++) {
        const struct forecast_weather *p = &e->weather.points[i];
        require(!isnan(p->outside_degc) || !isnan(p->irradiance_wm2) || !isnan(p->cloud_frac));
        require(!isinf(p->outside_degc) && !isinf(p->irradiance_wm2) && !isinf(p->cloud_frac));
    }
    require(forecast_new(&site, &f) == 0);
    if (forecast_take_weather(f, e->weather.points, e->weather.count) == 0)
        for (size_t i = 0; i < e->weather.count; i++) {
            double degc = forecast_outside_degc(f, e->weather.points[i].from_utc_ms);
            require(degc >= -60 && degc <= 60);
        }
    forecast_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char payload[8192], why[160] = "";
    struct site site = {.id = "area", .simulation = {.speed = 1}};
    struct instant now = {.utc_ms = 1767225600000, .mono_ms = 1000};
    struct forecast_weather *points = NULL;
    struct event event;
    if (size < 1 || size > 4096)
        return 0;
    const char *const *frame = FRAMES[data[0] % FRAMES_COUNT];
    size_t before = strlen(frame[0]), after = strlen(frame[1]);
    memcpy(payload, frame[0], before);
    memcpy(payload + before, data + 1, size - 1);
    memcpy(payload + before + size - 1, frame[1], after);
    int result = message_read_weather(&site, payload, before + size - 1 + after, now, &points, &event, why, sizeof why);
    if (result < 0)
        require(why[0] != '\0' && points == NULL);
    else
        check(&event);
    free(points);
    return 0;
}
