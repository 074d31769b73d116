// SPDX-License-Identifier: GPL-3.0-or-later
// Small pieces that several messages share.
#pragma once

#include <jansson.h>

#include "core/engine.h"

json_t *pack_time(int64_t utc_ms);  // RFC 3339
json_t *pack_number(double number); // null when not finite
json_t *pack_value(struct value v); // null while there never was one
json_t *pack_age_s(struct value v, struct instant now);
json_t *pack_reason(const struct engine *e, int asset, const struct asset_view *v); // a sentence
json_t *pack_session(const struct asset_view *v);                                   // of a charger or flexible load
json_t *pack_energy_value(const struct engine *e, int asset, struct instant now);   // per kWh by the plan; null: none
json_t *pack_limits(const struct engine *e);                                        // of demand response
json_t *pack_outage(const struct engine *e, struct instant now); // in short; null: the area has no islands

// Writes and releases `json`; NULL or a failed allocation gives AEMS_E_NOMEM.
int pack_finish(json_t *json, char **ret_text);
