/* uploader/ssh_key.h -- one line of a public key file. */
#ifndef UPLOADER_SSH_KEY_H
#define UPLOADER_SSH_KEY_H

#include "common/base/err.h"

struct ssh_key {
	char *type, *blob, *comment;
};

/* "TYPE BASE64 [COMMENT]" and nothing else: no options, one line. DC_EINVAL
 * says what is wrong with it. */
int ssh_key_parse(struct ssh_key *out, const char *text, struct dc_err *err);
void ssh_key_done(struct ssh_key *key);

#endif
