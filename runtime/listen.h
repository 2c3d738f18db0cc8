/* runtime/listen.h -- an event listener of the real supervisord: tells dcinit
 * what becomes of the programs that supervisord runs. */
#ifndef DC_LISTEN_H
#define DC_LISTEN_H

/* Events come on standard input, answers go to standard output, news to the
 * socket at PATH; ends with the input. */
int listen_run(const char *path);

#endif
