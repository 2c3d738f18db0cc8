/* cli/buildfile.c -- see buildfile.h. */
#include "cli/buildfile.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/hg.h"
#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/buildfile/buildfile.h"

/* DC_EUSER would be a failed deployment, and there is none. */
static int
find_code(int rc)
{
	return rc == DC_EUSER ? DC_EINVAL : rc;
}

static bool
is_repeated(const struct dc_buildfile *file, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (strcmp(file->services[j].type, file->services[i].type) == 0)
			return true;
	return false;
}

/* Who does not answer is not asked again. */
static bool
is_missing(struct api **api, const char *type)
{
	struct dc_err no = DC_ERR_INIT;
	int rc;

	if (*api == NULL || !dc_type_is_data(type))
		return false;
	rc = api_find_type(*api, type, &no);
	if (rc < 0 && rc != DC_ENOTFOUND)
		*api = NULL;
	return rc == DC_ENOTFOUND;
}

/* The types of FILE but those that keep data and are not there. */
static void
find_types(struct dc_types *out, const struct dc_buildfile *file,
    struct api *api)
{
	const char *name;
	size_t i;

	out->v = dc_xcalloc(file->nservices + 1, sizeof(*out->v));
	for (i = 0; i < file->nservices; i++) {
		name = file->services[i].type;
		if (!is_repeated(file, i) && !is_missing(&api, name))
			out->v[out->n++].name = dc_strdup(name);
	}
}

static int
check_text(const char *text, size_t len, struct api *api, struct dc_err *err)
{
	dc_auto_buildfile struct dc_buildfile file = {0}, again = {0};
	dc_auto_types struct dc_types types = {0};
	int rc = dc_buildfile_parse(&file, text, len, NULL, err);

	if (rc < 0)
		return find_code(rc);
	find_types(&types, &file, api);
	return find_code(dc_buildfile_parse(&again, text, len, &types, err));
}

int
buildfile_check_dir(const char *dir, struct api *api, struct dc_err *err)
{
	dc_auto_buildfile struct dc_buildfile file = {0}, again = {0};
	dc_auto_types struct dc_types types = {0};
	dc_auto_fd int fd = -1;
	struct stat st;
	int rc;

	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", dir);
	if (fstatat(fd, DC_BUILDFILE_NAME, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	rc = dc_buildfile_load(&file, fd, NULL, err);
	if (rc < 0)
		return find_code(rc);
	find_types(&types, &file, api);
	return find_code(dc_buildfile_load(&again, fd, &types, err));
}

int
buildfile_check_commit(struct repo *r, const char *commit, struct api *api,
    struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	size_t len = 0;
	int rc = repo_load_file(&text, &len, r, commit, DC_BUILDFILE_NAME,
	    DC_MAX_BUILDFILE, err);

	if (rc < 0)
		return rc == DC_ENOTFOUND ? 0 : rc;
	return check_text(text, len, api, err);
}

int
buildfile_check_hg(const char *dir, const char *commit, struct api *api,
    struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	size_t len = 0;
	int rc = hg_load_file(&text, &len, dir, commit, DC_BUILDFILE_NAME,
	    DC_MAX_BUILDFILE, err);

	if (rc < 0)
		return rc == DC_ENOTFOUND ? 0 : rc;
	return check_text(text, len, api, err);
}
