/* deployer/listening.c -- see listening.h. proc(5), /proc/[pid]/net/tcp. */
#include "deployer/listening.h"

#include "common/base/auto.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTEN_STATE 0x0A
#define MAX_LISTENERS 32

/* Its address as the kernel prints it, and the port. */
struct socket {
	char address[33];
	unsigned port;
};

/* "  0: 0100007F:1F90 00000000:0000 0A ..." */
static bool
parse(struct socket *s, char *line)
{
	char *rest = line, *field[4], *port;
	size_t n = 0;

	while (n < 4 && (field[n] = strsep(&rest, " ")) != NULL)
		n += *field[n] != '\0';
	if (n < 4 || strtoul(field[3], NULL, 16) != LISTEN_STATE)
		return false;
	port = strchr(field[1], ':');
	if (port == NULL || port - field[1] >= (ptrdiff_t)sizeof(s->address))
		return false;
	*port++ = '\0';
	(void)snprintf(s->address, sizeof(s->address), "%s", field[1]);
	s->port = (unsigned)strtoul(port, NULL, 16);
	return true;
}

/* 127.x.x.x and ::1, in the byte order of this machine. */
static bool
is_loopback(const struct socket *s)
{
	if (strlen(s->address) == 8)
		return strcmp(s->address + 6, "7F") == 0;
	return strcmp(s->address, "00000000000000000000000001000000") == 0;
}

static void
add(struct dc_str *out, const struct socket *s)
{
	dc_str_addf(out, "%s%s%u", out->len > 0 ? ", " : "",
	    is_loopback(s) ? "localhost:" : "port ", s->port);
}

struct listeners {
	struct socket v[MAX_LISTENERS];
	size_t n;
};

static void
load_file(struct listeners *l, pid_t pid, const char *file)
{
	dc_auto_free char *path = dc_asprintf("/proc/%d/net/%s", pid, file);
	dc_auto_file FILE *f = fopen(path, "re");
	char line[512];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (l->n < MAX_LISTENERS && parse(&l->v[l->n], line))
			l->n++;
}

static void
load(struct listeners *l, pid_t pid)
{
	l->n = 0;
	load_file(l, pid, "tcp");
	load_file(l, pid, "tcp6");
}

static bool
is_among(unsigned port, const struct dc_port *ports, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(ports[i].kind, "tcp") == 0 &&
		    (unsigned)ports[i].port == port)
			return true;
	return false;
}

bool
listening_elsewhere(pid_t pid, const struct dc_port *ports, size_t n)
{
	struct listeners l;
	size_t i;

	load(&l, pid);
	for (i = 0; i < l.n; i++)
		if (!is_among(l.v[i].port, ports, n))
			return true;
	return false;
}

void
listening_format(struct dc_str *out, pid_t pid)
{
	struct listeners l;
	size_t i;

	load(&l, pid);
	for (i = 0; i < l.n; i++)
		if (l.v[i].port != DC_SSH_PORT)
			add(out, &l.v[i]);
}
