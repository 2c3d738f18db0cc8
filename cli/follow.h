/* cli/follow.h -- follows a log stream and prints it, over lost connections. */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include "cli/api.h"
#include "common/base/err.h"
#include "common/json/json.h"

#include <stdbool.h>
#include <stdint.h>

enum follow_end {
	FOLLOW_OVER,    /* all there is was printed          */
	FOLLOW_DONE,    /* the deployment ended well         */
	FOLLOW_FAILED,  /* the deployment failed             */
	FOLLOW_STOPPED, /* Ctrl-C, or nobody reads our output */
	FOLLOW_LOST,    /* no connection after all the tries */
};

struct follow {
	const char *app;
	char *deploy_id;   /* NULL: the application's log; owned. "latest"
			      becomes the real one */
	const char *query; /* more of the query: "&lines=5", or NULL */
	bool no_follow, json;
	/* Keeps trying even when nothing was heard yet: the deployment is known
	 * to be under way. */
	bool is_patient;
	/* Prints only what has one of these tags; NULL: all. */
	char *const *tags;

	/* Set by follow_run. Where it is: the last line of a deployment's log,
	 * the place in each file of an application's. */
	int64_t last_id;
	struct dc_json *places; /* NULL: the stream has not begun */
	char *section;
	bool has_partial; /* a line that will be rewritten is on the screen */
	long printed;
	int status; /* FOLLOW_OVER until an entry says more */
	bool is_broken;
};

int follow_run(struct follow *f, struct api *api, enum follow_end *end,
    struct dc_err *err);
/* For who asked for TAG, and nothing came. */
void follow_warn_nothing(const char *tag);
void follow_done(struct follow *f);

#endif
