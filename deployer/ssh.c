/* deployer/ssh.c -- see ssh.h; sshd_config(5). */
#include "deployer/ssh.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/store/account.h"
#include "common/store/host_key.h"

#include <string.h>

/* /etc/dcloud is not the container's to write, and its owners are nobody in
 * there: StrictModes would refuse it. A session may open ports to what the
 * container reaches anyway (-L), and none on the container. */
static const char config[] = "# Written by the deployer for this instance.\n"
			     "HostKey /etc/dcloud/ssh_host_key\n"
			     "AuthorizedKeysFile /etc/dcloud/authorized_keys\n"
			     "StrictModes no\n"
			     "AllowUsers dotcloud\n"
			     "AuthenticationMethods publickey\n"
			     "PubkeyAuthentication yes\n"
			     "PasswordAuthentication no\n"
			     "KbdInteractiveAuthentication no\n"
			     "HostbasedAuthentication no\n"
			     "PermitRootLogin no\n"
			     "UsePAM no\n"
			     "ForceCommand /usr/sbin/dcinit session\n"
			     "Subsystem sftp /usr/lib/openssh/sftp-server\n"
			     "AllowTcpForwarding local\n"
			     "AllowStreamLocalForwarding no\n"
			     "AllowAgentForwarding no\n"
			     "GatewayPorts no\n"
			     "X11Forwarding no\n"
			     "PermitTunnel no\n"
			     "PermitUserEnvironment no\n"
			     "PermitUserRC no\n"
			     "PrintMotd no\n"
			     "PrintLastLog no\n"
			     "UseDNS no\n"
			     "PidFile none\n"
			     "MaxAuthTries 20\n"
			     "MaxSessions 10\n"
			     "LoginGraceTime 20\n"
			     "ClientAliveInterval 15\n"
			     "ClientAliveCountMax 8\n";

/* Comments stay out: they are anybody's text. */
static int
add_key(const struct dc_key *key, void *arg, struct dc_err *err)
{
	(void)err;
	dc_str_addf(arg, "%s %s\n", key->type, key->blob);
	return 0;
}

int
ssh_save_keys(struct dc_db *db, const char *box_dir, int64_t application_id,
    struct dc_err *err)
{
	dc_auto_free char *path =
	    dc_asprintf("%s/etc/authorized_keys", box_dir);
	dc_auto_str struct dc_str keys = {0};
	int rc = dc_key_each_of_app(db, application_id, add_key, &keys, err);

	return rc < 0 ? rc : dc_fs_save(path, keys.data, keys.len, 0644, err);
}

/* For root of the container alone, as which sshd begins. */
static int
save_host_key(struct dc_db *db, const char *box_dir, int64_t application_id,
    uid_t first_id, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/etc/ssh_host_key", box_dir);
	dc_auto_free char *key = NULL;
	int rc = dc_host_key_load(db, &key, application_id, err);

	if (rc == 0)
		rc = dc_fs_save(path, key, strlen(key), 0600, err);
	if (rc == 0 && lchown(path, first_id, first_id) < 0)
		return dc_fail_errno(err, "chown '%s'", path);
	return rc;
}

int
ssh_save(struct dc_db *db, const char *box_dir, int64_t application_id,
    uid_t first_id, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/etc/sshd_config", box_dir);
	int rc = dc_fs_save(path, config, strlen(config), 0644, err);

	if (rc == 0)
		rc = save_host_key(db, box_dir, application_id, first_id, err);
	return rc == 0 ? ssh_save_keys(db, box_dir, application_id, err) : rc;
}
