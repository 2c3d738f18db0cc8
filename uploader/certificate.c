/* uploader/certificate.c -- see certificate.h. */
#include "uploader/certificate.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/spawn.h"
#include "common/base/str.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BEGIN "-----BEGIN "
#define END "-----END "
#define CERTIFICATE "CERTIFICATE-----"
/* Of an RSA key of 4096 bits, as PEM: a larger one lets anybody who opens
 * connections keep the router busy. */
#define PUBLIC_KEY_MAX 800

static void
add_line(const char *line, void *arg)
{
	dc_str_addf(arg, "%s\n", line);
}

/* What openssl prints; its words on a failure are for nobody, and may quote
 * what they failed on. */
static int
ask_openssl(struct dc_str *out, const char *input, const char *const *args)
{
	dc_auto_strv struct dc_strv argv = {0};

	dc_strv_add(&argv, "openssl");
	for (; *args != NULL; args++)
		dc_strv_add(&argv, *args);
	return dc_spawn_run(argv.v, NULL, input, add_line, out, NULL);
}

#define ASK(out, input, ...)                                                   \
	ask_openssl(out, input, (const char *const[]){__VA_ARGS__, NULL})

/* The next PEM block of *TEXT, the caller's, or NULL; *TEXT is behind it. */
static char *
next_block(const char **text, bool *is_certificate)
{
	const char *begin = strstr(*text, BEGIN), *end;

	end = begin != NULL ? strstr(begin, END) : NULL;
	if (end == NULL)
		return NULL;
	end += strcspn(end, "\r\n");
	*text = end;
	*is_certificate = dc_has_prefix(begin + strlen(BEGIN), CERTIFICATE);
	return dc_asprintf("%.*s\n", (int)(end - begin), begin);
}

/* Certificates one by one as openssl writes them, *FIRST the caller's. */
static int
read_chain(struct dc_str *pem, char **first, const char *text,
    struct dc_err *err)
{
	bool is_certificate = false;
	char *block;
	int n = 0, rc = 0;

	while (
	    rc == 0 && (block = next_block(&text, &is_certificate)) != NULL) {
		if (is_certificate && ++n <= DC_MAX_CHAIN)
			rc = ASK(pem, block, "x509");
		if (rc == 0 && n == 1 && *first == NULL)
			*first = dc_strdup(pem->data != NULL ? pem->data : "");
		free(block);
	}
	if (rc < 0)
		return dc_fail(err, DC_EUSER,
		    "certificate %d of the file cannot be read", n);
	if (n == 0)
		return dc_fail(err, DC_EUSER,
		    "no certificate found: a PEM file is expected, with"
		    " -----BEGIN CERTIFICATE-----");
	if (n > DC_MAX_CHAIN)
		return dc_fail(err, DC_EUSER,
		    "a chain may have %d certificates", DC_MAX_CHAIN);
	return 0;
}

/* An empty pass phrase, so that openssl does not ask for one. */
static int
read_key(struct dc_str *key, const char *text, struct dc_err *err)
{
	bool is_certificate = true;
	char *block = NULL;
	int rc = DC_ENOTFOUND;

	while ((block = next_block(&text, &is_certificate)) != NULL) {
		if (!is_certificate &&
		    strstr(block, "PRIVATE KEY-----") != NULL)
			break;
		free(block);
	}
	if (block != NULL)
		rc = ASK(key, block, "pkey", "-passin", "pass:");
	free(block);
	if (rc == DC_ENOTFOUND)
		return dc_fail(err, DC_EUSER,
		    "no private key found: give its PEM file as well");
	if (rc < 0)
		return dc_fail(err, DC_EUSER,
		    "the private key cannot be read; it must have no pass"
		    " phrase");
	return 0;
}

static int
check_pair(const char *certificate, const char *key, struct dc_err *err)
{
	dc_auto_str struct dc_str of_key = {0}, of_certificate = {0};
	int rc = ASK(&of_key, key, "pkey", "-pubout");

	if (rc == 0)
		rc = ASK(&of_certificate, certificate, "x509", "-noout",
		    "-pubkey");
	if (rc < 0 || of_key.len == 0 || of_certificate.len == 0)
		return dc_fail(err, DC_EUSER, "its public key cannot be read");
	if (strcmp(of_key.data, of_certificate.data) != 0)
		return dc_fail(err, DC_EUSER,
		    "the private key is not the one of the certificate");
	if (of_key.len > PUBLIC_KEY_MAX)
		return dc_fail(err, DC_EUSER,
		    "the key is too large: RSA has 4096 bits at most");
	return 0;
}

/* A wildcard is covered when any name directly below it is. */
static int
check_host(const char *certificate, const char *host, struct dc_err *err)
{
	bool is_wild = dc_has_prefix(host, "*.");
	dc_auto_free char *name =
	    is_wild ? dc_asprintf("any-name%s", host + 1) : dc_strdup(host);
	dc_auto_str struct dc_str said = {0};
	int rc = ASK(&said, certificate, "x509", "-noout", "-checkhost", name);

	if (rc < 0 || said.len == 0 ||
	    strstr(said.data, "does match certificate") == NULL)
		return dc_fail(err, DC_EUSER,
		    "the certificate is not for \"%s\"", host);
	return 0;
}

static int
check_time(const char *certificate, int64_t *ends_at, struct dc_err *err)
{
	dc_auto_str struct dc_str said = {0};
	struct tm tm = {0};
	int rc = ASK(&said, certificate, "x509", "-noout", "-enddate",
	    "-dateopt", "iso_8601");

	if (rc < 0 || said.len == 0 ||
	    strptime(said.data, "notAfter=%Y-%m-%d %H:%M:%SZ", &tm) == NULL)
		return dc_fail(err, DC_EUSER,
		    "the end of its validity cannot be read");
	*ends_at = (int64_t)timegm(&tm) * 1000;
	if (*ends_at <= dc_now_ms())
		return dc_fail(err, DC_EUSER,
		    "the certificate is not valid any more since"
		    " %04d-%02d-%02d",
		    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	return 0;
}

/* The router's own program has the last word: a file that it refuses would
 * keep everybody's router from starting. The descriptor is for it alone. */
static int
check_router(const char *pem, struct dc_err *err)
{
	/* It wants to come back to where it began, which may be root's. */
	char *const argv[] = {"env", "-C", "/", "haproxy", "-q", "-c", "-f",
	    "/dev/stdin", NULL};
	// NOLINTNEXTLINE(android-cloexec-memfd-create): the child opens it
	dc_auto_fd int fd = memfd_create("certificate", 0);
	dc_auto_free char *config =
	    dc_asprintf("global\n\tssl-default-bind-options ssl-min-ver "
			"TLSv1.2\n"
			"defaults\n\tmode http\n\ttimeout client 1s\n"
			"\ttimeout server 1s\n\ttimeout connect 1s\n"
			"frontend f\n\tbind 127.0.0.1:1 ssl crt "
			"/proc/self/fd/%d\n",
		fd);
	int rc;

	if (fd < 0)
		return dc_fail_errno(err, "memfd_create");
	rc = dc_fs_write_all(fd, pem, strlen(pem), err);
	if (rc < 0)
		return rc;
	if (dc_spawn_run(argv, NULL, config, NULL, NULL, NULL) < 0)
		return dc_fail(err, DC_EUSER,
		    "the router cannot use this certificate: is its key too"
		    " small, or its chain not its own?");
	return 0;
}

int
certificate_check(const struct certificate *c, char **pem, int64_t *ends_at,
    struct dc_err *err)
{
	dc_auto_str struct dc_str all = {0}, key = {0};
	dc_auto_free char *first = NULL;
	int rc;

	if (strlen(c->text) > DC_MAX_CERTIFICATE ||
	    (c->key != NULL && strlen(c->key) > DC_MAX_CERTIFICATE))
		return dc_fail(err, DC_EUSER,
		    "certificate and key may have %d bytes each",
		    DC_MAX_CERTIFICATE);
	rc = read_chain(&all, &first, c->text, err);
	if (rc == 0)
		rc = read_key(&key, c->key != NULL ? c->key : c->text, err);
	if (rc == 0)
		rc = check_pair(first, key.data, err);
	if (rc == 0)
		rc = check_host(first, c->host, err);
	if (rc == 0)
		rc = check_time(first, ends_at, err);
	if (rc < 0)
		return rc;
	dc_str_add(&all, key.data);
	rc = check_router(all.data, err);
	if (rc == 0)
		*pem = dc_str_steal(&all);
	return rc;
}
