/* uploader/share.h -- files that two trees have the same become one. */
#ifndef UPLOADER_SHARE_H
#define UPLOADER_SHARE_H

#include "common/base/err.h"

/* Each regular file below PATH that BASE has under the same name, with the same
 * mode and contents, becomes a hard link to that. No link is followed, and BASE
 * is only read. Both trees are as tree_clean leaves them. */
int share_run(const char *path, const char *base, struct dc_err *err);

#endif
