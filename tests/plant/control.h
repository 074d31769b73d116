// SPDX-License-Identifier: GPL-3.0-or-later
// The control socket: a unix stream socket for tests and demonstrations. Lines in, lines out.
#pragma once

#include "area.h"
#include "poller.h"
#include "server.h"

struct control;

// Listens at `path`, replacing a socket that nobody answers at any more; becomes the listener of the area's events.
// AEMS_E_IO (errno), AEMS_E_LIMIT (path too long), AEMS_E_NOMEM.
int control_open(struct area *area, struct server *server, struct poller *poller, const char *path,
                 struct control **ret_control);
void control_close(struct control *c); // removes the socket; NULL is fine
