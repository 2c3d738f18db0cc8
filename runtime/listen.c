/* runtime/listen.c -- see listen.h; supervisord's event listener protocol. */
#include "runtime/listen.h"

#include "common/base/auto.h"
#include "common/base/str.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_LINE 1024
#define STATE_PREFIX "PROCESS_STATE_"

/* "key:value key:value": the value of KEY, "" when it is not there. */
static void
find_token(char out[MAX_LINE], const char *text, const char *key)
{
	size_t n = strlen(key), length;

	out[0] = '\0';
	while (*text != '\0') {
		text += strspn(text, " \n");
		length = strcspn(text, " \n");
		if (length > n && text[n] == ':' &&
		    strncmp(text, key, n) == 0) {
			(void)snprintf(out, MAX_LINE, "%.*s",
			    (int)(length - n - 1), text + n + 1);
			return;
		}
		text += length;
	}
}

/* A line of news; dcinit that does not listen is told the next time. */
static void
tell(const char *path, const char *line)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	dc_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[64];

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	    send(fd, line, strlen(line), MSG_NOSIGNAL) > 0)
		(void)!read(fd, answer, sizeof(answer));
}

/* "event NAME STATE PID EXPECTED" */
static void
pass_on(const char *path, const char *event, const char *payload)
{
	char process[MAX_LINE], group[MAX_LINE], pid[MAX_LINE], as[MAX_LINE];
	dc_auto_free char *line = NULL;

	if (!dc_has_prefix(event, STATE_PREFIX))
		return;
	find_token(process, payload, "processname");
	find_token(group, payload, "groupname");
	find_token(pid, payload, "pid");
	find_token(as, payload, "expected");
	line = dc_asprintf("event %s%s%s %s %s %s\n",
	    strcmp(process, group) != 0 ? group : "",
	    strcmp(process, group) != 0 ? ":" : "", process,
	    event + strlen(STATE_PREFIX), *pid != '\0' ? pid : "0",
	    *as != '\0' ? as : "1");
	tell(path, line);
}

int
listen_run(const char *path)
{
	char header[MAX_LINE], event[MAX_LINE], length[MAX_LINE];
	char payload[MAX_LINE];
	long long n;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	for (;;) {
		(void)fputs("READY\n", stdout);
		if (fgets(header, sizeof(header), stdin) == NULL)
			return 0;
		find_token(event, header, "eventname");
		find_token(length, header, "len");
		if (!dc_is_number(length, 0, MAX_LINE - 1, &n) ||
		    fread(payload, 1, (size_t)n, stdin) != (size_t)n)
			return 1;
		payload[n] = '\0';
		pass_on(path, event, payload);
		(void)fputs("RESULT 2\nOK", stdout);
		(void)fflush(stdout);
	}
}
