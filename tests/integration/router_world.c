/* tests/integration/router_world.c -- see router_world.h. */
#include "tests/integration/router_world.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/base/str.h"
#include "deployer/haproxy.h"

/* *PORT 0 = any. */
static int
listen_on(int *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_port = htons((uint16_t)*port);
	ck_assert_int_ge(fd, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(listen(fd, 1024), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*port = ntohs(in.sin_port);
	return fd;
}

int
free_port(void)
{
	int port = 0, fd = listen_on(&port);

	close(fd);
	return port;
}

static int
connect_to(int port)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval limit = {.tv_sec = 20};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&in, sizeof(in)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void
world_start(struct world *w)
{
	dc_auto_strv struct dc_strv argv = {0};
	struct haproxy_workers workers;
	char sock[128];
	struct dc_err err;

	dc_strv_add(&argv, "haproxy");
	dc_strv_add(&argv, "-W");
	dc_strv_add(&argv, "-db");
	dc_strv_add(&argv, "-S");
	dc_strv_addf(&argv, "%s/haproxy-master.sock,mode,600", w->dir);
	dc_strv_add(&argv, "-f");
	dc_strv_addf(&argv, "%s/haproxy.cfg", w->dir);
	w->haproxy = dc_spawn_job(&err);
	if (w->haproxy == 0) {
		char log[128];
		int fd;

		(void)snprintf(log, sizeof(log), "%s/haproxy.log", w->dir);
		fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
		dup2(fd, 1);
		dup2(fd, 2);
		execvp("haproxy", argv.v);
		_exit(127);
	}
	ck_assert_int_gt(w->haproxy, 0);
	(void)snprintf(sock, sizeof(sock), "%s/haproxy-master.sock", w->dir);
	for (;;) {
		int fd = connect_to(w->http_port);

		ck_assert_int_eq(waitpid(w->haproxy, NULL, WNOHANG), 0);
		if (fd >= 0)
			close(fd);
		if (fd >= 0 && haproxy_workers(&workers, sock, NULL) == 0)
			return;
		(void)poll(NULL, 0, 2);
	}
}

void
world_init(struct world *w, int slots)
{
	static const char *const hosts[] = {"api.test", "localhost"};
	struct router_table none = {0};
	struct dc_err err = DC_ERR_INIT;

	memset(w, 0, sizeof(*w));
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/dc-router-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(w->dir));
	w->http_port = free_port();
	(void)snprintf(w->bind, sizeof(w->bind), "127.0.0.1:%d", w->http_port);
	(void)snprintf(w->api, sizeof(w->api), "127.0.0.1:%d", free_port());
	w->conf = (struct router_conf){.etc = w->dir,
	    .run = w->dir,
	    .http_bind = w->bind,
	    .api_address = w->api,
	    .api_hosts = hosts,
	    .n_api_hosts = 2,
	    .slots = slots,
	    .answer_ms = 1000};
	ck_assert_msg(router_config_save(&w->conf, &none, &err) == 0, "%s",
	    err.msg);
	world_start(w);
}

void
world_done(struct world *w)
{
	if (w->haproxy > 0) {
		kill(w->haproxy, SIGTERM);
		waitpid(w->haproxy, NULL, 0);
	}
	(void)dc_fs_remove_tree(w->dir, NULL);
}

/* One request; false when the connection is done with. */
static bool
read_request(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size - 1) {
		ssize_t n = recv(fd, buf + len, size - 1 - len, 0);

		if (n <= 0)
			return false;
		len += (size_t)n;
		buf[len] = '\0';
		if (strstr(buf, "\r\n\r\n") != NULL)
			return true;
	}
	return false;
}

static void
echo(int fd)
{
	static const char up[] = "HTTP/1.1 101 Switching Protocols\r\n"
				 "Connection: Upgrade\r\nUpgrade: echo\r\n\r\n";
	char buf[256];
	ssize_t n;

	(void)send(fd, up, sizeof(up) - 1, MSG_NOSIGNAL);
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		(void)send(fd, buf, (size_t)n, MSG_NOSIGNAL);
}

static void
serve(int fd, int release, const char *name, int port)
{
	char req[8192], c;

	while (read_request(fd, req, sizeof(req))) {
		dc_auto_str struct dc_str body = {0}, out = {0};

		if (dc_has_prefix(req, "GET /slow "))
			(void)poll(NULL, 0, 300); /* an application at work */
		if (dc_has_prefix(req, "GET /hold "))
			(void)!read(release, &c, 1);
		if (dc_has_prefix(req, "GET /never "))
			(void)pause();
		if (dc_has_prefix(req, "GET /close "))
			return;
		if (strcasestr(req, "\nupgrade: echo") != NULL) {
			echo(fd);
			return;
		}
		dc_str_addf(&body, "%s %d\n%s", name, port, req);
		dc_str_addf(&out,
		    "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n%s\r\n%s",
		    body.len,
		    strcasestr(req, "connection: close") ? "Connection: "
							   "close\r\n"
							 : "",
		    body.data);
		(void)send(fd, out.data, out.len, MSG_NOSIGNAL);
		if (strcasestr(req, "connection: close") != NULL)
			return;
	}
}

pid_t
server_start(int *port, int *release, const char *name)
{
	int p[2] = {-1, -1}, fd;
	pid_t pid;

	fd = listen_on(port);
	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	pid = dc_spawn_job(NULL);
	ck_assert_int_ge(pid, 0);
	if (pid > 0) {
		close(fd);
		close(p[0]);
		if (release != NULL)
			*release = p[1];
		else
			close(p[1]);
		return pid;
	}
	(void)signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int one = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (one >= 0 && fork() == 0) {
			close(fd);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(one, p[0], name, *port);
			_exit(0);
		}
		close(one);
	}
}

void
server_stop(pid_t pid)
{
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int
http_send(int port, const char *host, const char *path, const char *more)
{
	dc_auto_str struct dc_str req = {0};
	int fd = connect_to(port);

	if (fd < 0)
		return -1;
	dc_str_addf(&req, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", path, host,
	    more);
	(void)send(fd, req.data, req.len, MSG_NOSIGNAL);
	return fd;
}

static int
status_of(const char *answer)
{
	return dc_has_prefix(answer, "HTTP/1.1 ")
		   ? (int)strtol(answer + 9, NULL, 10)
		   : 0;
}

int
http_get(int port, const char *host, const char *path, char *body, size_t size)
{
	int fd = http_send(port, host, path, "Connection: close\r\n");
	size_t len = 0;
	ssize_t n;

	while (fd >= 0 && len < size - 1 &&
	       (n = recv(fd, body + len, size - 1 - len, 0)) > 0)
		len += (size_t)n;
	body[len] = '\0';
	if (fd >= 0)
		close(fd);
	return status_of(body);
}

static bool
get_kept(int *fd, int port, const char *host)
{
	dc_auto_str struct dc_str req = {0};
	char buf[8192];
	size_t len = 0;

	dc_str_addf(&req, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host);
	if (*fd < 0)
		*fd = connect_to(port);
	if (*fd < 0 || send(*fd, req.data, req.len, MSG_NOSIGNAL) < 0)
		return false;
	for (;;) {
		ssize_t n = recv(*fd, buf + len, sizeof(buf) - 1 - len, 0);
		const char *length, *body;

		if (n <= 0)
			return false;
		len += (size_t)n;
		buf[len] = '\0';
		body = strstr(buf, "\r\n\r\n");
		length = strcasestr(buf, "content-length: ");
		if (body != NULL && length != NULL &&
		    buf + len >= body + 4 + strtol(length + 16, NULL, 10))
			break;
	}
	if (strcasestr(buf, "\nconnection: close") != NULL) {
		close(*fd);
		*fd = -1;
	}
	return status_of(buf) == 200;
}

static void
client(struct load *l, int port, const char *host, int kind)
{
	char buf[8192];
	int fd = -1;

	while (!atomic_load(&l->stop)) {
		bool good =
		    kind == 1 ? get_kept(&fd, port, host)
			      : http_get(port, host, kind == 2 ? "/slow" : "/",
				    buf, sizeof(buf)) == 200;

		if (!good && fd >= 0) {
			close(fd);
			fd = -1;
		}
		atomic_fetch_add(good ? &l->good : &l->bad, 1);
	}
}

struct load *
load_start(int port, const char *host, int fresh, int kept, int slow)
{
	struct load *l = mmap(NULL, sizeof(*l), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(l, MAP_FAILED);
	for (int i = 0; i < fresh + kept + slow; i++) {
		pid_t pid = dc_spawn_job(NULL);

		if (pid == 0) {
			client(l, port, host,
			    i < fresh ? 0 : (i < fresh + kept ? 1 : 2));
			_exit(0);
		}
		l->pids[l->n++] = pid;
	}
	return l;
}

void
load_stop(struct load *l)
{
	atomic_store(&l->stop, 1);
	for (int i = 0; i < l->n; i++)
		waitpid(l->pids[i], NULL, 0);
}
