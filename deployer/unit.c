/* deployer/unit.c -- see unit.h. */
#include "deployer/unit.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "deployer/ports.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#define TAIL_BYTES 16384
#define TAIL_FILES 8
#define TAIL_LINES 60

/* The operator may have taken the type away: what is left of it has to end all
 * the same. */
static int
load_type(struct unit *u, struct dc_err *err)
{
	bool ends = u->row.state == DC_INSTANCE_DRAINING ||
		    u->row.state == DC_INSTANCE_FAILED;
	int rc = dc_type_load(&u->type, u->job->conf->types, u->def.type, err);

	if (rc == 0 || !ends)
		return rc;
	log_warn("instance=%" PRId64 ": %s", u->row.id, err->msg);
	u->type = (struct dc_type){.port_name = dc_strdup("http")};
	return 0;
}

int
unit_load(struct unit *u, struct dc_job *job, struct dc_err *err)
{
	const struct dc_conf *conf = job->conf;
	int rc = dc_instance_load(job->db, &u->row, job->id, err);

	u->job = job;
	if (rc == 0)
		rc = dc_service_from_json(&u->def, u->row.definition, err);
	if (rc == 0)
		rc = load_type(u, err);
	if (rc < 0)
		return rc;
	u->nports = ports_list(u->ports, &u->def, &u->type);
	u->boxes = dc_conf_path(conf, "boxes");
	u->box = dc_asprintf("%s-i%" PRId64, conf->bridge, u->row.id);
	u->box_dir = dc_asprintf("%s/%s", u->boxes, u->box);
	u->first_id = (uid_t)(conf->uid_base + u->row.uid_range * DC_RANGE_IDS);
	return 0;
}

void
unit_done(struct unit *u)
{
	dc_instance_done(&u->row);
	dc_service_def_done(&u->def);
	dc_type_done(&u->type);
	free(u->boxes);
	free(u->box);
	free(u->box_dir);
}

bool
unit_has_served(const struct unit *u)
{
	return u->row.state == DC_INSTANCE_DOWN ||
	       u->row.state == DC_INSTANCE_RESTARTING;
}

int
unit_move(struct unit *u, enum dc_instance_state to, struct dc_err *err)
{
	int rc = dc_instance_move(u->job->db, u->row.id, (int)u->row.state,
	    (int)to, u->job->claim, err);

	if (rc == 0)
		u->row.state = to;
	return rc;
}

int
unit_say(struct unit *u, enum dc_log_kind kind, struct dc_err *err,
    const char *fmt, ...)
{
	dc_auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = dc_vasprintf(fmt, ap);
	va_end(ap);
	return dc_log_entry_add(u->job->db, u->row.deployment_id,
	    u->row.service, u->row.number, kind, text, err);
}

int
unit_say_notes(struct unit *u, const char *answer, struct dc_err *err)
{
	static const char mark[] = "\nNOTE ";
	const char *p = answer;
	int rc = 0;

	for (int i = 0; rc == 0 && i < TAIL_LINES; i++) {
		p = strstr(p, mark);
		if (p == NULL)
			break;
		p += sizeof(mark) - 1;
		rc = unit_say(u, DC_LOG_INFO, err, "%.*s",
		    (int)strcspn(p, "\n"), p);
	}
	return rc;
}

/* Each line behind a newline, and no line twice: a crash that repeats says the
 * same each time. */
static void
add_once(struct dc_str *to, char *text)
{
	char *line;

	dc_str_add(to, "\n");
	while ((line = strsep(&text, "\n")) != NULL) {
		dc_auto_free char *whole = dc_asprintf("\n%s\n", line);

		if (strstr(to->data, whole) == NULL)
			dc_str_addf(to, "%s\n", line);
	}
	to->data[--to->len] = '\0';
}

/* The directory is the application's to write: nothing but a regular file in
 * it is opened, and no link followed. */
static int
say_file(struct unit *u, int dirfd, const char *name, struct dc_err *err)
{
	dc_auto_free char *text = dc_xcalloc(1, TAIL_BYTES + 1);
	dc_auto_str struct dc_str shown = {0};
	dc_auto_fd int fd = -1;
	int lines = 0;
	char *p;
	ssize_t n;

	if (dc_fs_open_in(&fd, dirfd, name, NULL) < 0)
		return 0;
	(void)lseek(fd, -TAIL_BYTES, SEEK_END);
	n = read(fd, text, TAIL_BYTES);
	if (n <= 0)
		return 0;
	for (p = text; p < text + n; p++)
		if (*p == '\0')
			*p = '?';
	if (text[n - 1] == '\n')
		text[n - 1] = '\0';
	for (p = text + strlen(text); p > text && lines < TAIL_LINES; p--)
		lines += p[-1] == '\n';
	if (p > text)
		p++;
	add_once(&shown, p);
	return unit_say(u, DC_LOG_ERROR, err, "== /var/log/supervisor/%s ==%s",
	    name, shown.data);
}

int
unit_say_tail(struct unit *u, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/log", u->box_dir);
	dc_auto_dir DIR *d = opendir(path);
	struct dirent *e;
	int shown = 0, rc = 0;

	if (d == NULL)
		return 0;
	while (rc == 0 && shown < TAIL_FILES && (e = readdir(d)) != NULL) {
		if (!dc_has_suffix(e->d_name, ".log") ||
		    strcmp(e->d_name, "supervisord.log") == 0)
			continue;
		rc = say_file(u, dirfd(d), e->d_name, err);
		shown++;
	}
	return rc;
}
