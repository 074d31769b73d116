// SPDX-License-Identifier: GPL-3.0-or-later
// What envelopes need of cryptography: base64url and Ed25519. libsodium is seen in envelope_seal.c only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEAL_SIGNATURE_SIZE = 64, SEAL_SIGNATURE_TEXT = 87 }; // as bytes; as base64url, its NUL included

// Bytes of `text` (base64url, no padding, no spaces, unused bits zero) into `ret_bytes`. AEMS_E_FORMAT, also when they
// are more than `size`.
int seal_decode(const char *text, size_t length, uint8_t *ret_bytes, size_t size, size_t *ret_length);
size_t seal_encoded_size(size_t length); // with its NUL
void seal_encode(const void *bytes, size_t length, char *ret_text, size_t size);

void seal_sign(const uint8_t seed[static 32], const char *input, size_t length,
               uint8_t ret_signature[static SEAL_SIGNATURE_SIZE]);
bool seal_holds(const uint8_t public_key[static 32], const char *input, size_t length,
                const uint8_t signature[static SEAL_SIGNATURE_SIZE]);
