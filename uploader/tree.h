/* uploader/tree.h -- makes a received tree harmless: a stranger chose its
 * names, modes and kinds of files. */
#ifndef UPLOADER_TREE_H
#define UPLOADER_TREE_H

#include "common/base/err.h"

#include <stdint.h>

/* Only directories, regular files and links remain; no set-id bits; what is
 * there can be read by its owner. More than DC_MAX_TREE_* is DC_EUSER. Links
 * are not followed. */
int tree_clean(const char *path, struct dc_err *err);

#endif
