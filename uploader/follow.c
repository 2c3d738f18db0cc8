/* uploader/follow.c -- see follow.h. */
#include "uploader/follow.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/store/deployment.h"
#include "common/store/log_entry.h"

#include <string.h>

/* A row has at most 64 KiB and a few notes, so fewer lines than this. */
#define LINES_PER_ROW 100000
#define BATCH (256UL * 1024)

#define FINAL                                                                  \
	(DC_FROM(DC_DEPLOYMENT_DONE) | DC_FROM(DC_DEPLOYMENT_FAILED) |         \
	    DC_FROM(DC_DEPLOYMENT_CANCELLED))

/* A progress bar writes itself again after each \r: its last form counts. */
static char *
last_form(char *line)
{
	size_t n = strlen(line);
	char *cr;

	while (n > 0 && line[n - 1] == '\r')
		line[--n] = '\0';
	cr = strrchr(line, '\r');
	return cr != NULL ? cr + 1 : line;
}

static void
give(struct follow *f, const struct dc_log_entry *e, int64_t id, char *text,
    bool is_last)
{
	struct follow_line line = {
	    .id = id,
	    .created_at =
		e->created_at > f->last_at ? e->created_at : f->last_at + 1,
	    .service = e->service,
	    .instance = e->instance,
	    .error = e->error,
	    .status = is_last ? e->status : NULL,
	    .message = last_form(text),
	};

	f->last_at = line.created_at;
	if (id <= f->since)
		return;
	f->since = id;
	if (f->skip > 0 && line.status == NULL)
		f->skip--;
	else
		f->fn(&line, f->arg);
}

static int
on_entry(const struct dc_log_entry *e, void *arg, struct dc_err *err)
{
	dc_auto_free char *copy = dc_strdup(e->message);
	struct follow *f = arg;
	char *line = copy, *next;
	int64_t id = e->id * LINES_PER_ROW;

	for (; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		give(f, e, id++, line, next == NULL);
	}
	if (e->status != NULL) {
		f->has_ended = true;
		f->has_failed = strcmp(e->status, "deploy_end") != 0;
	}
	f->taken += strlen(e->message) + 256;
	if (f->taken < BATCH)
		return 0;
	f->is_cut = true;
	return dc_fail(err, DC_ESTALE, "enough has come");
}

int
follow_step(struct follow *f, struct dc_err *err)
{
	dc_auto_deployment struct dc_deployment d = {0};
	int64_t after = f->since > 0 ? f->since / LINES_PER_ROW - 1 : 0;
	int rc;

	/* The state before the lines: what is final then has them all. */
	rc = dc_deployment_load(f->db, &d, f->deployment_id, err);
	if (rc < 0)
		return rc;
	f->is_cut = false;
	f->taken = 0;
	rc =
	    dc_log_entry_each(f->db, f->deployment_id, after, on_entry, f, err);
	if (f->is_cut)
		return 1;
	if (rc < 0 || f->has_ended)
		return rc;
	if ((DC_FROM(d.state) & FINAL) != 0) {
		f->has_ended = true;
		f->has_failed = d.state != DC_DEPLOYMENT_DONE;
	}
	return 0;
}

struct count {
	int64_t lines;
};

static int
count_lines(const struct dc_log_entry *e, void *arg, struct dc_err *err)
{
	struct count *c = arg;
	const char *p;

	(void)err;
	c->lines++;
	for (p = e->message; (p = strchr(p, '\n')) != NULL; p++)
		c->lines++;
	return 0;
}

int
follow_seek(struct follow *f, int64_t n, struct dc_err *err)
{
	struct count c = {0};
	int64_t after;
	int rc;

	/* N rows hold at least N lines. */
	rc = dc_log_entry_tail(f->db, &after, f->deployment_id, n, err);
	if (rc == 0)
		rc = dc_log_entry_each(f->db, f->deployment_id, after,
		    count_lines, &c, err);
	if (rc < 0)
		return rc;
	f->since = (after + 1) * LINES_PER_ROW - 1;
	f->skip = c.lines > n ? c.lines - n : 0;
	return 0;
}
