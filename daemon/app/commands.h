// SPDX-License-Identifier: GPL-3.0-or-later
// The words of operators, from MQTT and from the control socket, on their way to the engine.
#pragma once

#include "daemon/app/driver.h"

enum {
    COMMANDS_PER_SECOND = 10, // good ones over MQTT; what comes faster is refused, so that a flood costs nothing
    COMMANDS_BURST = 20,
    COMMANDS_WARNINGS = 8, // of others, that are kept at once: operators' words must find room beside them
    REFUSALS_LOGGED = 5,   // a second; the others are only counted
};

struct commands { // zero-initialise, then set `driver`
    struct driver *driver;
    uint64_t accepted, refused;
    double tokens;
    uint64_t tokens_mono_ms;
    bool started;
    int logged; // refusals in this second
    uint64_t unlogged;
    uint64_t second_mono_ms; // when it began
};

// A message of `command/<id>`; of `command/outage`, unless an asset has that name, a word on outages.
void commands_mqtt(struct commands *c, const struct mqtt_message *m);

// A message of `outage/warning`: from those who may warn and no more.
void commands_warning(struct commands *c, const struct mqtt_message *m);

// A message of `price/<tariff>`; retained ones as well, for prices are data.
void commands_prices(struct commands *c, const struct mqtt_message *m);

// A message of `weather`; likewise.
void commands_weather(struct commands *c, const struct mqtt_message *m);

// Once a second or so: begins a new count of log lines, and says how many were left out.
void commands_tick(struct commands *c, uint64_t now_mono_ms);

// Is `command/<id>` about outages?
bool commands_are_of_outages(const struct site *s, const char *id);

// One event that was read already. 0, or a negative code with a sentence in `ret_why`.
int commands_local(struct commands *c, const struct event *event, char *ret_why, size_t size);
