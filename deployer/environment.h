/* deployer/environment.h -- what an instance learns about itself: the files
 * environment.json, .yml and dotcloud_profile in its home, the Unix environment
 * of its processes, and the programs that its pid 1 starts. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "common/buildfile/service_def.h"
#include "common/buildfile/type.h"
#include "common/conf/conf.h"
#include "common/store/instance.h"

struct environment {
	struct dc_strv unix_env; /* all of it: K=V */
	struct dc_json *values;  /* what the files hold; PORT_* are numbers */
};

/* CONTRACT 1.5: platform's, ports, environment: of the build file, and on top
 * what `dcloud env set` has set. */
int environment_load(struct environment *env, const struct dc_conf *conf,
    struct dc_db *db, const struct dc_instance *instance,
    const struct dc_service_def *def, const struct dc_port *ports,
    size_t nports, struct dc_err *err);
void environment_done(struct environment *env);

/* Writes the files into a container that was created and mounted. The home is
 * a stranger's: it is written to from inside the range at FIRST_ID. */
int environment_save(const struct environment *env, const char *box_dir,
    uid_t first_id, const struct dc_service_def *def,
    const struct dc_type *type, struct dc_err *err);

/* The directory that hooks and processes start in, as shell text. */
#define ENVIRONMENT_CD "cd ~/current 2>/dev/null || cd ~; "

#endif
