/* builder/hook.h -- prebuild and postbuild as shell text: where they begin, and
 * which code is ~/code and ~/current to them. */
#ifndef BUILDER_HOOK_H
#define BUILDER_HOOK_H

#include "common/buildfile/service_def.h"

#define HOOK_CODE_DIR "/tmp/code"

/* The hook of DEF, which has one, in the approot, which the tree may not have;
 * run in HOOK_CODE_DIR. The caller's. */
char *hook_format_prebuild(const struct dc_service_def *def);
char *hook_format_postbuild(const struct dc_service_def *def);

/* The type's build, which finds ~/current as a first one does. */
extern const char hook_build[];

#endif
