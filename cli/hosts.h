/* cli/hosts.h -- which servers' ssh keys we know: ~/.dcloud_cli/known_hosts, in
 * OpenSSH's format, for ssh (rsync) and libssh2 (git) alike.
 *
 * Trust on first use, of a whole host: at the first contact all its keys are
 * noted, so that later none of another type can slip in. */
#ifndef CLI_HOSTS_H
#define CLI_HOSTS_H

#include "cli/endpoint.h"

#include <stddef.h>

/* Notes E's keys, asked for with ssh-keyscan, when none are known. No answer
 * is success: the connection will say what is wrong. */
int hosts_add(const char *file, const struct endpoint *e, struct dc_err *err);

/* Is this E's host key, in the form in which ssh sends it? An unknown host is
 * noted with it; DC_EDENIED: the host is known by other keys. */
int hosts_check(const char *file, const struct endpoint *e, const void *blob,
    size_t len, struct dc_err *err);

/* PATH as an option of ssh has it, which expands % and cuts the names of
 * known_hosts files, QUOTED here, at spaces; the caller's to free. */
char *hosts_format_file(const char *path, bool quoted);

#endif
