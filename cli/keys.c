/* cli/keys.c -- see keys.h. */
#include "cli/keys.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/base/str.h"

#define KEY_MAX 16384

/* Under another name first, the public half renamed before the private one:
 * a key that is there is a whole pair. */
static int
make_pair(const struct config *c, const char *public_key, struct dc_err *err)
{
	dc_auto_free char *tmp = dc_asprintf("%s.new", c->key);
	dc_auto_free char *tmp_public = dc_asprintf("%s.pub", tmp);
	char *const argv[] = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "",
	    "-C", "dcloud", "-f", tmp, NULL};
	int rc;

	(void)unlink(tmp);
	(void)unlink(tmp_public);
	rc = dc_spawn_run(argv, NULL, NULL, NULL, NULL, err);
	if (rc < 0)
		return dc_wrap(err, rc, "No ssh key could be made");
	if (chmod(tmp, 0600) < 0)
		return dc_fail_errno(err, "chmod '%s'", tmp);
	if (rename(tmp_public, public_key) < 0 || rename(tmp, c->key) < 0)
		return dc_fail_errno(err, "rename '%s'", tmp);
	return 0;
}

int
keys_add(const struct config *c, struct dc_err *err)
{
	dc_auto_free char *public_key = dc_asprintf("%s.pub", c->key);
	int rc;

	rc = config_add_dir(c, err);
	if (rc < 0 || (dc_fs_exists(c->key) && dc_fs_exists(public_key)))
		return rc;
	if (dc_fs_exists(c->key))
		return dc_fail(err, DC_EFAIL,
		    "%s is there but %s is not; make it with `ssh-keygen -y "
		    "-f %s`",
		    c->key, public_key, c->key);
	return make_pair(c, public_key, err);
}

int
keys_load_file(char **out, const char *path, struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	int rc = dc_fs_load(&text, NULL, path, KEY_MAX, err);

	if (rc < 0)
		return rc;
	/* The wrong half must not leave the machine. */
	if (strstr(text, "PRIVATE KEY") != NULL)
		return dc_fail(err, DC_EINVAL,
		    "'%s' is a private key: give the file that ends in .pub",
		    path);
	text[strcspn(text, "\r\n")] = '\0';
	*out = dc_steal_ptr(&text);
	return 0;
}

int
keys_load_public(char **out, const char *path, struct dc_err *err)
{
	dc_auto_free char *file = dc_asprintf("%s.pub", path);

	return keys_load_file(out, file, err);
}

int
keys_send(struct api *api, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = dc_json_new_object();
	dc_auto_free char *text = NULL;
	int rc;

	rc = keys_load_public(&text, api->config->key, err);
	if (rc < 0)
		return rc;
	dc_json_add_str(body, "key", text);
	rc = api_send(api, NULL, "POST", "/authorized_keys", body, err);
	if (rc == DC_EBUSY)
		return 0;
	return rc < 0 ? dc_wrap(err, rc, "Your ssh key was not accepted") : 0;
}
