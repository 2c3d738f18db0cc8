/* common/box/boxfind.c -- what containers there are, whoever made them. */
#include "common/box/box.h"

#include "common/base/auto.h"
#include "common/box/boxconf.h"
#include "common/box/cgroup.h"
#include "common/box/mount.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static void
add_directories(struct dc_strv *out, const char *boxes)
{
	dc_auto_dir DIR *d = opendir(boxes);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		dc_strv_add(out, e->d_name);
}

/* The first component below BOXES of each mount there. */
static int
add_mounted(struct dc_strv *out, const char *boxes, struct dc_err *err)
{
	dc_auto_strv struct dc_strv points = {0};
	dc_auto_free char *real = realpath(boxes, NULL);
	size_t i;
	int rc;

	if (real == NULL)
		return 0;
	rc = dc_mount_list(&points, real, err);
	for (i = 0; rc == 0 && i < points.n; i++) {
		const char *rest = points.v[i] + strlen(real);
		dc_auto_free char *name = NULL;

		rest += *rest == '/';
		name = dc_strndup(rest, strcspn(rest, "/"));
		dc_strv_add(out, name);
	}
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
dc_box_each(const char *boxes, const char *prefix, dc_box_fn *fn, void *arg,
    struct dc_err *err)
{
	dc_auto_strv struct dc_strv names = {0};
	size_t i;
	int rc;

	add_directories(&names, boxes);
	rc = add_mounted(&names, boxes, err);
	if (rc == 0)
		rc = dc_cgroup_list(&names, prefix, err);
	if (rc < 0)
		return rc;
	if (names.n > 1)
		qsort(names.v, names.n, sizeof(names.v[0]), by_name);
	for (i = 0; rc >= 0 && i < names.n; i++) {
		if ((i > 0 && strcmp(names.v[i], names.v[i - 1]) == 0) ||
		    !dc_has_prefix(names.v[i], prefix) ||
		    !dc_boxconf_is_name(names.v[i]))
			continue;
		rc = fn(names.v[i], arg);
	}
	return rc < 0 ? rc : 0;
}
