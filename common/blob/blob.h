/* common/blob/blob.h -- files named by the SHA-256 of what is in them:
 * DIR/<ab>/<hash>, written below DIR/tmp first. */
#ifndef DC_BLOB_H
#define DC_BLOB_H

#include "common/base/err.h"
#include "common/crypto/crypto.h"

#include <stdbool.h>
#include <stdint.h>

/* A blob being written. Freed without a commit, or killed, it never was. */
struct dc_blob;

int dc_blob_new(struct dc_blob **out, const char *dir, struct dc_err *err);
int dc_blob_add(struct dc_blob *b, const void *data, size_t len,
    struct dc_err *err);
/* Adds what FD gives until its end, a pipe's for example. More than MAX bytes
 * in the blob is DC_EUSER, and so is a disk that is full but for the reserve
 * (room.h). */
int dc_blob_fill(struct dc_blob *b, int fd, int64_t max, struct dc_err *err);
/* fsync, then rename: afterwards it is there, whole, also after a power cut.
 * The same content twice is one file. B still has to be freed. */
int dc_blob_commit(struct dc_blob *b, char hash[DC_SHA256_HEX], int64_t *size,
    struct dc_err *err);
void dc_blob_free(struct dc_blob *b);

/* SIZE may be NULL. DC_ENOTFOUND: no such blob. The content is not checked:
 * dc_blob_drain does that. */
int dc_blob_open(int *fd, int64_t *size, const char *dir, const char *hash,
    struct dc_err *err);
/* Copies to FD. DC_EFAIL at the end when the bytes are not what HASH says:
 * whatever was made of them must go. */
int dc_blob_drain(const char *dir, const char *hash, int fd,
    struct dc_err *err);
/* A missing one is success. */
int dc_blob_remove(const char *dir, const char *hash, struct dc_err *err);

/* Calls FN for every blob, in no order; < 0 from FN ends it and is returned.
 * FN may remove the blob it is called for. */
typedef int dc_blob_fn(const char *hash, int64_t size, int64_t mtime_ms,
    void *arg, struct dc_err *err);
int dc_blob_each(const char *dir, dc_blob_fn *fn, void *arg,
    struct dc_err *err);
/* Removes what dead writers left in DIR/tmp; living ones hold a lock. */
int dc_blob_sweep(const char *dir, struct dc_err *err);

static inline void
dc_blob_free_(struct dc_blob **b)
{
	dc_blob_free(*b);
}
#define dc_auto_blob __attribute__((cleanup(dc_blob_free_)))

#endif
