/* cli/http.c -- see http.h. The only file that includes curl.h. */
#include "cli/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "common/base/auto.h"
#include "common/base/term.h"

#define BODY_MAX (64UL << 20)
#define LINE_MAX_ (1UL << 20)
#define CONNECT_SECONDS 10L
#define ANSWER_SECONDS 120L
/* A followed stream sends blank lines while nothing happens. */
#define SILENCE_SECONDS 90L

static bool with_debug;

struct transfer {
	const struct http_request *request;
	struct http_reply *reply;
	CURL *curl;
	struct dc_str pending;
	bool is_too_long;
};

void
http_init(bool debug)
{
	with_debug = debug;
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void
debug_print(const char *mark, const char *text)
{
	dc_auto_free char *clean = NULL;

	if (!with_debug || text == NULL || *text == '\0')
		return;
	clean = dc_term_format_text(text);
	(void)fprintf(stderr, "%s %s\n", mark, clean);
}

/* Returns false when the reader has enough. */
static bool
give_lines(struct transfer *t)
{
	struct dc_str *p = &t->pending;
	size_t start = 0, len;
	char *nl;

	while (p->len > start &&
	       (nl = memchr(p->data + start, '\n', p->len - start)) != NULL) {
		*nl = '\0';
		len = (size_t)(nl - (p->data + start));
		if (len > 0 && nl[-1] == '\r')
			nl[-1] = '\0';
		debug_print("<<<", p->data + start);
		if (t->request->on_line(p->data + start, t->request->arg)) {
			t->reply->stopped = true;
			return false;
		}
		start += len + 1;
	}
	dc_str_shift(p, start);
	return true;
}

static size_t
on_data(char *data, size_t one, size_t n, void *arg)
{
	struct transfer *t = arg;
	long status = 0;

	(void)one;
	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	if (t->request->on_line == NULL || status != 200) {
		t->is_too_long = t->reply->body.len + n > BODY_MAX;
		if (t->is_too_long)
			return 0;
		dc_str_addn(&t->reply->body, data, n);
		return n;
	}
	dc_str_addn(&t->pending, data, n);
	if (!give_lines(t))
		return 0;
	t->is_too_long = t->pending.len > LINE_MAX_;
	return t->is_too_long ? 0 : n;
}

/* The length of the trace id's header name in front of LINE; 0: another. */
static size_t
trace_name_length(const char *line, size_t len)
{
	static const char *const names[] = {"X-DCloud-TraceID:",
	    "X-DotCloud-TraceID:"};
	size_t i, n;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n = strlen(names[i]);
		if (len > n && strncasecmp(line, names[i], n) == 0)
			return n;
	}
	return 0;
}

static size_t
on_header(char *data, size_t one, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t at = trace_name_length(data, n), end = n, len;

	(void)one;
	if (at == 0)
		return n;
	while (at < end && (data[at] == ' ' || data[at] == '\t'))
		at++;
	while (end > at && (data[end - 1] == '\r' || data[end - 1] == '\n'))
		end--;
	len = end - at;
	if (len >= sizeof(t->reply->trace_id))
		len = sizeof(t->reply->trace_id) - 1;
	memcpy(t->reply->trace_id, data + at, len);
	t->reply->trace_id[len] = '\0';
	return n;
}

static void
set_options(CURL *c, struct transfer *t, struct curl_slist *headers)
{
	const struct http_request *r = t->request;

	(void)curl_easy_setopt(c, CURLOPT_URL, r->url);
	(void)curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	(void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method);
	(void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(c, CURLOPT_USERAGENT, "dcloud/" CLI_VERSION);
	(void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	if (r->body != NULL)
		(void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body);
	if (r->basic != NULL)
		(void)curl_easy_setopt(c, CURLOPT_USERPWD, r->basic);
	if (r->on_line == NULL) {
		(void)curl_easy_setopt(c, CURLOPT_TIMEOUT, ANSWER_SECONDS);
	} else {
		(void)curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
		(void)curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME,
		    SILENCE_SECONDS);
	}
	(void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
	(void)curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	(void)curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
}

static struct curl_slist *
format_headers(const struct http_request *r)
{
	struct curl_slist *list = NULL;
	dc_auto_free char *type = NULL;
	dc_auto_free char *token = NULL;

	list = curl_slist_append(list, "Accept: application/json");
	list = curl_slist_append(list, "Expect:");
	if (r->type != NULL) {
		type = dc_asprintf("Content-Type: %s", r->type);
		list = curl_slist_append(list, type);
	}
	if (r->bearer != NULL) {
		token = dc_asprintf("Authorization: Bearer %s", r->bearer);
		list = curl_slist_append(list, token);
	}
	return list;
}

/* The multi interface, because stop_fd has to end a wait at once. */
static CURLcode
drive(CURLM *multi, struct transfer *t)
{
	struct curl_waitfd stop = {.fd = t->request->stop_fd,
	    .events = CURL_WAIT_POLLIN};
	bool may_stop = t->request->on_line != NULL && stop.fd >= 0;
	CURLMsg *msg;
	int running, left;

	do {
		if (curl_multi_perform(multi, &running) != CURLM_OK)
			return CURLE_FAILED_INIT;
		if (running == 0)
			break;
		if (curl_multi_poll(multi, &stop, may_stop ? 1 : 0, 1000,
			NULL) != CURLM_OK)
			return CURLE_FAILED_INIT;
		if (may_stop && stop.revents != 0) {
			t->reply->stopped = true;
			return CURLE_OK;
		}
	} while (running > 0);
	msg = curl_multi_info_read(multi, &left);
	return msg != NULL ? msg->data.result : CURLE_FAILED_INIT;
}

static int
fail_transfer(const struct transfer *t, CURLcode code, struct dc_err *err)
{
	if (t->is_too_long)
		return dc_fail(err, DC_EFAIL,
		    "The server's answer is too long.");
	return dc_fail(err, DC_EFAIL,
	    "The server seems to be unresponsive. Please check that you are "
	    "connected to the Internet or try again later.\nDetails: %s (%s)",
	    curl_easy_strerror(code), t->request->url);
}

static void
debug_request(const struct http_request *r)
{
	dc_auto_free char *line = NULL;

	if (!with_debug)
		return;
	line = dc_asprintf("%s %s", r->method, r->url);
	debug_print(">>>", line);
	if (r->body != NULL)
		debug_print(">>>", r->is_secret ? "(secret)" : r->body);
}

static void
debug_reply(const struct http_request *r, const struct http_reply *reply)
{
	dc_auto_free char *line = NULL;

	if (!with_debug)
		return;
	line =
	    dc_asprintf("%ld, trace id '%s'", reply->status, reply->trace_id);
	debug_print("<<<", line);
	debug_print("<<<", r->is_secret ? "(secret)" : reply->body.data);
}

int
http_send(struct http_reply *reply, const struct http_request *request,
    struct dc_err *err)
{
	struct transfer t = {.request = request, .reply = reply};
	struct curl_slist *headers = format_headers(request);
	CURLM *multi = curl_multi_init();
	CURLcode code;

	*reply = (struct http_reply){0};
	t.curl = curl_easy_init();
	if (multi == NULL || t.curl == NULL || headers == NULL)
		abort(); /* memory */
	debug_request(request);
	set_options(t.curl, &t, headers);
	(void)curl_multi_add_handle(multi, t.curl);
	code = drive(multi, &t);
	(void)curl_easy_getinfo(t.curl, CURLINFO_RESPONSE_CODE, &reply->status);
	(void)curl_multi_remove_handle(multi, t.curl);
	curl_easy_cleanup(t.curl);
	(void)curl_multi_cleanup(multi);
	curl_slist_free_all(headers);
	dc_str_done(&t.pending);
	debug_reply(request, reply);
	if (code != CURLE_OK && !reply->stopped) {
		http_reply_done(reply);
		return fail_transfer(&t, code, err);
	}
	return 0;
}

void
http_reply_done(struct http_reply *reply)
{
	dc_str_done(&reply->body);
}

char *
http_escape(const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
				    "qrstuvwxyz0123456789-_.~";
	struct dc_str out = {0};

	for (; *text != '\0'; text++) {
		if (strchr(plain, *text) != NULL)
			dc_str_addn(&out, text, 1);
		else
			dc_str_addf(&out, "%%%02X", (unsigned char)*text);
	}
	return dc_str_steal(&out);
}
