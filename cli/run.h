/* cli/run.h -- dcloud run: which instance, and how ssh is told to go there. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/config.h"
#include "cli/endpoint.h"
#include "common/base/str.h"
#include "common/json/json.h"

#include <stdbool.h>

/* The command for the shell of the instance, the caller's: one word is shell
 * text as it is, several are a program and its arguments; none is "". */
char *run_format_command(char *const *args);

/* The ssh port of an instance of SERVICE, which is one that the API knows.
 * *NUMBER < 0: of the only one, whose number it becomes. Failures carry the
 * sentences of CONTRACT 1.2. */
int run_find_endpoint(struct endpoint *out, long long *number,
    const struct dc_json *service, struct dc_err *err);

struct run_ssh {
	const struct config *config;
	const struct endpoint *endpoint;
	const char *known_hosts, *alias; /* the file, and the name in it */
	bool has_terminal;
	const char *command; /* "": a shell */
};

void run_format_ssh(struct dc_strv *argv, const struct run_ssh *r);

#endif
