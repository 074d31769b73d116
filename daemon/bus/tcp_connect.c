// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/bus/tcp_connect.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/loop/clock.h"

// 0, or the errno of the connection. Waits until `deadline_ms`.
static int wait_connected(int fd, uint64_t deadline_ms, int cancel_fd)
{
    for (;;) {
        uint64_t now_ms = clock_mono_ms();
        if (now_ms >= deadline_ms)
            return ETIMEDOUT;
        struct pollfd fds[2] = {{.fd = fd, .events = POLLOUT}, {.fd = cancel_fd, .events = POLLIN}};
        int n = poll(fds, 2, (int)(deadline_ms - now_ms));
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0 && fds[1].revents)
            return ECANCELED;
        if (n > 0 && fds[0].revents) {
            int error = 0;
            socklen_t length = sizeof(error);
            return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? errno : error;
        }
    }
}

static int try_address(const struct addrinfo *address, uint64_t deadline_ms, int cancel_fd)
{
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol);
    if (fd < 0)
        return -1;
    int on = 1, error = 0;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, address->ai_addr, address->ai_addrlen) < 0)
        error = errno == EINPROGRESS || errno == EINTR ? wait_connected(fd, deadline_ms, cancel_fd) : errno;
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

int tcp_connect(const char *host, int port, int timeout_ms, int cancel_fd, char *ret_why, size_t size)
{
    char service[16], why[96];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *addresses = NULL;
    snprintf(service, sizeof(service), "%d", port);
    int r = getaddrinfo(host, service, &hints, &addresses);
    if (r != 0) {
        snprintf(ret_why, size, "%s", gai_strerror(r));
        return -1;
    }
    uint64_t deadline_ms = clock_mono_ms() + (uint64_t)timeout_ms;
    int fd = -1;
    errno = ECONNREFUSED;
    for (const struct addrinfo *a = addresses; a && fd < 0 && clock_mono_ms() < deadline_ms; a = a->ai_next)
        fd = try_address(a, deadline_ms, cancel_fd);
    if (fd < 0)
        snprintf(ret_why, size, "%s", strerror_r(errno, why, sizeof(why)));
    freeaddrinfo(addresses);
    return fd;
}
