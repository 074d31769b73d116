// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pdu.h"
#include "tests/unit/run_suite.h"

static const uint8_t tcp_read[] = {0x12, 0x34, 0, 0, 0, 6, 17, 3, 0, 100, 0, 2};
static const uint8_t rtu_read[] = {0x01, 0x03, 0x00, 0x00, 0x00, 0x0A, 0xC5, 0xCD};

// ---- frames -------------------------------------------------------------------------------------------------------

START_TEST(a_tcp_frame_is_taken_when_it_is_whole)
{
    struct frame f;
    for (size_t n = 0; n < sizeof tcp_read; n++)
        ck_assert_int_eq(frame_take_tcp(tcp_read, n, &f), 0);
    ck_assert_int_eq(frame_take_tcp(tcp_read, sizeof tcp_read, &f), (int)sizeof tcp_read);
    ck_assert_uint_eq(f.transaction, 0x1234);
    ck_assert_int_eq(f.unit, 17);
    ck_assert_uint_eq(f.pdu.length, 5);
    uint8_t back[ADU_MAX];
    ck_assert_uint_eq(frame_put_tcp(&f, back), sizeof tcp_read);
    ck_assert_mem_eq(back, tcp_read, sizeof tcp_read);
}
END_TEST

START_TEST(a_tcp_frame_of_another_protocol_or_length_is_refused)
{
    struct frame f;
    uint8_t bytes[sizeof tcp_read];
    memcpy(bytes, tcp_read, sizeof bytes);
    bytes[3] = 1;
    ck_assert_int_eq(frame_take_tcp(bytes, sizeof bytes, &f), AEMS_E_FORMAT);
    memcpy(bytes, tcp_read, sizeof bytes);
    bytes[5] = 1; // no room for a function code
    ck_assert_int_eq(frame_take_tcp(bytes, sizeof bytes, &f), AEMS_E_FORMAT);
    bytes[5] = 255;
    ck_assert_int_eq(frame_take_tcp(bytes, sizeof bytes, &f), AEMS_E_FORMAT);
}
END_TEST

START_TEST(an_rtu_frame_is_known_by_its_checksum)
{
    struct frame f;
    uint8_t bytes[sizeof rtu_read], back[ADU_MAX];
    ck_assert_int_eq(frame_take_rtu(rtu_read, sizeof rtu_read, &f), (int)sizeof rtu_read);
    ck_assert_int_eq(f.unit, 1);
    ck_assert_uint_eq(frame_put_rtu(&f, back), sizeof rtu_read);
    ck_assert_mem_eq(back, rtu_read, sizeof rtu_read);
    memcpy(bytes, rtu_read, sizeof bytes);
    bytes[3] ^= 0x40;
    ck_assert_int_eq(frame_take_rtu(bytes, sizeof bytes, &f), AEMS_E_FORMAT);
    ck_assert_int_eq(frame_take_rtu(rtu_read, sizeof rtu_read - 1, &f), 0);
}
END_TEST

// ---- requests -----------------------------------------------------------------------------------------------------

// A meter of one register, 100 holding "3", and a setpoint register 200.
struct bench {
    struct site site;
    struct site_device of;
    struct site_asset asset;
    struct profile profile;
    struct profile_write set;
    struct plant_device *device;
};

static void set_up(struct bench *b)
{
    *b = (struct bench){.asset = {.kind = ASSET_BATTERY, .max_power_w = 1000}};
    b->site = (struct site){.assets = &b->asset, .n_assets = 1, .devices = &b->of, .n_devices = 1};
    b->set = (struct profile_write){.source = WRITE_SETPOINT,
                                    .type = REGISTER_INT16,
                                    .function = 16,
                                    .address = 200,
                                    .scale = 1,
                                    .scale_address = -1};
    b->profile = (struct profile){
        .kind = PROFILE_BATTERY, .set = &b->set, .n_set = 1, .max_read = 125, .max_write = 123, .serial_address = -1};
    ck_assert_int_eq(plant_device_new(&b->site, 0, &b->profile, &b->device), 0);
}

static struct pdu answer(struct bench *b, const uint8_t *bytes, size_t length)
{
    struct pdu request = {.length = length}, reply;
    struct pdu_write write;
    memcpy(request.bytes, bytes, length);
    pdu_answer(b->device, &request, 1, &reply, &write);
    return reply;
}

static void expect_exception(struct bench *b, const uint8_t *bytes, size_t length, int code)
{
    struct pdu reply = answer(b, bytes, length);
    ck_assert_uint_eq(reply.length, 2);
    ck_assert_uint_eq(reply.bytes[0], bytes[0] | 0x80u);
    ck_assert_int_eq(reply.bytes[1], code);
}

START_TEST(a_write_is_acknowledged_and_read_back)
{
    static const uint8_t write[] = {16, 0, 200, 0, 1, 2, 0xFF, 0x9C}; // -100
    static const uint8_t read[] = {3, 0, 200, 0, 1};
    struct bench b;
    set_up(&b);
    struct pdu reply = answer(&b, write, sizeof write);
    ck_assert_uint_eq(reply.length, 5);
    ck_assert_mem_eq(reply.bytes, write, 5);
    ck_assert_double_eq(plant_device_told(b.device).setpoint_w, -100);
    reply = answer(&b, read, sizeof read);
    ck_assert_uint_eq(reply.length, 4);
    ck_assert_mem_eq(reply.bytes, "\x03\x02\xFF\x9C", 4);
    plant_device_free(b.device);
}
END_TEST

START_TEST(a_coil_is_switched_and_read_as_a_bit)
{
    static const uint8_t on[] = {5, 0, 200, 0xFF, 0}, neither[] = {5, 0, 200, 0, 1}, read[] = {1, 0, 200, 0, 1};
    struct bench b;
    set_up(&b);
    plant_device_free(b.device);
    b.set.function = 5;
    b.set.type = REGISTER_UINT16;
    ck_assert_int_eq(plant_device_new(&b.site, 0, &b.profile, &b.device), 0);
    struct pdu reply = answer(&b, on, sizeof on);
    ck_assert_uint_eq(reply.length, 5);
    ck_assert_mem_eq(reply.bytes, on, 5);
    ck_assert_double_eq(plant_device_told(b.device).setpoint_w, 1);
    reply = answer(&b, read, sizeof read);
    ck_assert_uint_eq(reply.length, 3);
    ck_assert_mem_eq(reply.bytes, "\x01\x01\x01", 3);
    expect_exception(&b, neither, sizeof neither, EXCEPTION_VALUE);
    plant_device_free(b.device);
}
END_TEST

START_TEST(malformed_requests_get_exceptions)
{
    static const uint8_t coils[] = {15, 0, 200, 0, 1};
    static const uint8_t short_read[] = {3, 0, 200, 0};
    static const uint8_t long_read[] = {3, 0, 200, 0, 126};
    static const uint8_t elsewhere[] = {3, 0, 199, 0, 2};
    static const uint8_t liar[] = {16, 0, 200, 0, 1, 4, 0, 1};
    static const uint8_t nothing[] = {16, 0, 200, 0, 0, 0};
    static const uint8_t wrong_function[] = {6, 0, 200, 0, 1};
    struct bench b;
    set_up(&b);
    expect_exception(&b, coils, sizeof coils, EXCEPTION_FUNCTION);
    expect_exception(&b, short_read, sizeof short_read, EXCEPTION_VALUE);
    expect_exception(&b, long_read, sizeof long_read, EXCEPTION_VALUE);
    expect_exception(&b, elsewhere, sizeof elsewhere, EXCEPTION_ADDRESS);
    expect_exception(&b, liar, sizeof liar, EXCEPTION_VALUE);
    expect_exception(&b, nothing, sizeof nothing, EXCEPTION_VALUE);
    expect_exception(&b, wrong_function, sizeof wrong_function, EXCEPTION_ADDRESS);
    plant_device_free(b.device);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plant pdu");
    TCase *c = tcase_create("pdu");
    tcase_add_test(c, a_tcp_frame_is_taken_when_it_is_whole);
    tcase_add_test(c, a_tcp_frame_of_another_protocol_or_length_is_refused);
    tcase_add_test(c, an_rtu_frame_is_known_by_its_checksum);
    tcase_add_test(c, a_write_is_acknowledged_and_read_back);
    tcase_add_test(c, a_coil_is_switched_and_read_as_a_bit);
    tcase_add_test(c, malformed_requests_get_exceptions);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
