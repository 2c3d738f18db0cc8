/* common/crypto/crypto.c -- see crypto.h. The only file that includes
 * sodium.h. */
#include "common/crypto/crypto.h"

#include "common/base/str.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD_OPSLIMIT 2
#define PASSWORD_MEMLIMIT (64U << 20)

_Static_assert(sizeof(((struct dc_sha256 *)0)->state) >=
		   sizeof(crypto_hash_sha256_state),
    "dc_sha256 is too small");
_Static_assert(_Alignof(crypto_hash_sha256_state) <= 16, "alignment");
_Static_assert(sizeof(((struct dc_sign_pair *)0)->secret_key) ==
		   crypto_sign_SECRETKEYBYTES,
    "secret key");
_Static_assert(sizeof(((struct dc_sign_pair *)0)->public_key) ==
		   crypto_sign_PUBLICKEYBYTES,
    "public key");
_Static_assert(DC_PASSWORD_MAX >= crypto_pwhash_STRBYTES, "stored hash");

static void
start(void)
{
	if (sodium_init() < 0)
		abort();
}

static crypto_hash_sha256_state *
in(struct dc_sha256 *h)
{
	return (crypto_hash_sha256_state *)(void *)h->state;
}

void
dc_sha256_init(struct dc_sha256 *h)
{
	start();
	(void)crypto_hash_sha256_init(in(h));
}

void
dc_sha256_add(struct dc_sha256 *h, const void *data, size_t len)
{
	(void)crypto_hash_sha256_update(in(h), data, len);
}

void
dc_sha256_format(struct dc_sha256 *h, char hex[DC_SHA256_HEX])
{
	unsigned char raw[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256_final(in(h), raw);
	(void)sodium_bin2hex(hex, DC_SHA256_HEX, raw, sizeof(raw));
}

void
dc_sha256_hex(char hex[DC_SHA256_HEX], const void *data, size_t len)
{
	struct dc_sha256 h = {0};

	dc_sha256_init(&h);
	dc_sha256_add(&h, data, len);
	dc_sha256_format(&h, hex);
}

void
dc_random_bytes(void *out, size_t len)
{
	start();
	randombytes_buf(out, len);
}

void
dc_sha256_base64(char out[DC_SHA256_BASE64], const void *data, size_t len)
{
	unsigned char raw[crypto_hash_sha256_BYTES];

	start();
	(void)crypto_hash_sha256(raw, data, len);
	(void)sodium_bin2base64(out, DC_SHA256_BASE64, raw, sizeof(raw),
	    sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

void
dc_random_hex(char *out, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char byte;
	size_t i;

	for (i = 0; i < len; i++) {
		dc_random_bytes(&byte, 1);
		out[i] = digits[byte & 15];
	}
	out[len] = '\0';
}

void
dc_sign_pair_new(struct dc_sign_pair *pair)
{
	start();
	(void)crypto_sign_keypair(pair->public_key, pair->secret_key);
}

int
dc_password_hash(char stored[DC_PASSWORD_MAX], const char *password,
    struct dc_err *err)
{
	char text[crypto_pwhash_STRBYTES];

	start();
	if (crypto_pwhash_str(text, password, strlen(password),
		PASSWORD_OPSLIMIT, PASSWORD_MEMLIMIT) != 0)
		return dc_fail(err, DC_EFAIL,
		    "no memory to hash a password (64 MB)");
	memcpy(stored, text, sizeof(text));
	return 0;
}

bool
dc_password_is(const char *stored, const char *password)
{
	start();
	return crypto_pwhash_str_verify(stored, password, strlen(password)) ==
	       0;
}

bool
dc_secret_is_equal(const char *a, const char *b)
{
	size_t n = strlen(a);

	return strlen(b) == n && sodium_memcmp(a, b, n) == 0;
}
