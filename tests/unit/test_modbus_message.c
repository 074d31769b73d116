// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "modbus/message.h"
#include "tests/unit/run_suite.h"

static const struct register_block two_registers = {3, 0x0134, 2};
static const struct register_write one_register = {6, 0x00C8, 1, {0x001E, 0, 0, 0}, 0};
static const struct register_write four_registers = {16, 0x00CA, 4, {1, 2, 3, 4}, 0};

START_TEST(requests_are_the_bytes_of_the_protocol)
{
    static const uint8_t read[] = {7, 3, 0x01, 0x34, 0, 2}, single[] = {7, 6, 0, 0xC8, 0, 0x1E};
    static const uint8_t several[] = {7, 16, 0, 0xCA, 0, 4, 8, 0, 1, 0, 2, 0, 3, 0, 4};
    uint8_t bytes[MESSAGE_REQUEST_MAX];
    ck_assert_uint_eq(message_read_request(7, &two_registers, bytes), sizeof(read));
    ck_assert_mem_eq(bytes, read, sizeof(read));
    ck_assert_uint_eq(message_write_request(7, &one_register, bytes), sizeof(single));
    ck_assert_mem_eq(bytes, single, sizeof(single));
    ck_assert_uint_eq(message_write_request(7, &four_registers, bytes), sizeof(several));
    ck_assert_mem_eq(bytes, several, sizeof(several));
}
END_TEST

static enum reply_verdict judge_read(const uint8_t *reply, size_t length, uint16_t registers[2], int *exception)
{
    uint8_t request[MESSAGE_REQUEST_MAX];
    size_t n = message_read_request(7, &two_registers, request);
    return message_judge(request, n, reply, length, registers, exception);
}

START_TEST(a_proper_answer_gives_its_registers)
{
    static const uint8_t reply[] = {7, 3, 4, 0x12, 0x34, 0xAB, 0xCD};
    uint16_t registers[2] = {0};
    int exception = 0;
    ck_assert_int_eq(judge_read(reply, sizeof(reply), registers, &exception), REPLY_GOOD);
    ck_assert_uint_eq(registers[0], 0x1234);
    ck_assert_uint_eq(registers[1], 0xABCD);
}
END_TEST

struct bad_reply {
    uint8_t bytes[12];
    size_t length;
    enum reply_verdict verdict;
};

START_TEST(what_answers_another_question_is_not_believed)
{
    static const struct bad_reply replies[] = {
        {{8, 3, 4, 1, 2, 3, 4}, 7, REPLY_FOREIGN},
        {{7, 4, 4, 1, 2, 3, 4}, 7, REPLY_MALFORMED},       // another function
        {{7, 3, 2, 1, 2}, 5, REPLY_MALFORMED},             // fewer registers
        {{7, 3, 6, 1, 2, 3, 4, 5, 6}, 9, REPLY_MALFORMED}, // more registers
        {{7, 3, 4, 1, 2, 3}, 6, REPLY_MALFORMED},          // cut short
        {{7, 3, 4, 1, 2, 3, 4, 5}, 8, REPLY_MALFORMED},    // one byte too many
        {{7, 3}, 2, REPLY_MALFORMED},
        {{7, 0x84, 2}, 3, REPLY_MALFORMED}, // exception to another function
        {{7, 0x83, 2, 0}, 4, REPLY_MALFORMED},
    };
    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        uint16_t registers[2] = {0xDEAD, 0xDEAD};
        int exception = 0;
        ck_assert_int_eq(judge_read(replies[i].bytes, replies[i].length, registers, &exception), replies[i].verdict);
        ck_assert_uint_eq(registers[0], 0xDEAD);
        ck_assert_int_eq(exception, 0);
    }
}
END_TEST

START_TEST(an_exception_is_named)
{
    static const uint8_t reply[] = {7, 0x83, 2};
    uint16_t registers[2];
    int exception = 0;
    ck_assert_int_eq(judge_read(reply, sizeof(reply), registers, &exception), REPLY_EXCEPTION);
    ck_assert_int_eq(exception, 2);
    ck_assert_str_eq(message_exception_text(2), "illegal data address");
    ck_assert_str_eq(message_exception_text(11), "gateway target did not respond");
    ck_assert_str_eq(message_exception_text(9), "unknown");
    ck_assert_str_eq(message_exception_text(255), "unknown");
    ck_assert_str_eq(message_exception_text(-1), "unknown");
}
END_TEST

START_TEST(coils_and_inputs_are_registers_of_one_bit)
{
    static const struct register_block ten = {2, 0x0010, 10};
    static const struct register_write on = {5, 0x0003, 1, {1, 0, 0, 0}, 0}, off = {5, 0x0003, 1, {0, 0, 0, 0}, 0};
    static const uint8_t close[] = {7, 5, 0, 3, 0xFF, 0}, open[] = {7, 5, 0, 3, 0, 0};
    static const uint8_t bits[] = {7, 2, 2, 0x81, 0x02}, registers[] = {7, 2, 4, 0, 1, 0, 0};
    uint16_t values[10];
    uint8_t request[MESSAGE_REQUEST_MAX];
    int exception = 0;
    ck_assert_uint_eq(message_write_request(7, &on, request), sizeof(close));
    ck_assert_mem_eq(request, close, sizeof(close));
    ck_assert_int_eq(message_judge(request, 6, open, 6, NULL, &exception), REPLY_FALSE_ECHO);
    ck_assert_uint_eq(message_write_request(7, &off, request), sizeof(open));
    ck_assert_mem_eq(request, open, sizeof(open));
    ck_assert_int_eq(message_judge(request, 6, open, 6, NULL, &exception), REPLY_GOOD);
    size_t n = message_read_request(7, &ten, request);
    ck_assert_int_eq(message_judge(request, n, bits, sizeof(bits), values, &exception), REPLY_GOOD);
    for (int i = 0; i < 10; i++)
        ck_assert_uint_eq(values[i], i == 0 || i == 7 || i == 9);
    ck_assert_int_eq(message_judge(request, n, bits, 4, values, &exception), REPLY_MALFORMED);
    ck_assert_int_eq(message_judge(request, n, registers, sizeof(registers), values, &exception), REPLY_MALFORMED);
}
END_TEST

START_TEST(a_write_counts_only_when_its_echo_is_true)
{
    static const uint8_t single[] = {7, 6, 0, 0xC8, 0, 0x1E}, other_value[] = {7, 6, 0, 0xC8, 0, 0x1F};
    static const uint8_t several[] = {7, 16, 0, 0xCA, 0, 4}, other_place[] = {7, 16, 0, 0xCB, 0, 4};
    uint8_t request[MESSAGE_REQUEST_MAX];
    int exception = 0;
    size_t n = message_write_request(7, &one_register, request);
    ck_assert_int_eq(message_judge(request, n, single, 6, NULL, &exception), REPLY_GOOD);
    ck_assert_int_eq(message_judge(request, n, other_value, 6, NULL, &exception), REPLY_FALSE_ECHO);
    ck_assert_int_eq(message_judge(request, n, single, 5, NULL, &exception), REPLY_MALFORMED);
    n = message_write_request(7, &four_registers, request);
    ck_assert_int_eq(message_judge(request, n, several, 6, NULL, &exception), REPLY_GOOD);
    ck_assert_int_eq(message_judge(request, n, other_place, 6, NULL, &exception), REPLY_FALSE_ECHO);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("modbus message");
    TCase *tests = tcase_create("message");
    tcase_add_test(tests, requests_are_the_bytes_of_the_protocol);
    tcase_add_test(tests, a_proper_answer_gives_its_registers);
    tcase_add_test(tests, what_answers_another_question_is_not_believed);
    tcase_add_test(tests, an_exception_is_named);
    tcase_add_test(tests, coils_and_inputs_are_registers_of_one_bit);
    tcase_add_test(tests, a_write_counts_only_when_its_echo_is_true);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
