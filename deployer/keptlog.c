/* deployer/keptlog.c -- see keptlog.h. The directory was the application's:
 * links, FIFOs and endless files are expected. It is renamed, so that whoever
 * followed a file finds his place in it. */
#include "deployer/keptlog.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/store/last.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILES_MAX 64
#define BYTES_MAX (1 << 20) /* of each the end; see tail.c */

/* All but its end becomes a hole: places in it stay where they were. */
static bool
may_keep(int dir, const char *name)
{
	dc_auto_fd int fd = -1;
	struct stat st;

	if (!dc_has_suffix(name, ".log"))
		return false;
	fd = openat(dir, name,
	    O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	return st.st_size <= BYTES_MAX ||
	       fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		   st.st_size - BYTES_MAX) == 0;
}

static int
trim(const char *path, struct dc_err *err)
{
	dc_auto_dir DIR *d = opendir(path);
	struct dirent *e;
	int rc = 0, n = 0;

	if (d == NULL)
		return dc_fail_errno(err, "open '%s'", path);
	while (rc == 0 && (e = readdir(d)) != NULL) {
		dc_auto_free char *file = dc_asprintf("%s/%s", path, e->d_name);

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (n < FILES_MAX && may_keep(dirfd(d), e->d_name))
			n++;
		else
			rc = dc_fs_remove_tree(file, err);
	}
	return rc;
}

int
keptlog_save(const struct unit *u, struct dc_err *err)
{
	dc_auto_free char *from = dc_asprintf("%s/log", u->box_dir);
	dc_auto_free char *to =
	    dc_conf_path(u->job->conf, "logs/%" PRId64, u->row.id);

	if (!dc_fs_exists(to) && rename(from, to) < 0)
		return errno == ENOENT ? 0
				       : dc_fail_errno(err, "rename '%s'", to);
	return trim(to, err);
}

static int
sweep_one(struct dc_job *job, const char *path, const char *name,
    struct dc_err *err)
{
	bool is_last = true;
	long long id;
	int rc = DC_ENOTFOUND;

	if (dc_is_number(name, 1, INT64_MAX, &id))
		rc = dc_last_find(job->db, &is_last, id, err);
	if (rc == 0 && is_last)
		return 0;
	/* A store that does not answer is no reason to remove anything. */
	return rc == 0 || rc == DC_ENOTFOUND ? dc_fs_remove_tree(path, err)
					     : rc;
}

int
keptlog_sweep(struct dc_job *job, struct dc_err *err)
{
	dc_auto_free char *dir = dc_conf_path(job->conf, "logs");
	dc_auto_dir DIR *d = opendir(dir);
	struct dirent *e;
	int rc = 0;

	if (d == NULL)
		return dc_fail_errno(err, "open '%s'", dir);
	while (rc == 0 && (e = readdir(d)) != NULL) {
		dc_auto_free char *path = dc_asprintf("%s/%s", dir, e->d_name);

		if (e->d_name[0] != '.')
			rc = sweep_one(job, path, e->d_name, err);
	}
	return rc;
}
