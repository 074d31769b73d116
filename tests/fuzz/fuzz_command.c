// SPDX-License-Identifier: GPL-3.0-or-later
// Operators' commands as they come in over MQTT.
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
};

enum { FRAMES_COUNT = sizeof FRAMES / sizeof *FRAMES };

static size_t put(char *target, size_t at, const void *bytes, size_t n)
{
    memcpy(target + at, bytes, n);
    return at + n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char payload[2 * COMMAND_MAX_BYTES];
    char why[160] = "";
    struct site_battery battery = {.id = "b1", .max_charge_w = 1000, .max_discharge_w = 1000};
    struct site site = {.id = "area", .batteries = &battery, .n_batteries = 1, .simulation = {.speed = 1}};
    struct instant now = {.utc_ms = 1767225600000, .mono_ms = 1000};
    struct event event;
    if (size < 1 || size > COMMAND_MAX_BYTES + 100 || site_index_assets(&site) < 0)
        return 0;
    const char *const *frame = FRAMES[data[0] % FRAMES_COUNT];
    size_t length = put(payload, 0, frame[0], strlen(frame[0]));
    length = put(payload, length, data + 1, size - 1);
    length = put(payload, length, frame[1], strlen(frame[1]));
    int result = message_read_command(&site, "b1", payload, length, now, &event, why, sizeof why);
    // A refusal always says why; an accepted command holds a number.
    if (result < 0 ? why[0] == '\0' : !(event.command.power_w == event.command.power_w))
        abort();
    free(site.assets);
    return 0;
}
