/* cli/follow.c -- see follow.h. */
#include "cli/follow.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/http.h"
#include "cli/line.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

#define TRIES_MAX 10
#define DELAY_FIRST_MS 100
#define DELAY_MAX_MS 10000
/* A connection that lasted so long was one. */
#define STEADY_MS 10000

/* A partial line is rewritten in place on a terminal, and left out elsewhere:
 * its last form comes as an ordinary line. */
static void
print_line(struct follow *f, const char *line, bool is_partial)
{
	bool tty = isatty(STDOUT_FILENO);

	if (is_partial && !tty)
		return;
	if (f->has_partial)
		(void)fputs("\r\033[K", stdout);
	f->has_partial = is_partial;
	(void)printf(is_partial ? "%s" : "%s\n", line);
	f->printed++;
	f->is_broken = fflush(stdout) != 0;
}

static bool
is_wanted(const struct follow *f, const struct dc_json *entry)
{
	char *const *tag;

	if (f->tags == NULL || f->tags[0] == NULL)
		return true;
	for (tag = f->tags; *tag != NULL; tag++)
		if (line_has_tag(entry, *tag))
			return true;
	return false;
}

static void
print_entry(struct follow *f, const struct dc_json *entry)
{
	bool colours = ui_has_colour(stdout);
	dc_auto_free char *line = NULL;
	const char *message = dc_json_find_str(entry, "message");

	if (message == NULL || !is_wanted(f, entry))
		return;
	if (f->json) {
		line = dc_json_format(entry, DC_JSON_COMPACT);
		print_line(f, line, false);
		return;
	}
	if (*message == '\0' && dc_json_find_str(entry, "status") != NULL)
		return;
	if (f->deploy_id != NULL)
		line = line_format(entry, colours);
	else
		line = line_format_app(&f->section, entry, colours);
	print_line(f, line, dc_json_has_true(entry, "partial"));
}

/* The first line: which deployment "latest" is. A reconnection must come back
 * to the same one. */
static void
learn_deployment(struct follow *f, const struct dc_json *entry)
{
	const char *id = dc_json_find_str(entry, "deploy_id");
	int64_t n = dc_json_find_int(entry, "deploy_id", -1);

	if (f->deploy_id == NULL || (id == NULL && n < 0))
		return;
	free(f->deploy_id);
	f->deploy_id = id != NULL ? dc_strdup(id) : dc_asprintf("%" PRId64, n);
}

/* "ID/FILE/INODE/OFFSET": the newest of each ID/FILE counts. */
static void
learn_place(struct follow *f, const struct dc_json *entry)
{
	const char *place = dc_json_find_str(entry, "place");
	const char *file, *p;
	dc_auto_free char *key = NULL;

	if (f->deploy_id != NULL)
		return;
	if (f->places == NULL)
		f->places = dc_json_new_object();
	file = place != NULL ? strchr(place, '/') : NULL;
	p = file != NULL ? strchr(file + 1, '/') : NULL;
	if (p == NULL)
		return;
	key = dc_strndup(place, (size_t)(p - place));
	dc_json_add_str(f->places, key, place);
}

static int
on_line(const char *line, void *arg)
{
	dc_auto_json struct dc_json *whole = NULL;
	const struct dc_json *entry;
	struct follow *f = arg;
	const char *status;
	int64_t id;

	/* Keep-alives; and what is no JSON is no entry either. */
	if (*line == '\0' ||
	    dc_json_parse(&whole, line, strlen(line), NULL) < 0)
		return 0;
	entry = dc_json_find(whole, "object");
	id = dc_json_find_int(entry, "id", 0);
	if (id != 0 && id <= f->last_id)
		return 0;
	if (id != 0)
		f->last_id = id;
	if (dc_json_find(entry, "message") == NULL)
		learn_deployment(f, entry);
	learn_place(f, entry);
	print_entry(f, entry);
	status = dc_json_find_str(entry, "status");
	if (status != NULL && strcmp(status, "deploy_end") == 0)
		f->status = FOLLOW_DONE;
	else if (status != NULL && strcmp(status, "deploy_fail") == 0)
		f->status = FOLLOW_FAILED;
	return f->is_broken ||
	       (f->deploy_id != NULL && f->status != FOLLOW_OVER);
}

/* For an application's log that goes on; NULL: from the beginning. */
static char *
format_body(const struct follow *f)
{
	dc_auto_json struct dc_json *body = NULL;
	struct dc_json *since, *place;
	const char *key;
	void *it = NULL;

	if (f->deploy_id != NULL || f->places == NULL)
		return NULL;
	body = dc_json_new_object();
	since = dc_json_new_array();
	while (dc_json_each(f->places, &it, &key, &place))
		dc_json_add_str(since, NULL, dc_json_str(place));
	dc_json_add(body, "since", since);
	return dc_json_format(body, DC_JSON_COMPACT);
}

static char *
format_path(const struct follow *f)
{
	dc_auto_free char *id = NULL;
	struct dc_str path = {0};

	dc_str_addf(&path, "/applications/%s", f->app);
	if (f->deploy_id != NULL) {
		id = http_escape(f->deploy_id);
		dc_str_addf(&path, "/deployments/%s", id);
	}
	dc_str_addf(&path, "/logs?stream%s%s", f->no_follow ? "" : "&follow",
	    f->deploy_id == NULL                                 ? "&places"
	    : !f->json && !f->no_follow && isatty(STDOUT_FILENO) ? "&progress"
								 : "");
	if (f->last_id > 0)
		dc_str_addf(&path, "&since=%" PRId64, f->last_id);
	else if (f->query != NULL)
		dc_str_add(&path, f->query);
	return dc_str_steal(&path);
}

/* True: Ctrl-C while waiting. */
static bool
is_stopped(int stop_fd, int delay_ms)
{
	struct pollfd p = {.fd = stop_fd, .events = POLLIN};

	return poll(&p, 1, delay_ms) > 0;
}

/* Failures that another try cannot cure, or need not. */
static bool
is_final(const struct follow *f, const struct api *api, int rc)
{
	bool is_heard = f->places != NULL || f->last_id > 0;

	if (rc == 0)
		return f->no_follow;
	if (api->status == 429 || api->status >= 500 || api->status == 0)
		return !is_heard && !f->is_patient;
	return true;
}

static int
follow_loop(struct follow *f, struct api *api, int stop_fd,
    enum follow_end *end, struct dc_err *err)
{
	struct api_stream stream = {.on_line = on_line,
	    .arg = f,
	    .stop_fd = stop_fd};
	int tries = 0, delay = DELAY_FIRST_MS, rc;
	int64_t was, began;

	for (;;) {
		dc_auto_free char *path = format_path(f);
		dc_auto_free char *body = format_body(f);

		stream.body = body;
		was = f->printed;
		began = dc_mono_ms();
		rc = api_stream_run(api, &stream, path, err);
		*end = (enum follow_end)f->status;
		if (f->deploy_id != NULL && f->status != FOLLOW_OVER)
			return 0;
		if (f->is_broken || is_stopped(stop_fd, 0)) {
			*end = FOLLOW_STOPPED;
			return 0;
		}
		if (is_final(f, api, rc))
			return rc;
		/* Ended in order, with nothing more to say. */
		if (rc == 0 && f->deploy_id != NULL)
			return 0;
		if (f->printed != was || dc_mono_ms() - began > STEADY_MS) {
			tries = 0;
			delay = DELAY_FIRST_MS;
		}
		*end = FOLLOW_LOST;
		if (tries++ == TRIES_MAX)
			return 0;
		if (tries > 1)
			(void)fputc('.', stderr);
		if (is_stopped(stop_fd, delay)) {
			*end = FOLLOW_STOPPED;
			return 0;
		}
		delay = delay * 2 < DELAY_MAX_MS ? delay * 2 : DELAY_MAX_MS;
	}
}

int
follow_run(struct follow *f, struct api *api, enum follow_end *end,
    struct dc_err *err)
{
	dc_auto_fd int stop_fd = -1;
	sigset_t interrupt, was;
	int rc;

	(void)sigemptyset(&interrupt);
	(void)sigaddset(&interrupt, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &interrupt, &was);
	stop_fd = signalfd(-1, &interrupt, SFD_CLOEXEC | SFD_NONBLOCK);
	if (stop_fd < 0)
		return dc_fail_errno(err, "signalfd");
	rc = follow_loop(f, api, stop_fd, end, err);
	if (f->has_partial)
		(void)putchar('\n');
	(void)fflush(stdout);
	if (*end == FOLLOW_STOPPED) {
		struct signalfd_siginfo taken;

		(void)!read(stop_fd, &taken, sizeof(taken));
	}
	(void)sigprocmask(SIG_SETMASK, &was, NULL);
	return rc;
}

void
follow_warn_nothing(const char *tag)
{
	ui_warn("Nothing to show... Does the service named \"%s\" exist?", tag);
}

void
follow_done(struct follow *f)
{
	free(f->deploy_id);
	free(f->section);
	dc_json_free(f->places);
	f->deploy_id = f->section = NULL;
	f->places = NULL;
}
