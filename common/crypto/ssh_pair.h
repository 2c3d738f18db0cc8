/* common/crypto/ssh_pair.h -- an ed25519 key pair as OpenSSH keeps it. */
#ifndef DC_SSH_PAIR_H
#define DC_SSH_PAIR_H

/* A new one. *PRIVATE_KEY is a file's text, without a passphrase, with COMMENT;
 * *PUBLIC_KEY is "ssh-ed25519 AAAA...". Both are the caller's to free. */
void dc_ssh_pair_new(char **private_key, char **public_key,
    const char *comment);

#endif
