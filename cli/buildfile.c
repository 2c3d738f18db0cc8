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

int
buildfile_check_dir(const char *dir, struct dc_err *err)
{
	dc_auto_buildfile struct dc_buildfile file = {0};
	dc_auto_fd int fd = -1;
	struct stat st;

	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", dir);
	if (fstatat(fd, DC_BUILDFILE_NAME, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return find_code(dc_buildfile_load(&file, fd, NULL, err));
}

/* RC: of loading TEXT. */
static int
check_text(int rc, const char *text, size_t len, struct dc_err *err)
{
	dc_auto_buildfile struct dc_buildfile file = {0};

	if (rc < 0)
		return rc == DC_ENOTFOUND ? 0 : rc;
	return find_code(dc_buildfile_parse(&file, text, len, NULL, err));
}

int
buildfile_check_commit(struct repo *r, const char *commit, struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	size_t len = 0;
	int rc = repo_load_file(&text, &len, r, commit, DC_BUILDFILE_NAME,
	    DC_MAX_BUILDFILE, err);

	return check_text(rc, text, len, err);
}

int
buildfile_check_hg(const char *dir, const char *commit, struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	size_t len = 0;
	int rc = hg_load_file(&text, &len, dir, commit, DC_BUILDFILE_NAME,
	    DC_MAX_BUILDFILE, err);

	return check_text(rc, text, len, err);
}
