/* uploader/serve.h -- answers one request, in a process of its own. */
#ifndef UPLOADER_SERVE_H
#define UPLOADER_SERVE_H

#include "uploader/request.h"

/* Opens the store, authenticates, runs the route's handler, writes the reply
 * to FD. RQ's route is known. */
_Noreturn void serve_run(struct request *rq, int fd);

#endif
