/* uploader/sshd.c -- see sshd.h. */
#include "uploader/sshd.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/base/str.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static int
save_key(const char *path, struct dc_err *err)
{
	char *argv[] = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C",
	    "dcloud", "-f", NULL, NULL};
	dc_auto_free char *tmp = dc_asprintf("%s.new", path);
	dc_auto_free char *tmp_public = dc_asprintf("%s.pub", tmp);
	dc_auto_free char *public_key = dc_asprintf("%s.pub", path);
	int rc;

	if (dc_fs_exists(path))
		return 0;
	(void)unlink(tmp);
	argv[9] = tmp;
	rc = dc_spawn_run(argv, NULL, NULL, NULL, NULL, err);
	if (rc < 0)
		return rc;
	if (rename(tmp_public, public_key) < 0 || rename(tmp, path) < 0)
		return dc_fail_errno(err, "rename '%s'", tmp);
	return 0;
}

/* sshd cuts its lines at spaces and knows "" quotes, but not every word may
 * be anything: what is odd is refused rather than guessed at. */
static int
check_word(const char *what, const char *word, struct dc_err *err)
{
	if (strpbrk(word, " \t\r\n\"'\\%#$`") != NULL)
		return dc_fail(err, DC_EINVAL,
		    "%s '%s' cannot be in sshd's configuration", what, word);
	return 0;
}

static int
check_words(const struct dc_conf *conf, const char *conf_path,
    struct dc_err *err)
{
	int rc = check_word("root", conf->root, err);

	if (rc == 0)
		rc = check_word("run", conf->run, err);
	if (rc == 0)
		rc = check_word("libexec", conf->libexec, err);
	if (rc == 0)
		rc = check_word("user", conf->user, err);
	if (rc == 0)
		rc = check_word("ssh_bind", conf->ssh_bind, err);
	return rc < 0 ? rc : check_word("file", conf_path, err);
}

static char *
format_config(const struct dc_conf *conf, const char *conf_path,
    const char *key)
{
	struct dc_str s = {0};

	dc_str_add(&s, "# Written by dcloud-uploader sshd-config.\n");
	dc_str_addf(&s, "ListenAddress %s\nHostKey %s\n", conf->ssh_bind, key);
	dc_str_addf(&s, "PidFile none\nAllowUsers %s\n", conf->user);
	dc_str_addf(&s,
	    "AuthorizedKeysFile none\n"
	    "AuthorizedKeysCommand %s/dcloud-keys -f %s %%t %%k\n"
	    "AuthorizedKeysCommandUser %s\n",
	    conf->libexec, conf_path, conf->user);
	dc_str_add(&s, "UsePAM no\n"
		       "PermitRootLogin no\n"
		       "PubkeyAuthentication yes\n"
		       "PasswordAuthentication no\n"
		       "KbdInteractiveAuthentication no\n"
		       "HostbasedAuthentication no\n"
		       "AuthenticationMethods publickey\n"
		       "StrictModes yes\n"
		       "DisableForwarding yes\n"
		       "PermitTTY no\n"
		       "PermitTunnel no\n"
		       "PermitUserEnvironment no\n"
		       "PermitUserRC no\n"
		       "X11Forwarding no\n"
		       "AllowAgentForwarding no\n"
		       "AllowTcpForwarding no\n"
		       "AllowStreamLocalForwarding no\n"
		       "GatewayPorts no\n"
		       "PrintMotd no\n"
		       "PrintLastLog no\n"
		       "UseDNS no\n"
		       "MaxAuthTries 20\n"
		       "MaxSessions 4\n"
		       "MaxStartups 100:30:200\n"
		       "LoginGraceTime 20\n"
		       "UnusedConnectionTimeout 30\n"
		       "ClientAliveInterval 15\n"
		       "ClientAliveCountMax 8\n"
		       "LogLevel INFO\n");
	return dc_str_steal(&s);
}

int
sshd_save_config(char **path, const struct dc_conf *conf, const char *conf_path,
    struct dc_err *err)
{
	dc_auto_free char *dir = dc_conf_path(conf, "etc");
	dc_auto_free char *key = dc_conf_path(conf, "etc/ssh_host_ed25519_key");
	dc_auto_free char *file = dc_conf_path(conf, "etc/sshd_config");
	dc_auto_free char *full = NULL;
	dc_auto_free char *text = NULL;
	int rc;

	full = realpath(conf_path, NULL);
	if (full == NULL)
		return dc_fail_errno(err, "'%s'", conf_path);
	rc = check_words(conf, full, err);
	if (rc == 0)
		rc = dc_fs_mkdirs(dir, 0755, err);
	if (rc == 0)
		rc = save_key(key, err);
	if (rc < 0)
		return rc;
	text = format_config(conf, full, key);
	rc = dc_fs_save(file, text, strlen(text), 0644, err);
	if (rc == 0)
		*path = dc_steal_ptr(&file);
	return rc;
}
