/* common/base/auto.h -- cleanup attributes for what a scope owns.
 *
 * Always initialise at the declaration: NULL, or -1 for a descriptor. The
 * closers keep errno. Hand over with *out = dc_steal_ptr(&p). */
#ifndef DC_AUTO_H
#define DC_AUTO_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void
dc_auto_free_(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}

static inline void
dc_auto_fd_(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	errno = saved;
}

static inline void
dc_auto_file_(FILE **f)
{
	int saved = errno;

	if (*f != NULL)
		(void)fclose(*f);
	errno = saved;
}

static inline void
dc_auto_dir_(DIR **d)
{
	int saved = errno;

	if (*d != NULL)
		(void)closedir(*d);
	errno = saved;
}

static inline int
dc_steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

#define dc_auto_free __attribute__((cleanup(dc_auto_free_)))
#define dc_auto_fd __attribute__((cleanup(dc_auto_fd_)))
#define dc_auto_file __attribute__((cleanup(dc_auto_file_)))
#define dc_auto_dir __attribute__((cleanup(dc_auto_dir_)))

#define dc_steal_ptr(pp)                                                       \
	({                                                                     \
		__typeof__(*(pp)) stolen_ = *(pp);                             \
		*(pp) = NULL;                                                  \
		stolen_;                                                       \
	})

#endif
