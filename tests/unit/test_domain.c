/* tests/unit/test_domain.c -- host names that users give to services. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/store/domain.h"
#include "common/store/service.h"
#include "tests/support/tmpdb.h"

Suite *domain_suite(void);

static struct tmpdb t;
static struct dc_err err;

static void
setup(void)
{
	tmpdb_open(&t);
	ck_assert_int_eq(dc_service_add_route(t.db, t.service, "example.net",
			     &err),
	    0);
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

static int64_t
version(void)
{
	int64_t n = -1;

	ck_assert_int_eq(dc_domain_find_version(t.db, &n, &err), 0);
	return n;
}

static const struct {
	const char *host;
	bool is;
} hosts[] = {
    {"example.org", true},
    {"*.example.org", true},
    {"a.b.c.d.e.f.example.org", true},
    {"xn--bcher-kva.example", true},
    {"a-1.example", true},
    {"www", true},
    {"", false},
    {"*", false},
    {"*.", false},
    {"a.*.example", false},
    {"Example.org", false},
    {"example..org", false},
    {".example.org", false},
    {"example.org.", false},
    {"-a.example", false},
    {"a-.example", false},
    {"a_b.example", false},
    {"a b.example", false},
    {"a\nb.example", false},
};

START_TEST(is_host__by_the_letter)
{
	ck_assert_int_eq(dc_domain_is_host(hosts[_i].host), hosts[_i].is);
}
END_TEST

START_TEST(is_host__lengths)
{
	char label[65], name[300];

	memset(label, 'a', sizeof(label));
	label[63] = '\0';
	ck_assert(dc_domain_is_host(label));
	label[63] = 'a';
	label[64] = '\0';
	ck_assert(!dc_domain_is_host(label));
	memset(name, 'a', sizeof(name));
	for (size_t i = 50; i < sizeof(name); i += 50)
		name[i] = '.';
	name[253] = '\0';
	ck_assert(dc_domain_is_host(name));
	name[253] = 'a';
	name[254] = '\0';
	ck_assert(!dc_domain_is_host(name));
}
END_TEST

START_TEST(add__a_name_belongs_to_one_service)
{
	int64_t other = tmpdb_add_service(&t, "api");

	ck_assert_int_eq(dc_service_add_route(t.db, other, "example.net", &err),
	    0);
	ck_assert_int_eq(dc_domain_add(t.db, t.service, "www.example.org",
			     &err),
	    0);
	ck_assert_int_eq(dc_domain_add(t.db, other, "www.example.org", &err),
	    DC_EBUSY);
	ck_assert_int_eq(dc_domain_remove(t.db, other, "www.example.org", &err),
	    DC_ENOTFOUND);
	ck_assert_int_eq(dc_domain_remove(t.db, t.service, "www.example.org",
			     &err),
	    0);
	ck_assert_int_eq(dc_domain_add(t.db, other, "www.example.org", &err),
	    0);
}
END_TEST

START_TEST(add__only_to_what_speaks_http)
{
	int64_t worker = tmpdb_add_service(&t, "worker");

	ck_assert_int_eq(dc_domain_add(t.db, worker, "w.example.org", &err),
	    DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "no http port"));
}
END_TEST

START_TEST(add__not_for_ever)
{
	for (int i = 0; i < DC_MAX_DOMAINS; i++) {
		char host[32];

		(void)snprintf(host, sizeof(host), "n%d.example.org", i);
		ck_assert_int_eq(dc_domain_add(t.db, t.service, host, &err), 0);
	}
	ck_assert_int_eq(dc_domain_add(t.db, t.service, "more.example.org",
			     &err),
	    DC_EUSER);
}
END_TEST

START_TEST(remove__the_platforms_own_name_stays)
{
	ck_assert_int_eq(dc_domain_remove(t.db, t.service,
			     "blog-alice.example.net", &err),
	    DC_EUSER);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM domains"),
	    1);
}
END_TEST

START_TEST(find_version__changes_with_the_names)
{
	int64_t first = version(), second;

	ck_assert_int_eq(dc_domain_add(t.db, t.service, "www.example.org",
			     &err),
	    0);
	second = version();
	ck_assert_int_ne(first, second);
	ck_assert_int_eq(second, version());
	ck_assert_int_eq(dc_domain_remove(t.db, t.service, "www.example.org",
			     &err),
	    0);
	ck_assert_int_ne(second, version());
}
END_TEST

Suite *
domain_suite(void)
{
	Suite *s = suite_create("domain");
	TCase *tc = tcase_create("domain");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, is_host__by_the_letter, 0,
	    (int)(sizeof(hosts) / sizeof(hosts[0])));
	tcase_add_test(tc, is_host__lengths);
	tcase_add_test(tc, add__a_name_belongs_to_one_service);
	tcase_add_test(tc, add__only_to_what_speaks_http);
	tcase_add_test(tc, add__not_for_ever);
	tcase_add_test(tc, remove__the_platforms_own_name_stays);
	tcase_add_test(tc, find_version__changes_with_the_names);
	suite_add_tcase(s, tc);
	return s;
}
