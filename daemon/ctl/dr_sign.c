// SPDX-License-Identifier: GPL-3.0-or-later
// Signed messages, made and judged as the daemon judges them.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "conf/measure.h"
#include "daemon/ctl/dr.h"
#include "daemon/ctl/offline.h"
#include "dr/openadr.h"
#include "report/messages.h"

enum { DEFAULT_LIFE_S = 600 };

static const char default_topic[] = "dr/event";

static int sorry(const char *what, const char *why)
{
    fprintf(stderr, "aemsctl: %s: %s\n", what, why);
    return CTL_FAILED;
}

static int usage(const char *option, const char *expected)
{
    fprintf(stderr, "aemsctl: dr sign: --%s: expected %s\n", option, expected);
    return CTL_USAGE;
}

// ---- sign -----------------------------------------------------------------------------------------------------------

// Milliseconds since 1970 grow by themselves: a sender that gives none keeps its numbers in order.
static int read_sequence(const struct ctl_options *o, int64_t now_utc_ms, uint64_t *ret_sequence)
{
    char *end = NULL;
    *ret_sequence = (uint64_t)now_utc_ms;
    if (o->sequence == NULL)
        return CTL_OK;
    errno = 0;
    *ret_sequence = strtoull(o->sequence, &end, 10);
    bool good = o->sequence[0] >= '0' && o->sequence[0] <= '9' && *end == '\0' && errno == 0 && *ret_sequence >= 1 &&
                *ret_sequence <= UINT64_C(1) << 53;
    return good ? CTL_OK : usage("seq", "a whole number from 1 to 2^53");
}

static int read_header(const struct ctl_options *o, struct envelope *ret_header)
{
    int64_t now_utc_ms;
    double life_s = DEFAULT_LIFE_S;
    *ret_header = (struct envelope){0};
    if (o->key == NULL)
        return usage("key", "a file with the private key");
    if (o->kid == NULL || !text_is_id(o->kid) || text_copy(ret_header->key, sizeof(ret_header->key), o->kid) < 0)
        return usage("kid", "the name of the key in the area's configuration");
    if (o->area == NULL || !text_is_id(o->area) || text_copy(ret_header->area, sizeof(ret_header->area), o->area) < 0)
        return usage("area", "the id of the area that the message is for");
    if (text_copy(ret_header->topic, sizeof(ret_header->topic), o->topic != NULL ? o->topic : default_topic) < 0)
        return usage("topic", "a shorter topic");
    if (o->duration != NULL &&
        (measure_parse(CONF_DURATION_S, o->duration, &life_s) < 0 || life_s < 1 || life_s > ENVELOPE_MAX_LIFE_S))
        return usage("for", "a duration such as 10 min, at most 24 h");
    int r = dr_time(o, &now_utc_ms);
    if (r == CTL_OK)
        r = read_sequence(o, now_utc_ms, &ret_header->sequence);
    ret_header->issued_utc_s = now_utc_ms / 1000;
    ret_header->expires_utc_s = ret_header->issued_utc_s + (int64_t)life_s;
    return r;
}

// Whether it can be a message at all: what it asks for is judged where the area is known.
static int judge_payload(const char *name, const struct text *payload)
{
    json_error_t error;
    char why[256];
    json_t *json =
        json_loadb(payload->data != NULL ? payload->data : "", payload->length, JSON_REJECT_DUPLICATES, &error);
    bool object = json_is_object(json);
    json_decref(json);
    if (object)
        return CTL_OK;
    snprintf(why, sizeof(why), "expected one JSON object: line %d: %s", error.line, error.text);
    return sorry(name, json == NULL ? why : "expected a JSON object");
}

static int sign(const struct ctl_options *o, const struct envelope *header, const struct text *payload)
{
    uint8_t seed[ENVELOPE_SEED_SIZE];
    char *message = NULL;
    int r = dr_key_read(o->key, seed);
    if (r != CTL_OK)
        return r;
    int code = envelope_sign(header, seed, payload->data, payload->length, &message);
    explicit_bzero(seed, sizeof(seed));
    if (code == AEMS_E_RANGE) // the header was judged before
        return sorry(o->words[0], "too large: signed it has more than 16 KiB, which no area takes");
    if (code < 0)
        return sorry("sign", aems_error_text(code));
    printf("%s%s", message, isatty(STDOUT_FILENO) ? "\n" : ""); // a line's end is no part of the message
    free(message);
    return CTL_OK;
}

int dr_sign(const struct ctl_options *o)
{
    struct envelope header;
    struct text payload = {0};
    const char *name = strcmp(o->words[0], "-") == 0 ? "standard input" : o->words[0];
    int r = read_header(o, &header);
    if (r != CTL_OK)
        return r;
    r = ctl_read_file(o->words[0], &payload) ? judge_payload(name, &payload) : CTL_FAILED;
    if (r == CTL_OK)
        r = sign(o, &header, &payload);
    text_free(&payload);
    return r;
}

// ---- verify ---------------------------------------------------------------------------------------------------------

struct verdict {
    struct envelope envelope;
    const char *sender; // NULL: not proven
    struct openadr_message message;
    bool is_heartbeat;
    bool read; // the object in it was good
    char why[ENVELOPE_WHY_SIZE];
};

static void judge_object(const struct site *s, const char *topic, const char *payload, size_t length, int64_t utc_ms,
                         struct verdict *v)
{
    struct instant now = {.utc_ms = utc_ms};
    v->is_heartbeat = strcmp(topic, "dr/heartbeat") == 0;
    if (v->is_heartbeat)
        v->read = message_read_heartbeat(s, payload, length, now, v->why, sizeof(v->why)) == 0;
    else
        v->read = openadr_read(s, payload, length, now, 0.5, &v->message, v->why, sizeof(v->why)) == 0;
}

static void judge(const struct site *s, const char *topic, const struct text *message, int64_t utc_ms,
                  struct verdict *v)
{
    size_t length = message->length, payload_length;
    const char *data = message->data != NULL ? message->data : "";
    char *payload = NULL;
    int sender = -1;
    if (!envelope_is(data, length)) {
        if (s->dr.is_signed)
            snprintf(v->why, sizeof(v->why), "it is not signed, and this area takes only what is");
        else
            judge_object(s, topic, data, length, utc_ms, v);
        return;
    }
    if (envelope_verify(s, topic, data, length, utc_ms, &v->envelope, &sender, &payload, &payload_length, v->why,
                        sizeof(v->why)) < 0)
        return;
    v->sender = s->dr.senders[sender].id;
    judge_object(s, topic, payload, payload_length, utc_ms, v);
    free(payload);
}

static json_t *pack_time(int64_t utc_ms)
{
    char text[RFC3339_SIZE];
    rfc3339_format(utc_ms, text);
    return json_string(text);
}

static json_t *pack(const struct verdict *v)
{
    json_t *json =
        json_pack("{s:b, s:s?, s:s*, s:s*}", "good", (int)v->read, "sender", v->sender, "why",
                  v->why[0] != '\0' ? v->why : NULL, "event", v->message.id[0] != '\0' ? v->message.id : NULL);
    if (v->envelope.key[0] != '\0') {
        json_object_set_new(json, "key", json_string(v->envelope.key));
        json_object_set_new(json, "sequence", json_integer((json_int_t)v->envelope.sequence));
        json_object_set_new(json, "issued", pack_time(v->envelope.issued_utc_s * 1000));
        json_object_set_new(json, "expires", pack_time(v->envelope.expires_utc_s * 1000));
    }
    if (v->read && v->message.id[0] != '\0')
        json_object_set_new(json, "for_us", json_boolean(!v->message.not_for_us));
    if (v->message.notes[0] != '\0')
        json_object_set_new(json, "notes", json_string(v->message.notes));
    return json;
}

static void print(const struct verdict *v)
{
    char issued[RFC3339_SIZE], expires[RFC3339_SIZE];
    if (v->sender != NULL) {
        rfc3339_format(v->envelope.issued_utc_s * 1000, issued);
        rfc3339_format(v->envelope.expires_utc_s * 1000, expires);
        printf("signed by %s with %s: sequence %" PRIu64 ", issued %s, expires %s\n", v->sender, v->envelope.key,
               v->envelope.sequence, issued, expires);
    }
    if (!v->read)
        printf("%s%srefused: %s\n", v->message.id, v->message.id[0] != '\0' ? " " : "", v->why);
    else if (v->is_heartbeat)
        puts("the heartbeat is good");
    else if (v->message.not_for_us)
        printf("%s is for others: none of its targets is this area\n", v->message.id);
    else
        printf("%s%sgood%s%s\n", v->message.id, v->message.id[0] != '\0' ? " is " : "",
               v->message.notes[0] != '\0' ? "; " : "", v->message.notes);
}

int dr_verify(const struct ctl_options *o)
{
    struct site *site = NULL;
    struct text message = {0};
    struct verdict v = {0};
    int64_t utc_ms;
    int r = dr_time(o, &utc_ms);
    if (r == CTL_OK)
        r = offline_site(o, &site);
    if (r == CTL_OK && !ctl_read_file(o->words[0], &message))
        r = CTL_FAILED;
    if (r == CTL_OK) {
        judge(site, o->topic != NULL ? o->topic : default_topic, &message, utc_ms, &v);
        json_t *json = o->json ? pack(&v) : NULL;
        if (o->json)
            ctl_print_json(json);
        else
            print(&v);
        json_decref(json);
        r = v.read ? CTL_OK : CTL_FAILED;
    }
    openadr_message_free(&v.message);
    text_free(&message);
    site_free(site);
    return r;
}
