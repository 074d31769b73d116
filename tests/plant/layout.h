// SPDX-License-Identifier: GPL-3.0-or-later
// Which registers a device has: every one that its profile reads or writes.
#pragma once

#include "image.h"
#include "modbus/profile.h"

// An empty image of them. AEMS_E_NOMEM.
int layout_image(const struct profile *p, struct image **ret_image);
