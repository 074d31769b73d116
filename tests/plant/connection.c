// SPDX-License-Identifier: GPL-3.0-or-later
#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "base/error.h"

enum { RETRY_MS = 5 };

struct connection { // a client of a TCP link, or a serial line
    struct pollee pollee;
    struct connections *all;
    int link;
    bool rtu;
    size_t n_in;
    uint8_t in[2 * ADU_MAX];
    struct answer out; // the reply under way; while it is, further requests wait
    size_t sent;
    struct connection *previous, *next;
};

uint64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void drop(struct connection *c)
{
    if (c->pollee.retired)
        return;
    if (c->previous)
        c->previous->next = c->next;
    else
        c->all->first = c->next;
    if (c->next)
        c->next->previous = c->previous;
    poller_retire(c->all->poller, &c->pollee);
}

static void reset(struct connection *c)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (!c->rtu)
        setsockopt(c->pollee.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    drop(c);
}

static bool is_replying(const struct connection *c)
{
    return c->sent < c->out.length;
}

// Sends what is due of the reply under way.
static void send_due(struct connection *c, uint64_t now_ms)
{
    while (is_replying(c) && c->out.due_ms <= now_ms) {
        size_t most = c->out.drip_ms > 0 ? 1 : c->out.length - c->sent;
        ssize_t n = write(c->pollee.fd, c->out.bytes + c->sent, most);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            drop(c);
            return;
        }
        c->sent += n > 0 ? (size_t)n : 0;
        c->out.due_ms = now_ms + (n > 0 ? c->out.drip_ms : RETRY_MS);
    }
}

static void consume(struct connection *c, size_t n)
{
    memmove(c->in, c->in + n, c->n_in - n);
    c->n_in -= n;
}

// Answers whole requests for as long as replies go out at once.
static void answer_all(struct connection *c, uint64_t now_ms)
{
    while (!c->pollee.retired && !is_replying(c)) {
        struct frame request;
        int n = c->rtu ? frame_take_rtu(c->in, c->n_in, &request) : frame_take_tcp(c->in, c->n_in, &request);
        if (n == 0)
            return;
        if (n < 0 && !c->rtu) {
            drop(c);
            return;
        }
        consume(c, n < 0 ? c->n_in : (size_t)n);
        if (n < 0)
            return;
        answer_request(c->all->area, c->link, c->rtu, &request, now_ms, &c->out);
        c->sent = 0;
        if (c->out.reset) {
            reset(c);
            return;
        }
        send_due(c, now_ms);
    }
}

static void on_connection(struct pollee *p, uint32_t events)
{
    struct connection *c = (struct connection *)p;
    (void)events;
    if (c->n_in == sizeof c->in) { // a client that does not wait for its replies
        drop(c);
        return;
    }
    ssize_t n = read(p->fd, c->in + c->n_in, sizeof c->in - c->n_in);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop(c);
        return;
    }
    c->n_in += (size_t)n;
    answer_all(c, monotonic_ms());
}

int connection_open(struct connections *all, int link, int fd, bool rtu)
{
    struct connection *c = calloc(1, sizeof *c);
    if (!c)
        return AEMS_E_NOMEM;
    c->pollee = (struct pollee){.fd = fd, .fn = on_connection};
    c->all = all;
    c->link = link;
    c->rtu = rtu;
    if (poller_add(all->poller, &c->pollee, EPOLLIN) < 0) {
        free(c);
        return AEMS_E_IO;
    }
    c->next = all->first;
    if (c->next)
        c->next->previous = c;
    all->first = c;
    return 0;
}

int connections_flush(struct connections *all, uint64_t mono_ms)
{
    int wait_ms = -1;
    struct connection *next;
    for (struct connection *c = all->first; c; c = next) {
        next = c->next;
        if (!is_replying(c))
            continue;
        send_due(c, mono_ms);
        answer_all(c, mono_ms);
        if (c->pollee.retired || !is_replying(c))
            continue;
        int until_ms = c->out.due_ms > mono_ms ? (int)(c->out.due_ms - mono_ms) : 0;
        if (wait_ms < 0 || until_ms < wait_ms)
            wait_ms = until_ms;
    }
    return wait_ms;
}

void connections_drop(struct connections *all, int link)
{
    struct connection *next;
    for (struct connection *c = all->first; c; c = next) {
        next = c->next;
        if (link < 0 || (c->link == link && !c->rtu))
            drop(c);
    }
}
