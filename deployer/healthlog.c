/* deployer/healthlog.c -- see healthlog.h. */
#include "deployer/healthlog.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* It begins anew then. */
#define MAX_BYTES 262144

static int
open_file(int *out, const char *boxes, const char *box, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/%s/log", boxes, box);
	dc_auto_fd int dir =
	    open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dc_auto_fd int fd = -1;
	struct stat st;

	if (dir < 0)
		return dc_fail_errno(err, "open '%s'", path);
	fd = openat(dir, "health.log",
	    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
	    0644);
	if (fd < 0 || fstat(fd, &st) < 0)
		return dc_fail_errno(err, "open '%s/health.log'", path);
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return dc_fail(err, DC_EFAIL,
		    "'%s/health.log' is not a file of ours", path);
	if (st.st_size > MAX_BYTES && ftruncate(fd, 0) < 0)
		return dc_fail_errno(err, "truncate '%s/health.log'", path);
	*out = dc_steal_fd(&fd);
	return 0;
}

int
healthlog_add(const char *boxes, const char *box, const char *text,
    struct dc_err *err)
{
	dc_auto_free char *line = NULL;
	dc_auto_fd int fd = -1;
	time_t now = time(NULL);
	char date[32] = "";
	struct tm tm;
	int rc = open_file(&fd, boxes, box, err);

	if (rc < 0)
		return rc;
	if (gmtime_r(&now, &tm) != NULL)
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm);
	line = dc_asprintf("%s %s\n", date, text);
	return dc_fs_write_all(fd, line, strlen(line), err);
}
