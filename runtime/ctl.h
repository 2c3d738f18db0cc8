/* runtime/ctl.h -- supervisorctl: the client of the control socket. */
#ifndef DC_CTL_H
#define DC_CTL_H

#define CTL_SOCKET "/var/dotcloud/supervisor.sock"

/* supervisorctl [-c FILE] [-s SOCKET] COMMAND [NAME...]; its exit status, which
 * is supervisorctl's: 3 for `status` of what does not run, 7 for what could not
 * be started, 2 for a mistake in ARGV. */
int ctl_run(int argc, char *argv[]);

#endif
