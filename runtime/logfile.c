/* runtime/logfile.c -- see logfile.h. */
#include "runtime/logfile.h"

#include "common/base/auto.h"
#include "common/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directory belongs to the application: a link there must not lead
 * anywhere, and a FIFO must not block. */
static int
reopen(struct logfile *log, struct dc_err *err)
{
	dc_auto_fd int fd = -1;
	struct stat st;

	account_begin_files(log->rights);
	fd = open(log->path,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
		O_NONBLOCK | O_NOCTTY,
	    0644);
	account_end_files(log->rights);
	if (fd < 0)
		return dc_fail_errno(err, "open log '%s'", log->path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return dc_fail(err, DC_EINVAL, "log '%s' is not a file",
		    log->path);
	log->fd = dc_steal_fd(&fd);
	return 0;
}

int
logfile_open(struct logfile *log, const char *path, int64_t max_bytes,
    int backups, const struct account *rights, struct dc_err *err)
{
	*log = (struct logfile){.fd = -1,
	    .max_bytes = max_bytes,
	    .backups = backups,
	    .rights = rights};
	if (path == NULL)
		return 0;
	log->path = dc_strdup(path);
	return reopen(log, err);
}

static void
rotate(struct logfile *log)
{
	char *older = NULL;

	if (log->backups == 0) {
		(void)!ftruncate(log->fd, 0);
		return;
	}
	(void)close(log->fd);
	log->fd = -1;
	account_begin_files(log->rights);
	for (int i = log->backups; i >= 0; i--) {
		char *name = i > 0 ? dc_asprintf("%s.%d", log->path, i)
				   : dc_strdup(log->path);

		if (older != NULL)
			(void)rename(name, older);
		free(older);
		older = name;
	}
	free(older);
	account_end_files(log->rights);
	(void)reopen(log, NULL);
}

static bool
is_full(const struct logfile *log, size_t n)
{
	struct stat st;

	return log->max_bytes > 0 && log->fd >= 0 && fstat(log->fd, &st) == 0 &&
	       st.st_size > 0 && st.st_size + (int64_t)n > log->max_bytes;
}

/* Another stream or process has the same path and has rotated it, or somebody
 * has moved the file away. */
static bool
is_elsewhere(const struct logfile *log)
{
	struct stat here, there;

	if (fstat(log->fd, &here) < 0)
		return false;
	return lstat(log->path, &there) < 0 || here.st_ino != there.st_ino ||
	       here.st_dev != there.st_dev;
}

void
logfile_write(struct logfile *log, const char *data, size_t n)
{
	struct stat st;

	if (log->path == NULL)
		return;
	if (log->fd >= 0 && ((fstat(log->fd, &st) == 0 && st.st_nlink == 0) ||
				(is_full(log, n) && is_elsewhere(log)))) {
		(void)close(log->fd);
		log->fd = -1;
	}
	if (log->fd < 0 && reopen(log, NULL) < 0)
		return;
	if (is_full(log, n))
		rotate(log);
	while (n > 0 && log->fd >= 0) {
		ssize_t w = write(log->fd, data, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return;
		data += w;
		n -= (size_t)w;
	}
}

void
logfile_clear(struct logfile *log)
{
	if (log->fd >= 0)
		(void)!ftruncate(log->fd, 0);
}

void
logfile_close(struct logfile *log)
{
	if (log->fd >= 0)
		(void)close(log->fd);
	free(log->path);
	*log = (struct logfile){.fd = -1};
}
