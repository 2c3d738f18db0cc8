/* common/box/boxlisten.h -- the sockets that programs of a container listen on,
 * in reach of the host's router. Used by box.c and boxlife.c only.
 *
 * The application makes them, so their directory is its to write, and what it
 * puts there may be a symbolic link to the host's own sockets (the front
 * door's, Docker's), which connect() of the router would follow. So the router
 * looks at the directory through a mount of its own:
 *   nosymfollow   a link is ELOOP, whatever it leads to;
 *   idmapped      the application's user is the router's there, so that it may
 *                 connect whatever the umask was, and no other user of the
 * host; read-only, nodev, nosuid, noexec. A hard link cannot leave the file
 * system's mount, and the directory itself is found without following anything.
 * The mount lies at a short path of its own: a socket's has 107 bytes. */
#ifndef DC_BOXLISTEN_H
#define DC_BOXLISTEN_H

#include "common/box/boxconf.h"

/* Below BOXES/NAME/run, which is /var/dotcloud inside. */
#define DC_BOX_LISTEN "/listen"

/* M->listen shows the sockets of the container in DIR. Twice is once. */
int dc_boxlisten_mount(const char *dir, const struct dc_boxconf_mounts *m,
    struct dc_err *err);

#endif
