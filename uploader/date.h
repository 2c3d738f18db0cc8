/* uploader/date.h -- times as the API writes them. */
#ifndef UPLOADER_DATE_H
#define UPLOADER_DATE_H

#include "common/json/json.h"

#include <stdint.h>

#define DATE_MAX 40

/* 2012-09-05T18:48:29.123456Z */
void date_format(char out[DATE_MAX], int64_t microseconds);
void date_add(struct dc_json *object, const char *key, int64_t microseconds);
/* Whole seconds: the published client's lists have no room for more. */
void date_add_second(struct dc_json *object, const char *key,
    int64_t milliseconds);

#endif
