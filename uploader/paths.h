/* uploader/paths.h -- where the paths of a build file lead in the pushed tree,
 * known when it is parsed, before any container exists. */
#ifndef UPLOADER_PATHS_H
#define UPLOADER_PATHS_H

#include "common/buildfile/buildfile.h"

/* DC_EUSER: an approot, build script or hook of FILE is a link, or behind one,
 * that leads out of the tree DIRFD or in circles. One that is not there may
 * yet be made by the build. Nothing is followed out of the tree. */
int paths_check(const struct dc_buildfile *file, int dirfd, struct dc_err *err);

#endif
