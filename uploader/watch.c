/* uploader/watch.c -- see watch.h. */
#include "uploader/watch.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/base/term.h"
#include "common/store/service.h"
#include "uploader/follow.h"
#include "uploader/submit.h"

#include <inttypes.h>
#include <string.h>

#define BELL_MS 1000

/* What a build prints must not reach the developer's terminal as anything but
 * text. */
static void
add_line(const struct follow_line *line, void *arg)
{
	struct dc_str *out = arg;
	dc_auto_free char *text = dc_term_format_line(line->message, false);

	if (line->service == NULL)
		dc_str_add(out, "---> ");
	else if (line->instance < 0)
		dc_str_addf(out, "[%s] ", line->service);
	else
		dc_str_addf(out, "[%s.%" PRId64 "] ", line->service,
		    line->instance);
	dc_str_addf(out, "%s\n", text);
}

static int
follow(struct follow *f, int bell, struct dc_err *err)
{
	dc_auto_str struct dc_str lines = {0};
	int more;

	f->fn = add_line;
	/* Nobody uses it after us. */
	/* cppcheck-suppress autoVariables */
	f->arg = &lines;
	for (;;) {
		dc_bell_clear(bell);
		more = follow_step(f, err);
		if (more < 0)
			return more;
		if (lines.len > 0 && dc_fs_write_all(STDERR_FILENO, lines.data,
					 lines.len, err) < 0)
			return DC_EFAIL;
		dc_str_done(&lines);
		if (more == 0 && f->has_ended)
			return 0;
		if (more == 0)
			dc_bell_wait(bell, BELL_MS);
	}
}

static int
print_host(const char *host, int64_t service_id, int64_t slot, void *arg,
    struct dc_err *err)
{
	const struct receive *r = arg;
	const char *port = strrchr(r->conf.http_bind, ':');

	(void)service_id;
	(void)slot;
	(void)err;
	(void)fprintf(stderr, "---> Application is live at http://%s%s/\n",
	    host, port == NULL || strcmp(port, ":80") == 0 ? "" : port);
	return 0;
}

static int
print_service(const struct dc_service *s, void *arg, struct dc_err *err)
{
	struct receive *r = arg;

	return dc_service_each_host(r->db, s->id, print_host, r, err);
}

int
watch_deploy(struct receive *r, const char *revision, struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(&r->conf, "state.db");
	submit_auto struct submit s = {.db = r->db,
	    .conf = &r->conf,
	    .app = &r->app,
	    .account_id = r->account.id,
	    .revision = revision};
	struct follow f = {.db = r->db};
	dc_auto_fd int bell = -1;
	int rc;

	rc = dc_bell_open(&bell, path, err);
	if (rc == 0)
		rc = submit_run(&s, err);
	if (rc < 0)
		return rc;
	f.deployment_id = s.deployment_id;
	rc = follow(&f, bell, err);
	if (rc < 0)
		return rc;
	if (f.has_failed)
		return 1;
	return dc_service_each(r->db, r->app.id, print_service, r, err);
}
