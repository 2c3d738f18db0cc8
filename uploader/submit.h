/* uploader/submit.h -- asks for a deployment: which revision, what its build
 * file says, and the row that the deployer waits for. */
#ifndef UPLOADER_SUBMIT_H
#define UPLOADER_SUBMIT_H

#include "common/conf/conf.h"
#include "common/store/application.h"
#include "common/store/db.h"

struct submit {
	struct dc_db *db;
	const struct dc_conf *conf;
	const struct dc_application *app;
	int64_t account_id;   /* who asks */
	const char *revision; /* NULL: as dc_revision_find_next decides */
	bool clean;
	/* What came of it. */
	int64_t deployment_id;
	char *deploy_id, *name; /* NAME: of the revision */
};

/* DC_EUSER: the build file is wrong, nothing was started; the text is for the
 * user. Reads what a stranger wrote: run it without privileges. */
int submit_run(struct submit *s, struct dc_err *err);
void submit_done(struct submit *s);
#define submit_auto __attribute__((cleanup(submit_done)))

#endif
