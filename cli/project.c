/* cli/project.c -- the part of config.h about a directory: .dotcloud. */
#include "cli/config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/json/json.h"

#define CONFIG_MAX (1 << 20)
#define LEVELS_MAX 256 /* CONTRACT 2 */

/* As the API and the file say them. */
static const char *const names[] = {
    [PROTOCOL_AUTO] = NULL,
    [PROTOCOL_RSYNC] = "rsync",
    [PROTOCOL_GIT] = "git",
    [PROTOCOL_HG] = "mercurial",
};

const char *
protocol_name(enum protocol p)
{
	return names[p];
}

const char *
protocol_flag(enum protocol p)
{
	return p == PROTOCOL_HG ? "hg" : names[p];
}

static enum protocol
protocol_find(const char *name)
{
	size_t i;

	for (i = PROTOCOL_RSYNC; name != NULL && i <= PROTOCOL_HG; i++)
		if (strcmp(names[i], name) == 0)
			return (enum protocol)i;
	return PROTOCOL_AUTO;
}

static int
load_file(struct project *p, const char *root, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/.dotcloud/config", root);
	dc_auto_json struct dc_json *j = NULL;
	dc_auto_free char *text = NULL;
	size_t len;
	int rc;

	rc = dc_fs_load(&text, &len, path, CONFIG_MAX, err);
	if (rc < 0)
		return rc;
	if (dc_json_parse(&j, text, len, NULL) < 0 ||
	    dc_json_type(j) != DC_JSON_OBJECT)
		return dc_fail(err, DC_EINVAL,
		    "'%s' is damaged: run `dcloud connect APP` in '%s' again.",
		    path, root);
	config_set(&p->root, *root != '\0' ? root : "/");
	config_set(&p->app, dc_json_find_str(j, "application"));
	config_set(&p->branch, dc_json_find_str(j, "push_branch"));
	p->protocol = protocol_find(dc_json_find_str(j, "push_protocol"));
	return 0;
}

int
project_load(struct project *p, const char *from, struct dc_err *err)
{
	dc_auto_free char *dir = realpath(from, NULL);
	char *slash;
	int level, rc;

	if (dir == NULL)
		return dc_fail_errno(err, "'%s'", from);
	if (strcmp(dir, "/") == 0)
		*dir = '\0';
	for (level = 0; level < LEVELS_MAX; level++) {
		rc = load_file(p, dir, err);
		if (rc != DC_ENOTFOUND)
			return rc;
		slash = strrchr(dir, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
	}
	return 0;
}

int
project_save(const struct project *p, struct dc_err *err)
{
	dc_auto_free char *dir = dc_asprintf("%s/.dotcloud", p->root);
	dc_auto_free char *path = dc_asprintf("%s/config", dir);
	dc_auto_json struct dc_json *j = dc_json_new_object();
	dc_auto_free char *text = NULL;
	int rc;

	dc_json_add_str(j, "push_branch", p->branch);
	dc_json_add_str(j, "application", p->app);
	dc_json_add_str(j, "version", CLI_VERSION);
	dc_json_add_str(j, "push_protocol", protocol_name(p->protocol));
	text = dc_json_format(j, DC_JSON_INDENT);
	rc = dc_fs_mkdirs(dir, 0700, err);
	if (rc < 0)
		return rc;
	return dc_fs_save(path, text, strlen(text), 0600, err);
}

int
project_remove(const struct project *p, struct dc_err *err)
{
	dc_auto_free char *dir = dc_asprintf("%s/.dotcloud", p->root);

	return dc_fs_remove_tree(dir, err);
}

void
project_done(struct project *p)
{
	config_set(&p->root, NULL);
	config_set(&p->app, NULL);
	config_set(&p->branch, NULL);
}
