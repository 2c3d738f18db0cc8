/* common/crypto/ssh_pair.c -- see ssh_pair.h; OpenSSH's PROTOCOL.key. Made in
 * memory: a file would outlive a crash. */
#include "common/crypto/ssh_pair.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/crypto/crypto.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TYPE "ssh-ed25519"
#define LINE 70 /* of base64 */
#define BLOCK 8 /* of the cipher that there is none of */

static void
add_number(struct dc_str *s, uint32_t n)
{
	const unsigned char raw[4] = {(unsigned char)(n >> 24),
	    (unsigned char)(n >> 16), (unsigned char)(n >> 8),
	    (unsigned char)n};

	dc_str_addn(s, (const char *)raw, sizeof(raw));
}

static void
add_string(struct dc_str *s, const void *data, size_t n)
{
	add_number(s, (uint32_t)n);
	dc_str_addn(s, data, n);
}

static void
add_text(struct dc_str *s, const char *text)
{
	add_string(s, text, strlen(text));
}

static void
add_public(struct dc_str *s, const struct dc_sign_pair *pair)
{
	add_text(s, TYPE);
	add_string(s, pair->public_key, sizeof(pair->public_key));
}

/* The part that a passphrase would encrypt, in whole blocks. */
static void
add_private(struct dc_str *s, const struct dc_sign_pair *pair,
    const char *comment)
{
	uint32_t check;
	char pad;

	dc_random_bytes(&check, sizeof(check));
	add_number(s, check);
	add_number(s, check);
	add_public(s, pair);
	add_string(s, pair->secret_key, sizeof(pair->secret_key));
	add_text(s, comment);
	for (pad = 1; s->len % BLOCK != 0; pad++)
		dc_str_addn(s, &pad, 1);
}

static char *
format_base64(const struct dc_str *s)
{
	return dc_base64_format((const unsigned char *)s->data, s->len);
}

static char *
format_private(const struct dc_str *public_blob,
    const struct dc_sign_pair *pair, const char *comment)
{
	static const char magic[] = "openssh-key-v1";
	dc_auto_str struct dc_str secret = {0};
	dc_auto_str struct dc_str all = {0};
	dc_auto_free char *text = NULL;
	struct dc_str out = {0};
	size_t i, n;

	add_private(&secret, pair, comment);
	dc_str_addn(&all, magic, sizeof(magic));
	add_text(&all, "none"); /* cipher */
	add_text(&all, "none"); /* kdf */
	add_text(&all, "");
	add_number(&all, 1); /* keys */
	add_string(&all, public_blob->data, public_blob->len);
	add_string(&all, secret.data, secret.len);
	text = format_base64(&all);
	n = strlen(text);
	dc_str_add(&out, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	for (i = 0; i < n; i += LINE)
		dc_str_addf(&out, "%.*s\n", LINE, text + i);
	dc_str_add(&out, "-----END OPENSSH PRIVATE KEY-----\n");
	return dc_str_steal(&out);
}

void
dc_ssh_pair_new(char **private_key, char **public_key, const char *comment)
{
	dc_auto_str struct dc_str blob = {0};
	dc_auto_free char *text = NULL;
	struct dc_sign_pair pair;

	dc_sign_pair_new(&pair);
	add_public(&blob, &pair);
	text = format_base64(&blob);
	*private_key = format_private(&blob, &pair, comment);
	*public_key = dc_asprintf(TYPE " %s", text);
}
