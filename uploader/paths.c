/* uploader/paths.c -- see paths.h. */
#include "uploader/paths.h"

#include "common/base/auto.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

static int
check(int dirfd, const char *path, const char *service, const char *key,
    struct dc_err *err)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	dc_auto_fd int fd =
	    (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

	if (fd < 0 && errno == EXDEV)
		return dc_fail(err, DC_EUSER,
		    "\"%s\" of service \"%s\" leads out of the pushed tree:"
		    " '%.200s' is, or lies behind, a symbolic link to"
		    " elsewhere",
		    key, service, path);
	if (fd < 0 && errno == ELOOP)
		return dc_fail(err, DC_EUSER,
		    "\"%s\" of service \"%s\" leads nowhere: '%.200s' is, or"
		    " lies behind, a symbolic link to itself",
		    key, service, path);
	return 0;
}

/* A hook is shell text; its first word, or all of it, may name a file. */
static int
check_hook(int dirfd, const struct dc_service_def *def, const char *key,
    const char *hook, struct dc_err *err)
{
	size_t n = hook != NULL ? strcspn(hook, " \t\n;&|<>()") : 0;
	dc_auto_free char *path = NULL;

	if (n == 0 || *hook == '/' || *hook == '~')
		return 0;
	path = strcmp(def->approot, ".") == 0
		   ? dc_strndup(hook, n)
		   : dc_asprintf("%s/%.*s", def->approot, (int)n, hook);
	return check(dirfd, path, def->name, key, err);
}

static int
check_service(int dirfd, const struct dc_service_def *def, struct dc_err *err)
{
	const char *last =
	    def->postinstall != NULL ? def->postinstall : "./postinstall";
	int rc = check(dirfd, def->approot, def->name, "approot", err);

	if (rc == 0 && def->buildscript != NULL)
		rc = check(dirfd, def->buildscript, def->name, "buildscript",
		    err);
	if (rc == 0)
		rc = check_hook(dirfd, def, "prebuild", def->prebuild, err);
	if (rc == 0)
		rc = check_hook(dirfd, def, "postbuild", def->postbuild, err);
	return rc < 0 ? rc : check_hook(dirfd, def, "postinstall", last, err);
}

int
paths_check(const struct dc_buildfile *file, int dirfd, struct dc_err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < file->nservices && rc == 0; i++)
		rc = check_service(dirfd, &file->services[i], err);
	return rc;
}
