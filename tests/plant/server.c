// SPDX-License-Identifier: GPL-3.0-or-later
#include "server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "connection.h"
#include "endpoint.h"

struct link;

struct listener {
    struct pollee pollee;
    struct link *link;
};

struct link {
    struct server *server;
    int index;
    struct listener *listener; // NULL while refused, and of serial lines
    int slave_fd;              // of a pseudo-terminal, else -1
    char host[SITE_TEXT_MAX];
    int port;
    char endpoint[SITE_TEXT_MAX + 16];
};

struct server {
    struct area *area;
    struct poller *poller;
    struct link *links;
    size_t n_links;
    struct connections connections;
};

// ---- links --------------------------------------------------------------------------------------------------------

static void on_listener(struct pollee *p, uint32_t events)
{
    struct listener *l = (struct listener *)p;
    (void)events;
    int fd = accept4(p->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connection_open(&l->link->server->connections, l->link->index, fd, false) < 0)
        close(fd);
}

static int open_listener(struct link *link)
{
    int fd;
    int status = endpoint_listen(link->host, link->port, &fd, link->endpoint, sizeof link->endpoint);
    if (status < 0)
        return status;
    struct listener *l = calloc(1, sizeof *l);
    if (!l) {
        close(fd);
        return AEMS_E_NOMEM;
    }
    l->pollee = (struct pollee){.fd = fd, .fn = on_listener};
    l->link = link;
    if (poller_add(link->server->poller, &l->pollee, EPOLLIN) < 0) {
        close(fd);
        free(l);
        return AEMS_E_IO;
    }
    link->listener = l;
    if (link->port == 0) // keep the port when it is closed and opened again
        link->port = atoi(strrchr(link->endpoint, ':') + 1);
    return 0;
}

static int open_tcp(struct link *link, const struct site_link *of, bool free_ports)
{
    if (!free_ports && !endpoint_is_loopback(of->host))
        return AEMS_E_REFUSED;
    snprintf(link->host, sizeof link->host, "%s", free_ports ? "127.0.0.1" : of->host);
    link->port = free_ports ? 0 : of->port;
    return open_listener(link);
}

static int open_serial(struct link *link)
{
    int master;
    int status = endpoint_open_pty(&master, &link->slave_fd, link->endpoint, sizeof link->endpoint);
    if (status < 0)
        return status;
    status = connection_open(&link->server->connections, link->index, master, true);
    if (status < 0)
        close(master);
    return status;
}

static void say_why(const struct site_link *of, int status, char *ret_why, size_t size)
{
    if (status == AEMS_E_REFUSED)
        snprintf(ret_why, size, "link %s: %s is not on this machine's loopback: use --free-ports", of->id, of->host);
    else if (status == AEMS_E_IO && of->host[0])
        snprintf(ret_why, size, "link %s: %s:%d: %s", of->id, of->host, of->port, strerror(errno));
    else
        snprintf(ret_why, size, "link %s: %s", of->id, aems_error_text(status));
}

int server_open(struct area *area, struct poller *poller, bool free_ports, char *ret_why, size_t size,
                struct server **ret_server)
{
    const struct site *site = area->site;
    struct server *s = calloc(1, sizeof *s);
    if (!s)
        return AEMS_E_NOMEM;
    s->area = area;
    s->poller = poller;
    s->connections = (struct connections){.area = area, .poller = poller};
    s->links = calloc(site->n_links + 1, sizeof *s->links);
    int status = s->links ? 0 : AEMS_E_NOMEM;
    for (size_t i = 0; i < site->n_links && status == 0; i++) {
        const struct site_link *of = &site->links[i];
        s->links[i] = (struct link){.server = s, .index = (int)i, .slave_fd = -1};
        s->n_links = i + 1;
        status = of->host[0] ? open_tcp(&s->links[i], of, free_ports) : open_serial(&s->links[i]);
        if (status < 0)
            say_why(of, status, ret_why, size);
    }
    if (status < 0) {
        server_close(s);
        return status;
    }
    *ret_server = s;
    return 0;
}

static void close_listener(struct link *link)
{
    if (link->listener)
        poller_retire(link->server->poller, &link->listener->pollee);
    link->listener = NULL;
}

void server_close(struct server *s)
{
    if (!s)
        return;
    connections_drop(&s->connections, -1);
    for (size_t i = 0; i < s->n_links; i++) {
        close_listener(&s->links[i]);
        if (s->links[i].slave_fd >= 0)
            close(s->links[i].slave_fd);
    }
    free(s->links);
    free(s);
}

int server_flush(struct server *s, uint64_t mono_ms)
{
    return connections_flush(&s->connections, mono_ms);
}

const char *server_endpoint(const struct server *s, int link)
{
    return s->links[link].endpoint;
}

static bool is_refused(const struct server *s, int link)
{
    for (size_t i = 0; i < s->area->site->n_devices; i++)
        if (s->area->site->devices[i].link == link && plant_device_fault(s->area->devices[i]).kind == FAULT_REFUSE)
            return true;
    return false;
}

void server_apply_faults(struct server *s)
{
    for (size_t i = 0; i < s->n_links; i++) {
        struct link *link = &s->links[i];
        if (link->slave_fd >= 0)
            continue;
        if (is_refused(s, (int)i) && link->listener) {
            close_listener(link);
            connections_drop(&s->connections, link->index);
        } else if (!is_refused(s, (int)i) && !link->listener) {
            open_listener(link); // a port taken meanwhile stays closed, and is tried again with the next change
        }
    }
}

// ---- overlay ------------------------------------------------------------------------------------------------------

static int write_overlay(const struct server *s, FILE *f)
{
    fprintf(f, "# Where the simulated area answers.\nmodbus:\n");
    for (size_t i = 0; i < s->n_links; i++)
        fprintf(f, "  %s: {%s: \"%s\"}\n", s->area->site->links[i].id, s->links[i].slave_fd >= 0 ? "serial" : "tcp",
                s->links[i].endpoint);
    return fflush(f) == 0 && !ferror(f) ? 0 : AEMS_E_IO;
}

int server_write_overlay(const struct server *s, const char *path)
{
    char draft[4096];
    if (snprintf(draft, sizeof draft, "%s.%ld", path, (long)getpid()) >= (int)sizeof draft)
        return AEMS_E_LIMIT;
    FILE *f = fopen(draft, "we");
    if (!f)
        return AEMS_E_IO;
    int status = write_overlay(s, f);
    if (fclose(f) != 0 || status < 0 || rename(draft, path) < 0) {
        unlink(draft);
        return AEMS_E_IO;
    }
    return 0;
}
