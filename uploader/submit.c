/* uploader/submit.c -- see submit.h. */
#include "uploader/submit.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/buildfile/buildfile.h"
#include "common/store/deployment.h"
#include "common/store/log_entry.h"
#include "common/store/revision.h"
#include "common/store/service.h"
#include "uploader/paths.h"

#include <fcntl.h>
#include <inttypes.h>

void
submit_done(struct submit *s)
{
	free(s->deploy_id);
	free(s->name);
	s->deploy_id = s->name = NULL;
}

static int
load_file(struct submit *s, struct dc_buildfile *file,
    const struct dc_types *types, const char *revision, struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(s->conf,
	    "code/%" PRId64 "/revisions/%s", s->app->id, revision);
	dc_auto_fd int dir = -1;
	int rc;

	dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return dc_fail_errno(err, "open '%s'", path);
	rc = dc_buildfile_load(file, dir, types, err);
	return rc < 0 ? rc : paths_check(file, dir, err);
}

/* The services first: a revision that is marked as parsed has them. */
static int
save_file(struct submit *s, int64_t revision, const struct dc_buildfile *file,
    struct dc_err *err)
{
	struct dc_revision_service *rows;
	size_t i, n = file->nservices;
	int64_t id;
	int rc = 0;

	rows = dc_xcalloc(n + 1, sizeof(*rows));
	for (i = 0; i < n && rc == 0; i++) {
		rows[i].name = file->services[i].name;
		rows[i].type = file->services[i].type;
		rows[i].definition = dc_service_to_json(&file->services[i]);
		rc = dc_service_save(s->db, &id, s->app->id, rows[i].name,
		    rows[i].type, err);
	}
	if (rc == 0)
		rc = dc_revision_save_services(s->db, revision, rows, n, err);
	for (i = 0; i < n; i++)
		free((char *)rows[i].definition);
	free(rows);
	return rc;
}

static int
parse(struct submit *s, const struct dc_revision *r, struct dc_strv *warnings,
    struct dc_err *err)
{
	dc_auto_types struct dc_types types = {0};
	dc_auto_buildfile struct dc_buildfile file = {0};
	size_t i;
	int rc;

	rc = dc_types_load(&types, s->conf->types, err);
	if (rc < 0)
		return dc_wrap(err, DC_EFAIL, "service types");
	rc = load_file(s, &file, &types, r->name, err);
	if (rc == 0)
		rc = save_file(s, r->id, &file, err);
	for (i = 0; i < file.warnings.n; i++)
		dc_strv_add(warnings, file.warnings.v[i]);
	return rc;
}

/* A service may have been destroyed since the revision was parsed. */
static int
restore_service(const struct dc_revision_service *row, void *arg,
    struct dc_err *err)
{
	struct submit *s = arg;
	int64_t id;

	return dc_service_save(s->db, &id, s->app->id, row->name, row->type,
	    err);
}

static int
warn_missing(const struct dc_revision_service *row, void *arg,
    struct dc_err *err)
{
	(void)err;
	dc_strv_addf(arg,
	    "Service \"%s\" is no longer in dotcloud.yml and keeps running;"
	    " \"dcloud destroy %s\" ends it",
	    row->name, row->name);
	return 0;
}

static int
find_revision(struct submit *s, struct dc_revision *r, struct dc_err *err)
{
	if (s->revision == NULL)
		return dc_revision_find_next(s->db, r, s->app->id, err);
	return dc_revision_find(s->db, r, s->app->id, s->revision, err);
}

int
submit_run(struct submit *s, struct dc_err *err)
{
	dc_auto_strv struct dc_strv warnings = {0};
	dc_auto_revision struct dc_revision r = {0};
	size_t i;
	int rc;

	rc = find_revision(s, &r, err);
	if (rc == 0 && r.parsed)
		rc = dc_revision_each_service(s->db, r.id, restore_service, s,
		    err);
	else if (rc == 0)
		rc = parse(s, &r, &warnings, err);
	if (rc == 0)
		rc = dc_revision_each_missing(s->db, r.id, warn_missing,
		    &warnings, err);
	if (rc == 0)
		rc = dc_deployment_add(s->db, &s->deployment_id, &s->deploy_id,
		    s->app->id, r.id, s->account_id, s->clean, err);
	for (i = 0; i < warnings.n && rc == 0; i++)
		rc = dc_log_entry_add(s->db, s->deployment_id, NULL, -1,
		    DC_LOG_INFO, warnings.v[i], err);
	if (rc == 0)
		s->name = dc_steal_ptr(&r.name);
	return rc;
}
