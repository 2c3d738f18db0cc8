/* uploader/listen.c -- see listen.h. */
#include "uploader/listen.h"

#include "common/base/auto.h"
#include "common/base/str.h"

#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG 512

int
listen_prepare(const struct dc_conf *conf, struct dc_err *err)
{
	/* Started as its own user it finds what root has made. */
	return geteuid() == 0 ? dc_conf_prepare(conf, err) : 0;
}

int
listen_open(const struct dc_conf *conf, struct dc_err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	dc_auto_free char *path = dc_asprintf("%s/uploader.sock", conf->run);
	dc_auto_free char *tmp = dc_asprintf("%s.%d", path, (int)getpid());
	dc_auto_fd int fd = -1;

	if (strlen(tmp) >= sizeof(addr.sun_path))
		return dc_fail(err, DC_EINVAL, "'%s' is too long", tmp);
	(void)stpcpy(addr.sun_path, tmp);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return dc_fail_errno(err, "socket");
	/* By rename: there is always one that can be connected to. */
	(void)unlink(tmp);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return dc_fail_errno(err, "bind '%s'", tmp);
	if (listen(fd, BACKLOG) < 0 || chmod(tmp, 0666) < 0 ||
	    rename(tmp, path) < 0)
		return dc_fail_errno(err, "listen on '%s'", path);
	return dc_steal_fd(&fd);
}

int
listen_drop_root(const struct dc_conf *conf, struct dc_err *err)
{
	int sig = 0;

	(void)prctl(PR_GET_PDEATHSIG, &sig);
	if (geteuid() == 0 &&
	    (initgroups(conf->user, conf->gid) < 0 || setgid(conf->gid) < 0 ||
		setuid(conf->uid) < 0))
		return dc_fail_errno(err, "become '%s'", conf->user);
	/* Changing ids has forgotten it. */
	if (sig != 0 && prctl(PR_SET_PDEATHSIG, sig) < 0)
		return dc_fail_errno(err, "death signal");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return dc_fail_errno(err, "no_new_privs");
	return 0;
}
