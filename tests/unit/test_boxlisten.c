/* tests/unit/test_boxlisten.c -- what the host's router can reach of what a
 * container's user puts where its sockets are. Needs root, as mounts do. */
#include "common/box/boxlisten.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/box/mount.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *boxlisten_suite(void);

#define FIRST_ID 1500000000
#define ROUTER 65533
#define NOBODY 65534

static char dir[64], shown[80], inside[96];
static struct dc_boxconf_mounts mounts;
static struct dc_err err;
static int sock = -1;

static char *
at(const char *where, const char *name)
{
	return dc_asprintf("%s/%s", where, name);
}

/* With MODE, and of the container's user. */
static void
make_socket(const char *path, mode_t mode)
{
	const uid_t uid = FIRST_ID + DC_APP_UID;
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(sock, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(listen(sock, 8), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
	ck_assert_int_eq(chown(path, uid, uid), 0);
}

static void
setup(void)
{
	const uid_t uid = FIRST_ID + DC_APP_UID;
	dc_auto_free char *run = NULL;

	err = (struct dc_err)DC_ERR_INIT;
	(void)snprintf(dir, sizeof(dir), "/tmp/test-boxlisten-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chmod(dir, 0755), 0);
	run = at(dir, "run");
	(void)snprintf(inside, sizeof(inside), "%s/run/listen", dir);
	(void)snprintf(shown, sizeof(shown), "%s/shown", dir);
	ck_assert_int_eq(mkdir(run, 0755), 0);
	ck_assert_int_eq(mkdir(inside, 0755), 0);
	if (getuid() == 0)
		ck_assert_int_eq(chown(inside, uid, uid), 0);
	mounts = (struct dc_boxconf_mounts){.first_id = FIRST_ID,
	    .listen = shown,
	    .listen_uid = ROUTER};
}

static void
teardown(void)
{
	ck_assert_int_eq(dc_mount_clear(dir, &err), 0);
	ck_assert_int_eq(dc_fs_remove_tree(dir, NULL), 0);
	if (sock >= 0)
		(void)close(sock);
	sock = -1;
}

/* The errno of a connect() to NAME as UID, 0 for none. */
static int
connect_as(uid_t uid, const char *name)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	pid_t pid = fork();
	int status, fd;

	ck_assert_int_ge(pid, 0);
	if (pid > 0) {
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		return WEXITSTATUS(status);
	}
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", name);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
		_exit(255);
	_exit(connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ? errno : 0);
}

static void
show(void)
{
	int rc = dc_boxlisten_mount(dir, &mounts, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
}

/* 0755 is what umask 022 leaves: nobody but the owner may connect. */
START_TEST(mount__the_router_connects_and_nobody_else)
{
	dc_auto_free char *path = at(inside, "0.sock");
	dc_auto_free char *seen = at(shown, "0.sock");
	dc_auto_strv struct dc_strv found = {0};

	if (getuid() != 0)
		return;
	make_socket(path, 0755);
	show();
	show();

	ck_assert_int_eq(dc_mount_list(&found, dir, &err), 0);
	ck_assert_uint_eq(found.n, 1);
	ck_assert_int_eq(connect_as(ROUTER, seen), 0);
	ck_assert_int_eq(connect_as(NOBODY, seen), EACCES);
	ck_assert_int_eq(connect_as(ROUTER, path), EACCES);
}
END_TEST

/* The same link, not seen through the mount, leads there. */
START_TEST(mount__a_link_leads_nowhere)
{
	dc_auto_free char *host = at(dir, "host.sock");
	dc_auto_free char *path = at(inside, "0.sock");
	dc_auto_free char *seen = at(shown, "0.sock");

	if (getuid() != 0)
		return;
	make_socket(host, 0777);
	ck_assert_int_eq(symlink(host, path), 0);
	show();

	ck_assert_int_eq(connect_as(ROUTER, path), 0);
	ck_assert_int_eq(connect_as(ROUTER, seen), ELOOP);
}
END_TEST

START_TEST(mount__nor_does_a_linked_directory)
{
	dc_auto_free char *host = at(dir, "host.sock");
	dc_auto_free char *path = at(inside, "way");
	dc_auto_free char *seen = at(shown, "way/host.sock");

	if (getuid() != 0)
		return;
	make_socket(host, 0777);
	ck_assert_int_eq(symlink(dir, path), 0);
	show();

	ck_assert_int_eq(connect_as(ROUTER, seen), ELOOP);
}
END_TEST

/* The container's root can replace the directory itself. */
START_TEST(mount__the_directory_is_no_link)
{
	if (getuid() != 0)
		return;
	ck_assert_int_eq(rmdir(inside), 0);
	ck_assert_int_eq(symlink("/run", inside), 0);

	ck_assert_int_eq(dc_boxlisten_mount(dir, &mounts, &err), DC_EFAIL);

	ck_assert(!dc_fs_exists(shown));
}
END_TEST

Suite *
boxlisten_suite(void)
{
	Suite *s = suite_create("boxlisten");
	TCase *tc = tcase_create("mount");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, mount__the_router_connects_and_nobody_else);
	tcase_add_test(tc, mount__a_link_leads_nowhere);
	tcase_add_test(tc, mount__nor_does_a_linked_directory);
	tcase_add_test(tc, mount__the_directory_is_no_link);
	suite_add_tcase(s, tc);
	return s;
}
