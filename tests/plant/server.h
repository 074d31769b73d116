// SPDX-License-Identifier: GPL-3.0-or-later
// The Modbus servers of an area: one TCP endpoint a link, any number of clients each, devices told apart by unit id.
// A serial link becomes a pseudo-terminal that speaks RTU.
#pragma once

#include "area.h"
#include "poller.h"

struct server;

// Opens every link. With `free_ports` TCP links get a free port on 127.0.0.1, else their configured endpoint, which
// must be on the loopback. AEMS_E_REFUSED (not the loopback), AEMS_E_IO, AEMS_E_NOMEM; `ret_why` names link and reason.
int server_open(struct area *area, struct poller *poller, bool free_ports, char *ret_why, size_t size,
                struct server **ret_server);
void server_close(struct server *s);

// Where a link is reached: "127.0.0.1:15020", or the path of a pseudo-terminal. Borrowed.
const char *server_endpoint(const struct server *s, int link);

// Sends what is due (late and dripping replies). Returns the ms until something is due, -1: nothing waits.
int server_flush(struct server *s, uint64_t mono_ms);

// Opens and closes ports as the faults of the link's devices ask; call after a fault was set or cleared.
void server_apply_faults(struct server *s);

// Writes `modbus: {LINK: {tcp: "127.0.0.1:PORT"}, ...}` for every link, atomically. AEMS_E_IO.
int server_write_overlay(const struct server *s, const char *path);
