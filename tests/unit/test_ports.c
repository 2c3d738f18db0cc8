/* tests/unit/test_ports.c -- which ports an instance of a service has. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "deployer/ports.h"

Suite *ports_suite(void);

static struct dc_port ports[DC_MAX_INSTANCE_PORTS];

START_TEST(list__a_custom_service_that_names_none_gets_www)
{
	const struct dc_service_def def = {.name = NULL};
	const struct dc_type type = {.http_port = DC_TYPE_ANY_PORT};

	ck_assert_uint_eq(ports_list(ports, &def, &type), 2);
	ck_assert_str_eq(ports[0].name, "www");
	ck_assert_str_eq(ports[0].kind, "http");
	ck_assert_int_eq(ports[0].port, 42800);
}
END_TEST

START_TEST(list__named_ones_in_order_from_42800)
{
	struct dc_service_def def = {.name = NULL};
	const struct dc_type type = {.http_port = DC_TYPE_ANY_PORT};
	const struct dc_port *found;

	dc_pairs_add(&def.ports, "control", "tcp");
	dc_pairs_add(&def.ports, "web", "http");
	dc_pairs_add(&def.ports, "dns", "udp");
	ck_assert_uint_eq(ports_list(ports, &def, &type), 4);
	found = ports_find(ports, 3, "http");
	ck_assert_str_eq(found->name, "web");
	ck_assert_int_eq(found->port, 42801);
	ck_assert_int_eq(ports_find(ports, 3, "udp")->port, 42802);
	ck_assert_ptr_null(ports_find(ports, 3, "sctp"));
	dc_pairs_done(&def.ports);
}
END_TEST

START_TEST(list__the_types_own_port_comes_first)
{
	struct dc_service_def def = {.name = NULL};
	const struct dc_type type = {.http_port = 8080,
	    .port_name = (char[]){"http"}};

	dc_pairs_add(&def.ports, "web", "http");
	ck_assert_uint_eq(ports_list(ports, &def, &type), 3);
	ck_assert_int_eq(ports_find(ports, 2, "http")->port, 8080);
	ck_assert_str_eq(ports[1].name, "web"); /* another name for it */
	ck_assert_int_eq(ports[1].port, 8080);
	dc_pairs_done(&def.ports);
}
END_TEST

START_TEST(list__a_worker_has_ssh_alone)
{
	struct dc_service_def def = {.name = NULL};
	const struct dc_type type = {.http_port = 0};

	dc_pairs_add(&def.ports, "SSH", "tcp"); /* of an old build file */
	ck_assert_uint_eq(ports_list(ports, &def, &type), 1);
	ck_assert_str_eq(ports[0].name, "ssh");
	ck_assert_str_eq(ports[0].kind, "tcp");
	ck_assert_int_eq(ports[0].port, 22);
	ck_assert_ptr_null(ports_find(ports, 1, "http"));
	ck_assert_ptr_null(ports_find(ports, 1, "tcp"));
	dc_pairs_done(&def.ports);
}
END_TEST

START_TEST(list__never_more_than_there_is_room_for)
{
	struct dc_service_def def = {.name = NULL};
	const struct dc_type type = {.http_port = 8080,
	    .port_name = (char[]){"http"}};
	char name[64];
	int i;

	for (i = 0; i < 2 * DC_MAX_PORTS; i++) {
		(void)snprintf(name, sizeof(name), "%050d", i);
		dc_pairs_add(&def.ports, name, "tcp");
	}
	ck_assert_uint_eq(ports_list(ports, &def, &type),
	    DC_MAX_INSTANCE_PORTS);
	ck_assert_uint_lt(strlen(ports[DC_MAX_INSTANCE_PORTS - 2].name),
	    sizeof(ports[0].name));
	dc_pairs_done(&def.ports);
}
END_TEST

Suite *
ports_suite(void)
{
	Suite *s = suite_create("ports");
	TCase *tc = tcase_create("ports");

	tcase_add_test(tc, list__a_custom_service_that_names_none_gets_www);
	tcase_add_test(tc, list__named_ones_in_order_from_42800);
	tcase_add_test(tc, list__the_types_own_port_comes_first);
	tcase_add_test(tc, list__a_worker_has_ssh_alone);
	tcase_add_test(tc, list__never_more_than_there_is_room_for);
	suite_add_tcase(s, tc);
	return s;
}
