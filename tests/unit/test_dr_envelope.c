// SPDX-License-Identifier: GPL-3.0-or-later
// Signed messages of the grid operator: taken whole as they were signed, or refused with the reason.
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dr/envelope.h"
#include "dr/envelope_seal.h"
#include "tests/unit/run_suite.h"

// The key and the signature that RFC 8037 gives in its appendix A.
#define RFC_SEED      "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
#define RFC_PUBLIC    "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define RFC_INPUT     "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
#define RFC_SIGNATURE "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

#define HEADER(alg, crit, rest) "{\"alg\":" alg ",\"kid\":\"k1\",\"crit\":" crit "," rest "}"
#define BINDING                 "\"area\":\"block\",\"topic\":\"dr/event\""
#define NUMBERS                 "\"seq\":17,\"iat\":1790000000,\"exp\":1790000600"
#define CRIT                    "[\"area\",\"topic\",\"seq\",\"iat\",\"exp\"]"
#define GOOD                    HEADER("\"EdDSA\"", CRIT, BINDING "," NUMBERS)
#define PAYLOAD                 "{\"eventName\":\"less\"}"

static const int64_t ISSUED_S = INT64_C(1790000000), NOW_MS = INT64_C(1790000005000),
                     FOREVER_MS = INT64_C(253402300799000);

static uint8_t seed[ENVELOPE_SEED_SIZE];
static struct site_dr_key keys[2], other_keys[1];
static struct site_dr_sender senders[2];
static struct site site;

static char why[ENVELOPE_WHY_SIZE];
static struct envelope seen;
static int sender;
static char *payload;
static size_t payload_length;

static void set_up(void)
{
    uint8_t other_seed[ENVELOPE_SEED_SIZE] = {7}, other_public[ENVELOPE_PUBLIC_SIZE];
    ck_assert_int_eq(envelope_key_read(RFC_SEED, seed), 0);
    envelope_key_public(other_seed, other_public);
    keys[0] = (struct site_dr_key){.id = "old", .public_key = RFC_PUBLIC, .until_utc_ms = FOREVER_MS, .revoked = true};
    keys[1] = (struct site_dr_key){.id = "k1", .public_key = RFC_PUBLIC, .until_utc_ms = FOREVER_MS};
    other_keys[0] = (struct site_dr_key){.id = "k2", .until_utc_ms = FOREVER_MS};
    envelope_key_write(other_public, other_keys[0].public_key);
    senders[0] = (struct site_dr_sender){.id = "aggregator", .keys = other_keys, .n_keys = 1};
    senders[1] = (struct site_dr_sender){.id = "grid", .keys = keys, .n_keys = 2};
    site = (struct site){.id = "block", .dr = {.senders = senders, .n_senders = 2}};
}

static int verify_at(const char *message, size_t length, int64_t now_ms)
{
    free(payload);
    payload = NULL;
    sender = -7;
    why[0] = '\0';
    return envelope_verify(&site, "dr/event", message, length, now_ms, &seen, &sender, &payload, &payload_length, why,
                           sizeof why);
}

static int verify(const char *message)
{
    return verify_at(message, strlen(message), NOW_MS);
}

// Seals whatever header as a sender might that follows no rules. Owned by the caller.
static char *seal_raw(const char *header, size_t header_length, const char *body, size_t body_length)
{
    uint8_t signature[SEAL_SIGNATURE_SIZE];
    size_t size = seal_encoded_size(header_length) + seal_encoded_size(body_length) + SEAL_SIGNATURE_TEXT;
    char *message = malloc(size);
    ck_assert_ptr_nonnull(message);
    seal_encode(header, header_length, message, size);
    strcat(message, ".");
    size_t at = strlen(message);
    seal_encode(body, body_length, message + at, size - at);
    seal_sign(seed, message, strlen(message), signature);
    strcat(message, ".");
    at = strlen(message);
    seal_encode(signature, sizeof signature, message + at, size - at);
    return message;
}

static int verify_header(const char *header)
{
    char *message = seal_raw(header, strlen(header), PAYLOAD, strlen(PAYLOAD));
    int r = verify(message);
    free(message);
    return r;
}

static struct envelope good_header(void)
{
    return (struct envelope){.key = "k1",
                             .area = "block",
                             .topic = "dr/event",
                             .sequence = 17,
                             .issued_utc_s = ISSUED_S,
                             .expires_utc_s = ISSUED_S + 600};
}

static char *sign(const struct envelope *header)
{
    char *message = NULL;
    ck_assert_int_eq(envelope_sign(header, seed, PAYLOAD, strlen(PAYLOAD), &message), 0);
    return message;
}

static void expect(int result, int code, const char *words)
{
    ck_assert_msg(result == code, "%d instead of %d: %s", result, code, why);
    ck_assert_msg(strstr(why, words) != NULL, "\"%s\" does not say \"%s\"", why, words);
    ck_assert_ptr_null(payload);
    ck_assert_int_eq(sender, -7);
}

START_TEST(the_example_of_rfc_8037_is_signed_and_verified_alike)
{
    uint8_t public_key[ENVELOPE_PUBLIC_SIZE], signature[SEAL_SIGNATURE_SIZE];
    char text[ENVELOPE_KEY_TEXT], signature_text[SEAL_SIGNATURE_TEXT];
    envelope_key_public(seed, public_key);
    envelope_key_write(public_key, text);
    ck_assert_str_eq(text, RFC_PUBLIC);
    seal_sign(seed, RFC_INPUT, strlen(RFC_INPUT), signature);
    seal_encode(signature, sizeof signature, signature_text, sizeof signature_text);
    ck_assert_str_eq(signature_text, RFC_SIGNATURE);
    ck_assert(seal_holds(public_key, RFC_INPUT, strlen(RFC_INPUT), signature));
    ck_assert(!seal_holds(public_key, RFC_INPUT, strlen(RFC_INPUT) - 1, signature));
}
END_TEST

START_TEST(the_example_as_it_stands_is_refused_for_what_it_does_not_bind)
{
    expect(verify(RFC_INPUT "." RFC_SIGNATURE), AEMS_E_FORMAT, "crit");
}
END_TEST

START_TEST(what_was_signed_comes_out_byte_for_byte_and_says_who_sent_it)
{
    struct envelope header = good_header();
    char *message = sign(&header);
    ck_assert(envelope_is(message, strlen(message)));
    ck_assert_msg(verify(message) == 0, "%s", why);
    ck_assert_int_eq(sender, 1);
    ck_assert_uint_eq(payload_length, strlen(PAYLOAD));
    ck_assert_str_eq(payload, PAYLOAD);
    ck_assert_str_eq(seen.key, "k1");
    ck_assert_str_eq(seen.topic, "dr/event");
    ck_assert_uint_eq(seen.sequence, 17);
    ck_assert_int_eq(seen.issued_utc_s, ISSUED_S);
    ck_assert_int_eq(seen.expires_utc_s, ISSUED_S + 600);
    free(message);
}
END_TEST

START_TEST(all_but_the_signature_can_be_judged_at_little_cost)
{
    struct envelope header = good_header();
    char *message = sign(&header);
    size_t length = strlen(message);
    message[length - 10] ^= 1; // of the signature
    why[0] = '\0';
    sender = -7;
    ck_assert_int_eq(envelope_judge(&site, "dr/event", message, length, NOW_MS, &seen, &sender, why, sizeof why), 0);
    ck_assert_int_eq(sender, 1);
    ck_assert_uint_eq(seen.sequence, 17);
    expect(verify(message), AEMS_E_REFUSED, "the signature is not one of key \"k1\"");
    ck_assert_int_eq(envelope_judge(&site, "dr/heartbeat", message, length, NOW_MS, &seen, &sender, why, sizeof why),
                     AEMS_E_REFUSED);
    free(message);
}
END_TEST

START_TEST(bare_objects_are_no_envelopes)
{
    ck_assert(!envelope_is("{\"a\":1}", 7));
    ck_assert(!envelope_is(" \n{}", 4));
    ck_assert(!envelope_is("", 0));
}
END_TEST

START_TEST(each_changed_byte_of_every_part_is_noticed)
{
    struct envelope header = good_header();
    char *message = sign(&header);
    size_t length = strlen(message);
    static const char others[] = "AZaz09-_.= {\"\n\xff";
    for (size_t i = 0; i < length; i++) {
        char before = message[i];
        for (size_t k = 0; k < sizeof others; k++) { // its NUL too
            message[i] = others[k];
            if (others[k] != before)
                ck_assert_msg(verify_at(message, length, NOW_MS) < 0 && why[0] != '\0', "byte %zu as %d", i, others[k]);
            ck_assert(others[k] == before || payload == NULL);
        }
        message[i] = (char)(before ^ 1);
        ck_assert_msg(verify_at(message, length, NOW_MS) < 0, "byte %zu", i);
        message[i] = before;
    }
    ck_assert_int_eq(verify(message), 0);
    free(message);
}
END_TEST

START_TEST(a_message_that_is_cut_short_or_goes_on_is_refused)
{
    struct envelope header = good_header();
    char *message = sign(&header);
    size_t length = strlen(message);
    for (size_t i = 0; i < length; i++)
        ck_assert_int_lt(verify_at(message, i, NOW_MS), 0);
    char *longer = malloc(length + 2);
    ck_assert_ptr_nonnull(longer);
    static const char tails[] = "\nA=. ";
    for (size_t k = 0; k < sizeof tails; k++) {
        memcpy(longer, message, length);
        longer[length] = tails[k];
        ck_assert_int_lt(verify_at(longer, length + 1, NOW_MS), 0);
    }
    free(longer);
    free(message);
}
END_TEST

static const struct {
    const char *header;
    int code;
    const char *why;
} HEADERS[] = {
    {HEADER("\"none\"", CRIT, BINDING "," NUMBERS), AEMS_E_REFUSED, "alg: \"none\": only \"EdDSA\""},
    {HEADER("\"HS256\"", CRIT, BINDING "," NUMBERS), AEMS_E_REFUSED, "alg: \"HS256\""},
    {HEADER("\"eddsa\"", CRIT, BINDING "," NUMBERS), AEMS_E_REFUSED, "alg"},
    {HEADER("null", CRIT, BINDING "," NUMBERS), AEMS_E_REFUSED, "alg"},
    {"{}", AEMS_E_REFUSED, "alg"},
    {"[]", AEMS_E_FORMAT, "expected a JSON object"},
    {"{\"alg\":\"EdDSA\"", AEMS_E_FORMAT, "header: "},
    {GOOD "x", AEMS_E_FORMAT, "header: "},
    {"{\"alg\":\"EdDSA\",\"kid\":\"k1\"," BINDING "," NUMBERS "}", AEMS_E_FORMAT, "crit"},
    {HEADER("\"EdDSA\"", "[]", BINDING "," NUMBERS), AEMS_E_FORMAT, "crit"},
    {HEADER("\"EdDSA\"", "\"area\"", BINDING "," NUMBERS), AEMS_E_FORMAT, "crit"},
    {HEADER("\"EdDSA\"", "[\"area\",\"topic\",\"seq\",\"iat\"]", BINDING "," NUMBERS), AEMS_E_FORMAT, "crit"},
    {HEADER("\"EdDSA\"", "[\"area\",\"topic\",\"seq\",\"iat\",\"iat\"]", BINDING "," NUMBERS), AEMS_E_FORMAT, "crit"},
    {HEADER("\"EdDSA\"", "[\"area\",\"topic\",\"seq\",\"iat\",\"exp\",\"b64\"]", BINDING "," NUMBERS), AEMS_E_FORMAT,
     "crit"},
    {HEADER("\"EdDSA\"", "[\"area\",\"topic\",\"seq\",\"iat\",\"exp\",7]", BINDING "," NUMBERS), AEMS_E_FORMAT, "crit"},
    {HEADER("\"EdDSA\"", CRIT, "\"b64\":false," BINDING "," NUMBERS), AEMS_E_FORMAT, "\"b64\" does not belong here"},
    {HEADER("\"EdDSA\"", CRIT, "\"jwk\":{}," BINDING "," NUMBERS), AEMS_E_FORMAT, "\"jwk\" does not belong here"},
    {HEADER("\"EdDSA\"", CRIT, "\"alg kid\":1," BINDING "," NUMBERS), AEMS_E_FORMAT, "does not belong here"},
    {HEADER("\"EdDSA\"", CRIT, "\"\":1," BINDING "," NUMBERS), AEMS_E_FORMAT, "does not belong here"},
    {HEADER("\"EdDSA\"", CRIT, "\"seq\":18," BINDING "," NUMBERS), AEMS_E_FORMAT, "duplicate"},
    {HEADER("\"EdDSA\"", CRIT, "\"alg\":\"EdDSA\"," BINDING "," NUMBERS), AEMS_E_FORMAT, "duplicate"},
    {HEADER("\"EdDSA\"", CRIT, "\"topic\":\"dr/event\"," NUMBERS), AEMS_E_FORMAT, "area: expected a text"},
    {HEADER("\"EdDSA\"", CRIT, "\"area\":\"block\"," NUMBERS), AEMS_E_FORMAT, "topic: expected a text"},
    {HEADER("\"EdDSA\"", CRIT, "\"area\":7,\"topic\":\"dr/event\"," NUMBERS), AEMS_E_FORMAT, "area"},
    {HEADER("\"EdDSA\"", CRIT, "\"area\":\"block\\u0000\",\"topic\":\"dr/event\"," NUMBERS), AEMS_E_FORMAT, "header"},
    {HEADER("\"EdDSA\"", CRIT, "\"area\":\"else\",\"topic\":\"dr/event\"," NUMBERS), AEMS_E_REFUSED,
     "area \"else\", not for block"},
    {HEADER("\"EdDSA\"", CRIT, "\"area\":\"block\",\"topic\":\"dr/heartbeat\"," NUMBERS), AEMS_E_REFUSED,
     "topic \"dr/heartbeat\", not for dr/event"},
    {HEADER("\"EdDSA\"", CRIT, BINDING ",\"seq\":0,\"iat\":1790000000,\"exp\":1790000600"), AEMS_E_FORMAT, "seq"},
    {HEADER("\"EdDSA\"", CRIT, BINDING ",\"seq\":-1,\"iat\":1790000000,\"exp\":1790000600"), AEMS_E_FORMAT, "seq"},
    {HEADER("\"EdDSA\"", CRIT, BINDING ",\"seq\":17.0,\"iat\":1790000000,\"exp\":1790000600"), AEMS_E_FORMAT, "seq"},
    {HEADER("\"EdDSA\"", CRIT, BINDING ",\"seq\":\"17\",\"iat\":1790000000,\"exp\":1790000600"), AEMS_E_FORMAT, "seq"},
    {HEADER("\"EdDSA\"", CRIT, BINDING ",\"seq\":9007199254740993,\"iat\":1790000000,\"exp\":1790000600"),
     AEMS_E_FORMAT, "seq: expected a whole number from 1 to 9007199254740992"},
    {HEADER("\"EdDSA\"", CRIT, BINDING ",\"seq\":1e400,\"iat\":1790000000,\"exp\":1790000600"), AEMS_E_FORMAT, ""},
    {HEADER("\"EdDSA\"", CRIT, BINDING ",\"seq\":17,\"iat\":1790000000"), AEMS_E_FORMAT, "exp"},
    {HEADER("\"EdDSA\"", CRIT, BINDING ",\"seq\":17,\"exp\":1790000600"), AEMS_E_FORMAT, "iat"},
    {HEADER("\"EdDSA\"", CRIT, BINDING ",\"seq\":17,\"iat\":1790000066,\"exp\":1790000600"), AEMS_E_REFUSED,
     "more than 60 s ahead"},
    {HEADER("\"EdDSA\"", CRIT, BINDING ",\"seq\":17,\"iat\":1790000000,\"exp\":1790086401"), AEMS_E_REFUSED,
     "exp: expected 1 to 86400 s after iat"},
    {HEADER("\"EdDSA\"", CRIT, BINDING ",\"seq\":17,\"iat\":1790000000,\"exp\":1790000000"), AEMS_E_REFUSED, "exp"},
    {HEADER("\"EdDSA\"", CRIT, BINDING ",\"seq\":17,\"iat\":1789999000,\"exp\":1790000005"), AEMS_E_REFUSED,
     "expired at 2026-09-21T14:13:25Z"},
    {HEADER("\"EdDSA\"", CRIT, BINDING ",\"seq\":17,\"iat\":0,\"exp\":9223372036854775807"), AEMS_E_FORMAT, "exp"},
};

START_TEST(headers_that_are_validly_signed_but_wrong_are_refused_with_the_reason)
{
    expect(verify_header(HEADERS[_i].header), HEADERS[_i].code, HEADERS[_i].why);
}
END_TEST

START_TEST(a_header_made_by_hand_in_another_order_is_as_good)
{
    ck_assert_msg(verify_header(GOOD) == 0, "%s", why);
    ck_assert_msg(verify_header("{" NUMBERS "," BINDING ",\"crit\":[\"exp\",\"iat\",\"seq\",\"topic\",\"area\"]"
                                ",\"kid\":\"k1\",\"alg\":\"EdDSA\"}") == 0,
                  "%s", why);
    ck_assert_msg(verify_header(HEADER("\"EdDSA\"", CRIT,
                                       BINDING ",\"seq\":9007199254740992,\"iat\":1790000065,"
                                               "\"exp\":1790086465")) == 0,
                  "%s", why);
}
END_TEST

START_TEST(keys_count_while_they_are_valid_known_and_not_revoked)
{
    struct envelope header = good_header();
    char *message = sign(&header);
    keys[1].from_utc_ms = NOW_MS + 1;
    expect(verify(message), AEMS_E_REFUSED, "key \"k1\" is not valid before 2026-09-21T14:13:25.001Z");
    keys[1].from_utc_ms = NOW_MS; // it was issued before
    expect(verify(message), AEMS_E_REFUSED, "key \"k1\" is not valid before 2026-09-21T14:13:25Z");
    keys[1].from_utc_ms = ISSUED_S * 1000;
    ck_assert_int_eq(verify(message), 0);
    keys[1].until_utc_ms = NOW_MS;
    expect(verify(message), AEMS_E_REFUSED, "key \"k1\" was valid until 2026-09-21T14:13:25Z");
    keys[1].until_utc_ms = NOW_MS + 1;
    ck_assert_int_eq(verify(message), 0);
    keys[1].revoked = true;
    expect(verify(message), AEMS_E_REFUSED, "key \"k1\" is revoked");
    snprintf(keys[1].id, sizeof keys[1].id, "k9");
    expect(verify(message), AEMS_E_REFUSED, "key \"k1\" is not known here");
    ck_assert_str_eq(seen.key, "k1"); // what the header says is told all the same
    free(message);
    snprintf(header.key, sizeof header.key, "old");
    message = sign(&header);
    expect(verify(message), AEMS_E_REFUSED, "key \"old\" is revoked");
    free(message);
}
END_TEST

START_TEST(a_message_under_the_name_of_anothers_key_is_refused)
{
    struct envelope header = good_header();
    snprintf(header.key, sizeof header.key, "k2");
    char *message = sign(&header); // by k1
    expect(verify(message), AEMS_E_REFUSED, "the signature is not one of key \"k2\"");
    free(message);
    snprintf(keys[1].public_key, sizeof keys[1].public_key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    header = good_header();
    message = sign(&header);
    expect(verify(message), AEMS_E_REFUSED, "the signature is not"); // a point of small order signs nothing
    snprintf(keys[1].public_key, sizeof keys[1].public_key, "AAAA");
    expect(verify(message), AEMS_E_REFUSED, "without a usable public key");
    free(message);
}
END_TEST

START_TEST(padding_spaces_and_spare_bits_are_no_base64url)
{
    // One byte more or less in the header leaves 0, 2 or 4 spare bits at its end.
    static const char *const headers[] = {GOOD, GOOD " ", GOOD "  "};
    for (size_t i = 0; i < 3; i++) {
        char *message = seal_raw(headers[i], strlen(headers[i]), PAYLOAD, strlen(PAYLOAD));
        ck_assert_msg(verify(message) == 0, "%s", why);
        char *dot = strchr(message, '.'), *wrong = calloc(1, strlen(message) + 8);
        ck_assert_ptr_nonnull(wrong);
        for (size_t k = 0; k < 3; k++) {
            static const char *const inserted[] = {"=", "==", "\n"};
            sprintf(wrong, "%.*s%s%s", (int)(dot - message), message, inserted[k], dot);
            expect(verify(wrong), AEMS_E_FORMAT, "header: expected base64url without padding");
        }
        sprintf(wrong, "%s", message);
        wrong[dot - message - 1]++; // A -> B: the same bytes, were spare bits let pass
        if (strlen(headers[i]) % 3 != 0)
            expect(verify(wrong), AEMS_E_FORMAT, "base64url");
        free(wrong);
        free(message);
    }
}
END_TEST

START_TEST(a_payload_that_is_signed_but_no_base64url_is_refused)
{
    static const char *const bodies[] = {"", "e30=", "e31", "e 30", "e30/"}; // "e31": spare bits
    for (size_t i = 0; i < 5; i++) {
        uint8_t signature[SEAL_SIGNATURE_SIZE];
        char message[1024];
        seal_encode(GOOD, strlen(GOOD), message, sizeof message);
        strcat(message, ".");
        strcat(message, bodies[i]);
        seal_sign(seed, message, strlen(message), signature);
        strcat(message, ".");
        seal_encode(signature, sizeof signature, message + strlen(message), SEAL_SIGNATURE_TEXT);
        expect(verify(message), AEMS_E_FORMAT, "payload: ");
    }
}
END_TEST

START_TEST(what_is_too_large_is_refused_before_it_is_looked_at)
{
    char *large = malloc(ENVELOPE_MAX_BYTES + 2);
    ck_assert_ptr_nonnull(large);
    memset(large, 'A', ENVELOPE_MAX_BYTES + 1);
    large[ENVELOPE_MAX_BYTES + 1] = '\0';
    expect(verify(large), AEMS_E_LIMIT, "16385 bytes: expected at most 16384");
    ck_assert_str_eq(seen.key, "");
    free(large);

    char header[1400] = HEADER("\"EdDSA\"", CRIT, BINDING "," NUMBERS);
    size_t length = strlen(header);
    memset(header + length, ' ', 1025 - length);
    header[1025] = '\0';
    expect(verify_header(header), AEMS_E_FORMAT, "of at most 1024 bytes");
    header[1024] = '\0';
    ck_assert_msg(verify_header(header) == 0, "%s", why);
}
END_TEST

START_TEST(the_largest_message_that_can_be_signed_is_taken)
{
    static char body[ENVELOPE_MAX_BYTES + 1];
    struct envelope header = good_header();
    char *message = NULL;
    memset(body, 'x', sizeof body);
    size_t length = ENVELOPE_MAX_BYTES;
    while (length > 0 && envelope_sign(&header, seed, body, length, &message) == AEMS_E_RANGE)
        length--;
    ck_assert_uint_gt(length, 12000 - 250);
    ck_assert_uint_le(strlen(message), ENVELOPE_MAX_BYTES);
    ck_assert_msg(verify(message) == 0, "%s", why);
    ck_assert_uint_eq(payload_length, length);
    free(message);
}
END_TEST

START_TEST(headers_that_would_be_refused_cannot_be_signed)
{
    struct envelope h = good_header(), wrong[] = {h, h, h, h, h, h};
    char *message = NULL;
    wrong[0].sequence = 0;
    wrong[1].sequence = (UINT64_C(1) << 53) + 1;
    wrong[2].expires_utc_s = h.issued_utc_s;
    wrong[3].expires_utc_s = h.issued_utc_s + ENVELOPE_MAX_LIFE_S + 1;
    wrong[4].key[0] = '\0';
    wrong[5].issued_utc_s = -1;
    for (size_t i = 0; i < 6; i++)
        ck_assert_int_eq(envelope_sign(&wrong[i], seed, "{}", 2, &message), AEMS_E_RANGE);
    ck_assert_int_eq(envelope_sign(&h, seed, "", 0, &message), AEMS_E_RANGE);
    ck_assert_ptr_null(message);
}
END_TEST

START_TEST(keys_are_43_characters_and_nothing_else)
{
    uint8_t key[32] = {0}, made[2][32];
    char text[ENVELOPE_KEY_TEXT];
    static const char *const wrong[] = {"",
                                        "AAAA",
                                        RFC_SEED "=",
                                        RFC_SEED "A",
                                        "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
                                        "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2B"}; // spare bits
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(envelope_key_read(wrong[i], key) == AEMS_E_FORMAT, "%s", wrong[i]);
    ck_assert_int_eq(envelope_key_read(RFC_SEED, key), 0);
    envelope_key_write(key, text);
    ck_assert_str_eq(text, RFC_SEED);
    envelope_key_make(made[0]);
    envelope_key_make(made[1]);
    ck_assert(memcmp(made[0], made[1], 32) != 0);
}
END_TEST

START_TEST(anything_but_three_parts_is_named_as_such)
{
    static const char *const wrong[] = {"", "abc", "a.b", "a.b.c.d", "...", "{\"id\":1}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect(verify(wrong[i]), AEMS_E_FORMAT, "three parts");
    expect(verify("a.b.c"), AEMS_E_FORMAT, "signature: 1 characters: expected 86");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dr envelope");
    TCase *t = tcase_create("envelope");
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, the_example_of_rfc_8037_is_signed_and_verified_alike);
    tcase_add_test(t, the_example_as_it_stands_is_refused_for_what_it_does_not_bind);
    tcase_add_test(t, what_was_signed_comes_out_byte_for_byte_and_says_who_sent_it);
    tcase_add_test(t, all_but_the_signature_can_be_judged_at_little_cost);
    tcase_add_test(t, bare_objects_are_no_envelopes);
    tcase_add_test(t, each_changed_byte_of_every_part_is_noticed);
    tcase_add_test(t, a_message_that_is_cut_short_or_goes_on_is_refused);
    tcase_add_loop_test(t, headers_that_are_validly_signed_but_wrong_are_refused_with_the_reason, 0,
                        sizeof HEADERS / sizeof *HEADERS);
    tcase_add_test(t, a_header_made_by_hand_in_another_order_is_as_good);
    tcase_add_test(t, keys_count_while_they_are_valid_known_and_not_revoked);
    tcase_add_test(t, a_message_under_the_name_of_anothers_key_is_refused);
    tcase_add_test(t, padding_spaces_and_spare_bits_are_no_base64url);
    tcase_add_test(t, a_payload_that_is_signed_but_no_base64url_is_refused);
    tcase_add_test(t, what_is_too_large_is_refused_before_it_is_looked_at);
    tcase_add_test(t, the_largest_message_that_can_be_signed_is_taken);
    tcase_add_test(t, headers_that_would_be_refused_cannot_be_signed);
    tcase_add_test(t, keys_are_43_characters_and_nothing_else);
    tcase_add_test(t, anything_but_three_parts_is_named_as_such);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
