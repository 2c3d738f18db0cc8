/* common/box/cgmemory.c -- see cgmemory.h. */
#include "common/box/cgmemory.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/box/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
set_limit(int dirfd, const char *file, const char *value)
{
	dc_auto_fd int fd = openat(dirfd, file, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && dc_fs_write_all(fd, value, strlen(value), NULL) == 0;
}

struct limit {
	const char *name;
	char value[32];
	int changed;
};

static int
set_memory_one(int parent, const char *dir, void *arg, struct dc_err *err)
{
	static const char plain[] = "memory.limit_in_bytes";
	static const char swap[] = "memory.memsw.limit_in_bytes";
	struct limit *m = arg;
	dc_auto_fd int fd = -1;
	bool is_set;
	int e;

	if (!dc_cgroup_is_of(dir, m->name) ||
	    !dc_has_prefix(dir, "lxc.payload."))
		return 0;
	fd = openat(parent, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (faccessat(fd, "memory.max", F_OK, 0) == 0) {
		is_set = set_limit(fd, "memory.max", m->value);
		e = errno;
		(void)set_limit(fd, "memory.swap.max", "0");
	} else if (faccessat(fd, plain, F_OK, 0) == 0) {
		/* The one with swap may never be below the other: growing
		 * needs it first, shrinking last. */
		(void)set_limit(fd, swap, m->value);
		is_set = set_limit(fd, plain, m->value);
		e = errno;
		(void)set_limit(fd, swap, m->value);
	} else {
		return 0;
	}
	m->changed += is_set;
	errno = e;
	return is_set ? 0 : dc_fail_errno(err, "limit of '%s'", dir);
}

int
dc_cgmemory_set(const char *name, long long bytes, struct dc_err *err)
{
	struct limit m = {.name = name};
	int rc;

	(void)snprintf(m.value, sizeof(m.value), "%lld", bytes);
	rc = dc_cgroup_each(set_memory_one, &m, err);
	if (rc < 0)
		return rc;
	if (m.changed == 0)
		return dc_fail(err, DC_ENOTFOUND,
		    "'%s' has no cgroup with a memory limit", name);
	return 0;
}

struct usage {
	const char *name;
	struct dc_cgmemory memory;
	bool found;
};

/* Of memory.stat; the older of the two names where both are. */
static long long
find_value(const char *text, const char *older, const char *newer)
{
	const char *const keys[] = {older, newer};
	const char *line;
	size_t i, len;

	for (i = 0; i < 2; i++)
		for (line = text, len = strlen(keys[i]); line != NULL;
		     line = strchr(line, '\n'), line += line != NULL)
			if (strncmp(line, keys[i], len) == 0 &&
			    line[len] == ' ')
				return strtoll(line + len, NULL, 10);
	return 0;
}

static int
load_memory_one(int parent, const char *dir, void *arg, struct dc_err *err)
{
	struct usage *u = arg;
	dc_auto_free char *name = dc_asprintf("%s/memory.stat", dir);
	dc_auto_fd int fd = -1;
	char text[8192];
	ssize_t n;

	(void)err;
	if (!dc_cgroup_is_of(dir, u->name) ||
	    !dc_has_prefix(dir, "lxc.payload."))
		return 0;
	fd = openat(parent, name, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	if (n <= 0)
		return 0;
	text[n] = '\0';
	u->memory.rss += find_value(text, "total_rss", "anon");
	u->memory.active +=
	    find_value(text, "total_active_file", "active_file");
	u->memory.inactive +=
	    find_value(text, "total_inactive_file", "inactive_file");
	u->found = true;
	return 0;
}

int
dc_cgmemory_load(struct dc_cgmemory *out, const char *name, struct dc_err *err)
{
	struct usage u = {.name = name};
	int rc = dc_cgroup_each(load_memory_one, &u, err);

	if (rc < 0)
		return rc;
	if (!u.found)
		return dc_fail(err, DC_ENOTFOUND,
		    "'%s' has no cgroup that counts memory", name);
	*out = u.memory;
	return 0;
}

struct lack {
	const char *name;
	bool found;
};

/* "oom_kill N" is in both versions' files. */
static int
note_lack(int parent, const char *dir, void *arg, struct dc_err *err)
{
	static const char *const files[] = {"memory.events",
	    "memory.oom_control"};
	struct lack *l = arg;
	size_t i;

	(void)err;
	if (!dc_cgroup_is_of(dir, l->name) ||
	    !dc_has_prefix(dir, "lxc.payload."))
		return 0;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		dc_auto_free char *path = dc_asprintf("%s/%s", dir, files[i]);
		dc_auto_fd int fd = openat(parent, path, O_RDONLY | O_CLOEXEC);
		char text[1024];
		const char *at;
		ssize_t n;

		n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		text[n > 0 ? n : 0] = '\0';
		at = strstr(text, "oom_kill ");
		l->found |= at != NULL &&
			    strtol(at + strlen("oom_kill "), NULL, 10) > 0;
	}
	return 0;
}

bool
dc_cgmemory_was_short(const char *name)
{
	struct lack l = {.name = name};

	return dc_cgroup_each(note_lack, &l, NULL) == 0 && l.found;
}
