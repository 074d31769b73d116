// SPDX-License-Identifier: GPL-3.0-or-later
// A link over a serial line: a pseudo-terminal whose other end answers late, wrongly or not at all.
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/bus/modbus_link.h"
#include "tests/unit/run_suite.h"

enum { RESPONSE_MS = 60, UNIT = 5 };

enum line_fault { LINE_GOOD, LINE_LATE, LINE_SILENT, LINE_NOISE, LINE_OTHER_UNIT, LINE_EXCEPTION };

struct line {
    pthread_mutex_t lock;
    pthread_t thread;
    int master;
    bool ending;
    enum line_fault fault;
    int delay_ms;
};

static uint16_t crc_of(const uint8_t *bytes, size_t n)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1);
    }
    return crc;
}

static void put(const struct line *l, uint8_t *frame, size_t n, bool spoil)
{
    uint16_t crc = crc_of(frame, n);
    frame[n] = (uint8_t)crc;
    frame[n + 1] = (uint8_t)(crc >> 8);
    if (spoil)
        frame[3] ^= 0x40;
    ck_assert_int_eq((int)write(l->master, frame, n + 2), (int)n + 2);
}

// Each register holds its own address, so that an answer to another question shows.
static void answer(const struct line *l, const uint8_t *request, enum line_fault fault, int delay_ms)
{
    uint8_t frame[64] = {UNIT, request[1]};
    int address = request[2] << 8 | request[3], count = request[5];
    if (fault == LINE_SILENT)
        return;
    if (fault == LINE_LATE)
        poll(NULL, 0, delay_ms);
    if (fault == LINE_OTHER_UNIT)
        frame[0] = UNIT + 1;
    if (fault == LINE_EXCEPTION) {
        frame[1] |= 0x80;
        frame[2] = 2;
        put(l, frame, 3, false);
        return;
    }
    frame[2] = (uint8_t)(2 * count);
    for (int i = 0; i < count; i++) {
        frame[3 + 2 * i] = (uint8_t)((address + i) >> 8);
        frame[4 + 2 * i] = (uint8_t)(address + i);
    }
    put(l, frame, (size_t)(3 + 2 * count), fault == LINE_NOISE);
}

static void *run(void *user)
{
    struct line *l = user;
    uint8_t request[8];
    size_t have = 0;
    for (;;) {
        struct pollfd fd = {.fd = l->master, .events = POLLIN};
        pthread_mutex_lock(&l->lock);
        bool ending = l->ending;
        pthread_mutex_unlock(&l->lock);
        if (ending)
            return NULL;
        if (poll(&fd, 1, 10) <= 0 || !(fd.revents & POLLIN)) {
            poll(NULL, 0, 1); // without a reader at the other end poll returns at once
            continue;
        }
        ssize_t n = read(l->master, request + have, sizeof(request) - have);
        have += n > 0 ? (size_t)n : 0;
        if (have < sizeof(request))
            continue;
        have = 0;
        pthread_mutex_lock(&l->lock);
        enum line_fault fault = l->fault;
        int delay_ms = l->delay_ms;
        pthread_mutex_unlock(&l->lock);
        answer(l, request, fault, delay_ms);
    }
}

static struct modbus_link *open_line(struct line *l)
{
    struct site_link config = {.id = "line", .baud = 115200, .parity = 'N', .stop_bits = 1};
    struct modbus_link *link = NULL;
    struct link_error e;
    *l = (struct line){.master = posix_openpt(O_RDWR | O_NOCTTY)};
    pthread_mutex_init(&l->lock, NULL);
    ck_assert_int_ge(l->master, 0);
    ck_assert_int_eq(grantpt(l->master) | unlockpt(l->master), 0);
    snprintf(config.serial, sizeof(config.serial), "%s", ptsname(l->master));
    config.response_timeout_ms = RESPONSE_MS;
    ck_assert_int_eq(modbus_link_new(&config, &link), 0);
    ck_assert_msg(modbus_link_open(link, &e) == LINK_OK, "%s", e.text);
    ck_assert_int_eq(pthread_create(&l->thread, NULL, run, l), 0);
    return link;
}

static void unplug(struct line *l)
{
    pthread_mutex_lock(&l->lock);
    l->ending = true;
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    close(l->master);
}

static void set_fault(struct line *l, enum line_fault fault, int delay_ms)
{
    pthread_mutex_lock(&l->lock);
    l->fault = fault;
    l->delay_ms = delay_ms;
    pthread_mutex_unlock(&l->lock);
}

static enum link_status ask(struct modbus_link *link, int address, struct link_error *e)
{
    uint16_t registers[2] = {0};
    enum link_status status = modbus_link_read(link, UNIT, &(struct register_block){3, address, 2}, registers, e);
    if (status == LINK_OK) {
        ck_assert_uint_eq(registers[0], (unsigned)address);
        ck_assert_uint_eq(registers[1], (unsigned)address + 1);
    }
    return status;
}

START_TEST(a_serial_line_is_read)
{
    struct line l;
    struct link_error e;
    struct modbus_link *link = open_line(&l);
    for (int i = 0; i < 20; i++)
        ck_assert_msg(ask(link, 100 + i, &e) == LINK_OK, "%s", e.text);
    modbus_link_free(link);
    unplug(&l);
}
END_TEST

START_TEST(a_late_answer_is_never_taken_for_the_next_question)
{
    struct line l;
    struct link_error e;
    struct modbus_link *link = open_line(&l);
    int late = 0, good = 0;
    for (int i = 0; i < 24; i++) {
        set_fault(&l, i % 3 == 0 ? LINE_LATE : LINE_GOOD, RESPONSE_MS + 2 * i);
        enum link_status status = ask(link, 100 + i, &e); // checks that it is the right one
        late += status == LINK_SILENT;
        good += status == LINK_OK;
    }
    ck_assert_int_ge(late, 6);
    ck_assert_int_ge(good, 14);
    modbus_link_free(link);
    unplug(&l);
}
END_TEST

struct line_case {
    enum line_fault fault;
    enum link_status status;
};

static const struct line_case line_cases[] = {
    {LINE_SILENT, LINK_SILENT},
    {LINE_NOISE, LINK_NONSENSE},
    {LINE_OTHER_UNIT, LINK_NONSENSE},
    {LINE_EXCEPTION, LINK_EXCEPTION},
};

START_TEST(what_is_no_answer_is_dropped_and_the_line_goes_on)
{
    struct line l;
    struct link_error e;
    struct modbus_link *link = open_line(&l);
    for (int i = 0; i < 3; i++) {
        set_fault(&l, line_cases[_i].fault, 0);
        enum link_status status = ask(link, 100, &e);
        ck_assert_msg(status == line_cases[_i].status, "status %d: %s", status, e.text);
        set_fault(&l, LINE_GOOD, 0);
        ck_assert_msg(ask(link, 200, &e) == LINK_OK, "%s", e.text);
    }
    modbus_link_free(link);
    unplug(&l);
}
END_TEST

START_TEST(an_unplugged_line_is_lost_and_cannot_be_opened)
{
    struct line l;
    struct link_error e;
    struct modbus_link *link = open_line(&l);
    ck_assert_int_eq(ask(link, 100, &e), LINK_OK);
    unplug(&l);
    ck_assert_int_eq(ask(link, 100, &e), LINK_LOST);
    ck_assert(!modbus_link_is_open(link));
    ck_assert_int_eq(ask(link, 100, &e), LINK_LOST);
    ck_assert_int_eq(modbus_link_open(link, &e), LINK_LOST);
    ck_assert_uint_gt(strlen(e.text), 0);
    modbus_link_free(link);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("modbus serial");
    TCase *tests = tcase_create("serial");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, a_serial_line_is_read);
    tcase_add_test(tests, a_late_answer_is_never_taken_for_the_next_question);
    tcase_add_loop_test(tests, what_is_no_answer_is_dropped_and_the_line_goes_on, 0,
                        (int)(sizeof(line_cases) / sizeof(line_cases[0])));
    tcase_add_test(tests, an_unplugged_line_is_lost_and_cannot_be_opened);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
