/* uploader/key_pair.c -- see key_pair.h. The format is OpenSSH's own,
 * PROTOCOL.key there. Made in memory: a file would outlive a crash. */
#include "uploader/key_pair.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/crypto/crypto.h"

#include <stdint.h>
#include <string.h>

#define TYPE "ssh-ed25519"
#define LINE 70 /* of base64 */
#define BLOCK 8 /* of the cipher that there is none of */

static void
add_number(struct dc_str *s, uint32_t n)
{
	const char bytes[4] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8),
	    (char)n};

	dc_str_addn(s, bytes, sizeof(bytes));
}

static void
add_bytes(struct dc_str *s, const void *bytes, size_t len)
{
	add_number(s, (uint32_t)len);
	dc_str_addn(s, bytes, len);
}

static void
add_text(struct dc_str *s, const char *text)
{
	add_bytes(s, text, strlen(text));
}

/* The part that a passphrase would encrypt. */
static void
add_secret(struct dc_str *s, const unsigned char *public_half,
    const unsigned char *secret_half, const char *comment)
{
	dc_auto_str struct dc_str inner = {0};
	uint32_t check;
	char pad = 0;

	dc_random_bytes(&check, sizeof(check));
	add_number(&inner, check);
	add_number(&inner, check);
	add_text(&inner, TYPE);
	add_bytes(&inner, public_half, DC_ED25519_PUBLIC);
	add_bytes(&inner, secret_half, DC_ED25519_SECRET);
	add_text(&inner, comment);
	while (inner.len % BLOCK != 0) {
		pad++;
		dc_str_addn(&inner, &pad, 1);
	}
	add_bytes(s, inner.data, inner.len);
}

static char *
format_pem(const struct dc_str *s)
{
	dc_auto_free char *text =
	    dc_base64_format((const unsigned char *)s->data, s->len);
	size_t i, n = strlen(text);
	struct dc_str out = {0};

	dc_str_add(&out, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	for (i = 0; i < n; i += LINE)
		dc_str_addf(&out, "%.*s\n", LINE, text + i);
	dc_str_add(&out, "-----END OPENSSH PRIVATE KEY-----\n");
	return dc_str_steal(&out);
}

void
key_pair_new(char **pem, struct ssh_key *public_half, const char *comment)
{
	unsigned char public_key[DC_ED25519_PUBLIC];
	unsigned char secret_key[DC_ED25519_SECRET];
	dc_auto_str struct dc_str blob = {0};
	dc_auto_str struct dc_str s = {0};

	dc_ed25519_new(public_key, secret_key);
	add_text(&blob, TYPE);
	add_bytes(&blob, public_key, sizeof(public_key));
	dc_str_addn(&s, "openssh-key-v1", sizeof("openssh-key-v1"));
	add_text(&s, "none"); /* cipher */
	add_text(&s, "none"); /* kdf */
	add_text(&s, "");
	add_number(&s, 1); /* keys */
	add_bytes(&s, blob.data, blob.len);
	add_secret(&s, public_key, secret_key, comment);
	*pem = format_pem(&s);
	public_half->type = dc_strdup(TYPE);
	public_half->blob =
	    dc_base64_format((const unsigned char *)blob.data, blob.len);
	public_half->comment = dc_strdup(comment);
}
