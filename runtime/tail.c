/* runtime/tail.c -- see tail.h. */
#include "runtime/tail.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "runtime/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

static int
open_log(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
}

/* To the end of the file. False: nobody listens any more. */
static bool
copy(int fd)
{
	char data[4096];
	ssize_t n;

	while ((n = read(fd, data, sizeof(data))) > 0)
		if (fwrite(data, 1, (size_t)n, stdout) != (size_t)n)
			return false;
	return fflush(stdout) == 0;
}

/* PATH is another file than FD by now, or FD has been emptied. */
static bool
is_begun_anew(int fd, const char *path)
{
	struct stat ours, there;

	if (fstat(fd, &ours) < 0 || stat(path, &there) < 0)
		return false;
	return ours.st_ino != there.st_ino || ours.st_dev != there.st_dev ||
	       ours.st_size < lseek(fd, 0, SEEK_CUR);
}

/* The directory is watched, not the file: a rotation is seen as well. */
static bool
follow(int fd, const char *path)
{
	dc_auto_free char *dir = sources_here(path);
	dc_auto_fd int watch = inotify_init1(IN_CLOEXEC);
	dc_auto_fd int current = dup(fd);
	char events[4096];

	if (watch < 0 || current < 0 ||
	    inotify_add_watch(watch, dir, IN_MODIFY | IN_CREATE | IN_MOVED_TO) <
		0) {
		(void)fprintf(stderr, "%s: %s\n", dir, strerror(errno));
		return false;
	}
	while (copy(current)) {
		if (is_begun_anew(current, path)) {
			int next = open_log(path);

			if (next >= 0) {
				(void)close(current);
				current = next;
				continue;
			}
		}
		(void)!read(watch, events, sizeof(events));
	}
	return true;
}

bool
tail_run(const char *path, long long bytes, bool follows)
{
	dc_auto_fd int fd = open_log(path);

	if (fd < 0) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	if (lseek(fd, -(off_t)bytes, SEEK_END) < 0)
		(void)lseek(fd, 0, SEEK_SET);
	if (follows)
		return follow(fd, path);
	(void)copy(fd);
	return true;
}
