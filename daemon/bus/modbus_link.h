// SPDX-License-Identifier: GPL-3.0-or-later
// The connection of one bus: opened and used by the bus's own thread, cancelled by any. modbus.h only in modbus_link.c.
//
// Every call is bounded: connecting by the connect time-out, a reply as a whole by the response time-out. After
// anything but a proper answer a TCP connection is closed, because a late reply would be taken for the next one; a
// serial line is left in silence for one response time-out and flushed instead.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "modbus/block.h"
#include "site/site.h"

struct modbus_link;

enum link_status {
    LINK_OK,
    LINK_EXCEPTION, // the device answered with an exception
    LINK_SILENT,    // no whole reply in time
    LINK_NONSENSE,  // a reply to another question, of another unit, or with a wrong checksum
    LINK_LOST,      // the connection is gone or cannot be opened
    LINK_CANCELLED,
};

struct link_error {
    enum link_status status;
    int exception; // of LINK_EXCEPTION
    char text[96]; // "connection refused", "exception 2 (illegal data address)"; empty when all is well
};

// Copies what it needs of `link`. AEMS_E_NOMEM, AEMS_E_IO (no descriptor left).
int modbus_link_new(const struct site_link *link, struct modbus_link **ret_link);
void modbus_link_free(struct modbus_link *l);

enum link_status modbus_link_open(struct modbus_link *l, struct link_error *ret_error);
void modbus_link_close(struct modbus_link *l);
bool modbus_link_is_open(const struct modbus_link *l);

// Drops what arrived unasked, and finds out whether the peer has hung up since (the connection is closed then). Call it
// before the first request after a pause.
bool modbus_link_alive(struct modbus_link *l);

// `ret_registers` has room for block->count.
enum link_status modbus_link_read(struct modbus_link *l, int unit, const struct register_block *block,
                                  uint16_t *ret_registers, struct link_error *ret_error);
enum link_status modbus_link_write(struct modbus_link *l, int unit, const struct register_write *w,
                                   struct link_error *ret_error);
void modbus_link_pause(struct modbus_link *l, int ms); // ends early when cancelled

// From any thread. Interrupting ends the request under way on TCP as if the peer had hung up; cancelling ends all later
// ones as well. A serial line has no such means: there a request ends by its time-out.
void modbus_link_interrupt(struct modbus_link *l);
void modbus_link_cancel(struct modbus_link *l);
