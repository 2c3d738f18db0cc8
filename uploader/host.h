/* uploader/host.h -- host names as people write them. */
#ifndef UPLOADER_HOST_H
#define UPLOADER_HOST_H

/* In lower case, without the dot that DNS may end it with; the caller's. */
char *host_clean(const char *text);

#endif
