// SPDX-License-Identifier: GPL-3.0-or-later
// What buildings say over MQTT, on its way to the engine.
#pragma once

#include "daemon/app/driver.h"

enum {
    REPLIES_PER_MINUTE = 6, // of one building; what comes faster is refused
    REPLIES_BURST = 10,
    REPLY_REFUSALS_LOGGED = 5, // a second; the others are only counted
};

struct reply_tokens {
    double left;
    uint64_t mono_ms;
    bool started;
};

struct replies { // zero-initialise, then set `driver`
    struct driver *driver;
    struct reply_tokens tokens[SITE_MAX_BUILDINGS];
    uint64_t accepted, refused;
    int logged; // refusals in this second
    uint64_t unlogged;
    uint64_t second_mono_ms;
};

// A message of `building/<id>/reply`: a building speaks for itself alone, and never by a retained message.
void replies_mqtt(struct replies *r, const struct mqtt_message *m);

// Once a second or so: begins a new count of log lines, and says how many were left out.
void replies_tick(struct replies *r, uint64_t now_mono_ms);
