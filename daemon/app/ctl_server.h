// SPDX-License-Identifier: GPL-3.0-or-later
// The control socket: one JSON line in, one JSON line out, then the connection ends. Who may connect is a matter of the
// socket's group (mode 0660).
#pragma once

#include <stddef.h>

#include "daemon/loop/loop.h"

struct ctl_server;

enum {
    CTL_MAX_CLIENTS = 8,                // more wait in the kernel's queue
    CTL_MAX_REQUEST_BYTES = 256 * 1024, // a series of prices fits; longer requests are cut off
    CTL_TIMEOUT_MS = 5000,              // for a whole exchange
};

// The reply to one request (NUL-terminated, without its line end), owned by the server (free); NULL: out of memory.
typedef char *ctl_answer_fn(void *user, const char *line, size_t length);

// Listens at `path`, replacing a socket that nobody serves. AEMS_E_IO (errno says why), AEMS_E_STATE when somebody
// serves it, AEMS_E_LIMIT when the path is too long for a socket, AEMS_E_NOMEM.
int ctl_server_start(struct loop *loop, const char *path, ctl_answer_fn *answer, void *user,
                     struct ctl_server **ret_server);
const char *ctl_server_path(const struct ctl_server *s);
void ctl_server_stop(struct ctl_server *s); // removes the socket
