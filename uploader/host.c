/* uploader/host.c -- see host.h. */
#include "uploader/host.h"

#include "common/base/str.h"

#include <ctype.h>

char *
host_clean(const char *text)
{
	char *host = dc_strdup(text), *p;

	for (p = host; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (p > host && p[-1] == '.')
		p[-1] = '\0';
	return host;
}
