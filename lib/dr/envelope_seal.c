// SPDX-License-Identifier: GPL-3.0-or-later
#include "dr/envelope_seal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dr/envelope.h"

static const int BASE64URL = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

int seal_decode(const char *text, size_t length, uint8_t *ret_bytes, size_t size, size_t *ret_length)
{
    return sodium_base642bin(ret_bytes, size, text, length, NULL, ret_length, NULL, BASE64URL) == 0 ? 0 : AEMS_E_FORMAT;
}

size_t seal_encoded_size(size_t length)
{
    return sodium_base64_encoded_len(length, BASE64URL);
}

void seal_encode(const void *bytes, size_t length, char *ret_text, size_t size)
{
    sodium_bin2base64(ret_text, size, bytes, length, BASE64URL);
}

void seal_sign(const uint8_t seed[static 32], const char *input, size_t length,
               uint8_t ret_signature[static SEAL_SIGNATURE_SIZE])
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret_key[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(public_key, secret_key, seed);
    crypto_sign_detached(ret_signature, NULL, (const uint8_t *)input, length, secret_key);
    sodium_memzero(secret_key, sizeof(secret_key));
}

bool seal_holds(const uint8_t public_key[static 32], const char *input, size_t length,
                const uint8_t signature[static SEAL_SIGNATURE_SIZE])
{
    return crypto_sign_verify_detached(signature, (const uint8_t *)input, length, public_key) == 0;
}

// ---- keys -----------------------------------------------------------------------------------------------------------

int envelope_key_read(const char *text, uint8_t ret_key[static 32])
{
    uint8_t key[32];
    size_t length = 0;
    int r = seal_decode(text, strlen(text), key, sizeof(key), &length);
    if (r == 0 && length != sizeof(key))
        r = AEMS_E_FORMAT;
    if (r == 0)
        memcpy(ret_key, key, sizeof(key));
    sodium_memzero(key, sizeof(key));
    return r;
}

void envelope_key_write(const uint8_t key[static 32], char ret_text[static ENVELOPE_KEY_TEXT])
{
    seal_encode(key, 32, ret_text, ENVELOPE_KEY_TEXT);
}

void envelope_key_make(uint8_t ret_seed[static ENVELOPE_SEED_SIZE])
{
    if (sodium_init() < 0) // it cannot fail where the system has a source of randomness
        abort();
    randombytes_buf(ret_seed, ENVELOPE_SEED_SIZE);
}

void envelope_key_public(const uint8_t seed[static ENVELOPE_SEED_SIZE], uint8_t ret_public[static ENVELOPE_PUBLIC_SIZE])
{
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(ret_public, secret_key, seed);
    sodium_memzero(secret_key, sizeof(secret_key));
}
