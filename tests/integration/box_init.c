/* tests/integration/box_init.c -- a pid 1 for box_test.c: answers HTTP on
 * port 9000 until SIGTERM. "fail" as argument: says so and exits; "deaf":
 * ignores SIGTERM. Static. */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void
end(int sig)
{
	(void)sig;
	_exit(0);
}

int
main(int argc, char **argv)
{
	static const char answer[] = "HTTP/1.0 200 OK\r\n\r\nhello\n";
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(9000)};
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), c, one = 1;

	if (argc > 1 && strcmp(argv[1], "fail") == 0) {
		(void)fprintf(stderr, "init: I do not want to\n");
		return 3;
	}
	(void)signal(SIGTERM,
	    argc > 1 && strcmp(argv[1], "deaf") == 0 ? SIG_IGN : end);
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 16) < 0)
		return 4;
	for (;;) {
		c = accept(s, NULL, NULL);
		if (c < 0)
			continue;
		(void)!write(c, answer, sizeof(answer) - 1);
		(void)shutdown(c, SHUT_WR);
		(void)close(c);
	}
}
