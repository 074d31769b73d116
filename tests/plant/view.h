// SPDX-License-Identifier: GPL-3.0-or-later
// The area and its events as JSON. The only file with the names that tests read.
#pragma once

#include <jansson.h>

#include "area.h"
#include "server.h"

json_t *view_area(const struct area *area, const struct server *server); // new reference, NULL without memory
json_t *view_event(const struct area *area, const struct area_event *event);
