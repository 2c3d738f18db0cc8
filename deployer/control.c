/* deployer/control.c -- see control.h. */
#include "deployer/control.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define SOCKET_NAME "supervisor.sock"
#define START_MS 10000
#define ANSWER_MAX (1 << 20)
#define ANSWER_SECONDS 60

/* The directory can be written to from inside the container: no link is
 * followed, and an answer does not let us wait for ever. Through descriptors:
 * a socket's path is short. */
static int
try_connect(int dirfd, int *out, bool waits)
{
	const struct timeval limit = {.tv_sec = ANSWER_SECONDS};
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	dc_auto_fd int name =
	    openat(dirfd, SOCKET_NAME, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	dc_auto_fd int fd = -1;

	if (name < 0)
		return -errno;
	fd = socket(AF_UNIX,
	    SOCK_STREAM | SOCK_CLOEXEC | (waits ? 0 : SOCK_NONBLOCK), 0);
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d",
	    name);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) <
		0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) <
		0 ||
	    connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0)
		return -errno;
	*out = dc_steal_fd(&fd);
	return 0;
}

/* The watch is in place before each try, so no appearance is missed; a
 * socket that is bound but not listening yet costs a short wait. */
static int
open_socket(int *out, const char *box_dir, bool waits, struct dc_err *err)
{
	dc_auto_free char *dir = dc_asprintf("%s/run", box_dir);
	dc_auto_fd int dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	dc_auto_fd int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	int64_t end = dc_mono_ms() + (waits ? START_MS : 0);
	struct pollfd p = {.fd = watch, .events = POLLIN};
	char events[4096];
	int e;

	if (dirfd < 0 || watch < 0 ||
	    inotify_add_watch(watch, dir, IN_CREATE | IN_MOVED_TO) < 0)
		return dc_fail_errno(err, "open '%s'", dir);
	for (;;) {
		e = -try_connect(dirfd, out, waits);
		if (e == 0)
			return 0;
		if ((e != ENOENT && e != ECONNREFUSED && e != EAGAIN) ||
		    dc_mono_ms() >= end)
			break;
		(void)poll(&p, 1, e == ENOENT ? 1000 : 2);
		(void)!read(watch, events, sizeof(events));
	}
	errno = e;
	return dc_fail_errno(err, "connect to '%s/" SOCKET_NAME "'", dir);
}

static int
send_command(int *out, const char *box_dir, const char *command, bool waits,
    struct dc_err *err)
{
	dc_auto_free char *line = dc_asprintf("%s\n", command);
	dc_auto_fd int fd = -1;
	int rc = open_socket(&fd, box_dir, waits, err);

	if (rc == 0)
		rc = dc_fs_write_all(fd, line, strlen(line), err);
	if (rc < 0)
		return dc_wrap(err, rc, "container '%s'", command);
	*out = dc_steal_fd(&fd);
	return 0;
}

int
control_ask(char **answer, const char *box_dir, const char *command,
    struct dc_err *err)
{
	dc_auto_str struct dc_str s = {0};
	dc_auto_fd int fd = -1;
	char chunk[4096];
	ssize_t n;
	int rc = send_command(&fd, box_dir, command, true, err);

	if (rc < 0)
		return rc;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && s.len < ANSWER_MAX)
		dc_str_addn(&s, chunk, (size_t)n);
	if (n < 0)
		return dc_fail_errno(err, "read the answer to '%s'", command);
	if (answer != NULL)
		*answer = dc_str_steal(&s);
	return 0;
}

int
control_watch(int *out, const char *box_dir, bool waits, struct dc_err *err)
{
	return send_command(out, box_dir, "watch", waits, err);
}
