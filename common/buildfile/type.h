/* common/buildfile/type.h -- the service types which this platform has.
 *
 * A type is a folder TYPES/NAME with a type.yml, all of whose keys may be
 * left out:
 *
 *	kind: code          # or data: created once, left alone by pushes
 *	http: 8080          # its http port; any: one is allotted; or absent
 *	port: http          # that port's name: PORT_HTTP
 *	process: ~/run      # what runs when the build file names nothing
 *	packages: [nginx]   # installed on top of the base image
 *	channel: true       # processes can exchange messages with pid 1
 *	config:             # what `config:` of a build file may hold
 *	    node_version:
 *	        default: v20.x
 *	        allowed: [v18.x, v20.x]
 *	    processes: {default: 4, min: 1, max: 64}
 */
#ifndef DC_TYPE_H
#define DC_TYPE_H

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/buildfile/service_def.h"
#include "common/json/json.h"

#include <stdbool.h>
#include <stddef.h>

#define DC_TYPE_ANY_PORT (-1)

struct dc_type {
	char *name;
	bool is_data, has_channel;
	int http_port;   /* 0: none; DC_TYPE_ANY_PORT */
	char *port_name; /* "http" */
	char *process;   /* or NULL */
	struct dc_strv packages;
	struct dc_json *config; /* object: key -> {default, allowed} */
};

struct dc_types {
	struct dc_type *v; /* in the order of their names */
	size_t n;
};

/* DIR/NAME/type.yml. A mistake in it is the operator's: DC_EINVAL. */
int dc_type_load(struct dc_type *out, const char *dir, const char *name,
    struct dc_err *err);
void dc_type_done(struct dc_type *type);

/* Every folder of DIR that has a type.yml. */
int dc_types_load(struct dc_types *out, const char *dir, struct dc_err *err);
/* Those that came with this program, for who has no platform to ask. */
int dc_types_load_own(struct dc_types *out, struct dc_err *err);
void dc_types_done(struct dc_types *types);

const struct dc_type *dc_types_find(const struct dc_types *types,
    const char *name);
/* Checks DEF's config (DC_EUSER: not allowed) and fills in the defaults. */
int dc_type_apply(const struct dc_type *type, struct dc_service_def *def,
    struct dc_err *err);
/* Checks one value of config: against what the type says of KEY. */
int dc_type_check(const struct dc_type *type, const char *key,
    const struct dc_json *value, struct dc_err *err);
/* As the type spells KEY, whether with `-` or `_`; NULL: it has no such key. */
const char *dc_type_find_key(const struct dc_type *type, const char *key);
/* One of the types dotCloud had, present here or not? */
bool dc_type_is_known(const char *name);
/* And one that keeps data? */
bool dc_type_is_data(const char *name);
/* "custom, nodejs, static"; the caller's. */
char *dc_types_format(const struct dc_types *types);

#define dc_auto_types __attribute__((cleanup(dc_types_done)))

#endif
