/* uploader/key_pair.h -- a new pair of ssh keys, as text. */
#ifndef UPLOADER_KEY_PAIR_H
#define UPLOADER_KEY_PAIR_H

#include "uploader/ssh_key.h"

/* *PEM is what ssh -i takes: the caller's, as PUBLIC_HALF is. No passphrase:
 * whoever reads it has the key. */
void key_pair_new(char **pem, struct ssh_key *public_half, const char *comment);

#endif
