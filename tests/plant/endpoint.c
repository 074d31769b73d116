// SPDX-License-Identifier: GPL-3.0-or-later
#include "endpoint.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

bool endpoint_is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (!strcmp(host, "localhost"))
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static socklen_t make_address(const char *host, int port, union address *ret)
{
    memset(ret, 0, sizeof *ret);
    if (inet_pton(AF_INET6, host, &ret->v6.sin6_addr) == 1) {
        ret->v6.sin6_family = AF_INET6;
        ret->v6.sin6_port = htons((uint16_t)port);
        return sizeof ret->v6;
    }
    ret->v4.sin_family = AF_INET;
    ret->v4.sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, host, &ret->v4.sin_addr) != 1)
        ret->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof ret->v4;
}

static void describe(int fd, const char *host, char *ret_text, size_t size)
{
    union address at;
    socklen_t length = sizeof at;
    int port = 0;
    if (getsockname(fd, &at.any, &length) == 0)
        port = ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
    snprintf(ret_text, size, at.any.sa_family == AF_INET6 ? "[%s]:%d" : "%s:%d", host, port);
}

int endpoint_listen(const char *host, int port, int *ret_fd, char *ret_text, size_t size)
{
    union address at;
    socklen_t length = make_address(host, port, &at);
    int fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return AEMS_E_IO;
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 || bind(fd, &at.any, length) < 0 ||
        listen(fd, 64) < 0) {
        close(fd);
        return AEMS_E_IO;
    }
    describe(fd, host, ret_text, size);
    *ret_fd = fd;
    return 0;
}

int endpoint_open_pty(int *ret_master, int *ret_slave, char *ret_path, size_t size)
{
    int master, slave;
    struct termios raw = {0};
    cfmakeraw(&raw);
    raw.c_cflag |= CREAD | CLOCAL;
    cfsetspeed(&raw, B9600);
    if (openpty(&master, &slave, NULL, &raw, NULL) < 0)
        return AEMS_E_IO;
    if (ttyname_r(slave, ret_path, size) != 0 || fcntl(master, F_SETFL, O_NONBLOCK) < 0 ||
        fcntl(master, F_SETFD, FD_CLOEXEC) < 0 || fcntl(slave, F_SETFD, FD_CLOEXEC) < 0) {
        close(master);
        close(slave);
        return AEMS_E_IO;
    }
    *ret_master = master;
    *ret_slave = slave;
    return 0;
}
