/* runtime/inetd.c -- see inetd.h. */
#include "runtime/inetd.h"

#include "common/base/auto.h"
#include "runtime/child.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 16

/* When memory runs out visitors go, and what they have started, before the
 * application does. */
static void
be_first_to_go(void)
{
	static const char text[] = "1000";
	dc_auto_fd int fd =
	    open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)!write(fd, text, sizeof(text) - 1);
}

static void __attribute__((noreturn))
run_program(const struct inetd *i, int connection)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	child_begin();
	be_first_to_go();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && null >= 0 &&
	    dup2(connection, 0) == 0 && dup2(connection, 1) == 1 &&
	    dup2(null, 2) == 2)
		(void)execv(i->argv[0], i->argv);
	_exit(127);
}

static void
on_connection(void *arg, uint32_t events)
{
	struct inetd *i = arg;
	dc_auto_fd int fd = accept4(i->source.fd, NULL, NULL, SOCK_CLOEXEC);
	pid_t pid;

	(void)events;
	if (fd < 0 || i->n == INETD_MAX)
		return;
	pid = fork();
	if (pid == 0)
		run_program(i, fd);
	if (pid > 0)
		i->pids[i->n++] = pid;
}

bool
inetd_reap(struct inetd *i, pid_t pid)
{
	for (size_t n = 0; n < i->n; n++)
		if (i->pids[n] == pid) {
			i->pids[n] = i->pids[--i->n];
			return true;
		}
	return false;
}

int
inetd_open(struct inetd *i, int epoll_fd, int port, char *const argv[],
    struct dc_err *err)
{
	const struct sockaddr_in any = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port)};
	dc_auto_fd int fd =
	    socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, rc;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return dc_fail_errno(err, "port %d", port);
	*i = (struct inetd){.argv = argv,
	    .epoll_fd = epoll_fd,
	    .source = {on_connection, i, fd, EPOLLIN}};
	rc = loop_add(epoll_fd, &i->source, err);
	if (rc == 0)
		(void)dc_steal_fd(&fd);
	else
		i->source.fd = -1;
	return rc;
}

void
inetd_close(struct inetd *i)
{
	if (i->source.fd < 0)
		return;
	loop_remove(i->epoll_fd, &i->source);
	(void)close(i->source.fd);
	i->source.fd = -1;
}
