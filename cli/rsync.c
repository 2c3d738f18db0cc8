/* cli/rsync.c -- see rsync.h. */
#include "cli/rsync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/child.h"
#include "cli/hosts.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/term.h"

/* What rsync passes on when its ssh could not connect or log in. */
#define SSH_FAILED 255
#define REVISION "rsync-"
#define UPLOADED " is uploaded"

/* One argument, within quotes. */
static void
add_quoted(struct dc_str *out, const char *text, const char *quote)
{
	dc_str_add(out, " '");
	for (; *text != '\0'; text++)
		dc_str_addn(out, *text == '\'' ? quote : text,
		    *text == '\'' ? strlen(quote) : 1);
	dc_str_add(out, "'");
}

/* LogLevel=ERROR rather than the old client's QUIET: that the key is refused
 * or has changed must be seen. */
char *
rsync_format_ssh(const struct config *config, const char *quote)
{
	static const char *const options[] = {"IdentitiesOnly=yes",
	    "StrictHostKeyChecking=accept-new", "HashKnownHosts=no",
	    "GlobalKnownHostsFile=/dev/null", "PasswordAuthentication=no",
	    "KbdInteractiveAuthentication=no", "ServerAliveInterval=10",
	    "LogLevel=ERROR", NULL};
	dc_auto_free char *key = hosts_format_file(config->key, false);
	dc_auto_free char *hosts = hosts_format_file(config->known_hosts, true);
	dc_auto_free char *known = NULL;
	struct dc_str out = {0};
	size_t i;

	known = dc_asprintf("UserKnownHostsFile=%s", hosts);
	dc_str_add(&out, "ssh -i");
	add_quoted(&out, key, quote);
	dc_str_add(&out, " -o");
	add_quoted(&out, known, quote);
	for (i = 0; options[i] != NULL; i++)
		dc_str_addf(&out, " -o %s", options[i]);
	return dc_str_steal(&out);
}

void
rsync_format(struct dc_strv *argv, const struct config *config,
    const struct endpoint *e, const char *dir, enum rsync_output output)
{
	dc_auto_free char *ssh = rsync_format_ssh(config, "''");
	dc_auto_free char *ignore = dc_asprintf("%s/.dotcloudignore", dir);
	bool is_v6 = strchr(e->host, ':') != NULL;

	dc_strv_add(argv, "rsync");
	dc_strv_add(argv, "-lpthrz");
	dc_strv_add(argv, "--delete");
	dc_strv_add(argv, "--safe-links");
	if (output == RSYNC_FILES) {
		dc_strv_add(argv, "--verbose");
		dc_strv_add(argv, "--progress");
	} else if (output == RSYNC_TOTAL) {
		dc_strv_add(argv, "--info=progress2");
	}
	dc_strv_add(argv, "--exclude=*.pyc");
	dc_strv_add(argv, "--exclude=.git");
	dc_strv_add(argv, "--exclude=.hg");
	if (dc_fs_exists(ignore))
		dc_strv_addf(argv, "--exclude-from=%s", ignore);
	dc_strv_add(argv, "-e");
	dc_strv_addf(argv, "%s -p %d", ssh, e->port);
	dc_strv_add(argv, "--");
	dc_strv_addf(argv, "%s/", strcmp(dir, "/") == 0 ? "" : dir);
	dc_strv_addf(argv, "%s@%s%s%s:%s/", e->user, is_v6 ? "[" : "", e->host,
	    is_v6 ? "]" : "", e->path);
}

/* "rsync-1796051536746 is uploaded" is for us, all else for the developer. */
static void
on_line(const char *line, void *arg)
{
	dc_auto_free char *clean = dc_term_format_line(line, false);
	char **revision = arg;
	size_t digits = 0;

	if (dc_has_prefix(line, REVISION))
		digits = strspn(line + strlen(REVISION), "0123456789");
	if (digits > 0 &&
	    strcmp(line + strlen(REVISION) + digits, UPLOADED) == 0) {
		free(*revision);
		*revision = dc_strndup(line, strlen(REVISION) + digits);
		return;
	}
	(void)fprintf(stderr, "%s\n", clean);
}

int
rsync_run(const struct config *config, const struct endpoint *e,
    const char *dir, bool verbose, char **revision, struct dc_err *err)
{
	enum rsync_output output = verbose ? RSYNC_FILES : RSYNC_QUIET;
	dc_auto_strv struct dc_strv argv = {0};
	int rc;

	rc = hosts_add(config->known_hosts, e, err);
	if (rc < 0)
		return rc;
	if (!verbose && isatty(STDOUT_FILENO))
		output = RSYNC_TOTAL;
	rsync_format(&argv, config, e, dir, output);
	rc = child_run_heard(argv.v, on_line, revision, err);
	if (rc <= 0)
		return rc;
	if (rc == SSH_FAILED)
		return dc_fail(err, DC_EFAIL,
		    "The upload failed: no ssh session with %s, port %d. "
		    "Nothing was deployed.",
		    e->host, e->port);
	return dc_fail(err, DC_EFAIL,
	    "The upload failed: rsync exit status %d. Nothing was deployed.",
	    rc);
}
