/* common/box/box.c -- a container's directories, files and mounts; its life
 * is in boxlife.c. See box.h. */
#include "common/box/box.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/box/boxconf.h"
#include "common/box/boxlisten.h"
#include "common/box/mount.h"
#include "common/box/net.h"
#include "common/box/range.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONF_MAX (1 << 20)
#define NOFILE 65536UL

/* A directory below BOXES/NAME. OWNER and GROUP count from the range's first
 * id, ROOT is the host's own. */
#define ROOT (-1)
struct room {
	const char *path;
	int owner, group;
	mode_t mode;
};

/* home, root and code let the container's root through and nobody else, log
 * everybody: the unprivileged front door shows logs. */
static const struct room rooms[] = {
    {"", ROOT, ROOT, 0711},
    {"/rootfs", ROOT, ROOT, 0755},
    {"/image", ROOT, ROOT, 0755},
    {"/packages", ROOT, ROOT, 0755},
    {"/root", ROOT, 0, 0710},
    {"/root/upper", 0, 0, 0755},
    {"/root/work", 0, 0, 0755},
    {"/home", ROOT, 0, 0710},
    {"/home/upper", DC_APP_UID, DC_APP_UID, 0755},
    {"/home/work", 0, 0, 0755},
    {"/home/mnt", ROOT, ROOT, 0755},
    {"/code", ROOT, 0, 0710},
    {"/code/lower", ROOT, ROOT, 0755},
    {"/code/mnt", ROOT, ROOT, 0755},
    {"/log", DC_APP_UID, DC_APP_UID, 0755},
    {"/run", 0, 0, 0755},
    {"/run" DC_BOX_LISTEN, DC_APP_UID, DC_APP_UID, 0755},
    {"/etc", 0, DC_APP_UID, 0750},
    {"/net", ROOT, ROOT, 0755},
};

/* Sockets where nginx.conf of 2012 looks for them (CONTRACT 1.7); they are made
 * in the home, which the programs may write to. */
static const struct link {
	const char *path, *target;
} links[] = {
    {"/run/php5-fpm.sock", "/home/dotcloud/.dcloud/php5-fpm.sock"},
    {"/run/uwsgi.sock", "/home/dotcloud/.dcloud/uwsgi.sock"},
};

static uid_t
host_id(uid_t first_id, int id)
{
	return id == ROOT ? 0 : first_id + (uid_t)id;
}

/* What is mounted on a room is not the room: its owner is not ours to set. */
static bool
is_mounted_on(int fd, const char *dir)
{
	struct statx here, above;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &here) < 0 ||
	    statx(AT_FDCWD, dir, 0, STATX_MNT_ID, &above) < 0)
		return false;
	return here.stx_mnt_id != above.stx_mnt_id;
}

static int
make_room(const char *dir, const struct room *r, uid_t first_id,
    struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s%s", dir, r->path);
	uid_t uid = host_id(first_id, r->owner);
	gid_t gid = host_id(first_id, r->group);
	dc_auto_fd int fd = -1;
	struct stat st;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return dc_fail_errno(err, "mkdir '%s'", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return dc_fail_errno(err, "open '%s'", path);
	/* Ownership comes last, so one that has it is complete and its mode
	 * may be the container's own wish. */
	if (uid != 0 && st.st_uid == uid && st.st_gid == gid)
		return 0;
	if (is_mounted_on(fd, dir))
		return 0;
	if (fchmod(fd, r->mode) < 0 || fchown(fd, uid, gid) < 0)
		return dc_fail_errno(err, "own '%s'", path);
	return 0;
}

static int
make_link(const char *dir, const struct link *l, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s%s", dir, l->path);

	if (symlink(l->target, path) < 0 && errno != EEXIST)
		return dc_fail_errno(err, "symlink '%s'", path);
	return 0;
}

static int
save(const char *dir, const char *file, const char *text, mode_t mode,
    struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/%s", dir, file);

	return dc_fs_save(path, text, strlen(text), mode, err);
}

static int
save_net(const char *dir, const struct dc_box_spec *spec, struct dc_err *err)
{
	dc_auto_free char *hosts =
	    dc_asprintf("127.0.0.1\tlocalhost\n%s\t%s\n%s", spec->address,
		spec->hostname, spec->hosts != NULL ? spec->hosts : "");
	dc_auto_free char *hostname = dc_asprintf("%.64s\n", spec->hostname);
	dc_auto_free char *resolv = NULL;
	int rc = dc_net_resolv_conf(&resolv, err);

	if (rc == 0)
		rc = save(dir, "net/resolv.conf", resolv, 0644, err);
	if (rc == 0)
		rc = save(dir, "net/hosts", hosts, 0644, err);
	if (rc == 0)
		rc = save(dir, "net/hostname", hostname, 0644, err);
	return rc;
}

/* The profile to run under, when the kernel has AppArmor. */
static const char *
apparmor_profile(void)
{
	static const char profile[] = "lxc-container-default-cgns";
	dc_auto_free char *enabled = NULL, *loaded = NULL;

	if (dc_fs_load(&enabled, NULL,
		"/sys/module/apparmor/parameters/enabled", 16, NULL) < 0 ||
	    enabled[0] != 'Y')
		return NULL;
	if (dc_fs_load(&loaded, NULL, "/sys/kernel/security/apparmor/profiles",
		CONF_MAX, NULL) == 0 &&
	    strstr(loaded, profile) != NULL)
		return profile;
	return "unconfined";
}

static bool
has_swap_limit(const struct dc_cgroups *cg)
{
	size_t i;

	for (i = 0; i < cg->n; i++) {
		dc_auto_free char *path =
		    dc_asprintf("%s/memory.memsw.limit_in_bytes", cg->v[i].dir);

		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/* Root without CAP_SYS_RESOURCE cannot give more than it has. */
static unsigned long
open_files(void)
{
	struct rlimit mine;

	if (getrlimit(RLIMIT_NOFILE, &mine) < 0 || mine.rlim_max > NOFILE)
		return NOFILE;
	return mine.rlim_max;
}

static int
save_config(const char *dir, const struct dc_box_spec *spec, struct dc_err *err)
{
	dc_auto_cgroups struct dc_cgroups cg = {0};
	dc_auto_str struct dc_str config = {0}, mounts = {0};
	struct dc_boxconf_host host = {
	    .cgroups = &cg,
	    .apparmor = apparmor_profile(),
	    .mtu = dc_net_mtu(spec->bridge),
	};
	int rc = dc_cgroup_load(&cg, err);

	if (rc < 0)
		return rc;
	host.nofile = open_files();
	host.has_swap_limit = has_swap_limit(&cg);
	dc_boxconf_format(&config, dir, spec, &host);
	dc_boxconf_mounts_format(&mounts, spec);
	rc = save(dir, "seccomp", dc_boxconf_seccomp, 0644, err);
	if (rc == 0)
		rc = save(dir, "mounts", mounts.data, 0600, err);
	if (rc == 0)
		rc = save(dir, "config", config.data, 0600, err);
	return rc;
}

int
dc_box_create(const char *boxes, const struct dc_box_spec *spec,
    struct dc_err *err)
{
	dc_auto_free char *dir = NULL;
	size_t i;
	int rc;

	rc = dc_boxconf_check(boxes, spec, err);
	if (rc == 0)
		rc = dc_range_check(spec->first_id, err);
	if (rc == 0)
		rc = dc_fs_mkdirs(boxes, 0711, err);
	dir = dc_asprintf("%s/%s", boxes, spec->name);
	for (i = 0; rc == 0 && i < sizeof(rooms) / sizeof(rooms[0]); i++)
		rc = make_room(dir, &rooms[i], spec->first_id, err);
	for (i = 0; rc == 0 && i < sizeof(links) / sizeof(links[0]); i++)
		rc = make_link(dir, &links[i], err);
	if (rc == 0)
		rc = save_net(dir, spec, err);
	if (rc == 0)
		rc = save_config(dir, spec, err);
	if (rc == 0)
		rc = dc_box_mount(boxes, spec->name, err);
	return rc < 0 ? dc_wrap(err, rc, "create %s", spec->name) : 0;
}

/* TARGET = overlay of LOWER and WHERE/upper, unless it is there already. */
static int
mount_overlay(const char *where, const char *target, const char *const *lower,
    bool is_code, struct dc_err *err)
{
	dc_auto_free char *upper = dc_asprintf("%s/upper", where);
	dc_auto_free char *work = dc_asprintf("%s/work", where);
	const struct dc_overlay o = {.lower = lower,
	    .upper = upper,
	    .work = work,
	    .is_volatile = is_code,
	    .nosuid = is_code};

	return dc_mount_overlay(target, &o, err);
}

static int
mount_view(const char *view, const char *tree, const struct dc_range_map *map,
    struct dc_err *err)
{
	dc_auto_fd int ns = -1;
	int rc = dc_range_open(&ns, map, err);

	return rc == 0 ? dc_mount_idmapped(view, tree, ns, err) : rc;
}

/* An overlay over an idmapped view of TREE. The overlay holds on to the view,
 * so its own mount point goes at once. */
static int
mount_mapped(const char *tree, const struct dc_range_map *map, const char *view,
    const char *where, const char *target, bool is_code, struct dc_err *err)
{
	const char *const lower[] = {view, NULL};
	int rc = mount_view(view, tree, map, err);

	if (rc == 0)
		rc = mount_overlay(where, target, lower, is_code, err);
	if (rc == 0)
		rc = dc_mount_clear(view, err);
	return rc;
}

static int
mount_root(const char *dir, const struct dc_boxconf_mounts *m,
    struct dc_err *err)
{
	const struct dc_range_map map = {0, m->first_id, 0, m->first_id,
	    DC_RANGE_IDS};
	/* Its owners are the ids of the range it was made in. */
	const struct dc_range_map own = {m->root_lower_id, m->first_id,
	    m->root_lower_id, m->first_id, DC_RANGE_IDS};
	dc_auto_free char *image = dc_asprintf("%s/image", dir);
	dc_auto_free char *packages = dc_asprintf("%s/packages", dir);
	dc_auto_free char *where = dc_asprintf("%s/root", dir);
	dc_auto_free char *target = dc_asprintf("%s/rootfs", dir);
	const char *const lower[] = {packages, image, NULL};
	int rc = mount_view(image, m->image, &map, err);

	if (rc == 0 && m->root_lower != NULL)
		rc = mount_view(packages, m->root_lower, &own, err);
	if (rc == 0)
		rc = mount_overlay(where, target,
		    m->root_lower != NULL ? lower : lower + 1, false, err);
	/* The overlay holds on to the views. */
	if (rc == 0 && m->root_lower != NULL)
		rc = dc_mount_clear(packages, err);
	return rc == 0 ? dc_mount_clear(image, err) : rc;
}

static int
mount_code(const char *dir, const struct dc_boxconf_mounts *m,
    struct dc_err *err)
{
	static const struct room own[] = {
	    {"/code/upper", DC_APP_UID, DC_APP_UID, 0755},
	    {"/code/work", 0, 0, 0755},
	};
	dc_auto_free char *view = dc_asprintf("%s/code/lower", dir);
	dc_auto_free char *where = dc_asprintf("%s/code", dir);
	dc_auto_free char *target = dc_asprintf("%s/code/mnt", dir);
	struct dc_range_map map = {m->code_uid, m->first_id + DC_APP_UID, 0,
	    m->first_id + DC_APP_UID, 1};
	struct stat st;
	int rc = 0, i;

	if (lstat(m->code, &st) < 0)
		return dc_fail_errno(err, "code '%s'", m->code);
	map.inside_gid = st.st_gid;
	/* An upper of a volatile overlay is of use once only. */
	for (i = 0; rc == 0 && i < 2; i++) {
		dc_auto_free char *path = dc_asprintf("%s%s", dir, own[i].path);

		rc = dc_fs_remove_tree(path, err);
		if (rc == 0)
			rc = make_room(dir, &own[i], m->first_id, err);
	}
	if (rc == 0)
		rc =
		    mount_mapped(m->code, &map, view, where, target, true, err);
	return rc;
}

static int
mount_home(const char *dir, const struct dc_boxconf_mounts *m,
    struct dc_err *err)
{
	dc_auto_free char *where = dc_asprintf("%s/home", dir);
	dc_auto_free char *target = dc_asprintf("%s/home/mnt", dir);

	return mount_overlay(where, target,
	    (const char *const *)m->home_lower.v, false, err);
}

/* How often WHERE is mounted below DIR. */
static size_t
count_mounts(const char *dir, const struct dc_strv *found, const char *where)
{
	size_t i, n = 0, len = strlen(dir);

	for (i = 0; i < found->n; i++)
		n += strcmp(found->v[i] + len, where) == 0;
	return n;
}

/* Exactly the wanted mounts, once each: then there is nothing to do. */
static bool
is_complete(const char *dir, const struct dc_boxconf_mounts *m,
    const struct dc_strv *found)
{
	size_t home = m->home_lower.n > 0 ? 1 : 0;
	size_t code = m->code != NULL ? 1 : 0;

	return found->n == 1 + home + code &&
	       count_mounts(dir, found, "/rootfs") == 1 &&
	       count_mounts(dir, found, "/home/mnt") == home &&
	       count_mounts(dir, found, "/code/mnt") == code;
}

int
dc_box_mount(const char *boxes, const char *name, struct dc_err *err)
{
	dc_auto_free char *dir = dc_asprintf("%s/%s", boxes, name);
	dc_auto_free char *file = dc_asprintf("%s/mounts", dir);
	dc_auto_free char *text = NULL, *real = NULL;
	dc_auto_strv struct dc_strv found = {0};
	struct dc_boxconf_mounts m = {0};
	int rc;

	rc = dc_fs_load(&text, NULL, file, CONF_MAX, err);
	if (rc == 0)
		rc = dc_boxconf_mounts_parse(&m, text, err);
	if (rc < 0)
		return dc_wrap(err, rc, "mount %s", name);
	real = realpath(dir, NULL);
	rc = real != NULL ? dc_mount_list(&found, real, err)
			  : dc_fail_errno(err, "'%s'", dir);
	/* Somebody was killed between two of them: start again. */
	if (rc == 0 && !is_complete(real, &m, &found)) {
		rc = dc_mount_clear(real, err);
		if (rc == 0)
			rc = mount_root(real, &m, err);
		if (rc == 0 && m.home_lower.n > 0)
			rc = mount_home(real, &m, err);
		if (rc == 0 && m.code != NULL)
			rc = mount_code(real, &m, err);
	}
	if (rc == 0 && m.listen != NULL)
		rc = dc_boxlisten_mount(real, &m, err);
	dc_boxconf_mounts_done(&m);
	return rc < 0 ? dc_wrap(err, rc, "mount %s", name) : 0;
}
