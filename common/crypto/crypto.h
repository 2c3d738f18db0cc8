/* common/crypto/crypto.h -- the door to libsodium: hashes, tokens, passwords.
 */
#ifndef DC_CRYPTO_H
#define DC_CRYPTO_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DC_SHA256_HEX 65    /* 64 hex digits and NUL              */
#define DC_SHA256_BASE64 44 /* 43 characters and NUL              */
#define DC_PASSWORD_MAX 128 /* bytes of a stored hash with its NUL */

/* Streaming SHA-256, on the caller's stack. */
struct dc_sha256 {
	_Alignas(16) unsigned char state[128];
};

void dc_sha256_init(struct dc_sha256 *h);
void dc_sha256_add(struct dc_sha256 *h, const void *data, size_t len);
/* Lower-case hex; H must be initialised again before the next use. */
void dc_sha256_format(struct dc_sha256 *h, char hex[DC_SHA256_HEX]);
/* All of it in one call. Good for tokens, which have full entropy. */
void dc_sha256_hex(char hex[DC_SHA256_HEX], const void *data, size_t len);
/* In base64 without padding, as ssh shows keys. */
void dc_sha256_base64(char out[DC_SHA256_BASE64], const void *data, size_t len);

/* LEN random lower-case hex digits and a NUL: OUT holds LEN + 1. */
void dc_random_hex(char *out, size_t len);
void dc_random_bytes(void *out, size_t len);

/* A new Ed25519 pair. The secret key ends with the public one. */
struct dc_sign_pair {
	unsigned char public_key[32], secret_key[64];
};
void dc_sign_pair_new(struct dc_sign_pair *pair);

/* Argon2id, 64 MB and about a tenth of a second: a job's work, never the
 * event loop's. STORED is a printable string which carries its own salt. */
int dc_password_hash(char stored[DC_PASSWORD_MAX], const char *password,
    struct dc_err *err);
bool dc_password_is(const char *stored, const char *password);

/* Same text? In a time which depends on the lengths only. */
bool dc_secret_is_equal(const char *a, const char *b);

#endif
