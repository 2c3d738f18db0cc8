/* tests/support/jobtest.h -- a small daemon over the job loop, which the runner
 * becomes when it is started under this name. */
#ifndef JOBTEST_H
#define JOBTEST_H

#define JOBTEST_NAME "jobtest"

/* A queued build's definition says what its job does, after a line in the
 * deployment's log:
 * "move": to preparing; "crash": kills itself; "wait": for ever. */
int jobtest_main(int argc, char **argv);

#endif
