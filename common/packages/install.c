/* common/packages/install.c -- making layers, and removing them; see
 * packages.h.
 *
 * <root>/packages/lock is held while packages are installed: there is one
 * container for it, and one copy of apt's lists, packages/apt, which moves
 * into the container and back. Whoever has the lock may remove whatever else
 * he finds half made. */
#include "common/packages/packages.h"

#include "common/appenv/appenv.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/box/box.h"
#include "common/box/mount.h"
#include "common/box/place.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define SCRIPT_MAX 65536
#define KEPT_MS (7LL * 24 * 3600 * 1000)

/* One installation under way. */
struct install {
	const struct dc_packages *packages;
	const struct dc_conf *conf;
	int64_t address;
	struct dc_step step; /* the caller's, in our box */
	char *dir;           /* <root>/packages */
	char *box_dir;
	char *layer; /* dir/KEY */
};

static int
say(const struct dc_step *step, const char *text, struct dc_err *err)
{
	return dc_log_buffer_add(step->log, text, strlen(text), err);
}

static int
open_lock(const char *dir, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/lock", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd >= 0 ? fd : dc_fail_errno(err, "lock '%s'", path);
}

/* Waits for the other installation, for as long as ours is wanted. */
static int
take_lock(const struct install *in, int lock, struct dc_err *err)
{
	const struct dc_step *s = &in->step;
	bool said = false;
	int rc;

	while (flock(lock, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return dc_fail_errno(err, "lock '%s'", in->dir);
		if (dc_mono_ms() >= s->deadline)
			return dc_fail(err, DC_EUSER, "%s", s->late);
		rc = said ? 0
			  : say(s,
				"Waiting for another build that installs"
				" system packages...\n",
				err);
		if (rc == 0)
			rc = dc_log_buffer_flush(s->log, err);
		if (rc == 0)
			rc = s->still_ours(s->arg, err);
		if (rc < 0)
			return rc;
		said = true;
		dc_bell_wait(s->bell, 500);
	}
	return 0;
}

/* The script, where the container sees it as /etc/dcloud/packages. */
static int
copy_script(const struct install *in, struct dc_err *err)
{
	dc_auto_free char *from =
	    dc_asprintf("%s/dcloud-packages", in->conf->libexec);
	dc_auto_free char *to = dc_asprintf("%s/etc/packages", in->box_dir);
	dc_auto_free char *text = NULL;
	size_t len;
	int rc = dc_fs_load(&text, &len, from, SCRIPT_MAX, err);

	return rc < 0 ? rc : dc_fs_save(to, text, len, 0644, err);
}

/* apt's lists, into the container's HOME or back out of it. */
static void
move_lists(const struct install *in, bool back)
{
	dc_auto_free char *ours = dc_asprintf("%s/apt", in->dir);
	dc_auto_free char *theirs =
	    dc_asprintf("%s/home/upper/apt", in->box_dir);

	if (!back)
		(void)rename(ours, theirs);
	else if (dc_fs_remove_tree(ours, NULL) == 0)
		(void)rename(theirs, ours);
}

static int
create_box(const struct install *in, struct dc_err *err)
{
	static const char *const init_args[] = {"-w", "-c",
	    "/etc/dcloud/runtime.conf", "-u", "dotcloud", NULL};
	const struct dc_conf *conf = in->conf;
	dc_auto_free char *init = dc_asprintf("%s/dcinit", conf->libexec);
	struct dc_place net;
	struct dc_box_spec spec = {.name = in->step.box,
	    .hostname = "packages",
	    .first_id = dc_packages_first_id(conf),
	    .image = conf->image,
	    .init = init,
	    .init_args = init_args,
	    .bridge = conf->bridge,
	    .memory = DC_BUILD_MEMORY,
	    .cpu_shares = DC_BUILD_CPU_SHARES,
	    .pids = DC_BOX_PIDS};
	int rc = dc_place_find(&net, conf, in->address, err);

	if (rc < 0)
		return rc;
	spec.address = net.address;
	spec.gateway = net.gateway;
	spec.prefix_len = net.prefix_len;
	rc = dc_box_create(in->step.boxes, &spec, err);
	if (rc == 0)
		rc = copy_script(in, err);
	if (rc < 0)
		return rc;
	move_lists(in, false);
	return dc_box_start(in->step.boxes, in->step.box, err);
}

static int
run_apt(const struct install *in, struct dc_err *err)
{
	dc_auto_str struct dc_str heading = {0};
	dc_auto_str struct dc_str script = {0};
	size_t i;
	int rc;

	dc_str_add(&heading, "Installing system packages:");
	dc_str_add(&script, "exec bash /etc/dcloud/packages");
	for (i = 0; i < in->packages->names.n; i++) {
		dc_str_addf(&heading, " %s", in->packages->names.v[i]);
		dc_str_addf(&script, " %s", in->packages->names.v[i]);
	}
	dc_str_add(&heading, "\n");
	rc = say(&in->step, heading.data, err);
	if (rc < 0)
		return rc;
	return dc_step_run(&in->step, "apt-get install", "/", script.data, err);
}

/* What the stopped container changed becomes the layer: complete before it has
 * its name. */
static int
adopt(const struct install *in, struct dc_err *err)
{
	dc_auto_free char *from = dc_asprintf("%s/root/upper", in->box_dir);
	dc_auto_free char *new = dc_asprintf("%s/new", in->dir);
	dc_auto_free char *root = dc_asprintf("%s/root", new);
	dc_auto_free char *list = dc_asprintf("%s/names", new);
	dc_auto_free char *real = realpath(in->box_dir, NULL);
	dc_auto_str struct dc_str names = {0};
	dc_auto_fd int fd = -1;
	size_t i;
	int rc = dc_mount_clear(real != NULL ? real : in->box_dir, err);

	for (i = 0; i < in->packages->names.n; i++)
		dc_str_addf(&names, "%s\n", in->packages->names.v[i]);
	if (rc == 0)
		rc = dc_fs_remove_tree(new, err);
	if (rc == 0)
		rc = dc_fs_mkdirs(new, 0755, err);
	if (rc == 0 && rename(from, root) < 0)
		rc = dc_fail_errno(err, "adopt '%s'", from);
	if (rc == 0)
		rc = dc_fs_save(list, names.data, names.len, 0644, err);
	if (rc < 0)
		return rc;
	fd = open(new, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || syncfs(fd) < 0 || rename(new, in->layer) < 0)
		return dc_fail_errno(err, "finish '%s'", in->layer);
	return dc_fs_sync_dir(in->dir, err);
}

/* With the lock held. */
static int
install(const struct install *in, struct dc_err *err)
{
	struct dc_err box_err = DC_ERR_INIT;
	int rc = dc_box_destroy(in->step.boxes, in->step.box, err), ended;

	if (rc == 0)
		rc = create_box(in, err);
	if (rc == 0)
		rc = run_apt(in, err);
	ended = dc_box_stop(in->step.boxes, in->step.box, 0, &box_err);
	move_lists(in, true);
	if (rc == 0 && ended < 0)
		rc = dc_fail(err, ended, "%s", box_err.msg);
	if (rc == 0)
		rc = adopt(in, err);
	/* What remains is in the way of nobody but the next one, who tries
	 * again, and the sweep. */
	(void)dc_box_destroy(in->step.boxes, in->step.box, NULL);
	return rc;
}

/* The directory's time is when it was last wanted. */
static bool
is_there(const char *layer)
{
	return utimensat(AT_FDCWD, layer, NULL, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
find_or_install(struct install *in, struct dc_err *err)
{
	dc_auto_fd int lock = -1;
	int rc;

	if (is_there(in->layer))
		return 0;
	rc = dc_fs_mkdirs(in->dir, 0700, err);
	if (rc == 0)
		rc = lock = open_lock(in->dir, err);
	if (rc >= 0)
		rc = take_lock(in, lock, err);
	/* Whom we waited for may have made it. */
	if (rc < 0 || is_there(in->layer))
		return rc;
	return install(in, err);
}

int
dc_packages_load(char **out, const struct dc_packages *p,
    const struct dc_conf *conf, int64_t address, const struct dc_step *step,
    struct dc_err *err)
{
	dc_auto_strv struct dc_strv env = {0};
	dc_auto_free char *dir = dc_conf_path(conf, "packages");
	dc_auto_free char *box = dc_packages_box(conf);
	dc_auto_free char *box_dir = dc_asprintf("%s/%s", step->boxes, box);
	dc_auto_free char *layer = dc_asprintf("%s/%s", dir, p->key);
	struct install in = {p, conf, address, *step, dir, box_dir, layer};
	int rc;

	if (p->names.n == 0) {
		*out = NULL;
		return 0;
	}
	dc_appenv_base(&env);
	dc_appenv_set(&env, "USER", "root");
	dc_appenv_set(&env, "LOGNAME", "root");
	in.step.box = box;
	in.step.env = env.v;
	in.step.as_root = true;
	rc = find_or_install(&in, err);
	if (rc == 0)
		*out = dc_asprintf("%s/root", layer);
	return rc;
}

/* Some container's list of mounts has the layer. */
struct looking {
	const char *boxes, *layer;
	bool found;
};

static int
look(const char *name, void *arg)
{
	struct looking *l = arg;
	dc_auto_free char *path = dc_asprintf("%s/%s/mounts", l->boxes, name);
	dc_auto_free char *text = NULL;

	/* Not knowing is no reason to remove anything. */
	if (dc_fs_load(&text, NULL, path, 1 << 20, NULL) < 0)
		l->found = l->found || dc_fs_exists(path);
	else if (strstr(text, l->layer) != NULL)
		l->found = true;
	return 0;
}

static int
sweep_one(const struct dc_conf *conf, const char *dir, const char *key,
    struct dc_err *err)
{
	dc_auto_free char *boxes = dc_conf_path(conf, "boxes");
	dc_auto_free char *prefix = dc_asprintf("%s-", conf->bridge);
	dc_auto_free char *layer = dc_asprintf("%s/%s", dir, key);
	dc_auto_free char *old = dc_asprintf("%s/old", dir);
	struct looking l = {boxes, layer, false};
	struct stat st;
	int rc;

	if (strlen(key) != DC_PACKAGES_KEY - 1 || lstat(layer, &st) < 0 ||
	    dc_now_ms() - st.st_mtim.tv_sec * 1000LL < KEPT_MS)
		return 0;
	rc = dc_box_each(boxes, prefix, look, &l, err);
	if (rc < 0 || l.found)
		return rc;
	/* Nobody finds it any more from here on. */
	rc = dc_fs_remove_tree(old, err);
	if (rc == 0 && rename(layer, old) < 0)
		rc = dc_fail_errno(err, "rename '%s'", layer);
	return rc == 0 ? dc_fs_remove_tree(old, err) : rc;
}

static int
sweep_halves(const struct dc_conf *conf, const char *dir, struct dc_err *err)
{
	dc_auto_free char *boxes = dc_conf_path(conf, "boxes");
	dc_auto_free char *box = dc_packages_box(conf);
	dc_auto_free char *box_dir = dc_asprintf("%s/%s", boxes, box);
	dc_auto_free char *new = dc_asprintf("%s/new", dir);
	dc_auto_free char *old = dc_asprintf("%s/old", dir);
	int rc = dc_fs_remove_tree(new, err);

	if (rc == 0)
		rc = dc_fs_remove_tree(old, err);
	if (rc == 0 && dc_fs_exists(box_dir))
		rc = dc_box_destroy(boxes, box, err);
	return rc;
}

int
dc_packages_sweep(const struct dc_conf *conf, struct dc_err *err)
{
	dc_auto_free char *dir = dc_conf_path(conf, "packages");
	dc_auto_dir DIR *d = opendir(dir);
	dc_auto_fd int lock = -1;
	struct dirent *e;
	int rc;

	if (d == NULL)
		return 0;
	rc = lock = open_lock(dir, err);
	/* Somebody installs: what is there may be his. */
	if (rc < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
		return rc < 0 ? rc : 0;
	rc = sweep_halves(conf, dir, err);
	while (rc == 0 && (e = readdir(d)) != NULL)
		rc = sweep_one(conf, dir, e->d_name, err);
	return rc;
}
