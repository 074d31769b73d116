// SPDX-License-Identifier: GPL-3.0-or-later
// Clients of the Modbus servers: bytes in, replies out when they are due.
#pragma once

#include "area.h"
#include "poller.h"

struct connection;

struct connections {
    struct area *area;
    struct poller *poller;
    struct connection *first;
};

// Takes over the non-blocking `fd` of a TCP client, or of a serial line (`rtu`), of a link. On failure (AEMS_E_NOMEM,
// AEMS_E_IO) the descriptor stays the caller's.
int connection_open(struct connections *all, int link, int fd, bool rtu);

// Sends what is due (late and dripping replies). Returns the ms until something is due, -1: nothing waits.
int connections_flush(struct connections *all, uint64_t mono_ms);

void connections_drop(struct connections *all, int link); // TCP clients of one link; -1: everything

uint64_t monotonic_ms(void);
