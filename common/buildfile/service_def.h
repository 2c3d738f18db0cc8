/* common/buildfile/service_def.h -- one service as its build file has it. */
#ifndef DC_SERVICE_DEF_H
#define DC_SERVICE_DEF_H

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/json/json.h"

#include <stddef.h>

struct dc_pair {
	char *name, *value;
};

/* In the order of the file. */
struct dc_pairs {
	struct dc_pair *v;
	size_t n;
};

/* NULL is "not given"; lists and pairs may be empty. */
struct dc_service_def {
	char *name, *type;
	char *approot; /* never NULL: "." */
	char *prebuild, *postbuild, *postinstall, *buildscript;
	char *migrate;        /* shell text */
	int migrate_deadline; /* seconds; DC_MIGRATE_SECONDS */
	char *process; /* also the one pair of processes, under our name */
	struct dc_strv systempackages, requirements;
	struct dc_json *config;      /* object */
	struct dc_pairs environment; /* variable, value                  */
	struct dc_pairs processes;   /* supervisor's name, shell text     */
	struct dc_pairs ports;       /* name, "http" | "tcp" | "udp"      */
	int instances;               /* 1 */
	int workers;                 /* 1; processes with a socket each */
	char *listen_var; /* names the unix socket; NULL: it listens on tcp */
	struct dc_json *extras; /* object: every other key           */
};

void dc_service_def_done(struct dc_service_def *def);

/* Appends SERVICE_NAME=www, SERVICE_CONFIG_X=..., as build scripts get them:
 * dictionaries flattened by one level, lists as Python text. */
void dc_service_env(struct dc_strv *to, const struct dc_service_def *def);

/* VALUE as those variables have it; the caller's. */
char *dc_service_text(const struct dc_json *value);

/* The text for a row of the store; nothing is lost on the way there and back.
 * The caller's. */
char *dc_service_to_json(const struct dc_service_def *def);
int dc_service_from_json(struct dc_service_def *out, const char *text,
    struct dc_err *err);

void dc_pairs_add(struct dc_pairs *pairs, const char *name, const char *value);
/* The value of NAME, or NULL. */
const char *dc_pairs_find(const struct dc_pairs *pairs, const char *name);
void dc_pairs_done(struct dc_pairs *pairs);

#define dc_auto_service_def __attribute__((cleanup(dc_service_def_done)))

#endif
