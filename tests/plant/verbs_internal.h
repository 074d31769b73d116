// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of the control socket's words share.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "area.h"
#include "server.h"

enum { MAX_WORDS = 6 };

struct words {
    int count;
    char *word[MAX_WORDS];
    struct area *area;
    struct server *server;
    uint64_t mono_ms;
};

// A verb returns NULL, or why it could not be done.
typedef const char *verb_fn(const struct words *w);

const char *verb_complaint(int status);          // NULL: none
int verb_asset(const struct words *w, int word); // -1: none
bool verb_number(const char *text, double low, double high, double *ret_value);

// verbs_outage.c
verb_fn verb_grid, verb_supply, verb_protection, verb_switch, verb_stick, verb_trip;
