// SPDX-License-Identifier: GPL-3.0-or-later
// A TCP connection within a time, for threads that may block but must end when told.
#pragma once

#include <stddef.h>

// Tries the addresses of `host` in turn, `timeout_ms` in all (a name is looked up first, within the resolver's own
// time). Ends early when `cancel_fd` becomes readable. The socket is non-blocking and close-on-exec, without Nagle's
// delay. Returns the descriptor or -1, and then says why in `ret_why`.
int tcp_connect(const char *host, int port, int timeout_ms, int cancel_fd, char *ret_why, size_t size);
