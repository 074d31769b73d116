// SPDX-License-Identifier: GPL-3.0-or-later
// All Modbus buses of the area, by the device numbers of the present site.
//
// On a reload the buses whose link, devices and profiles stay as they are keep running: a new price must not let go of
// a battery.
#pragma once

#include "daemon/app/area.h"
#include "daemon/bus/modbus_bus.h"

struct buses;

// Starts a bus for every link that has devices. `report` gets device numbers of the area last given to buses_start or
// buses_change. AEMS_E_NOMEM or what modbus_bus_start says, with the link's name in `ret_why`.
int buses_start(struct loop *loop, struct app_area *area, bus_report_fn *report, void *user, struct buses **ret_buses,
                char *ret_why, size_t size);

// Goes over to another area: stops what is gone or changed (releasing its devices, at most `deadline_ms`), starts
// what is new. A bus that cannot be started is named in `ret_why` (else empty) and left out. AEMS_E_NOMEM: nothing was
// changed.
int buses_change(struct buses *b, struct app_area *area, int deadline_ms, char *ret_why, size_t size);

void buses_write(struct buses *b, int device, double power_w, int lease_ms);
void buses_release(struct buses *b, int device);

// Releases every device under lease and ends all threads; together they have `deadline_ms`. NULL is fine.
void buses_stop(struct buses *b, int deadline_ms);

// True when nothing that a running bus has read from its area differs. For the tests.
bool buses_same_link(const struct app_area *a, size_t link_a, const struct app_area *b, size_t link_b);
