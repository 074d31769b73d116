// SPDX-License-Identifier: GPL-3.0-or-later
// What the parts of the status view share: values that may be missing, and rows of assets.
#pragma once

#include <jansson.h>

#include "daemon/ctl/table.h"

// How the values of one status are shown.
struct status_style {
    const struct style *style;
    const char *currency;
    int decimals; // of kW, the same in all rows, so that the points stand below each other
    bool wide;    // room for bars
    bool all;     // every asset by itself, however many
};

const char *status_text_of(const json_t *object, const char *key, const char *otherwise);
bool status_number_of(const json_t *object, const char *key, double *ret_value);
double status_kw_of(const struct status_style *v, double power_w); // rounded first, so that nothing shows as -0.0
void status_kw_text(const struct status_style *v, const json_t *object, const char *key, char *ret_text, size_t size);
int status_decimals_for(const json_t *assets);
void status_age_text(double age_s, char *ret_text, size_t size);
void status_when_text(const char *rfc3339, const char *format, char *ret_text, size_t size); // "clock" or "full"

// What a vehicle or flexible load needs, what stored energy is worth; empty where there is nothing to say.
void status_needs_text(const struct status_style *v, const json_t *asset, char *ret_text, size_t size);

// True when the asset is one of too many of its kind on its bus to have a row of its own.
bool status_is_crowd(const struct status_style *v, const json_t *assets, const json_t *asset);

// Rows for those of one bus, one a kind and group.
void status_add_crowds(struct table *t, const struct status_style *v, const json_t *assets, const char *bus);

// Limits of demand response.
void status_append_limits(const json_t *status, const struct status_style *v, struct text *out);
