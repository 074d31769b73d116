// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/ctl_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/loop/clock.h"

struct ctl_client {
    struct ctl_server *server;
    int fd; // -1: this place is free
    struct loop_watch *watch;
    uint64_t deadline_mono_ms;
    char *request; // owned; grows with what comes, for few are long
    size_t received, room;
    char *reply; // owned; NULL while the request is read
    size_t length, sent;
};

struct ctl_server {
    struct loop *loop;
    int fd;
    int spare_fd; // held for a client who comes when no descriptor is left; -1: a client has it
    struct loop_watch *watch;
    struct loop_timer *sweep;
    struct sockaddr_un address;
    ctl_answer_fn *answer;
    void *user;
    struct ctl_client clients[CTL_MAX_CLIENTS];
};

// A program that is short of descriptors is one that an operator has to be able to ask.
static void hold_spare(struct ctl_server *s)
{
    if (s->spare_fd < 0)
        s->spare_fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
}

static int accept_client(struct ctl_server *s)
{
    int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0 || (errno != EMFILE && errno != ENFILE) || s->spare_fd < 0)
        return fd;
    close(s->spare_fd);
    s->spare_fd = -1;
    return accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static void close_client(struct ctl_client *c)
{
    loop_watch_free(c->watch);
    close(c->fd);
    free(c->reply);
    free(c->request);
    struct ctl_server *s = c->server;
    *c = (struct ctl_client){.server = s, .fd = -1};
    hold_spare(s);
    loop_watch_events(s->watch, LOOP_READ); // a place is free again
}

static void send_reply(struct ctl_client *c)
{
    while (c->sent < c->length) {
        ssize_t n = send(c->fd, c->reply + c->sent, c->length - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            loop_watch_events(c->watch, LOOP_WRITE);
            return;
        }
        if (n <= 0)
            break;
        c->sent += (size_t)n;
    }
    close_client(c);
}

static void answer_request(struct ctl_client *c, size_t length)
{
    c->request[length] = '\0';
    c->reply = c->server->answer(c->server->user, c->request, length);
    if (c->reply == NULL) {
        close_client(c);
        return;
    }
    c->length = strlen(c->reply);
    c->reply[c->length++] = '\n'; // in the place of the NUL: from here on it is bytes, not text
    send_reply(c);
}

// Room for more bytes and a NUL.
static bool make_room(struct ctl_client *c)
{
    enum { FIRST = 2048 };
    if (c->received < c->room)
        return true;
    if (c->room == CTL_MAX_REQUEST_BYTES)
        return false;
    size_t room = c->room == 0 ? FIRST : 2 * c->room;
    room = room < CTL_MAX_REQUEST_BYTES ? room : CTL_MAX_REQUEST_BYTES;
    char *request = realloc(c->request, room + 1);
    if (request == NULL)
        return false;
    c->request = request;
    c->room = room;
    return true;
}

static void read_request(struct ctl_client *c)
{
    if (!make_room(c)) {
        close_client(c);
        return;
    }
    size_t before = c->received;
    ssize_t n = recv(c->fd, c->request + before, c->room - before, 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (n <= 0) {
        close_client(c);
        return;
    }
    c->received += (size_t)n;
    const char *end = memchr(c->request + before, '\n', (size_t)n);
    if (end != NULL)
        answer_request(c, (size_t)(end - c->request));
    else if (c->received == CTL_MAX_REQUEST_BYTES)
        close_client(c);
}

static void on_client(void *user, int events)
{
    struct ctl_client *c = user;
    if (c->reply != NULL)
        send_reply(c);
    else if (events & LOOP_READ)
        read_request(c);
}

static struct ctl_client *free_place(struct ctl_server *s)
{
    for (size_t i = 0; i < CTL_MAX_CLIENTS; i++) {
        if (s->clients[i].fd < 0)
            return &s->clients[i];
    }
    return NULL;
}

static void on_listen(void *user, int events)
{
    (void)events;
    struct ctl_server *s = user;
    struct ctl_client *c = free_place(s);
    int fd = c != NULL ? accept_client(s) : -1;
    if (fd < 0) {
        // No place, or no descriptors left: rest until somebody goes or the sweep tries again, instead of spinning.
        if (c == NULL || (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED))
            loop_watch_events(s->watch, 0);
        return;
    }
    c->fd = fd;
    c->deadline_mono_ms = clock_mono_ms() + CTL_TIMEOUT_MS;
    if (loop_watch_new(s->loop, fd, on_client, c, &c->watch) < 0) {
        close_client(c);
        return;
    }
    loop_watch_events(c->watch, LOOP_READ);
}

static void on_sweep(void *user)
{
    struct ctl_server *s = user;
    uint64_t now = clock_mono_ms();
    for (size_t i = 0; i < CTL_MAX_CLIENTS; i++) {
        if (s->clients[i].fd >= 0 && now >= s->clients[i].deadline_mono_ms)
            close_client(&s->clients[i]);
    }
    hold_spare(s);
    if (free_place(s) != NULL)
        loop_watch_events(s->watch, LOOP_READ);
}

// True when somebody accepts connections at the address.
static bool is_served(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool served = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN;
    close(fd);
    return served;
}

static int remove_stale(const struct sockaddr_un *address)
{
    struct stat st;
    if (lstat(address->sun_path, &st) < 0)
        return errno == ENOENT ? 0 : AEMS_E_IO;
    if (!S_ISSOCK(st.st_mode)) {
        errno = EEXIST;
        return AEMS_E_IO;
    }
    if (is_served(address))
        return AEMS_E_STATE;
    return unlink(address->sun_path) == 0 || errno == ENOENT ? 0 : AEMS_E_IO;
}

// The mode is set before anybody can connect: bind makes the name, listen opens the door.
static int listen_at(struct ctl_server *s)
{
    int r = remove_stale(&s->address);
    if (r < 0)
        return r;
    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || bind(s->fd, (const struct sockaddr *)&s->address, sizeof(s->address)) < 0 ||
        chmod(s->address.sun_path, 0660) < 0 || listen(s->fd, CTL_MAX_CLIENTS) < 0)
        return AEMS_E_IO;
    r = loop_watch_new(s->loop, s->fd, on_listen, s, &s->watch);
    if (r == 0)
        r = loop_timer_new(s->loop, on_sweep, s, &s->sweep);
    if (r < 0)
        return r;
    hold_spare(s);
    loop_watch_events(s->watch, LOOP_READ);
    loop_timer_start(s->sweep, 1000, 1000);
    return 0;
}

int ctl_server_start(struct loop *loop, const char *path, ctl_answer_fn *answer, void *user,
                     struct ctl_server **ret_server)
{
    struct ctl_server *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return AEMS_E_NOMEM;
    s->loop = loop;
    s->fd = s->spare_fd = -1;
    s->answer = answer;
    s->user = user;
    for (size_t i = 0; i < CTL_MAX_CLIENTS; i++)
        s->clients[i] = (struct ctl_client){.server = s, .fd = -1};
    s->address.sun_family = AF_UNIX;
    size_t length = strlen(path);
    int r = length < sizeof(s->address.sun_path) ? 0 : AEMS_E_LIMIT;
    if (r == 0) {
        memcpy(s->address.sun_path, path, length);
        r = listen_at(s);
    }
    if (r < 0) {
        int saved = errno;
        ctl_server_stop(s);
        errno = saved;
        return r;
    }
    *ret_server = s;
    return 0;
}

const char *ctl_server_path(const struct ctl_server *s)
{
    return s->address.sun_path;
}

void ctl_server_stop(struct ctl_server *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < CTL_MAX_CLIENTS; i++) {
        if (s->clients[i].fd >= 0)
            close_client(&s->clients[i]);
    }
    // Without a watch we never got to listen, and the name may be somebody else's.
    if (s->watch != NULL)
        unlink(s->address.sun_path);
    loop_timer_free(s->sweep);
    loop_watch_free(s->watch);
    if (s->spare_fd >= 0)
        close(s->spare_fd);
    if (s->fd >= 0)
        close(s->fd);
    free(s);
}
