// SPDX-License-Identifier: GPL-3.0-or-later
#include "poller.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/error.h"

enum { BATCH = 64 };

struct poller {
    int fd;
    struct pollee *retired;
};

int poller_new(struct poller **ret_poller)
{
    struct poller *p = calloc(1, sizeof *p);
    if (!p)
        return AEMS_E_NOMEM;
    p->fd = epoll_create1(EPOLL_CLOEXEC);
    if (p->fd < 0) {
        free(p);
        return AEMS_E_IO;
    }
    *ret_poller = p;
    return 0;
}

static void free_retired(struct poller *p)
{
    while (p->retired) {
        struct pollee *e = p->retired;
        p->retired = e->next_retired;
        if (e->free_fn)
            e->free_fn(e);
        else
            free(e);
    }
}

void poller_free(struct poller *p)
{
    if (!p)
        return;
    free_retired(p);
    close(p->fd);
    free(p);
}

int poller_add(struct poller *p, struct pollee *e, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = e};
    return epoll_ctl(p->fd, EPOLL_CTL_ADD, e->fd, &event) < 0 ? AEMS_E_IO : 0;
}

int poller_change(struct poller *p, struct pollee *e, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = e};
    return epoll_ctl(p->fd, EPOLL_CTL_MOD, e->fd, &event) < 0 ? AEMS_E_IO : 0;
}

void poller_retire(struct poller *p, struct pollee *e)
{
    if (e->retired)
        return;
    e->retired = true;
    if (e->fd >= 0)
        close(e->fd); // takes it out of epoll as well
    e->fd = -1;
    e->next_retired = p->retired;
    p->retired = e;
}

int poller_wait(struct poller *p, int timeout_ms)
{
    struct epoll_event events[BATCH];
    int n = epoll_wait(p->fd, events, BATCH, timeout_ms);
    if (n < 0 && errno != EINTR)
        return AEMS_E_IO;
    for (int i = 0; i < n; i++) {
        struct pollee *e = events[i].data.ptr;
        if (!e->retired)
            e->fn(e, events[i].events);
    }
    free_retired(p);
    return 0;
}
