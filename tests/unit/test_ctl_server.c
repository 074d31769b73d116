// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/app/ctl_server.h"
#include "tests/unit/run_suite.h"

static struct loop *loop;
static struct ctl_server *server;
static struct loop_timer *limit;
static char folder[64], path[96];
static size_t reply_length;

static void out_of_time(void *unused)
{
    (void)unused;
    loop_stop(loop);
}

// "big" gets as many bytes as the test wants; anything else is repeated.
static char *answer(void *unused, const char *line, size_t length)
{
    (void)unused;
    if (strcmp(line, "big") != 0)
        return strndup(line, length);
    char *text = malloc(reply_length + 1);
    memset(text, 'x', reply_length);
    text[reply_length] = '\0';
    return text;
}

static void setup(void)
{
    snprintf(folder, sizeof(folder), "/tmp/aems-test-ctl-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/control.sock", folder);
    ck_assert_int_eq(loop_new(&loop), 0);
    ck_assert_int_eq(loop_timer_new(loop, out_of_time, NULL, &limit), 0);
    ck_assert_int_eq(ctl_server_start(loop, path, answer, NULL, &server), 0);
}

static void teardown(void)
{
    ctl_server_stop(server);
    server = NULL;
    loop_timer_free(limit);
    loop_free(loop);
    rmdir(folder);
}

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void turn(uint64_t ms)
{
    loop_timer_start(limit, ms, 0);
    loop_run(loop);
}

// Reads all there is; true once the server has closed.
static bool receive(int fd, char *ret_text, size_t size, size_t *length)
{
    for (;;) {
        char rest[4096];
        bool room = *length + 1 < size;
        ssize_t n = recv(fd, room ? ret_text + *length : rest, room ? size - *length - 1 : sizeof(rest), 0);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return true;
        if (n < 0)
            return false;
        *length += (size_t)n;
        if (room)
            ret_text[*length] = '\0';
    }
}

START_TEST(a_line_gets_a_line_and_the_connection_ends)
{
    char text[64] = "";
    size_t length = 0;
    int fd = dial();
    ck_assert_int_eq(send(fd, "{\"a\"", 4, 0), 4);
    turn(20);
    ck_assert(!receive(fd, text, sizeof(text), &length));
    ck_assert_int_eq(send(fd, ":1}\nrest", 8, 0), 8);
    turn(20);
    ck_assert(receive(fd, text, sizeof(text), &length));
    ck_assert_str_eq(text, "{\"a\":1}\n");
    close(fd);
}
END_TEST

START_TEST(a_long_reply_arrives_whole_though_the_client_is_slow)
{
    char text[8] = "";
    size_t length = 0;
    reply_length = 3 << 20;
    int fd = dial();
    ck_assert_int_eq(send(fd, "big\n", 4, 0), 4);
    bool closed = false;
    for (int i = 0; i < 400 && !closed; i++) {
        turn(2);
        closed = receive(fd, text, sizeof(text), &length);
    }
    ck_assert(closed);
    ck_assert_uint_eq(length, reply_length + 1);
    close(fd);
}
END_TEST

START_TEST(an_endless_request_is_cut_off)
{
    char junk[4096], text[8] = "";
    size_t length = 0;
    ssize_t sent = 0, n = 0;
    memset(junk, 'j', sizeof(junk));
    int fd = dial();
    while (n >= 0 && sent < 2 * CTL_MAX_REQUEST_BYTES) {
        n = send(fd, junk, sizeof(junk), MSG_NOSIGNAL);
        sent += n > 0 ? n : 0;
        turn(1);
    }
    ck_assert_int_ge(sent, CTL_MAX_REQUEST_BYTES); // as much is listened to
    ck_assert_int_lt(sent, 2 * CTL_MAX_REQUEST_BYTES);
    ck_assert(receive(fd, text, sizeof(text), &length));
    ck_assert_uint_eq(length, 0);
    close(fd);
}
END_TEST

START_TEST(silent_clients_do_not_keep_others_out_for_ever)
{
    int silent[CTL_MAX_CLIENTS];
    char text[32] = "";
    size_t length = 0;
    for (int i = 0; i < CTL_MAX_CLIENTS; i++)
        silent[i] = dial();
    turn(20);
    int fd = dial();
    ck_assert_int_eq(send(fd, "me\n", 3, 0), 3);
    turn(50);
    ck_assert(!receive(fd, text, sizeof(text), &length));
    close(silent[0]); // one goes: its place is taken at once
    turn(50);
    ck_assert(receive(fd, text, sizeof(text), &length));
    ck_assert_str_eq(text, "me\n");
    for (int i = 1; i < CTL_MAX_CLIENTS; i++)
        close(silent[i]);
    close(fd);
}
END_TEST

START_TEST(one_client_after_the_other_is_answered_without_a_descriptor_left)
{
    struct rlimit before, few;
    int clients[2] = {dial(), dial()}, last = dup(clients[0]), taken[64];
    size_t n = 0;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = (struct rlimit){.rlim_cur = (rlim_t)last + 8, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    while (n < 64 && (taken[n] = dup(clients[0])) >= 0)
        n++;
    ck_assert_int_eq(errno, EMFILE);
    for (size_t i = 0; i < 2; i++) {
        char text[64] = "";
        size_t length = 0;
        ck_assert_int_eq(send(clients[i], "hello\n", 6, 0), 6);
        for (int k = 0; k < 100 && !receive(clients[i], text, sizeof(text), &length); k++)
            turn(20);
        ck_assert_str_eq(text, "hello\n");
    }
    while (n > 0)
        close(taken[--n]);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    close(last);
    close(clients[0]);
    close(clients[1]);
}
END_TEST

START_TEST(a_socket_left_behind_is_replaced_and_a_served_one_is_not)
{
    struct ctl_server *second = NULL;
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0660);
    ck_assert_int_eq(ctl_server_start(loop, path, answer, NULL, &second), AEMS_E_STATE);
    ck_assert_int_eq(stat(path, &st), 0); // still there
    ctl_server_stop(server);
    ck_assert_int_lt(stat(path, &st), 0);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd); // as after kill -9
    ck_assert_int_eq(ctl_server_start(loop, path, answer, NULL, &server), 0);
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_left_alone)
{
    struct ctl_server *second = NULL;
    char other[128];
    snprintf(other, sizeof(other), "%s/file", folder);
    int fd = open(other, O_CREAT | O_WRONLY, 0600);
    close(fd);
    ck_assert_int_eq(ctl_server_start(loop, other, answer, NULL, &second), AEMS_E_IO);
    ck_assert_int_eq(errno, EEXIST);
    ck_assert_int_eq(unlink(other), 0);
}
END_TEST

START_TEST(a_path_too_long_for_a_socket_is_refused)
{
    struct ctl_server *second = NULL;
    char other[300];
    memset(other, 'p', sizeof(other) - 1);
    other[0] = '/';
    other[sizeof(other) - 1] = '\0';
    ck_assert_int_eq(ctl_server_start(loop, other, answer, NULL, &second), AEMS_E_LIMIT);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("control socket");
    TCase *t = tcase_create("server");
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_line_gets_a_line_and_the_connection_ends);
    tcase_add_test(t, a_long_reply_arrives_whole_though_the_client_is_slow);
    tcase_add_test(t, an_endless_request_is_cut_off);
    tcase_add_test(t, silent_clients_do_not_keep_others_out_for_ever);
    tcase_add_test(t, one_client_after_the_other_is_answered_without_a_descriptor_left);
    tcase_add_test(t, a_socket_left_behind_is_replaced_and_a_served_one_is_not);
    tcase_add_test(t, a_file_that_is_no_socket_is_left_alone);
    tcase_add_test(t, a_path_too_long_for_a_socket_is_refused);
    suite_add_tcase(s, t);
    return run_suite(s);
}
