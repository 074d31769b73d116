// SPDX-License-Identifier: GPL-3.0-or-later
// Signed messages of the grid operator as they come in over MQTT.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dr/envelope.h"
#include "dr/envelope_seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t NOW_MS = INT64_C(1790000005000);

static void check(const struct site *site, const char *message, size_t length, const char *expected)
{
    struct envelope envelope;
    char *payload = NULL;
    size_t payload_length = 0;
    int sender = -1;
    char why[ENVELOPE_WHY_SIZE] = "";
    envelope_is(message, length);
    int r = envelope_verify(site, "dr/event", message, length, NOW_MS, &envelope, &sender, &payload, &payload_length,
                            why, sizeof why);
    if (r < 0 ? why[0] == '\0' || payload != NULL || sender != -1 : sender != 0)
        abort(); // a refusal always says why, and hands over nothing
    if (r == 0 && (expected == NULL || strcmp(payload, expected) != 0))
        abort(); // nobody guesses a signature
    free(payload);
}

// The first byte chooses: the message as a whole; a header, or a payload, that is properly encoded and signed around;
// or a change to a message that is good.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[ENVELOPE_SEED_SIZE] = {1, 2, 3};
    static const struct envelope good = {.key = "k1",
                                         .area = "block",
                                         .topic = "dr/event",
                                         .sequence = 1,
                                         .issued_utc_s = INT64_C(1790000000),
                                         .expires_utc_s = INT64_C(1790000600)};
    struct site_dr_key key = {.id = "k1", .until_utc_ms = INT64_MAX};
    struct site_dr_sender sender = {.id = "grid", .keys = &key, .n_keys = 1};
    struct site site = {.id = "block", .dr = {.senders = &sender, .n_senders = 1}};
    static char text[4 * ENVELOPE_MAX_BYTES];
    uint8_t public_key[ENVELOPE_PUBLIC_SIZE], signature[SEAL_SIGNATURE_SIZE] = {0};
    char *message = NULL;
    if (size < 4 || size > 3 * ENVELOPE_MAX_BYTES / 2)
        return 0;
    envelope_key_public(seed, public_key);
    envelope_key_write(public_key, key.public_key);
    switch (data[0] % 3) {
    case 0:
        check(&site, (const char *)data + 1, size - 1, NULL);
        break;
    case 1: // the signature itself is dear, and would only make this slow
        seal_encode(data + 1, size - 1, text, sizeof text);
        strcat(text, ".e30.");
        seal_encode(signature, sizeof signature, text + strlen(text), SEAL_SIGNATURE_TEXT);
        check(&site, text, strlen(text), NULL);
        break;
    default:
        if (envelope_sign(&good, seed, "{}", 2, &message) < 0)
            abort();
        size_t at = (data[1] | (size_t)data[2] << 8) % strlen(message);
        message[at] = (char)(message[at] ^ data[3]);
        check(&site, message, strlen(message), data[3] == 0 ? "{}" : NULL);
        free(message);
    }
    return 0;
}
