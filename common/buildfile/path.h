/* common/buildfile/path.h -- paths as a build file names them. */
#ifndef DC_PATH_H
#define DC_PATH_H

#include <stdbool.h>

/* Does PATH, up to a character of STOP, climb above the root of the tree, when
 * it starts *DEPTH deep in it? *DEPTH is where it ends. Text only: links are
 * the business of those who open it. */
bool dc_path_is_climbing(const char *path, const char *stop, long *depth);

#endif
