/* tests/traffic/client.c -- a steady load that records every single answer.
 *
 *   traffic ADDRESS:PORT HOST FILE KIND=CLIENTS...
 *
 * One process per client asks one request after the other until SIGTERM, and
 * then adds a line for each to FILE:
 *
 *   BEGIN FIRST END KIND OUTCOME STATUS VERSION INSTANCE
 *
 * (microseconds since the epoch; FIRST is when the answer began; "-" where
 * nothing is known). KIND is one of the table below. A client pauses PAUSE_MS
 * (environment, 0) between requests, some kinds longer. None repeats one. */
#include "tests/traffic/wire.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/crypto/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POST_BYTES (1 << 20)
#define SESSION_FRAMES 30
#define SESSION_MS 100
#define IDLE_MS 9000

static volatile sig_atomic_t stopping;

struct client {
	struct wire w;
	struct answer a;
	int64_t first; /* when the answer's head was there */
	const char *body;
	char hash[65];
};

static int64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
pause_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	(void)nanosleep(&t, NULL);
}

/* Request and complete answer; a status of 200 is not looked for here. */
static enum outcome
ask(struct client *c, const char *method, const char *path, const char *more,
    const char *body, size_t len)
{
	char head[512];
	enum outcome o = wire_open(&c->w);
	int n =
	    snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n",
		method, path, c->w.host, more);

	if (o == OUT_OK)
		o = wire_send(&c->w, head, (size_t)n);
	if (o == OUT_OK && len > 0)
		o = wire_send(&c->w, body, len);
	if (o == OUT_OK)
		o = wire_head(&c->w, &c->a);
	c->first = now_us();
	return o;
}

static enum outcome
expect(const struct client *c, int status)
{
	if (c->a.status == status)
		return OUT_OK;
	return c->a.is_maintenance ? OUT_CLOSED : OUT_STATUS;
}

static enum outcome
get(struct client *c, const char *path, const char *more)
{
	enum outcome o = ask(c, "GET", path, more, NULL, 0);

	if (o == OUT_OK)
		o = wire_body(&c->w, &c->a);
	return o == OUT_OK ? expect(c, 200) : o;
}

static enum outcome
is_right(bool right)
{
	return right ? OUT_OK : OUT_WRONG;
}

static enum outcome
front_page(struct client *c, const char *more)
{
	char line[64];
	enum outcome o = get(c, "/", more);

	if (o != OUT_OK)
		return o;
	(void)snprintf(line, sizeof(line), "version %s\n", c->a.version);
	return is_right(c->a.body_len == 200 * strlen(line) &&
			strncmp(c->a.body, line, strlen(line)) == 0);
}

static enum outcome
once_keep(struct client *c)
{
	return front_page(c, "");
}

static enum outcome
once_fresh(struct client *c)
{
	enum outcome o = front_page(c, "Connection: close\r\n");

	wire_close(&c->w);
	return o;
}

static enum outcome
once_slow(struct client *c)
{
	enum outcome o = get(c, "/slow", "");

	return o != OUT_OK ? o : is_right(strcmp(c->a.body, "slow\n") == 0);
}

static enum outcome
once_post(struct client *c)
{
	char more[64];
	enum outcome o;

	(void)snprintf(more, sizeof(more), "Content-Length: %d\r\n",
	    POST_BYTES);
	o = ask(c, "POST", "/post", more, c->body, POST_BYTES);
	if (o == OUT_OK)
		o = wire_body(&c->w, &c->a);
	if (o == OUT_OK)
		o = expect(c, 200);
	return o != OUT_OK ? o : is_right(strcmp(c->a.body, c->hash) == 0);
}

static enum outcome
once_chunked(struct client *c)
{
	enum outcome o = get(c, "/chunked", "");

	return o != OUT_OK ? o : is_right(c->a.body_len == 10000);
}

static enum outcome
once_sse(struct client *c)
{
	enum outcome o = get(c, "/events", "Accept: text/event-stream\r\n");

	return o != OUT_OK ? o
			   : is_right(strstr(c->a.body, "data: 19\n") != NULL);
}

/* A session of three seconds that the client ends. */
static enum outcome
talk(struct client *c)
{
	char sent[32], got[128];
	int opcode = 0;
	enum outcome o = OUT_OK;

	for (int i = 0; o == OUT_OK && i < SESSION_FRAMES; i++) {
		(void)snprintf(sent, sizeof(sent), "frame %d", i);
		o = wire_frame_send(&c->w, 1, sent);
		if (o == OUT_OK)
			o = wire_frame_read(&c->w, &opcode, got, sizeof(got));
		if (o == OUT_OK)
			o = is_right(opcode == 1 && strcmp(got, sent) == 0);
		pause_ms(SESSION_MS);
	}
	if (o == OUT_OK)
		o = wire_frame_send(&c->w, 8, "");
	return o;
}

static enum outcome
once_ws(struct client *c)
{
	enum outcome o = ask(c, "GET", "/ws",
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
	    NULL, 0);

	if (o == OUT_OK)
		o = expect(c, 101);
	if (o == OUT_OK)
		o = talk(c);
	wire_close(&c->w);
	return o;
}

/* A browser whose user reads for a while. A connection that was closed
 * meanwhile is none of its requests. */
static enum outcome
once_idle(struct client *c)
{
	if (wire_is_over(&c->w))
		wire_close(&c->w);
	return front_page(c, "");
}

static const struct kind {
	const char *name;
	enum outcome (*once)(struct client *c);
	long pause; /* ms after each, where PAUSE_MS is less */
} kinds[] = {
    {"keep", once_keep, 0},
    {"fresh", once_fresh, 0},
    {"slow", once_slow, 0},
    {"post", once_post, 0},
    {"chunked", once_chunked, 0},
    {"sse", once_sse, 0},
    {"ws", once_ws, 0},
    {"idle", once_idle, IDLE_MS},
};

static const char *
or_dash(const char *s)
{
	return s[0] != '\0' ? s : "-";
}

static void
run_client(struct client *c, const struct kind *k, FILE *out)
{
	const char *text = getenv("PAUSE_MS");
	long pause = text != NULL ? strtol(text, NULL, 10) : 0;

	/* Not all at once. */
	if (pause < k->pause)
		pause = k->pause + getpid() % 4 * 1000;
	while (!stopping) {
		int64_t begin = now_us(), end;
		enum outcome o;

		memset(&c->a, 0, offsetof(struct answer, body));
		c->first = 0;
		o = k->once(c);
		end = now_us();
		if (o != OUT_OK || c->a.closes)
			wire_close(&c->w);
		(void)fprintf(out,
		    "%" PRId64 " %" PRId64 " %" PRId64 " %s %s %d %s %s\n",
		    begin, c->first != 0 ? c->first : end, end, k->name,
		    wire_outcome(o), c->a.status, or_dash(c->a.version),
		    or_dash(c->a.instance));
		/* A refused connection must not become a flood. */
		if (pause > 0 || o == OUT_CONNECT)
			pause_ms(pause > 0 ? pause : 10);
	}
}

static int
save_lines(const char *path, const char *lines, size_t size)
{
	struct dc_err err = DC_ERR_INIT;
	dc_auto_fd int fd =
	    open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return 1;
	return dc_fs_write_all(fd, lines, size, &err) < 0;
}

/* Lines are kept until the end: no write of one client delays another. */
static int
client_main(const char *const argv[], const struct kind *k)
{
	static struct client c;
	char *body = calloc(1, POST_BYTES), *lines = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&lines, &size);
	int rc;

	if (out == NULL || body == NULL)
		return 1;
	c.w = (struct wire){.address = argv[1], .host = argv[2], .fd = -1};
	memset(body, 'a' + getpid() % 26, POST_BYTES);
	c.body = body;
	dc_sha256_hex(c.hash, body, POST_BYTES);
	run_client(&c, k, out);
	wire_close(&c.w);
	(void)fclose(out);
	rc = save_lines(argv[3], lines, size);
	free(lines);
	free(body);
	return rc;
}

static void
on_term(int signo)
{
	(void)signo;
	stopping = 1;
}

static const struct kind *
find_kind(const char *text, long *clients)
{
	const char *number = strchr(text, '=');

	if (number == NULL)
		return NULL;
	*clients = strtol(number + 1, NULL, 10);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].name) == (size_t)(number - text) &&
		    strncmp(kinds[i].name, text, (size_t)(number - text)) == 0)
			return &kinds[i];
	return NULL;
}

static int
start_clients(int argc, const char *const argv[])
{
	for (int i = 4; i < argc; i++) {
		long n = 0;
		const struct kind *k = find_kind(argv[i], &n);

		if (k == NULL || n < 0 || n > 1000) {
			(void)fprintf(stderr, "traffic: '%s' is no kind\n",
			    argv[i]);
			return 1;
		}
		for (; n > 0; n--) {
			pid_t pid = fork();

			if (pid < 0)
				return 1;
			if (pid == 0)
				_exit(client_main(argv, k));
		}
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	struct sigaction on = {.sa_handler = on_term, .sa_flags = SA_RESTART};
	bool passed = false;
	int status, rc;
	pid_t pid;

	if (argc < 5) {
		(void)fprintf(stderr, "usage: traffic ADDRESS:PORT HOST FILE "
				      "KIND=CLIENTS...\n");
		return 1;
	}
	/* A group of our own: what ends us is passed on to all of it. The
	 * clients finish the requests that they have begun. */
	(void)setpgid(0, 0);
	(void)sigaction(SIGTERM, &on, NULL);
	rc = start_clients(argc, (const char *const *)argv);
	on.sa_flags = 0;
	(void)sigaction(SIGTERM, &on, NULL);
	if (rc != 0)
		(void)kill(0, SIGTERM);
	while ((pid = wait(&status)) > 0 || errno == EINTR) {
		if (pid > 0)
			rc |= status != 0;
		if (stopping && !passed)
			rc |= kill(0, SIGTERM) < 0;
		passed = stopping;
	}
	return rc;
}
