/* uploader/ssh_key.c -- see ssh_key.h. */
#include "uploader/ssh_key.h"

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "uploader/form.h"

#include <string.h>

#define COMMENT_MAX 128

static const char *const types[] = {
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
};

static bool
is_type(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

/* The blob begins with its own type, length first. */
static int
check_blob(const char *type, const char *blob, struct dc_err *err)
{
	dc_auto_free unsigned char *raw = NULL;
	size_t len, n = strlen(type);
	int rc;

	if (strlen(blob) > DC_MAX_KEY)
		return dc_fail(err, DC_EINVAL, "the key is too long");
	rc = base64_parse(&raw, &len, blob, err);
	if (rc < 0)
		return dc_wrap(err, rc, "the key is damaged");
	if (len < 4 + n + 4 || raw[0] != 0 || raw[1] != 0 || raw[2] != 0 ||
	    raw[3] != n || memcmp(raw + 4, type, n) != 0)
		return dc_fail(err, DC_EINVAL,
		    "the key is damaged: it does not hold a key of type %s",
		    type);
	return 0;
}

/* For people to read in a list; it must not carry anything else. */
static void
clean_comment(char *s)
{
	size_t i;

	for (i = 0; i < COMMENT_MAX && s[i] != '\0'; i++)
		if ((unsigned char)s[i] < ' ' || (unsigned char)s[i] >= 127)
			s[i] = '?';
	s[i] = '\0';
	while (i > 0 && s[i - 1] == ' ')
		s[--i] = '\0';
}

int
ssh_key_parse(struct ssh_key *out, const char *text, struct dc_err *err)
{
	dc_auto_free char *copy = NULL;
	const char *type, *blob;
	char *rest;
	size_t n = strlen(text);
	int rc;

	while (n > 0 && strchr("\r\n \t", text[n - 1]) != NULL)
		n--;
	copy = dc_strndup(text, n);
	if (strpbrk(copy, "\r\n") != NULL)
		return dc_fail(err, DC_EINVAL, "one key on one line, please");
	rest = copy;
	type = strsep(&rest, " \t");
	if (!is_type(type))
		return dc_fail(err, DC_EINVAL,
		    "this is no public key of a type that is known here"
		    " (ssh-ed25519, ecdsa-sha2-*, ssh-rsa)");
	blob = strsep(&rest, " \t");
	rc = check_blob(type, blob != NULL ? blob : "", err);
	if (rc < 0)
		return rc;
	out->type = dc_strdup(type);
	out->blob = dc_strdup(blob);
	out->comment = dc_strdup(rest != NULL ? rest : "");
	clean_comment(out->comment);
	return 0;
}

void
ssh_key_done(struct ssh_key *key)
{
	free(key->type);
	free(key->blob);
	free(key->comment);
	*key = (struct ssh_key){0};
}
