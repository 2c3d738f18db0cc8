/* common/buildfile/buildfile.c -- see buildfile.h. */
#include "common/buildfile/buildfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/buildfile/advice.h"
#include "common/buildfile/fields.h"
#include "common/buildfile/report.h"

void
dc_buildfile_done(struct dc_buildfile *file)
{
	size_t i;

	for (i = 0; i < file->nservices; i++)
		dc_service_def_done(&file->services[i]);
	free(file->services);
	dc_strv_done(&file->warnings);
	dc_strv_done(&file->errors);
	*file = (struct dc_buildfile){0};
}

const struct dc_service_def *
dc_buildfile_find(const struct dc_buildfile *file, const char *service)
{
	size_t i;

	for (i = 0; i < file->nservices; i++)
		if (strcmp(file->services[i].name, service) == 0)
			return &file->services[i];
	return NULL;
}

static int
check_name(const struct dc_fields *f, const char *name,
    const struct dc_yaml_node *at)
{
	size_t n = strlen(name);

	if (n > DC_MAX_SERVICE_NAME)
		return dc_report(f->err, f->y, at->line, at->column, NULL,
		    "Invalid service name (must be <= %d characters) \"%.80s\"",
		    DC_MAX_SERVICE_NAME, name);
	if (n == 0 ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != n)
		return dc_report(f->err, f->y, at->line, at->column, NULL,
		    "Invalid characters (lowercase alphanum only) for service "
		    "\"%s\"",
		    name);
	return 0;
}

static int
parse_service(struct dc_buildfile *file, const struct dc_fields *f,
    const char *name, const struct dc_yaml_node *dict)
{
	struct dc_service_def *def;
	int rc = dc_report_kind(f->err, f->y, dict, DC_YAML_DICT);

	if (rc == 0)
		rc = check_name(f, name, dict);
	if (rc < 0)
		return rc;
	if (file->nservices == DC_MAX_SERVICES)
		return dc_report(f->err, f->y, dict->line, dict->column, NULL,
		    "more than %d services", DC_MAX_SERVICES);
	file->services = dc_xrealloc(file->services,
	    (file->nservices + 1) * sizeof(*file->services));
	def = &file->services[file->nservices++];
	*def = (struct dc_service_def){.name = dc_strdup(name)};
	return dc_fields_parse(def, f, dict);
}

static int
parse_services(struct dc_buildfile *file, const struct dc_fields *f)
{
	const struct dc_yaml_node *root = f->y->root;
	size_t i;
	int rc;

	if (root == NULL || (root->kind == DC_YAML_NULL && *root->text == '\0'))
		return dc_fail(f->err, DC_EUSER, "\"%s\" is empty!",
		    DC_BUILDFILE_NAME);
	rc = dc_report_kind(f->err, f->y, root, DC_YAML_DICT);
	if (rc < 0)
		return rc;
	if (root->n == 0)
		return dc_report(f->err, f->y, root->line, root->column, NULL,
		    "service(s) dict cannot be empty");
	for (i = 0; i + 1 < root->n && rc == 0; i += 2)
		rc = parse_service(file, f, root->child[i]->text,
		    root->child[i + 1]);
	return rc;
}

/* Those that have not ended it come in front of the one that has. */
static int
fail_with_all(const struct dc_strv *errors, int rc, struct dc_err *err)
{
	dc_auto_str struct dc_str all = {0};
	size_t i;

	for (i = 0; i < errors->n; i++)
		dc_str_addf(&all, "%s%s", i > 0 ? "\n" : "", errors->v[i]);
	if (rc < 0)
		dc_str_addf(&all, "\n%s", err->msg);
	return dc_fail(err, DC_EUSER, "%s", all.data);
}

static int
parse(struct dc_buildfile *out, const char *text, size_t len,
    const struct dc_types *types, bool is_thorough, struct dc_err *err)
{
	dc_auto_buildfile struct dc_buildfile file = {0};
	dc_auto_yaml struct dc_yaml y = {0};
	struct dc_err own = DC_ERR_INIT;
	struct dc_fields f = {&y, types, &file.warnings, &file.errors,
	    is_thorough, err != NULL ? err : &own};
	int rc;

	rc = dc_yaml_parse(&y, DC_BUILDFILE_NAME, text, len, err);
	if (rc < 0)
		return rc;
	if (y.next_document > 0)
		dc_advice_add(&f,
		    "only the first document of dotcloud.yml counts, not the "
		    "one that begins in line %zu",
		    y.next_document);
	rc = parse_services(&file, &f);
	if (file.errors.n > 0 && (rc == DC_EUSER || !is_thorough))
		return fail_with_all(&file.errors, rc, f.err);
	if (rc < 0)
		return rc;
	*out = file;
	file = (struct dc_buildfile){0};
	return 0;
}

int
dc_buildfile_parse(struct dc_buildfile *out, const char *text, size_t len,
    const struct dc_types *types, struct dc_err *err)
{
	return parse(out, text, len, types, false, err);
}

/* dotcloud.yaml, Dotcloud.yml, dotcloud.yml.txt, ...? */
static bool
is_nearly_right(const char *name)
{
	char lower[33];
	size_t i, n = strlen(name);

	if (n >= sizeof(lower))
		return false;
	memcpy(lower, name, n + 1);
	for (i = 0; i < n; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] |= 0x20;
	/* dotcloud_build.yml: its name until the middle of 2011. */
	return dc_edit_distance(lower, DC_BUILDFILE_NAME, 2) <= 2 ||
	       strcmp(lower, DC_BUILDFILE_NAME ".txt") == 0 ||
	       strcmp(lower, "dotcloud_build.yml") == 0;
}

static int
fail_missing(int dirfd_, struct dc_err *err)
{
	dc_auto_dir DIR *d = NULL;
	dc_auto_str struct dc_str near = {0};
	const struct dirent *e;
	int fd, found = 0;

	fd = openat(dirfd_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (d == NULL && fd >= 0)
		(void)close(fd);
	while (d != NULL && found < 3 && (e = readdir(d)) != NULL)
		if (is_nearly_right(e->d_name))
			dc_str_addf(&near, "%s'%s'", found++ > 0 ? ", " : "",
			    e->d_name);
	if (found == 0)
		return dc_fail(err, DC_EUSER,
		    "No '%s' at the root of the pushed code. It names the "
		    "services of the application; push from the directory "
		    "that has it, or write one (dotcloud.yml(5))",
		    DC_BUILDFILE_NAME);
	dc_report_clean(near.data);
	return dc_fail(err, DC_EUSER,
	    "No '%s' at the root of the pushed code, but there is %s: rename "
	    "it to '%s'",
	    DC_BUILDFILE_NAME, near.data, DC_BUILDFILE_NAME);
}

static int
read_all(struct dc_str *out, int fd, struct dc_err *err)
{
	char chunk[16384];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return dc_fail_errno(err, "read '%s'",
			    DC_BUILDFILE_NAME);
		if (out->len + (size_t)n > DC_MAX_BUILDFILE)
			return dc_fail(err, DC_EUSER,
			    "'%s' is larger than %d bytes", DC_BUILDFILE_NAME,
			    DC_MAX_BUILDFILE);
		dc_str_addn(out, chunk, (size_t)n);
	}
	return 0;
}

static int
load(struct dc_str *text, int dirfd, const char *name, struct dc_err *err)
{
	dc_auto_fd int fd = -1;
	int rc;

	rc = dc_fs_open_in(&fd, dirfd, name, err);
	if (rc == DC_ENOTFOUND && strcmp(name, DC_BUILDFILE_NAME) == 0)
		return fail_missing(dirfd, err);
	if (rc == DC_EINVAL || rc == DC_EDENIED)
		return dc_fail(err, DC_EUSER,
		    "'%s' must be a regular file that can be read", name);
	dc_str_add(text, "");
	return rc < 0 ? rc : read_all(text, fd, err);
}

int
dc_buildfile_load(struct dc_buildfile *out, int dirfd,
    const struct dc_types *types, struct dc_err *err)
{
	dc_auto_str struct dc_str text = {0};
	int rc = load(&text, dirfd, DC_BUILDFILE_NAME, err);

	return rc < 0 ? rc : parse(out, text.data, text.len, types, false, err);
}

int
dc_buildfile_validate(struct dc_buildfile *out, int dirfd, const char *name,
    const struct dc_types *types, struct dc_err *err)
{
	dc_auto_str struct dc_str text = {0};
	int rc = load(&text, dirfd, name, err);

	return rc < 0 ? rc : parse(out, text.data, text.len, types, true, err);
}
