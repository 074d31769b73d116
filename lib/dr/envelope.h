// SPDX-License-Identifier: GPL-3.0-or-later
// The signature around a message of the grid operator: JWS (RFC 7515), compact, EdDSA with Ed25519 (RFC 8037).
// libsodium is used here and nowhere else.
//
// Protected header, all of it required, everything else refused:
//   {"alg":"EdDSA","kid":"2026a","crit":["area","topic","seq","iat","exp"],
//    "area":"kashiwa","topic":"dr/event","seq":17,"iat":1790000000,"exp":1790000600}
// The payload is the exact bytes of the object. `topic` is the one below the area's prefix ("dr/event",
// "dr/heartbeat"), or a configured one in full. `seq` grows strictly from message to message of one sender.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "site/site.h"

enum {
    ENVELOPE_MAX_BYTES = 16384, // of the whole message
    ENVELOPE_SEED_SIZE = 32,    // of a private key
    ENVELOPE_PUBLIC_SIZE = 32,
    ENVELOPE_WHY_SIZE = 192,
    ENVELOPE_MAX_LIFE_S = 86400, // exp - iat
    ENVELOPE_MAX_AHEAD_S = 60,   // iat may lie so far ahead
};

struct envelope { // what its header says; believed only after envelope_verify
    char key[SITE_ID_MAX];
    char area[SITE_ID_MAX];
    char topic[SITE_TEXT_MAX];
    uint64_t sequence; // 1 to 2^53
    int64_t issued_utc_s, expires_utc_s;
};

// Does the message look like an envelope rather than a bare object? Cheap.
bool envelope_is(const char *message, size_t length);

// What envelope_verify judges but the signature: form, header, key, area, topic and times. Cheap, and proves nothing:
// for whoever has to choose what to spend a signature's verification on. Results and errors as below.
int envelope_judge(const struct site *s, const char *topic, const char *message, size_t length, int64_t now_utc_ms,
                   struct envelope *ret_envelope, int *ret_sender, char *ret_why, size_t why_size);

// Judges the form and the header, the key (known, valid now, not revoked), area, topic, times and at last the
// signature, the cheapest first. `ret_payload` (owned, NUL-terminated) and `ret_sender` (index into dr.senders) only
// when all is good; `ret_envelope` as soon as the header could be read, its key empty otherwise. AEMS_E_FORMAT,
// AEMS_E_LIMIT, AEMS_E_REFUSED with a sentence for the sender in `ret_why`; AEMS_E_NOMEM.
int envelope_verify(const struct site *s, const char *topic, const char *message, size_t length, int64_t now_utc_ms,
                    struct envelope *ret_envelope, int *ret_sender, char **ret_payload, size_t *ret_length,
                    char *ret_why, size_t why_size);

// Makes one; owned by the caller. `seed` is the private key. AEMS_E_RANGE, AEMS_E_NOMEM.
int envelope_sign(const struct envelope *header, const uint8_t seed[static ENVELOPE_SEED_SIZE], const char *payload,
                  size_t length, char **ret_message);

// Keys as text: base64url without padding, 43 characters. AEMS_E_FORMAT.
enum { ENVELOPE_KEY_TEXT = 44 };
int envelope_key_read(const char *text, uint8_t ret_key[static 32]);
void envelope_key_write(const uint8_t key[static 32], char ret_text[static ENVELOPE_KEY_TEXT]);
void envelope_key_make(uint8_t ret_seed[static ENVELOPE_SEED_SIZE]); // from the system's randomness
void envelope_key_public(const uint8_t seed[static ENVELOPE_SEED_SIZE],
                         uint8_t ret_public[static ENVELOPE_PUBLIC_SIZE]);
