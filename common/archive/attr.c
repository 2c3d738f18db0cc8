/* common/archive/attr.c -- see attr.h. */
#include "common/archive/attr.h"

#include <archive_entry.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"

/* The user's own, and his access lists, whose ids are those of his range. What
 * gives rights (security.*) or means something to an overlay (trusted.*) he
 * cannot have set, and no archive sets it. */
static bool
is_kept(const char *name)
{
	return dc_has_prefix(name, "user.") ||
	       strcmp(name, "system.posix_acl_access") == 0 ||
	       strcmp(name, "system.posix_acl_default") == 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
list_names(struct dc_strv *out, int fd, const char *path, struct dc_err *err)
{
	dc_auto_free char *names = dc_xcalloc(1, XATTR_LIST_MAX);
	ssize_t n = flistxattr(fd, names, XATTR_LIST_MAX), at;

	if (n < 0 && errno == EOPNOTSUPP)
		return 0;
	if (n < 0)
		return dc_fail_errno(err, "list the attributes of '%s'", path);
	for (at = 0; at < n; at += (ssize_t)strlen(names + at) + 1)
		if (is_kept(names + at))
			dc_strv_add(out, names + at);
	if (out->n > 1)
		qsort((void *)out->v, out->n, sizeof(*out->v), by_name);
	return 0;
}

int
dc_attr_load(struct archive_entry *e, int64_t *left, int fd, const char *path,
    struct dc_err *err)
{
	dc_auto_strv struct dc_strv names = {0};
	dc_auto_free char *value = NULL;
	int64_t bytes = 0;
	ssize_t n;
	size_t i;
	int rc = list_names(&names, fd, path, err);

	if (rc < 0 || names.n == 0)
		return rc;
	value = dc_xcalloc(1, XATTR_SIZE_MAX);
	for (i = 0; i < names.n; i++) {
		n = fgetxattr(fd, names.v[i], value, XATTR_SIZE_MAX);
		if (n < 0)
			return dc_fail_errno(err,
			    "read the attribute '%s' of '%s'", names.v[i],
			    path);
		bytes += (int64_t)strlen(names.v[i]) + n;
		if (bytes > DC_MAX_FILE_ATTRS || bytes > *left)
			return dc_fail(err, DC_EUSER,
			    "'%s' has too many extended attributes: a file may"
			    " have %d bytes of them, and all together %d",
			    path, DC_MAX_FILE_ATTRS, DC_MAX_HOME_ATTRS);
		archive_entry_xattr_add_entry(e, names.v[i], value, (size_t)n);
	}
	*left -= bytes;
	return 0;
}

int
dc_attr_save(struct archive_entry *e, int fd, const char *path,
    struct dc_err *err)
{
	const char *name;
	const void *value;
	size_t n;

	(void)archive_entry_xattr_reset(e);
	while (archive_entry_xattr_next(e, &name, &value, &n) == 0) {
		if (!is_kept(name))
			return dc_fail(err, DC_EINVAL,
			    "'%s' has the attribute '%s', which no archive may"
			    " set",
			    path, name);
		if (fsetxattr(fd, name, value, n, 0) < 0 && errno != EOPNOTSUPP)
			return dc_fail_errno(err,
			    "set the attribute '%s' of '%s'", name, path);
	}
	return 0;
}
