// SPDX-License-Identifier: GPL-3.0-or-later
// Waiting for descriptors on one thread. What is retired while events are handed out is freed only afterwards.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct poller;

struct pollee { // the first member of whatever waits; a retired one gets no more calls
    int fd;     // owned: closed when retired
    void (*fn)(struct pollee *p, uint32_t events); // EPOLLIN, EPOLLOUT, EPOLLHUP, ...
    void (*free_fn)(struct pollee *p);             // NULL: free()
    bool retired;
    struct pollee *next_retired;
};

int poller_new(struct poller **ret_poller);
void poller_free(struct poller *p); // pollees that still wait are the callers' to retire before
int poller_add(struct poller *p, struct pollee *e, uint32_t events); // AEMS_E_IO
int poller_change(struct poller *p, struct pollee *e, uint32_t events);
void poller_retire(struct poller *p, struct pollee *e);

// Waits at most `timeout_ms`, hands out what came and frees what was retired. AEMS_E_IO.
int poller_wait(struct poller *p, int timeout_ms);
