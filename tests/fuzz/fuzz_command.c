// SPDX-License-Identifier: GPL-3.0-or-later
// Operators' commands as they come in over MQTT.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct site_battery battery = {.id = "b1", .max_charge_w = 1000, .max_discharge_w = 1000};
    struct site site = {.id = "area", .batteries = &battery, .n_batteries = 1, .simulation = {.speed = 1}};
    struct instant now = {.utc_ms = 1767225600000, .mono_ms = 1000};
    struct event event;
    char why[160] = "";
    if (site_index_assets(&site) < 0)
        return 0;
    int result = message_read_command(&site, "b1", (const char *)data, size, now, &event, why, sizeof why);
    // A refusal always says why; an accepted command holds a finite power.
    if (result < 0 ? why[0] == '\0' : !(event.command.power_w == event.command.power_w))
        abort();
    free(site.assets);
    return 0;
}
