/* cli/keys.h -- the ssh key pair that pushes are made with. */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include "cli/api.h"
#include "cli/config.h"

/* Makes the pair with ssh-keygen when it is missing. The private half never
 * leaves this machine. */
int keys_add(const struct config *config, struct dc_err *err);

/* A public key file's first line; the caller's. */
int keys_load_file(char **out, const char *path, struct dc_err *err);
/* That of the private key at PATH. */
int keys_load_public(char **out, const char *path, struct dc_err *err);

/* Has the server know the public half; that it does already is success. */
int keys_send(struct api *api, struct dc_err *err);

#endif
