// SPDX-License-Identifier: GPL-3.0-or-later
// The words of operators, from MQTT and from the control socket, on their way to the engine.
#pragma once

#include "daemon/app_driver.h"

enum {
    COMMANDS_PER_SECOND = 10, // over MQTT; what comes faster is refused, so that a flood costs nothing
    COMMANDS_BURST = 20,
    REFUSALS_LOGGED_EVERY_MS = 1000,
};

struct commands { // zero-initialise, then set `driver`
    struct driver *driver;
    uint64_t accepted, refused;
    double tokens;
    uint64_t tokens_mono_ms;
    bool started;
    uint64_t logged_mono_ms;
    uint64_t unlogged;
};

// A message of `command/<id>`.
void commands_mqtt(struct commands *c, const struct mqtt_message *m);

// One command by name and numbers. 0, or a negative code with a sentence in `ret_why`.
int commands_local(struct commands *c, const struct event *event, char *ret_why, size_t size);

// One token for each command; false when there is none left. For the tests.
bool commands_may_pass(struct commands *c, uint64_t now_mono_ms);
