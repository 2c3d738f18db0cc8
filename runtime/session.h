/* runtime/session.h -- `dcinit session`: what sshd starts for everybody who has
 * logged in. It gives the command the environment of processes, and what is
 * left of the session gets SIGHUP when the connection has ended. */
#ifndef DC_SESSION_H
#define DC_SESSION_H

/* Runs $SSH_ORIGINAL_COMMAND with bash, or a login shell where there is none.
 * ENV: a file of NUL-separated K=V. The exit status is the command's, or 128
 * and the number of the signal that ended it. */
int session_run(const char *env);

#endif
