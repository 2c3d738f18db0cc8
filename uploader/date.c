/* uploader/date.c -- see date.h. */
#include "uploader/date.h"

#include <stdio.h>
#include <time.h>

void
date_format(char out[DATE_MAX], int64_t microseconds)
{
	time_t t = (time_t)(microseconds / 1000000);
	char seconds[24];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		tm = (struct tm){.tm_mday = 1, .tm_year = 70};
	(void)strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(out, DATE_MAX, "%s.%06dZ", seconds,
	    (int)(microseconds % 1000000));
}

void
date_add(struct dc_json *object, const char *key, int64_t microseconds)
{
	char text[DATE_MAX];

	date_format(text, microseconds);
	dc_json_add_str(object, key, text);
}

void
date_add_second(struct dc_json *object, const char *key, int64_t milliseconds)
{
	date_add(object, key, milliseconds / 1000 * INT64_C(1000000));
}
