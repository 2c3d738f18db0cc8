/* common/buildfile/path.c -- see path.h. */
#include "common/buildfile/path.h"

#include <string.h>

bool
dc_path_is_climbing(const char *path, const char *stop, long *depth)
{
	size_t n;

	while (*path != '\0') {
		n = strcspn(path, "/");
		if (strcspn(path, stop) < n)
			n = strcspn(path, stop);
		if (n == 2 && strncmp(path, "..", 2) == 0)
			--*depth;
		else if (n > 0 && (n != 1 || *path != '.'))
			++*depth;
		if (*depth < 0)
			return true;
		path += n;
		if (*path != '/')
			return false;
		path++;
	}
	return false;
}
