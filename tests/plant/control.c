// SPDX-License-Identifier: GPL-3.0-or-later
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "connection.h"
#include "verbs.h"

enum { MAX_LINE = 512, MAX_WAITING = 1 << 20 }; // bytes

struct client {
    struct pollee pollee;
    struct control *control;
    bool traces;
    size_t n_in;
    char in[MAX_LINE];
    struct text out; // what the client has not read yet
    struct client *next;
};

struct control {
    struct pollee *listener;
    struct area *area;
    struct server *server;
    struct poller *poller;
    struct client *clients;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
};

struct control_listener {
    struct pollee pollee;
    struct control *control;
};

// ---- clients ------------------------------------------------------------------------------------------------------

static void free_client(struct pollee *p)
{
    struct client *c = (struct client *)p;
    text_free(&c->out);
    free(c);
}

static void drop(struct client *c)
{
    struct client **at = &c->control->clients;
    while (*at && *at != c)
        at = &(*at)->next;
    if (*at)
        *at = c->next;
    poller_retire(c->control->poller, &c->pollee);
}

// Sends what the client takes now; false when it had to be dropped.
static bool flush(struct client *c)
{
    size_t sent = 0;
    while (sent < c->out.length) {
        ssize_t n = send(c->pollee.fd, c->out.data + sent, c->out.length - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0 && errno != EINTR) {
            drop(c);
            return false;
        }
        sent += n > 0 ? (size_t)n : 0;
    }
    if (c->out.failed || c->out.length - sent > MAX_WAITING) {
        drop(c);
        return false;
    }
    if (sent > 0) {
        memmove(c->out.data, c->out.data + sent, c->out.length - sent + 1);
        c->out.length -= sent;
    }
    poller_change(c->control->poller, &c->pollee, EPOLLIN | (c->out.length > 0 ? (uint32_t)EPOLLOUT : 0));
    return true;
}

static void run_line(struct client *c, char *line)
{
    struct control *control = c->control;
    uint64_t now_ms = monotonic_ms();
    area_step(control->area, now_ms); // so that `get` is of now
    enum verb_effect effect = verbs_run(control->area, control->server, line, now_ms, &c->out);
    if (effect != VERB_PLAIN)
        c->traces = effect == VERB_TRACE;
}

// Takes whole lines out of the buffer; false when the client was dropped.
static bool run_lines(struct client *c)
{
    char *end;
    while ((end = memchr(c->in, '\n', c->n_in))) {
        *end = '\0';
        run_line(c, c->in);
        size_t used = (size_t)(end - c->in) + 1;
        memmove(c->in, c->in + used, c->n_in - used);
        c->n_in -= used;
        if (c->pollee.retired || !flush(c))
            return false;
    }
    return true;
}

static void on_client(struct pollee *p, uint32_t events)
{
    struct client *c = (struct client *)p;
    if ((events & EPOLLOUT) && !flush(c))
        return;
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return;
    if (c->n_in == sizeof c->in) { // a line that is none
        drop(c);
        return;
    }
    ssize_t n = recv(p->fd, c->in + c->n_in, sizeof c->in - c->n_in, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop(c);
        return;
    }
    c->n_in += (size_t)n;
    run_lines(c);
}

static void on_listener(struct pollee *p, uint32_t events)
{
    struct control *control = ((struct control_listener *)p)->control;
    (void)events;
    int fd = accept4(p->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct client *c = calloc(1, sizeof *c);
    if (!c) {
        close(fd);
        return;
    }
    c->pollee = (struct pollee){.fd = fd, .fn = on_client, .free_fn = free_client};
    c->control = control;
    if (poller_add(control->poller, &c->pollee, EPOLLIN) < 0) {
        close(fd);
        free(c);
        return;
    }
    c->next = control->clients;
    control->clients = c;
}

static void on_area_event(void *user, const struct area_event *event)
{
    struct control *control = user;
    struct client *next;
    for (struct client *c = control->clients; c; c = next) {
        next = c->next;
        if (!c->traces)
            continue;
        verbs_describe(control->area, event, &c->out);
        flush(c);
    }
}

// ---- socket -------------------------------------------------------------------------------------------------------

static bool is_answered(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answered = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) == 0;
    if (fd >= 0)
        close(fd);
    return answered;
}

static int listen_at(const char *path, int *ret_fd)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (text_copy(at.sun_path, sizeof at.sun_path, path) < 0)
        return AEMS_E_LIMIT;
    if (is_answered(&at)) {
        errno = EADDRINUSE;
        return AEMS_E_IO;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return AEMS_E_IO;
    unlink(path);
    if (bind(fd, (const struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 16) < 0) {
        close(fd);
        return AEMS_E_IO;
    }
    *ret_fd = fd;
    return 0;
}

static int start_listening(struct control *c, const char *path)
{
    int fd;
    int status = listen_at(path, &fd);
    if (status < 0)
        return status;
    struct control_listener *l = calloc(1, sizeof *l);
    if (!l) {
        close(fd);
        return AEMS_E_NOMEM;
    }
    l->pollee = (struct pollee){.fd = fd, .fn = on_listener};
    l->control = c;
    c->listener = &l->pollee;
    return poller_add(c->poller, &l->pollee, EPOLLIN);
}

int control_open(struct area *area, struct server *server, struct poller *poller, const char *path,
                 struct control **ret_control)
{
    struct control *c = calloc(1, sizeof *c);
    if (!c)
        return AEMS_E_NOMEM;
    c->area = area;
    c->server = server;
    c->poller = poller;
    int status = start_listening(c, path);
    if (status < 0) {
        control_close(c);
        return status;
    }
    text_copy(c->path, sizeof c->path, path);
    area->on_event = on_area_event;
    area->user = c;
    *ret_control = c;
    return 0;
}

void control_close(struct control *c)
{
    if (!c)
        return;
    while (c->clients)
        drop(c->clients);
    if (c->listener)
        poller_retire(c->poller, c->listener);
    if (c->path[0])
        unlink(c->path);
    c->area->on_event = NULL;
    free(c);
}
