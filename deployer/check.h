/* deployer/check.h -- one question to one instance that is up, and how it was
 * answered; nothing here waits. */
#ifndef DEPLOYER_CHECK_H
#define DEPLOYER_CHECK_H

#include "deployer/probe.h"

#include <stdbool.h>

enum check_result {
	CHECK_PENDING, /* no answer yet */
	CHECK_GOOD,
	CHECK_SILENT, /* no connection, or its end without an answer */
	CHECK_FAILING /* a bad answer */
};

struct check {
	struct probe_address to;
	struct dc_str request; /* empty: a connection is answer enough */
	enum check_step {
		CHECK_IDLE,
		CHECK_AGAIN, /* the queue of connections is full */
		CHECK_CONNECT,
		CHECK_ANSWER,
		CHECK_REST /* answered: the rest is read away */
	} step;
	int fd;       /* to wait on for EVENTS; -1: none */
	short events; /* 0: after a pause */
	size_t len, rest;
	char line[512];
	char seen[160]; /* what a bad result was */
};

/* Asks P. What was under way is given up. */
enum check_result check_begin(struct check *c, const struct probe *p);

/* After an event on the descriptor, or the pause. When the answer has come FD
 * may stay, for check_rest. */
enum check_result check_go_on(struct check *c, const struct probe *p);

/* Reads more of an answer that is known already. */
void check_rest(struct check *c);

/* Closes it; it can begin again. */
void check_end(struct check *c);
void check_done(struct check *c);

#endif
