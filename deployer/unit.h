/* deployer/unit.h -- one instance as the deployer's jobs work on it. */
#ifndef UNIT_H
#define UNIT_H

#include "common/base/limits.h"
#include "common/buildfile/service_def.h"
#include "common/buildfile/type.h"
#include "common/job/job.h"
#include "common/store/instance.h"
#include "common/store/log_entry.h"

struct unit {
	struct dc_job *job;
	struct dc_instance row;
	struct dc_service_def def;
	struct dc_type type;
	struct dc_port ports[DC_MAX_INSTANCE_PORTS];
	size_t nports;
	char *boxes, *box, *box_dir; /* box_dir is boxes/box */
	uid_t first_id;
};

/* UNIT is zeroed before, and unit_done called whatever comes back. */
int unit_load(struct unit *u, struct dc_job *job, struct dc_err *err);
void unit_done(struct unit *u);

/* It comes back: its container has ended, or its user wants it begun anew. */
bool unit_has_served(const struct unit *u);

int unit_move(struct unit *u, enum dc_instance_state to, struct dc_err *err);

/* A line of the deployment's log, tagged [www.0]. */
int unit_say(struct unit *u, enum dc_log_kind kind, struct dc_err *err,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* What pid 1 has to say of the files it was given, after the first line of its
 * answer to `launch`. */
int unit_say_notes(struct unit *u, const char *answer, struct dc_err *err);

/* The last lines of what its processes printed, into the deployment's log. */
int unit_say_tail(struct unit *u, struct dc_err *err);

#endif
