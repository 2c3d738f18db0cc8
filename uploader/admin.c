/* uploader/admin.c -- see admin.h. */
#include "uploader/admin.h"

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/crypto/crypto.h"
#include "common/store/account.h"
#include "common/store/token.h"
#include "uploader/listen.h"
#include "uploader/sshd.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>

/* A line of stdin, asked for without echo on a terminal. */
static int
read_password(char **out, struct dc_err *err)
{
	bool tty = isatty(STDIN_FILENO);
	dc_auto_free char *line = NULL;
	struct termios was, silent;
	size_t cap = 0;
	ssize_t n;

	if (tty) {
		(void)fputs("Password: ", stderr);
		(void)tcgetattr(STDIN_FILENO, &was);
		silent = was;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	}
	n = getline(&line, &cap, stdin);
	if (tty) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
		(void)fputc('\n', stderr);
	}
	if (n > 0 && line[n - 1] == '\n')
		line[--n] = '\0';
	if (n < 1 || n > DC_MAX_PASSWORD)
		return dc_fail(err, DC_EINVAL, "a password is needed on stdin");
	*out = dc_steal_ptr(&line);
	return 0;
}

static int
read_hash(char hash[DC_PASSWORD_MAX], struct dc_err *err)
{
	dc_auto_free char *password = NULL;
	int rc = read_password(&password, err);

	return rc < 0 ? rc : dc_password_hash(hash, password, err);
}

/* As the daemon's own user: the store's files must be his. */
static int
open_store(const struct dc_conf *conf, struct dc_db **db, struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(conf, "state.db");
	int rc = listen_prepare(conf, err);

	if (rc == 0)
		rc = listen_drop_root(conf, err);
	return rc < 0 ? rc : dc_db_open(db, path, err);
}

static int
adduser(const struct dc_conf *conf, const char *conf_path, char *const args[],
    struct dc_err *err)
{
	dc_auto_db struct dc_db *db = NULL;
	char hash[DC_PASSWORD_MAX];
	int64_t id;
	int rc = open_store(conf, &db, err);

	(void)conf_path;
	if (rc == 0)
		rc = read_hash(hash, err);
	return rc < 0 ? rc : dc_account_add(db, &id, args[0], "", hash, err);
}

static int
open_account(const struct dc_conf *conf, struct dc_db **db,
    struct dc_account *a, const char *name, struct dc_err *err)
{
	int rc = open_store(conf, db, err);

	return rc < 0 ? rc : dc_account_find(*db, a, name, err);
}

static int
passwd(const struct dc_conf *conf, const char *conf_path, char *const args[],
    struct dc_err *err)
{
	dc_auto_account struct dc_account a = {0};
	dc_auto_db struct dc_db *db = NULL;
	char hash[DC_PASSWORD_MAX];
	int rc = open_account(conf, &db, &a, args[0], err);

	(void)conf_path;
	if (rc == 0)
		rc = read_hash(hash, err);
	return rc < 0 ? rc : dc_account_set_password(db, a.id, hash, err);
}

static int
deluser(const struct dc_conf *conf, const char *conf_path, char *const args[],
    struct dc_err *err)
{
	dc_auto_account struct dc_account a = {0};
	dc_auto_db struct dc_db *db = NULL;
	int rc = open_account(conf, &db, &a, args[0], err);

	(void)conf_path;
	return rc < 0 ? rc : dc_account_remove(db, a.id, err);
}

static int
print_account(const struct dc_account *a, void *arg, struct dc_err *err)
{
	(void)arg;
	(void)err;
	(void)printf("%s\n", a->name);
	return 0;
}

static int
listusers(const struct dc_conf *conf, const char *conf_path, char *const args[],
    struct dc_err *err)
{
	dc_auto_db struct dc_db *db = NULL;
	int rc = open_store(conf, &db, err);

	(void)conf_path;
	(void)args;
	return rc < 0 ? rc : dc_account_each(db, print_account, NULL, err);
}

/* NAME:SECRET, for programs; shown once, the store keeps its hash. */
static int
apikey(const struct dc_conf *conf, const char *conf_path, char *const args[],
    struct dc_err *err)
{
	dc_auto_account struct dc_account a = {0};
	dc_auto_db struct dc_db *db = NULL;
	char key[20 + 1 + 40 + 1], hash[DC_SHA256_HEX];
	int rc = open_account(conf, &db, &a, args[0], err);

	(void)conf_path;
	if (rc < 0)
		return rc;
	dc_random_hex(key, 20);
	key[20] = ':';
	dc_random_hex(key + 21, 40);
	dc_sha256_hex(hash, key, strlen(key));
	rc = dc_token_add(db, a.id, hash, NULL, "API key", err);
	if (rc == 0)
		(void)printf("%s\n", key);
	return rc;
}

static int
sshd_config(const struct dc_conf *conf, const char *conf_path,
    char *const args[], struct dc_err *err)
{
	dc_auto_free char *path = NULL;
	int rc = sshd_save_config(&path, conf, conf_path, err);

	(void)args;
	if (rc == 0)
		(void)printf("%s\n", path);
	return rc;
}

static const struct admin admins[] = {
    {"adduser", "NAME", 1, adduser},
    {"passwd", "NAME", 1, passwd},
    {"deluser", "NAME", 1, deluser},
    {"listusers", "", 0, listusers},
    {"apikey", "NAME", 1, apikey},
    {"sshd-config", "", 0, sshd_config},
};

const struct admin *
admin_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(admins) / sizeof(admins[0]); i++)
		if (strcmp(admins[i].name, name) == 0)
			return &admins[i];
	return NULL;
}

void
admin_print_usage(void)
{
	size_t i;

	for (i = 0; i < sizeof(admins) / sizeof(admins[0]); i++)
		(void)fprintf(stderr,
		    "       dcloud-uploader [-f CONF] %s %s\n", admins[i].name,
		    admins[i].args);
}
