/* cli/config.h -- what the command line remembers: ~/.dcloud_cli about the
 * person, .dotcloud/config about the directory. */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "common/base/err.h"

#include <stdbool.h>

struct config {
	char *dir;         /* ~/.dcloud_cli or DCLOUD_CONFIG_DIR, mode 0700 */
	char *path;        /* config, mode 0600                             */
	char *key;         /* dcloud.key: the private ssh key               */
	char *known_hosts; /* what ssh and git pushes know of the servers   */

	char *endpoint; /* as saved by setup; NULL: never           */
	char *username;
	char *api_key; /* instead of the tokens                    */
	char *access_token, *refresh_token, *token_url;
};

/* A missing file is success, with nothing but the paths set. */
int config_load(struct config *c, struct dc_err *err);
int config_save(const struct config *c, struct dc_err *err);
/* Makes the directory, 0700. */
int config_add_dir(const struct config *c, struct dc_err *err);
void config_done(struct config *c);

/* Replaces *FIELD by a copy of VALUE, which may be NULL. */
void config_set(char **field, const char *value);

enum protocol {
	PROTOCOL_AUTO, /* nothing saved: chosen at each push */
	PROTOCOL_RSYNC,
	PROTOCOL_GIT,
	PROTOCOL_HG,
};

struct project {
	char *root; /* the directory that holds .dotcloud; NULL: none found */
	char *app;
	char *branch; /* push_branch */
	enum protocol protocol;
};

/* As the API says it, "rsync", and as the option; AUTO: NULL. */
const char *protocol_name(enum protocol p);
const char *protocol_flag(enum protocol p);

/* From the nearest parent of FROM with a .dotcloud/config, FROM included. None
 * is success, with ROOT and APP NULL. */
int project_load(struct project *p, const char *from, struct dc_err *err);
/* P's root/.dotcloud/config. */
int project_save(const struct project *p, struct dc_err *err);
int project_remove(const struct project *p, struct dc_err *err);
void project_done(struct project *p);

#endif
