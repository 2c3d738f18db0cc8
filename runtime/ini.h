/* runtime/ini.h -- a file in supervisord's format, as a flat list of keys. */
#ifndef DC_INI_H
#define DC_INI_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define INI_MAX_FILE (1 << 20) /* bytes; an included file is a stranger's */
#define INI_MAX_ENTRIES 4096
#define INI_MAX_INCLUDES 64

/* KEY NULL: the section's header itself. Where a section or a key is given
 * twice, the later one counts. */
struct ini_entry {
	char *section, *key, *value;
	char *file;
	int line;
	bool is_included;
};

struct ini {
	struct ini_entry *v;
	size_t n;
};

/* Reads PATH. Errors name file and line; on failure OUT is untouched. */
int ini_load(struct ini *out, const char *path, bool is_included,
    struct dc_err *err);

/* Adds FROM's entries behind TO's; FROM is empty then. */
void ini_join(struct ini *to, struct ini *from);
void ini_done(struct ini *ini);

#define dc_auto_ini __attribute__((cleanup(ini_done)))

#endif
