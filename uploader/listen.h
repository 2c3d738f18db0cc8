/* uploader/listen.h -- what the front door needs before it gives up root: its
 * directories and its socket. */
#ifndef UPLOADER_LISTEN_H
#define UPLOADER_LISTEN_H

#include "common/conf/conf.h"

/* The state root, setgid and the user's so that every daemon can write the
 * store's -wal and -shm; code/ and run/. */
int listen_prepare(const struct dc_conf *conf, struct dc_err *err);

/* <run>/uploader.sock, world-writable: the router connects as a user of its
 * own, and everybody may talk to the API anyway. Returns the descriptor. */
int listen_open(const struct dc_conf *conf, struct dc_err *err);

/* Becomes conf->user for good. */
int listen_drop_root(const struct dc_conf *conf, struct dc_err *err);

#endif
