// SPDX-License-Identifier: GPL-3.0-or-later
// Opening what a link is reached at.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "site/site.h"

// True when `host` can only mean this machine: 127.0.0.0/8, ::1 or localhost.
bool endpoint_is_loopback(const char *host);

// A listening, non-blocking TCP socket; port 0: any free one. Writes "HOST:PORT" to `ret_text`. AEMS_E_IO.
int endpoint_listen(const char *host, int port, int *ret_fd, char *ret_text, size_t size);

// A pseudo-terminal in raw mode: its non-blocking master, and the slave held open, so that the line stays up between
// two clients. AEMS_E_IO.
int endpoint_open_pty(int *ret_master, int *ret_slave, char *ret_path, size_t size);
