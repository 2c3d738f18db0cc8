/* uploader/keys_main.c -- dcloud-keys: sshd's AuthorizedKeysCommand. Prints
 * the line for a key that belongs to an account, nothing for others. */
#include "common/base/log.h"
#include "common/conf/conf.h"
#include "common/store/account.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "uploader/ssh_key.h"

#include <inttypes.h>
#include <stdio.h>

static int
print_key(const struct dc_conf *conf, const char *conf_path, const char *type,
    const char *blob, struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(conf, "state.db");
	dc_auto_free char *text = dc_asprintf("%s %s", type, blob);
	dc_auto_db struct dc_db *db = NULL;
	struct ssh_key key = {0};
	int64_t account;
	int rc;

	/* Well-formed, so that the line below cannot be broken. */
	rc = ssh_key_parse(&key, text, err);
	ssh_key_done(&key);
	if (rc == 0)
		rc = dc_db_open(&db, path, err);
	if (rc == 0)
		rc = dc_key_find(db, &account, type, blob, err);
	if (rc == 0)
		(void)
		    printf("restrict,command=\"%s/dcloud-receive -f %s %" PRId64
			   "\" %s %s\n",
			conf->libexec, conf_path, account, type, blob);
	return rc == DC_ENOTFOUND || rc == DC_EINVAL ? 0 : rc;
}

int
main(int argc, char **argv)
{
	const char *conf_path = DC_CONF_PATH;
	struct dc_err err = DC_ERR_INIT;
	struct dc_conf conf = {0};
	int c, rc;

	dc_log_open("dcloud-keys", 0);
	while ((c = getopt(argc, argv, "f:")) != -1) {
		if (c != 'f')
			break;
		conf_path = optarg;
	}
	if (c != -1 || argc - optind != 2) {
		(void)fprintf(stderr,
		    "usage: dcloud-keys [-f CONF] TYPE BASE64\n");
		return 1;
	}
	rc = dc_conf_load(&conf, conf_path, &err);
	if (rc == 0)
		rc = print_key(&conf, conf_path, argv[optind], argv[optind + 1],
		    &err);
	dc_conf_done(&conf);
	if (rc < 0)
		log_error("%s", err.msg);
	return rc < 0 ? 1 : 0;
}
