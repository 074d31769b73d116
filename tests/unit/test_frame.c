// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/planner/frame.h"
#include "tests/unit/run_suite.h"

static int pipe_with(const char *bytes, size_t count)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(write(fds[1], bytes, count), (ssize_t)count);
    close(fds[1]);
    return fds[0];
}

START_TEST(a_frame_fed_byte_by_byte_is_complete_with_its_last_byte)
{
    const char wire[] = {0, 0, 0, 3, 'a', 'b', 'c'};
    struct frame_reader r = {0};
    for (size_t i = 0; i < sizeof(wire); i++) {
        const char *bytes = wire + i;
        size_t count = 1;
        ck_assert_int_eq(frame_reader_feed(&r, &bytes, &count), i + 1 == sizeof(wire));
    }
    ck_assert_uint_eq(r.length, 3);
    ck_assert_str_eq(r.payload, "abc");
    frame_reader_free(&r);
}
END_TEST

START_TEST(two_frames_and_an_empty_one_in_one_buffer_come_out_in_order)
{
    const char wire[] = {0, 0, 0, 1, 'x', 0, 0, 0, 0, 0, 0, 0, 2, 'y', 'z'};
    const char *bytes = wire;
    size_t count = sizeof(wire);
    struct frame_reader r = {0};
    ck_assert_int_eq(frame_reader_feed(&r, &bytes, &count), 1);
    ck_assert_str_eq(r.payload, "x");
    ck_assert_int_eq(frame_reader_feed(&r, &bytes, &count), 1);
    ck_assert_str_eq(r.payload, "");
    ck_assert_int_eq(frame_reader_feed(&r, &bytes, &count), 1);
    ck_assert_str_eq(r.payload, "yz");
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(frame_reader_feed(&r, &bytes, &count), 0);
    frame_reader_free(&r);
}
END_TEST

START_TEST(a_frame_longer_than_the_limit_is_refused_at_its_header)
{
    const char wire[] = {4, 0, 0, 1};
    const char *bytes = wire;
    size_t count = sizeof(wire);
    struct frame_reader r = {0};
    ck_assert_int_eq(frame_reader_feed(&r, &bytes, &count), AEMS_E_LIMIT);
    frame_reader_free(&r);
    unsigned char header[FRAME_HEADER_BYTES];
    ck_assert_int_eq(frame_header((size_t)FRAME_MAX_BYTES + 1, header), AEMS_E_LIMIT);
}
END_TEST

START_TEST(an_end_between_frames_differs_from_an_end_within_one)
{
    struct frame_reader r = {0};
    int fd = pipe_with("\0\0\0\2ok\0\0", 8);
    int rc;
    while ((rc = frame_reader_read(&r, fd)) == 0)
        ;
    ck_assert_int_eq(rc, 1);
    ck_assert_str_eq(r.payload, "ok");
    while ((rc = frame_reader_read(&r, fd)) == 0)
        ;
    ck_assert_int_eq(rc, AEMS_E_FORMAT);
    close(fd);
    frame_reader_free(&r);

    fd = pipe_with("", 0);
    ck_assert_int_eq(frame_reader_read(&r, fd), AEMS_E_NOT_FOUND);
    close(fd);
    frame_reader_free(&r);
}
END_TEST

START_TEST(reading_an_empty_non_blocking_pipe_needs_more)
{
    int fds[2];
    ck_assert_int_eq(pipe2(fds, O_NONBLOCK), 0);
    struct frame_reader r = {0};
    ck_assert_int_eq(frame_reader_read(&r, fds[0]), 0);
    ck_assert_int_eq(frame_write(fds[1], "hello", 5), 0);
    ck_assert_int_eq(frame_reader_read(&r, fds[0]), 0); // the header
    ck_assert_int_eq(frame_reader_read(&r, fds[0]), 1);
    ck_assert_str_eq(r.payload, "hello");
    close(fds[0]);
    close(fds[1]);
    frame_reader_free(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frame");
    TCase *tc = tcase_create("frame");
    tcase_add_test(tc, a_frame_fed_byte_by_byte_is_complete_with_its_last_byte);
    tcase_add_test(tc, two_frames_and_an_empty_one_in_one_buffer_come_out_in_order);
    tcase_add_test(tc, a_frame_longer_than_the_limit_is_refused_at_its_header);
    tcase_add_test(tc, an_end_between_frames_differs_from_an_end_within_one);
    tcase_add_test(tc, reading_an_empty_non_blocking_pipe_needs_more);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
