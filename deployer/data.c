/* deployer/data.c -- see data.h. CONTRACT 1.6, step 12. */
#include "deployer/data.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/log.h"
#include "common/box/box.h"
#include "common/box/boxhome.h"
#include "common/box/mount.h"
#include "common/store/data.h"
#include "common/store/service.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY "data"
/* A whole copy of it, in the home; and, beside the home, what had its place. */
#define COPY ".dcloud-data"
#define ASIDE "home/own-data"

#define SERVES                                                                 \
	(DC_FROM(DC_INSTANCE_UP) | DC_FROM(DC_INSTANCE_DOWN) |                 \
	    DC_FROM(DC_INSTANCE_RESTARTING))
#define ENDS (DC_FROM(DC_INSTANCE_DRAINING) | DC_FROM(DC_INSTANCE_PARKING))

static char *
parked_path(const struct unit *u)
{
	return dc_conf_path(u->job->conf, "data/%" PRId64 ".%" PRId64,
	    u->row.service_id, u->row.number);
}

static bool
has_own(const struct dc_conf *conf, const struct dc_instance *i)
{
	dc_auto_free char *boxes = dc_conf_path(conf, "boxes");
	dc_auto_free char *box =
	    dc_asprintf("%s-i%" PRId64, conf->bridge, i->id);

	return dc_box_home_has(boxes, box, ENTRY);
}

/* One that is up has taken what it holds: if there is nothing in its home, the
 * application has removed it. */
bool
data_is_carried(const struct dc_conf *conf, const struct dc_instance *i)
{
	if (i->data == DC_DATA_WANTED)
		return true;
	if (i->data == DC_DATA_HELD && i->state != DC_INSTANCE_UP)
		return true;
	return has_own(conf, i);
}

/* The one before of the same number, looked for. */
struct search {
	const struct unit *u;
	bool found;
	int64_t mark; /* it is to be the holder: nobody has asked it yet */
};

static int
note_other(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct search *s = arg;

	(void)err;
	if (i->number != s->u->row.number || i->id == s->u->row.id)
		return 0;
	if (i->data == DC_DATA_OWN &&
	    ((SERVES | ENDS) & DC_FROM(i->state)) == 0)
		return 0;
	if (!data_is_carried(s->u->job->conf, i))
		return 0;
	s->found = true;
	/* Whoever serves comes last, and has the newest. */
	if (i->data == DC_DATA_OWN &&
	    (s->mark == 0 || (SERVES & DC_FROM(i->state)) != 0))
		s->mark = i->id;
	return 0;
}

static int
search(struct search *s, struct dc_err *err)
{
	dc_auto_free char *parked = parked_path(s->u);
	int rc = dc_instance_each(s->u->job->db, 0, s->u->row.service_id,
	    UINT32_MAX & ~DC_FROM(DC_INSTANCE_GONE), note_other, s, err);

	s->found |= dc_fs_exists(parked);
	return rc;
}

static int
save_decision(struct unit *u, const struct search *s, struct dc_err *err)
{
	int rc = 0;

	if (s->mark != 0)
		rc = dc_data_mark(u->job->db, s->mark, err);
	/* Another one holds, and this one came too late: not its successor's
	 * business. */
	if (rc == DC_ESTALE)
		rc = 0;
	if (rc == 0 && s->found)
		rc = dc_data_want(u->job->db, u->row.id, err);
	return rc == 0
		   ? dc_instance_move(u->job->db, u->row.id, (int)u->row.state,
			 DC_INSTANCE_LAUNCHING, u->job->claim, err)
		   : rc;
}

int
data_decide(struct unit *u, struct dc_err *err)
{
	struct search s = {.u = u};
	int rc = search(&s, err);

	if (rc == 0)
		rc = dc_db_begin(u->job->db, err);
	if (rc < 0)
		return rc;
	rc = dc_db_end(u->job->db, save_decision(u, &s, err), err);
	if (rc < 0)
		return rc;
	u->row.state = DC_INSTANCE_LAUNCHING;
	if (s.found)
		u->row.data = DC_DATA_WANTED;
	return 0;
}

/* Stopped and unmounted: its home is a directory like others. */
static int
halt(struct unit *u, struct dc_err *err)
{
	dc_auto_free char *real = realpath(u->box_dir, NULL);
	int rc = dc_box_stop(u->boxes, u->box, 0, err);

	if (rc == 0 && real != NULL)
		rc = dc_mount_clear(real, err);
	return rc;
}

static int
wait_for_it(struct unit *u, struct dc_err *err)
{
	int rc;

	while (u->row.data == DC_DATA_WANTED) {
		dc_bell_clear(u->job->bell);
		rc = dc_data_claim(u->job->db, u->row.id, (int)u->row.state,
		    err);
		if (rc == 0)
			u->row.data = DC_DATA_HELD;
		if (rc < 0 && rc != DC_EBUSY)
			return rc;
		if (rc == DC_EBUSY)
			dc_bell_wait(u->job->bell, 1000);
	}
	return 0;
}

static int
sync_data(const struct unit *u, struct dc_err *err)
{
	dc_auto_free char *dir = dc_conf_path(u->job->conf, "data");

	return dc_fs_sync_dir(dir, err);
}

/* What postinstall has made as ~/data was for a first time that this is not. */
static int
put_aside(struct unit *u, struct dc_err *err)
{
	dc_auto_free char *own = dc_box_home_path(u->boxes, u->box, ENTRY);
	dc_auto_free char *aside = dc_asprintf("%s/" ASIDE, u->box_dir);
	int rc = 0;

	if (!dc_fs_exists(own))
		return 0;
	rc = dc_fs_remove_tree(aside, err);
	if (rc == 0 && rename(own, aside) < 0)
		rc = dc_fail_errno(err, "rename '%s'", own);
	return rc;
}

static int
take_parked(struct unit *u, struct dc_err *err)
{
	dc_auto_free char *parked = parked_path(u);
	int rc;

	if (!dc_fs_exists(parked))
		return 0;
	rc = put_aside(u, err);
	if (rc == 0)
		rc = dc_box_home_put(u->boxes, u->box, ENTRY, parked, err);
	return rc == 0 ? sync_data(u, err) : rc;
}

int
data_take(struct unit *u, struct dc_err *err)
{
	dc_auto_free char *copy = dc_box_home_path(u->boxes, u->box, COPY);
	int rc;

	if (u->row.data == DC_DATA_OWN)
		return 0;
	rc = halt(u, err);
	/* Of a move that was stopped in the middle and taken back. */
	if (rc == 0)
		rc = dc_fs_remove_tree(copy, err);
	if (rc == 0)
		rc = wait_for_it(u, err);
	if (rc == 0)
		rc = take_parked(u, err);
	return rc < 0 ? dc_wrap(err, rc, "~/data") : 0;
}

/* From the home to TO. */
static int
park(struct unit *u, const char *to, struct dc_err *err)
{
	dc_auto_free char *dir = dc_conf_path(u->job->conf, "data");
	dc_auto_free char *upper = dc_box_home_path(u->boxes, u->box, "");
	dc_auto_free char *from = NULL;
	bool whole = false;
	int rc;

	if (dc_fs_exists(to) || !dc_box_home_has(u->boxes, u->box, ENTRY))
		return 0;
	rc = dc_fs_mkdirs(dir, 0700, err);
	if (rc == 0)
		rc = dc_box_home_is_whole(&whole, u->boxes, u->box, ENTRY, err);
	if (rc == 0 && !whole)
		rc = dc_box_home_copy(u->boxes, u->box, ENTRY, COPY, err);
	if (rc < 0)
		return rc;
	from = dc_box_home_path(u->boxes, u->box, whole ? ENTRY : COPY);
	if (rename(from, to) < 0)
		return dc_fail_errno(err, "rename '%s' to '%s'", from, to);
	rc = sync_data(u, err);
	return rc == 0 ? dc_fs_sync_dir(upper, err) : rc;
}

int
data_give(struct unit *u, struct dc_err *err)
{
	dc_auto_free char *parked = parked_path(u);
	int rc = halt(u, err);

	if (rc == 0 && u->row.data == DC_DATA_HELD)
		rc = park(u, parked, err);
	return rc < 0 ? dc_wrap(err, rc, "~/data") : 0;
}

/* Somebody else lives with ~/data of his own: made after he had looked. */
static int
keep_apart(struct unit *u, struct dc_err *err)
{
	dc_auto_free char *parked = parked_path(u);
	dc_auto_free char *to = dc_asprintf("%s.%" PRId64, parked, u->row.id);

	if (!dc_box_home_has(u->boxes, u->box, ENTRY))
		return 0;
	log_warn("instance=%" PRId64 " app='%s' ~/data of %s.%" PRId64
		 " was made while a new version took over: kept as '%s'",
	    u->row.id, u->row.application, u->row.service, u->row.number, to);
	return park(u, to, err);
}

static int
keep(struct unit *u, struct dc_err *err)
{
	int rc = dc_data_keep(u->job->db, u->row.id, err);

	if (rc == DC_EBUSY)
		return keep_apart(u, err);
	if (rc < 0)
		return rc;
	u->row.data = DC_DATA_HELD;
	rc = data_give(u, err);
	/* Whoever waits for it need not wait for the end of this one. */
	return rc == 0 ? dc_data_want(u->job->db, u->row.id, err) : rc;
}

/* One that has never served has nothing of its own worth keeping; neither has
 * one whose service is being destroyed. */
int
data_keep(struct unit *u, struct dc_err *err)
{
	int64_t id;
	int rc;

	if (u->row.data != DC_DATA_HELD &&
	    (u->row.state == DC_INSTANCE_FAILED ||
		u->row.data == DC_DATA_WANTED ||
		!dc_box_home_has(u->boxes, u->box, ENTRY)))
		return 0;
	rc = dc_service_find(u->job->db, &id, u->row.application_id,
	    u->row.service, err);
	if (rc == DC_ENOTFOUND)
		return 0;
	if (rc == 0)
		rc = halt(u, err);
	return rc == 0 ? keep(u, err) : rc;
}

/* FN for each parked directory; its service is what its name begins with. */
static int
each_parked(const struct dc_conf *conf,
    int (*fn)(const char *path, int64_t service_id, void *arg,
	struct dc_err *err),
    void *arg, struct dc_err *err)
{
	dc_auto_free char *dir = dc_conf_path(conf, "data");
	dc_auto_dir DIR *d = opendir(dir);
	struct dirent *e;
	int rc = 0;

	if (d == NULL)
		return errno == ENOENT ? 0 : dc_fail_errno(err, "'%s'", dir);
	while (rc == 0 && (e = readdir(d)) != NULL) {
		dc_auto_free char *path = dc_asprintf("%s/%s", dir, e->d_name);
		int64_t id = strtoll(e->d_name, NULL, 10);

		if (id > 0)
			rc = fn(path, id, arg, err);
	}
	return rc;
}

static int
remove_of(const char *path, int64_t service_id, void *arg, struct dc_err *err)
{
	if (service_id != *(int64_t *)arg)
		return 0;
	return dc_fs_remove_tree(path, err);
}

int
data_remove(const struct dc_conf *conf, int64_t service_id, struct dc_err *err)
{
	return each_parked(conf, remove_of, &service_id, err);
}

static int
sweep_one(const char *path, int64_t service_id, void *arg, struct dc_err *err)
{
	dc_auto_service struct dc_service s = {0};

	/* A store that does not answer is no reason to remove anything. */
	if (dc_service_load(arg, &s, service_id, NULL) != DC_ENOTFOUND)
		return 0;
	return dc_fs_remove_tree(path, err);
}

int
data_sweep(const struct dc_conf *conf, struct dc_db *db, struct dc_err *err)
{
	return each_parked(conf, sweep_one, db, err);
}
