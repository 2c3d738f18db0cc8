/* runtime/inetd.h -- a tcp port of a container, and a program for each
 * connection to it: sshd, of which nothing is there while nobody is. */
#ifndef DC_INETD_H
#define DC_INETD_H

#include "runtime/loop.h"

#include <stdbool.h>
#include <sys/types.h>

/* Connections at once; more are closed. They are strangers' until sshd has let
 * them in, which takes memory of the instance. */
#define INETD_MAX 16

struct inetd {
	struct source source;
	char *const *argv; /* its 0 and 1 are the connection */
	pid_t pids[INETD_MAX];
	size_t n;
	int epoll_fd;
};

/* PORT 0: any. */
int inetd_open(struct inetd *i, int epoll_fd, int port, char *const argv[],
    struct dc_err *err);
/* True: PID was one of its programs. */
bool inetd_reap(struct inetd *i, pid_t pid);
void inetd_close(struct inetd *i);

#endif
