// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of the calls share.
#pragma once

#include <jansson.h>

#include "daemon/app/calls.h"

struct call {
    struct calls *calls;
    const json_t *request;
    struct instant now;
    json_t *reply; // what the call adds to `ok`
    char why[192];
};

// A sentence for the caller; returns `code`.
int call_sorry(struct call *c, int code, const char *why);

// Adds a message that was made as text, which is freed; `made` < 0: it could not be.
int call_add_message(struct call *c, const char *key, int made, char *text);

int call_find_asset(struct call *c, int *ret_asset); // that the request names; AEMS_E_NOT_FOUND
int call_carry(struct call *c, const struct event *event);

// calls_data.c
int call_ledger(struct call *c);
int call_report(struct call *c);
int call_prices(struct call *c);
int call_weather(struct call *c);
int call_forecast(struct call *c);
int call_buildings(struct call *c);
int call_capability(struct call *c);

// calls_outage.c
int call_outage(struct call *c);
int call_outage_journal(struct call *c);
int call_outage_plan(struct call *c);
int call_outage_drill(struct call *c);

// calls_dr.c
int call_dr_send(struct call *c);
int call_dr_cancel(struct call *c);
int call_dr_list(struct call *c);
