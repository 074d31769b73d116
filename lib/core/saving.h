// SPDX-License-Identifier: GPL-3.0-or-later
// JSON of what others told, for saving.c. The packed object is owned by the caller; NULL when there is nothing.
#pragma once

#include <jansson.h>

#include "core/internal.h"

json_t *save_session(const struct engine *e, int asset);
json_t *save_limits(const struct engine *e);
json_t *save_prices(const struct engine *e, int tariff);
json_t *save_building(const struct engine *e, int building); // buildings_saving.c
json_t *save_weather(const struct engine *e);

// AEMS_E_FORMAT, without effect. What is over is not an error: it is left behind.
int restore_session(struct engine *e, int asset, json_t *json, struct instant now);
int restore_limits(struct engine *e, json_t *json, struct instant now);
int restore_prices(struct engine *e, int tariff, json_t *json, struct instant now);
int restore_building(struct engine *e, int building, json_t *json);
int restore_weather(struct engine *e, json_t *json, struct instant now);
