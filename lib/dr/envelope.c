// SPDX-License-Identifier: GPL-3.0-or-later
// Made and judged from the outside in: form, header, who, what for, when; the signature, which costs most, at last.
#include "dr/envelope.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/text.h"
#include "dr/envelope_seal.h"

enum { HEADER_MAX_BYTES = 1024, QUOTE_SIZE = 72 };

static const int64_t SEQUENCE_MAX = INT64_C(1) << 53;    // what every JSON reader keeps exactly
static const int64_t TIME_MAX_S = INT64_C(253402300799); // the end of 9999

static const char *const BOUND[] = {"area", "topic", "seq", "iat", "exp"}; // `crit`
enum { N_BOUND = sizeof(BOUND) / sizeof(*BOUND) };

struct parts {
    const char *header, *payload, *signature; // base64url
    size_t header_length, payload_length, signature_length;
    size_t signed_length; // of header, dot and payload
};

struct judging {
    char *why;
    size_t why_size;
};

__attribute__((format(printf, 3, 4))) static int complain(const struct judging *j, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(j->why, j->why_size, format, arguments);
    va_end(arguments);
    return code;
}

// ---- form -----------------------------------------------------------------------------------------------------------

static bool is_base64url(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool envelope_is(const char *message, size_t length)
{
    return length > 0 && is_base64url(message[0]);
}

static int split(const struct judging *j, const char *message, size_t length, struct parts *ret_parts)
{
    if (length > ENVELOPE_MAX_BYTES)
        return complain(j, AEMS_E_LIMIT, "%zu bytes: expected at most %d", length, ENVELOPE_MAX_BYTES);
    const char *first = memchr(message, '.', length), *end = message + length;
    const char *second = first != NULL ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
    if (second == NULL || memchr(second + 1, '.', (size_t)(end - second - 1)) != NULL)
        return complain(j, AEMS_E_FORMAT, "expected a signed message of three parts, header.payload.signature");
    *ret_parts = (struct parts){.header = message,
                                .header_length = (size_t)(first - message),
                                .payload = first + 1,
                                .payload_length = (size_t)(second - first - 1),
                                .signature = second + 1,
                                .signature_length = (size_t)(end - second - 1),
                                .signed_length = (size_t)(second - message)};
    if (ret_parts->signature_length != SEAL_SIGNATURE_TEXT - 1)
        return complain(j, AEMS_E_FORMAT, "signature: %zu characters: expected %d", ret_parts->signature_length,
                        SEAL_SIGNATURE_TEXT - 1);
    return 0;
}

// ---- header ---------------------------------------------------------------------------------------------------------

static const char *quoted(const char *text, char ret_text[static QUOTE_SIZE])
{
    text_escape(ret_text, QUOTE_SIZE, text);
    return ret_text;
}

static int read_text(const struct judging *j, json_t *header, const char *key, char *target, size_t size)
{
    const char *text = json_string_value(json_object_get(header, key));
    if (text == NULL || text[0] == '\0' || text_copy(target, size, text) < 0)
        return complain(j, AEMS_E_FORMAT, "header: %s: expected a text of 1 to %zu bytes", key, size - 1);
    return 0;
}

static int read_number(const struct judging *j, json_t *header, const char *key, int64_t least, int64_t most,
                       int64_t *ret_number)
{
    json_t *number = json_object_get(header, key);
    int64_t value = json_integer_value(number);
    if (!json_is_integer(number) || value < least || value > most)
        return complain(j, AEMS_E_FORMAT, "header: %s: expected a whole number from %" PRId64 " to %" PRId64, key,
                        least, most);
    *ret_number = value;
    return 0;
}

static int judge_algorithm(const struct judging *j, json_t *header)
{
    char quote[QUOTE_SIZE];
    const char *name = json_string_value(json_object_get(header, "alg"));
    if (name != NULL && strcmp(name, "EdDSA") == 0)
        return 0;
    return complain(j, AEMS_E_REFUSED, "header: alg: \"%s\": only \"EdDSA\" is taken",
                    quoted(name != NULL ? name : "", quote));
}

static int judge_keys(const struct judging *j, json_t *header)
{
    static const char known[] = " alg kid crit area topic seq iat exp ";
    char quote[QUOTE_SIZE], spaced[QUOTE_SIZE];
    const char *key;
    json_t *value;
    json_object_foreach(header, key, value)
    {
        bool fits = key[0] != '\0' && strchr(key, ' ') == NULL && strlen(key) < 16;
        snprintf(spaced, sizeof(spaced), " %s ", fits ? key : "-");
        if (!fits || strstr(known, spaced) == NULL)
            return complain(j, AEMS_E_FORMAT, "header: \"%s\" does not belong here", quoted(key, quote));
    }
    return 0;
}

// All five, each once, and nothing else: a reader that knows less of them must not take the message.
static int judge_critical(const struct judging *j, json_t *header)
{
    json_t *list = json_object_get(header, "crit");
    unsigned seen = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        unsigned found = 0;
        for (size_t k = 0; name != NULL && k < N_BOUND; k++)
            if (strcmp(name, BOUND[k]) == 0)
                found = 1U << k;
        if (found == 0 || (seen & found) != 0) {
            seen = 0;
            break;
        }
        seen |= found;
    }
    if (seen != (1U << N_BOUND) - 1)
        return complain(j, AEMS_E_FORMAT, "header: crit: expected [\"area\",\"topic\",\"seq\",\"iat\",\"exp\"]");
    return 0;
}

static int read_fields(const struct judging *j, json_t *header, struct envelope *ret_envelope)
{
    struct envelope e = {0};
    int64_t sequence = 0;
    int r = judge_algorithm(j, header);
    if (r == 0)
        r = judge_keys(j, header);
    if (r == 0)
        r = judge_critical(j, header);
    if (r == 0)
        r = read_text(j, header, "kid", e.key, sizeof(e.key));
    if (r == 0)
        r = read_text(j, header, "area", e.area, sizeof(e.area));
    if (r == 0)
        r = read_text(j, header, "topic", e.topic, sizeof(e.topic));
    if (r == 0)
        r = read_number(j, header, "seq", 1, SEQUENCE_MAX, &sequence);
    if (r == 0)
        r = read_number(j, header, "iat", 0, TIME_MAX_S, &e.issued_utc_s);
    if (r == 0)
        r = read_number(j, header, "exp", 0, TIME_MAX_S, &e.expires_utc_s);
    e.sequence = (uint64_t)sequence;
    if (r == 0)
        *ret_envelope = e;
    return r;
}

static int read_header(const struct judging *j, const struct parts *p, struct envelope *ret_envelope)
{
    char text[HEADER_MAX_BYTES], quote[QUOTE_SIZE];
    size_t length = 0;
    json_error_t error;
    if (seal_decode(p->header, p->header_length, (uint8_t *)text, sizeof(text), &length) < 0)
        return complain(j, AEMS_E_FORMAT, "header: expected base64url without padding, of at most %d bytes",
                        HEADER_MAX_BYTES);
    json_t *header = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    int r = 0;
    if (header == NULL)
        r = complain(j, AEMS_E_FORMAT, "header: %s", quoted(error.text, quote));
    else if (!json_is_object(header))
        r = complain(j, AEMS_E_FORMAT, "header: expected a JSON object");
    else
        r = read_fields(j, header, ret_envelope);
    json_decref(header);
    return r;
}

// ---- who, what for, when --------------------------------------------------------------------------------------------

static const struct site_dr_key *find_key(const struct site *s, const char *id, int *ret_sender)
{
    for (size_t i = 0; i < s->dr.n_senders; i++)
        for (size_t k = 0; k < s->dr.senders[i].n_keys; k++)
            if (strcmp(s->dr.senders[i].keys[k].id, id) == 0) {
                *ret_sender = (int)i;
                return &s->dr.senders[i].keys[k];
            }
    return NULL;
}

static int judge_key(const struct judging *j, const struct site_dr_key *key, const struct envelope *e,
                     int64_t now_utc_ms)
{
    char quote[QUOTE_SIZE], time[RFC3339_SIZE];
    int64_t issued_ms = e->issued_utc_s * 1000; // both count: when it was issued, and when it came
    int64_t first_ms = issued_ms < now_utc_ms ? issued_ms : now_utc_ms;
    int64_t last_ms = issued_ms > now_utc_ms ? issued_ms : now_utc_ms;
    if (key == NULL)
        return complain(j, AEMS_E_REFUSED, "key \"%s\" is not known here", quoted(e->key, quote));
    if (key->revoked)
        return complain(j, AEMS_E_REFUSED, "key \"%s\" is revoked", quoted(e->key, quote));
    if (first_ms < key->from_utc_ms) {
        rfc3339_format(key->from_utc_ms, time);
        return complain(j, AEMS_E_REFUSED, "key \"%s\" is not valid before %s", quoted(e->key, quote), time);
    }
    if (last_ms >= key->until_utc_ms) {
        rfc3339_format(key->until_utc_ms, time);
        return complain(j, AEMS_E_REFUSED, "key \"%s\" was valid until %s", quoted(e->key, quote), time);
    }
    return 0;
}

static int judge_purpose(const struct judging *j, const struct site *s, const char *topic, const struct envelope *e)
{
    char quote[QUOTE_SIZE];
    if (strcmp(e->area, s->id) != 0)
        return complain(j, AEMS_E_REFUSED, "signed for area \"%s\", not for %s", quoted(e->area, quote), s->id);
    if (strcmp(e->topic, topic) != 0)
        return complain(j, AEMS_E_REFUSED, "signed for topic \"%s\", not for %.80s", quoted(e->topic, quote), topic);
    return 0;
}

static int judge_times(const struct judging *j, const struct envelope *e, int64_t now_utc_ms)
{
    char time[RFC3339_SIZE];
    if (e->expires_utc_s <= e->issued_utc_s || e->expires_utc_s - e->issued_utc_s > ENVELOPE_MAX_LIFE_S)
        return complain(j, AEMS_E_REFUSED, "header: exp: expected 1 to %d s after iat", ENVELOPE_MAX_LIFE_S);
    if (e->issued_utc_s * 1000 > now_utc_ms + ENVELOPE_MAX_AHEAD_S * 1000) {
        rfc3339_format(e->issued_utc_s * 1000, time);
        return complain(j, AEMS_E_REFUSED, "issued at %s, which is more than %d s ahead of this area's clock", time,
                        ENVELOPE_MAX_AHEAD_S);
    }
    if (now_utc_ms >= e->expires_utc_s * 1000) {
        rfc3339_format(e->expires_utc_s * 1000, time);
        return complain(j, AEMS_E_REFUSED, "expired at %s", time);
    }
    return 0;
}

// ---- signature ------------------------------------------------------------------------------------------------------

static int judge_signature(const struct judging *j, const struct parts *p, const struct site_dr_key *key)
{
    uint8_t public_key[ENVELOPE_PUBLIC_SIZE], signature[SEAL_SIGNATURE_SIZE];
    size_t length = 0;
    if (seal_decode(p->signature, p->signature_length, signature, sizeof(signature), &length) < 0 ||
        length != sizeof(signature))
        return complain(j, AEMS_E_FORMAT, "signature: expected base64url without padding");
    if (envelope_key_read(key->public_key, public_key) < 0)
        return complain(j, AEMS_E_REFUSED, "key \"%s\" is configured without a usable public key", key->id);
    if (!seal_holds(public_key, p->header, p->signed_length, signature))
        return complain(j, AEMS_E_REFUSED, "the signature is not one of key \"%s\" over this message", key->id);
    return 0;
}

static int take_payload(const struct judging *j, const struct parts *p, char **ret_payload, size_t *ret_length)
{
    size_t size = p->payload_length * 3 / 4 + 1, length = 0;
    char *payload = p->payload_length > 0 ? malloc(size) : NULL;
    if (p->payload_length == 0)
        return complain(j, AEMS_E_FORMAT, "payload: nothing is in it");
    if (payload == NULL)
        return complain(j, AEMS_E_NOMEM, "out of memory");
    if (seal_decode(p->payload, p->payload_length, (uint8_t *)payload, size - 1, &length) < 0) {
        free(payload);
        return complain(j, AEMS_E_FORMAT, "payload: expected base64url without padding");
    }
    payload[length] = '\0';
    *ret_payload = payload;
    *ret_length = length;
    return 0;
}

// All but the signature.
static int judge(const struct judging *j, const struct site *s, const char *topic, const char *message, size_t length,
                 int64_t now_utc_ms, struct parts *ret_parts, struct envelope *ret_envelope,
                 const struct site_dr_key **ret_key, int *ret_sender)
{
    struct envelope e = {0};
    *ret_envelope = e;
    int r = split(j, message, length, ret_parts);
    if (r == 0)
        r = read_header(j, ret_parts, &e);
    if (r < 0)
        return r;
    *ret_envelope = e;
    *ret_key = find_key(s, e.key, ret_sender);
    r = judge_key(j, *ret_key, &e, now_utc_ms);
    if (r == 0)
        r = judge_purpose(j, s, topic, &e);
    if (r == 0)
        r = judge_times(j, &e, now_utc_ms);
    return r;
}

int envelope_judge(const struct site *s, const char *topic, const char *message, size_t length, int64_t now_utc_ms,
                   struct envelope *ret_envelope, int *ret_sender, char *ret_why, size_t why_size)
{
    const struct judging j = {ret_why, why_size};
    const struct site_dr_key *key = NULL;
    struct parts parts = {0};
    int sender = -1;
    int r = judge(&j, s, topic, message, length, now_utc_ms, &parts, ret_envelope, &key, &sender);
    if (r == 0)
        *ret_sender = sender;
    return r;
}

int envelope_verify(const struct site *s, const char *topic, const char *message, size_t length, int64_t now_utc_ms,
                    struct envelope *ret_envelope, int *ret_sender, char **ret_payload, size_t *ret_length,
                    char *ret_why, size_t why_size)
{
    const struct judging j = {ret_why, why_size};
    const struct site_dr_key *key = NULL;
    struct parts parts = {0};
    int sender = -1;
    int r = judge(&j, s, topic, message, length, now_utc_ms, &parts, ret_envelope, &key, &sender);
    if (r == 0)
        r = judge_signature(&j, &parts, key);
    if (r == 0)
        r = take_payload(&j, &parts, ret_payload, ret_length);
    if (r == 0)
        *ret_sender = sender;
    return r;
}

// ---- making one -----------------------------------------------------------------------------------------------------

static bool is_sound(const struct envelope *e)
{
    return e->key[0] != '\0' && e->area[0] != '\0' && e->topic[0] != '\0' && e->sequence >= 1 &&
           e->sequence <= (uint64_t)SEQUENCE_MAX && e->issued_utc_s >= 0 && e->expires_utc_s <= TIME_MAX_S &&
           e->expires_utc_s > e->issued_utc_s && e->expires_utc_s - e->issued_utc_s <= ENVELOPE_MAX_LIFE_S;
}

static char *header_text(const struct envelope *e)
{
    json_t *header =
        json_pack("{s:s, s:s, s:[s,s,s,s,s], s:s, s:s, s:I, s:I, s:I}", "alg", "EdDSA", "kid", e->key, "crit", BOUND[0],
                  BOUND[1], BOUND[2], BOUND[3], BOUND[4], "area", e->area, "topic", e->topic, "seq",
                  (json_int_t)e->sequence, "iat", (json_int_t)e->issued_utc_s, "exp", (json_int_t)e->expires_utc_s);
    char *text = header != NULL ? json_dumps(header, JSON_COMPACT) : NULL;
    json_decref(header);
    return text;
}

// `message` has room for all three parts.
static void seal(const char *header, const char *payload, size_t length, const uint8_t *seed, char *message,
                 size_t size)
{
    uint8_t signature[SEAL_SIGNATURE_SIZE];
    seal_encode(header, strlen(header), message, size);
    size_t at = strlen(message);
    message[at++] = '.';
    seal_encode(payload, length, message + at, size - at);
    at += strlen(message + at);
    seal_sign(seed, message, at, signature);
    message[at++] = '.';
    seal_encode(signature, sizeof(signature), message + at, size - at);
}

int envelope_sign(const struct envelope *header, const uint8_t seed[static ENVELOPE_SEED_SIZE], const char *payload,
                  size_t length, char **ret_message)
{
    if (!is_sound(header) || length == 0 || length > ENVELOPE_MAX_BYTES)
        return AEMS_E_RANGE;
    char *text = header_text(header);
    if (text == NULL)
        return AEMS_E_NOMEM;
    size_t size = seal_encoded_size(strlen(text)) + seal_encoded_size(length) + SEAL_SIGNATURE_TEXT;
    bool fits = strlen(text) <= HEADER_MAX_BYTES && size - 1 <= ENVELOPE_MAX_BYTES;
    char *message = fits ? malloc(size) : NULL;
    if (message != NULL)
        seal(text, payload, length, seed, message, size);
    free(text);
    if (message == NULL)
        return fits ? AEMS_E_NOMEM : AEMS_E_RANGE;
    *ret_message = message;
    return 0;
}
