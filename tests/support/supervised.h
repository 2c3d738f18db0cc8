/* tests/support/supervised.h -- a real supervisor in a child process, and a
 * word with it: for tests of runtime/. */
#ifndef SUPERVISED_H
#define SUPERVISED_H

#include "runtime/supervisor.h"

#include <stdio.h>

extern char supervised_dir[], supervised_logs[64];
extern struct supervisor_options supervised_options;
extern pid_t supervised_pid;

/* Of the test case. */
void supervised_setup(void);
void supervised_teardown(void);

/* TEXT becomes its configuration file. */
void supervised_save(const char *text);
/* Starts one with TEXT as its configuration; its wait status at the end. */
void supervised_begin(const char *text);
int supervised_end(int sig);

/* Reads its own log until a line has WHAT in it. */
void supervised_await_event(const char *what);

int supervised_dial(void);
FILE *supervised_request(const char *line);
/* The whole answer; in a buffer of its own for each of two calls. */
const char *supervised_ask(const char *line);
int supervised_number(const char *answer);

/* Reads a watch until a line begins with PREFIX. */
void supervised_await(FILE *f, const char *prefix, char line[512]);

/* In a buffer of its own for each of two calls. */
const char *supervised_load_log(const char *name);

#endif
