// SPDX-License-Identifier: GPL-3.0-or-later
// A real mosquitto for tests: on a free loopback port, with a directory of its own, ended by its pid.
#pragma once

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/loop/clock.h"

enum { BROKER_DEADLINE_MS = 40000, BROKER_LOOK_MS = 10 };

struct test_broker {
    char directory[64];
    int port;
    pid_t pid; // 0: does not run
};

static inline int broker_remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static inline void broker_write_file(const struct test_broker *b, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", b->directory, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static inline int listen_somewhere(int *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(a);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, size), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    *ret_port = ntohs(a.sin_port);
    return fd;
}

static inline bool broker_accepts(const struct test_broker *b)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)b->port)};
    bool yes = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
    close(fd);
    return yes;
}

static inline pid_t run_program(const char *file, const char *const *arguments)
{
    pid_t parent = getpid(), pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (getppid() == parent)
        execvp(file, (char *const *)arguments);
    _exit(127);
}

static inline void broker_run(struct test_broker *b)
{
    char config[128];
    snprintf(config, sizeof(config), "%s/broker.conf", b->directory);
    setenv("PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", 1);
    b->pid = run_program("mosquitto", (const char *const[]){"mosquitto", "-c", config, NULL});
    uint64_t end_ms = clock_mono_ms() + BROKER_DEADLINE_MS;
    while (!broker_accepts(b)) {
        ck_assert_msg(waitpid(b->pid, NULL, WNOHANG) == 0, "mosquitto does not run: is it installed?");
        ck_assert_msg(clock_mono_ms() < end_ms, "mosquitto does not listen");
        usleep(BROKER_LOOK_MS * 1000);
    }
}

static inline void broker_end(struct test_broker *b, int signal)
{
    if (b->pid <= 0)
        return;
    kill(b->pid, SIGCONT);
    kill(b->pid, signal);
    waitpid(b->pid, NULL, 0);
    b->pid = 0;
}

// `more`: what differs from a broker that lets anybody in; NULL: nothing.
static inline void broker_start(struct test_broker *b, const char *more)
{
    char text[2048];
    snprintf(text, sizeof(text),
             "listener %d 127.0.0.1\npersistence false\nmax_queued_messages 0\nset_tcp_nodelay true\nuser root\n%s",
             b->port, more != NULL ? more : "allow_anonymous true\n");
    broker_write_file(b, "broker.conf", text);
    broker_run(b);
}

static inline void broker_prepare(struct test_broker *b)
{
    *b = (struct test_broker){0};
    strcpy(b->directory, "/tmp/aems-test-mqtt-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(b->directory));
    close(listen_somewhere(&b->port));
}

static inline void broker_clean_up(struct test_broker *b)
{
    broker_end(b, SIGKILL);
    nftw(b->directory, broker_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
