/* cli/hosts.c -- see hosts.h. */
#include "cli/hosts.h"

#include <fcntl.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/base/str.h"

#define FILE_MAX (4 << 20)
#define BASE64                                                                 \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"                 \
	"0123456789+/="

enum match {
	UNKNOWN,
	SAME,
	OTHER
};

char *
hosts_format_file(const char *path, bool quoted)
{
	struct dc_str out = {0};

	dc_str_add(&out, quoted ? "\"" : "");
	for (; *path != '\0'; path++)
		dc_str_addn(&out, *path == '%' ? "%%" : path,
		    *path == '%' ? 2 : 1);
	dc_str_add(&out, quoted ? "\"" : "");
	return dc_str_steal(&out);
}

/* "host" or "[host]:port", as ssh writes it. */
static char *
format_name(const struct endpoint *e)
{
	return e->port == 22 ? dc_strdup(e->host)
			     : dc_asprintf("[%s]:%d", e->host, e->port);
}

/* Cuts "name type key [comment]" in place. */
static bool
has_fields(char *line, char **name, char **type, char **key)
{
	char *save = NULL;

	*name = strtok_r(line, " \t", &save);
	*type = strtok_r(NULL, " \t", &save);
	*key = strtok_r(NULL, " \t\r", &save);
	return *key != NULL && **name != '#';
}

/* What the file says about HOST; TYPE NULL: only whether it knows it. */
static int
find(enum match *out, const char *file, const char *host, const char *type,
    const char *key, struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	char *line, *save = NULL, *h, *t, *k;
	int rc;

	*out = UNKNOWN;
	rc = dc_fs_load(&text, NULL, file, FILE_MAX, err);
	if (rc == DC_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	for (line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!has_fields(line, &h, &t, &k) || strcmp(h, host) != 0)
			continue;
		*out = OTHER;
		if (type != NULL && strcmp(t, type) == 0 &&
		    strcmp(k, key) == 0) {
			*out = SAME;
			break;
		}
	}
	return 0;
}

/* O_APPEND and one write: two pushes at once mix no lines. */
static int
append(const char *file, const char *text, struct dc_err *err)
{
	dc_auto_fd int fd =
	    open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", file);
	return dc_fs_write_all(fd, text, strlen(text), err);
}

struct scan {
	const char *host;
	struct dc_str lines;
};

static void
on_scanned(const char *line, void *arg)
{
	dc_auto_free char *copy = dc_strdup(line);
	struct scan *scan = arg;
	char *host, *type, *key;

	/* Only lines about the host that was asked for. */
	if (!has_fields(copy, &host, &type, &key) ||
	    strcmp(host, scan->host) != 0 || key[strspn(key, BASE64)] != '\0')
		return;
	dc_str_addf(&scan->lines, "%s %s %s\n", host, type, key);
}

int
hosts_add(const char *file, const struct endpoint *e, struct dc_err *err)
{
	dc_auto_free char *host = format_name(e);
	dc_auto_strv struct dc_strv argv = {0};
	struct scan scan = {.host = host};
	enum match match = UNKNOWN;
	int rc;

	rc = find(&match, file, host, NULL, NULL, err);
	if (rc < 0 || match != UNKNOWN)
		return rc;
	dc_strv_add(&argv, "ssh-keyscan");
	dc_strv_addf(&argv, "-p%d", e->port);
	dc_strv_add(&argv, "--");
	dc_strv_add(&argv, e->host);
	(void)dc_spawn_run(argv.v, NULL, NULL, on_scanned, &scan, NULL);
	if (scan.lines.len > 0)
		rc = append(file, scan.lines.data, err);
	dc_str_done(&scan.lines);
	return rc;
}

/* The blob begins with its type: four bytes of length, then a name. */
static int
find_type(char **out, const unsigned char *b, size_t len, struct dc_err *err)
{
	size_t n = 0;

	if (len >= 4)
		n = (size_t)b[0] << 24 | (size_t)b[1] << 16 |
		    (size_t)b[2] << 8 | b[3];
	if (n == 0 || n > 64 || n > len - 4)
		return dc_fail(err, DC_EINVAL, "malformed ssh host key");
	*out = dc_strndup((const char *)b + 4, n);
	return 0;
}

int
hosts_check(const char *file, const struct endpoint *e, const void *blob,
    size_t len, struct dc_err *err)
{
	dc_auto_free char *host = format_name(e);
	dc_auto_free char *key = dc_base64_format(blob, len);
	dc_auto_free char *type = NULL;
	dc_auto_free char *line = NULL;
	enum match match = UNKNOWN;
	int rc;

	rc = find_type(&type, blob, len, err);
	if (rc == 0)
		rc = find(&match, file, host, type, key, err);
	if (rc < 0 || match == SAME)
		return rc;
	if (match == OTHER)
		return dc_fail(err, DC_EDENIED,
		    "The ssh key of %s is not the one it had before. If the "
		    "server was set up anew, remove its lines from %s; if it "
		    "was not, somebody is between you and it.",
		    host, file);
	line = dc_asprintf("%s %s %s\n", host, type, key);
	return append(file, line, err);
}
