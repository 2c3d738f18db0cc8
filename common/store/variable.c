/* common/store/variable.c -- see variable.h. */
#include "common/store/variable.h"

#include "common/base/limits.h"
#include "common/base/str.h"

#include <ctype.h>
#include <string.h>

bool
dc_variable_is_name(const char *name)
{
	const unsigned char *p = (const unsigned char *)name;

	if (!isalpha(*p) && *p != '_')
		return false;
	if (dc_has_prefix(name, "DOTCLOUD_") || dc_has_prefix(name, "PORT_") ||
	    strcmp(name, "HOME") == 0 || strlen(name) > DC_MAX_VARIABLE_NAME)
		return false;
	while (isalnum(*p) || *p == '_')
		p++;
	return *p == '\0';
}

static int
check(const struct dc_variable *v, struct dc_err *err)
{
	if (!dc_variable_is_name(v->name))
		return dc_fail(err, DC_EINVAL,
		    "'%.64s' cannot be the name of a variable: a letter or _,"
		    " then letters, digits and _; DOTCLOUD_*, PORT_* and HOME"
		    " are the platform's",
		    v->name);
	if (v->value != NULL && strlen(v->value) > DC_MAX_VARIABLE)
		return dc_fail(err, DC_EINVAL,
		    "the value of '%s' is longer than %d bytes", v->name,
		    DC_MAX_VARIABLE);
	return 0;
}

static int
save_one(struct dc_db *db, int64_t application_id, const struct dc_variable *v,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = check(v, err);

	if (rc == 0)
		rc = dc_db_prepare(db, &q,
		    v->value == NULL
			? "DELETE FROM variables WHERE application_id = :app"
			  " AND name = :name"
			: "INSERT INTO variables (application_id, name, value)"
			  " VALUES (:app, :name, :value)"
			  " ON CONFLICT (application_id, name)"
			  " DO UPDATE SET value = excluded.value",
		    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	dc_stmt_text(q, ":name", v->name);
	if (v->value != NULL)
		dc_stmt_text(q, ":value", v->value);
	return dc_stmt_run(q, NULL, err);
}

static int
check_count(struct dc_db *db, int64_t application_id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT count(*) AS n FROM variables WHERE application_id = :app",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	rc = dc_stmt_one(q, err);
	if (rc == 0 && dc_stmt_get_int(q, "n") > DC_MAX_VARIABLES)
		return dc_fail(err, DC_EINVAL,
		    "an application may have %d variables", DC_MAX_VARIABLES);
	return rc;
}

int
dc_variable_save(struct dc_db *db, int64_t application_id,
    const struct dc_variable *vars, size_t n, struct dc_err *err)
{
	size_t i;
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	for (i = 0; i < n && rc == 0; i++)
		rc = save_one(db, application_id, &vars[i], err);
	if (rc == 0)
		rc = check_count(db, application_id, err);
	return dc_db_end(db, rc, err);
}

int
dc_variable_each(struct dc_db *db, int64_t application_id, dc_variable_fn *fn,
    void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT name, value FROM variables WHERE application_id = :app"
	    " ORDER BY name",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		struct dc_variable v = {
		    .name = dc_stmt_get_text(q, "name"),
		    .value = dc_stmt_get_text(q, "value"),
		};

		rc = fn(&v, arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}
