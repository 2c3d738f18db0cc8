/* tests/unit/test_route.c -- what of the store is in HAProxy's files. */
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/box/netports.h"
#include "common/conf/conf.h"
#include "common/store/account.h"
#include "common/store/application.h"
#include "common/store/instance.h"
#include "common/store/service.h"
#include "deployer/route.h"
#include "tests/support/tmpdb.h"

Suite *route_suite(void);

static struct tmpdb t;
static struct dc_conf conf;
static struct dc_err err;

/* As if the kernel had them: it is not asked. */
static void
save_rules(void)
{
	const struct dc_net_ports p = {.bridge = conf.bridge,
	    .subnet = conf.subnet,
	    .address = "127.0.0.1",
	    .first = (uint16_t)conf.port_first,
	    .last = (uint16_t)conf.port_last};
	dc_auto_free char *path = dc_asprintf("%s/ports.nft", conf.run);
	dc_auto_str struct dc_str rules = {0};

	dc_netports_format(&rules, &p, "10.88.0.1");
	ck_assert_int_eq(dc_fs_save(path, rules.data, rules.len, 0600, &err),
	    0);
}

/* There is no HAProxy, and that is known. */
static void
save_away(void)
{
	dc_auto_free char *path = dc_asprintf("%s/haproxy.away", conf.run);

	ck_assert_int_eq(dc_fs_save(path, "", 0, 0600, &err), 0);
}

static void
setup(void)
{
	err = (struct dc_err)DC_ERR_INIT;
	tmpdb_open(&t);
	conf = (struct dc_conf){.root = t.dir,
	    .run = t.dir,
	    .node = (char *)"node1",
	    .user = (char *)"nobody",
	    .bridge = (char *)"dctest",
	    .subnet = (char *)"10.88.0.0/16",
	    .domain = (char *)"localhost",
	    .http_bind = (char *)"127.0.0.1:1",
	    .https_bind = (char *)"",
	    .tls_certificate = (char *)"",
	    .public_host = (char *)"127.0.0.1",
	    .port_first = 40000,
	    .port_last = 40009};
	save_rules();
	save_away();
	ck_assert_int_eq(dc_service_add_route(t.db, t.service, "localhost",
			     &err),
	    0);
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

/* One of T's application that is up. */
static int64_t
add_up(int64_t service, int number)
{
	const struct dc_port http = {.name = "www",
	    .kind = "http",
	    .port = 42800};
	char sql[256];
	int64_t id =
	    tmpdb_add_instance(&t, service, tmpdb_add_snapshot(&t, service, 0));

	ck_assert_int_eq(dc_instance_save_ports(t.db, id, &http, 1, &err), 0);
	(void)snprintf(sql, sizeof(sql),
	    "UPDATE instances SET state = 'up', number = %d, definition ="
	    " '{\"name\":\"www\",\"type\":\"custom\",\"approot\":\".\"}'"
	    " WHERE id = %lld",
	    number, (long long)id);
	tmpdb_exec(t.db, sql);
	return id;
}

/* bob has a service of the same name. */
static int64_t
add_other(void)
{
	int64_t id;

	ck_assert_int_eq(dc_account_add(t.db, &t.account, "bob",
			     "bob@example.org", "hash", &err),
	    0);
	ck_assert_int_eq(dc_application_add(t.db, &t.application, t.account,
			     "shop", "live", &err),
	    0);
	id = tmpdb_add_service(&t, "www");
	ck_assert_int_eq(dc_service_add_route(t.db, id, "localhost", &err), 0);
	return add_up(id, 0);
}

static bool
has_line(const char *text)
{
	dc_auto_free char *path = dc_conf_path(&conf, "etc/haproxy.cfg");
	dc_auto_free char *cfg = NULL;

	ck_assert_int_eq(dc_fs_load(&cfg, NULL, path, 1 << 20, &err), 0);
	return strstr(cfg, text) != NULL;
}

static bool
is_routed(int64_t id)
{
	dc_auto_free char *name = dc_asprintf("\tserver i%lld ", (long long)id);

	return has_line(name);
}

static void
sync_route(void)
{
	int rc = route_sync(&conf, t.db, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
}

START_TEST(sync__a_silent_one_is_out_while_another_is_well)
{
	int64_t first = add_up(t.service, 0), second = add_up(t.service, 1);
	int64_t other = _i == 0 ? 0 : add_other();

	tmpdb_exec(t.db, "UPDATE instances SET health = 'silent'"
			 " WHERE number = 1");
	sync_route();
	ck_assert(is_routed(first));
	ck_assert(!is_routed(second));
	ck_assert(other == 0 || is_routed(other));
}
END_TEST

START_TEST(sync__a_silent_one_stays_where_no_other_is_well)
{
	int64_t first = add_up(t.service, 0), other = add_other();

	tmpdb_exec(t.db, "UPDATE instances SET health = 'silent'"
			 " WHERE service_id = 1");
	sync_route();
	ck_assert(is_routed(first));
	ck_assert(is_routed(other));
}
END_TEST

/* A service that is not sticky for a moment would be two reloads. */
START_TEST(sync__a_sticky_one_is_so_while_it_parks)
{
	static const char *const states[] = {"up", "parking", "parked"};
	char sql[80];

	(void)add_up(t.service, 0);
	tmpdb_exec(t.db,
	    "UPDATE instances SET definition = json_set(definition,"
	    " '$.extras', json('{\"sticky\":true}'))");
	(void)snprintf(sql, sizeof(sql), "UPDATE instances SET state = '%s'",
	    states[_i]);
	tmpdb_exec(t.db, sql);
	sync_route();
	ck_assert(has_line("\tcookie "));
}
END_TEST

/* Listens on its socket, as one that starts does after it has read its files,
 * and says who asks. */
static pid_t
start_late(int *asked)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int p[2], fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	ck_assert_int_eq(pipe(p), 0);
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path),
	    "%s/haproxy-master.sock", conf.run);
	pid = fork();
	if (pid == 0) {
		(void)poll(NULL, 0, 300);
		(void)bind(fd, (struct sockaddr *)&sun, sizeof(sun));
		(void)listen(fd, 9);
		(void)accept(fd, NULL, NULL);
		_exit(write(p[1], "x", 1) != 1);
	}
	ck_assert_int_gt(pid, 0);
	(void)close(p[1]);
	(void)close(fd);
	*asked = p[0];
	return pid;
}

START_TEST(sync__waits_for_a_haproxy_that_starts)
{
	dc_auto_free char *away = dc_asprintf("%s/haproxy.away", conf.run);
	int asked = -1;
	pid_t pid;

	ck_assert_int_eq(unlink(away), 0);
	pid = start_late(&asked);
	sync_route();
	ck_assert_int_eq(poll(&(struct pollfd){.fd = asked, .events = POLLIN},
			     1, 0),
	    1);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	(void)close(asked);
	ck_assert(dc_fs_exists(away));
}
END_TEST

START_TEST(sync__waits_once_for_one_that_does_not_come)
{
	int64_t begun = dc_mono_ms();

	for (int i = 0; i < 5; i++)
		sync_route();
	ck_assert_int_lt(dc_mono_ms() - begun, 8000);
}
END_TEST

Suite *
route_suite(void)
{
	Suite *s = suite_create("route");
	TCase *tc = tcase_create("route");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, sync__a_silent_one_is_out_while_another_is_well,
	    0, 2);
	tcase_add_test(tc, sync__waits_for_a_haproxy_that_starts);
	tcase_add_test(tc, sync__waits_once_for_one_that_does_not_come);
	tcase_add_loop_test(tc, sync__a_sticky_one_is_so_while_it_parks, 0, 3);
	tcase_add_test(tc, sync__a_silent_one_stays_where_no_other_is_well);
	suite_add_tcase(s, tc);
	return s;
}
