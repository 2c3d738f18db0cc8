/* tests/unit/test_certificate.c -- certificates of users: what is taken, and
 * how the store and the router's files keep them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/base/str.h"
#include "common/store/certificate.h"
#include "common/store/domain.h"
#include "common/store/maintenance.h"
#include "common/store/service.h"
#include "deployer/router_modes.h"
#include "deployer/router_tls.h"
#include "tests/support/tmpdb.h"
#include "uploader/certificate.h"

#define HOST "www.example.org"

Suite *certificate_suite(void);

static struct tmpdb t;
static struct dc_err err;
static char *pem, *key; /* for HOST and *.example.net, made here */

static char *
load(const char *name)
{
	dc_auto_free char *path = dc_asprintf("%s/%s", t.dir, name);
	char *text = NULL;

	ck_assert_msg(dc_fs_load(&text, NULL, path, 1 << 20, &err) == 0, "%s",
	    err.msg);
	return text;
}

static void
make_certificate(void)
{
	dc_auto_free char *cert = dc_asprintf("%s/cert", t.dir);
	dc_auto_free char *secret = dc_asprintf("%s/key", t.dir);
	char *const argv[] = {"openssl", "req", "-x509", "-newkey", "ec",
	    "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
	    "-subj", "/CN=test", "-addext",
	    "subjectAltName=DNS:" HOST ",DNS:*.example.net", "-keyout", secret,
	    "-out", cert, NULL};
	int rc = dc_spawn_run(argv, NULL, NULL, NULL, NULL, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	pem = load("cert");
	key = load("key");
}

static void
setup(void)
{
	err = (struct dc_err)DC_ERR_INIT;
	tmpdb_open(&t);
	ck_assert_int_eq(dc_service_add_route(t.db, t.service, "example.net",
			     &err),
	    0);
	ck_assert_int_eq(dc_domain_add(t.db, t.service, HOST, &err), 0);
	make_certificate();
}

static void
teardown(void)
{
	free(pem);
	free(key);
	tmpdb_close(&t);
}

START_TEST(check__writes_it_anew)
{
	dc_auto_free char *both = dc_asprintf("noise\n%s\nnoise\n%s", key, pem);
	struct certificate c = {HOST, both, NULL};
	dc_auto_free char *out = NULL;
	int64_t ends_at = 0;
	int rc = certificate_check(&c, &out, &ends_at, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_int_gt(ends_at, dc_now_ms());
	ck_assert(dc_has_prefix(out, "-----BEGIN CERTIFICATE-----\n"));
	ck_assert_ptr_nonnull(strstr(out, "-----BEGIN PRIVATE KEY-----\n"));
	ck_assert_ptr_null(strstr(out, "noise"));
}
END_TEST

START_TEST(check__a_wildcard_needs_a_wildcard)
{
	struct certificate c = {"*.example.net", pem, key};
	dc_auto_free char *out = NULL;
	int64_t ends_at;

	ck_assert_int_eq(certificate_check(&c, &out, &ends_at, &err), 0);
	c.host = "*.example.org";
	ck_assert_int_eq(certificate_check(&c, &out, &ends_at, &err), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "not for \"*.example.org\""));
}
END_TEST

static const struct {
	const char *text, *why;
} hostile[] = {
    {"", "no certificate found"},
    {"-----BEGIN ", "no certificate found"},
    {"-----BEGIN CERTIFICATE-----", "no certificate found"},
    {"-----BEGIN CERTIFICATE-----\n-----END ", "cannot be read"},
    {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	"cannot be read"},
    {"-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n",
	"no certificate found"},
};

START_TEST(check__refuses_hostile_text)
{
	struct certificate c = {HOST, hostile[_i].text, key};
	char *out = NULL;
	int64_t ends_at;

	ck_assert_int_eq(certificate_check(&c, &out, &ends_at, &err), DC_EUSER);
	ck_assert_msg(strstr(err.msg, hostile[_i].why) != NULL, "%s", err.msg);
	ck_assert_ptr_null(out);
}
END_TEST

START_TEST(check__has_limits)
{
	dc_auto_str struct dc_str many = {0};
	struct certificate c = {HOST, NULL, key};
	char *out = NULL;
	int64_t ends_at;

	for (int i = 0; i < 9; i++)
		dc_str_add(&many, pem);
	c.text = many.data;
	ck_assert_int_eq(certificate_check(&c, &out, &ends_at, &err), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "8 certificates"));
	while (many.len < (64 << 10) + 1)
		dc_str_add(&many, pem);
	c.text = many.data;
	ck_assert_int_eq(certificate_check(&c, &out, &ends_at, &err), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "65536 bytes"));
}
END_TEST

static int64_t
version(void)
{
	int64_t n = -1;

	ck_assert_int_eq(dc_domain_find_version(t.db, &n, &err), 0);
	return n;
}

START_TEST(save__goes_with_the_domain)
{
	struct dc_certificate c = {HOST, "pem", NULL, 12};
	int64_t ends_at = 7, before = version();

	ck_assert_int_eq(dc_certificate_find_end(t.db, &ends_at, HOST, &err),
	    0);
	ck_assert_int_eq(ends_at, 0);
	ck_assert_int_eq(dc_certificate_save(t.db, t.service, &c, &err), 0);
	c.ends_at = 13;
	ck_assert_int_eq(dc_certificate_save(t.db, t.service, &c, &err), 0);
	ck_assert_int_eq(dc_certificate_find_end(t.db, &ends_at, HOST, &err),
	    0);
	ck_assert_int_eq(ends_at, 13);
	ck_assert_int_ne(version(), before);
	ck_assert_int_eq(dc_domain_remove(t.db, t.service, HOST, &err), 0);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM certificates"),
	    0);
	ck_assert_int_eq(dc_certificate_remove(t.db, t.service, HOST, &err),
	    DC_ENOTFOUND);
}
END_TEST

START_TEST(save__only_for_domains_of_the_service)
{
	struct dc_certificate c = {"blog-alice.example.net", "pem", NULL, 12};
	int64_t other = tmpdb_add_service(&t, "api");

	ck_assert_int_eq(dc_certificate_save(t.db, t.service, &c, &err),
	    DC_EUSER);
	c.host = HOST;
	ck_assert_int_eq(dc_certificate_save(t.db, other, &c, &err),
	    DC_ENOTFOUND);
}
END_TEST

START_TEST(maintenance__is_of_the_application)
{
	int64_t since = 0, before = version();
	bool has_page = true;

	ck_assert_int_eq(dc_maintenance_save(t.db, t.application, "", &err), 0);
	ck_assert_int_eq(dc_maintenance_find(t.db, &since, &has_page,
			     t.application, &err),
	    0);
	ck_assert_int_gt(since, 0);
	ck_assert(!has_page);
	ck_assert_int_ne(version(), before);
	ck_assert_int_eq(dc_maintenance_save(t.db, t.application, "<p>", &err),
	    0);
	ck_assert_int_eq(dc_maintenance_find(t.db, &since, &has_page,
			     t.application, &err),
	    0);
	ck_assert(has_page);
	ck_assert_int_eq(dc_maintenance_remove(t.db, t.application, &err), 0);
	ck_assert_int_eq(dc_maintenance_remove(t.db, t.application, &err), 0);
	ck_assert_int_eq(version(), before);
}
END_TEST

static const char *const api_hosts[] = {"api.example.org"};
static const char hash[] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* A platform with HTTPS, whose files are in the test's directory. */
static struct router_conf
new_conf(const struct router_tls *tls)
{
	return (struct router_conf){.etc = t.dir,
	    .run = t.dir,
	    .http_bind = "127.0.0.1:8000",
	    .api_socket = "/run/dcloud/api.sock",
	    .api_hosts = api_hosts,
	    .n_api_hosts = 1,
	    .slots = 4,
	    .tls = tls};
}

START_TEST(config_save__only_sound_certificates_and_for_root)
{
	struct router_certificate v[] = {{HOST, "secret", hash},
	    {"evil.org\n/etc/shadow x", "secret", hash},
	    {"good.org", "secret", "../../../evil"}};
	struct router_tls tls = {"127.0.0.1:443", "/etc/tls.pem", "h1", v, 3};
	struct router_conf conf = new_conf(&tls);
	struct router_table table = {0};
	dc_auto_free char *path = dc_asprintf("%s/tls/%s.pem", t.dir, hash);
	dc_auto_free char *want =
	    dc_asprintf("# h1\n/etc/tls.pem\n%s " HOST "\n", path);
	dc_auto_free char *list = NULL, *cfg = NULL;
	struct stat st;

	ck_assert_int_eq(router_config_save(&conf, &table, &err), 0);
	list = load("tls/list");
	cfg = load("haproxy.cfg");
	ck_assert_str_eq(list, want);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_ptr_nonnull(strstr(cfg, "\tbind 127.0.0.1:443 ssl crt-list"));
	tls.n = 0;
	ck_assert_int_eq(router_tls_sweep(&conf, &err), 0);
	ck_assert(!dc_fs_exists(path));
}
END_TEST

START_TEST(config_save__closed_and_sticky_backends)
{
	struct router_closed closed[] = {{2, "<p>", hash}, {-1, "", ""},
	    {3, "", "../x"}};
	int sticky[] = {1};
	struct router_modes modes = {closed, 3, sticky, 1};
	struct router_conf conf = new_conf(NULL);
	struct router_table table = {.modes = &modes};
	dc_auto_free char *name = dc_asprintf("maintenance/%s.html", hash);
	dc_auto_free char *want = dc_asprintf("be_2 %s\nbe_3 -\n", hash);
	dc_auto_free char *map = NULL, *cfg = NULL, *page = NULL;

	ck_assert_int_eq(router_config_save(&conf, &table, &err), 0);
	map = load("maintenance.map");
	cfg = load("haproxy.cfg");
	page = load(name);
	ck_assert_str_eq(map, want);
	ck_assert_str_eq(page, "<p>");
	ck_assert_ptr_nonnull(
	    strstr(cfg, "\nbackend be_1\n\tcookie dcloud_instance insert"));
	ck_assert_ptr_nonnull(strstr(cfg, "\nbackend be_2\nbackend be_3\n"));
}
END_TEST

START_TEST(shape__follows_certificates_and_stickiness)
{
	struct router_certificate v = {HOST, "secret", hash};
	struct router_tls tls = {"127.0.0.1:443", "/etc/tls.pem", "h1", &v, 0};
	struct router_conf conf = new_conf(&tls);
	int sticky[] = {1};
	struct router_closed closed = {2, "", ""};
	struct router_modes modes = {&closed, 0, sticky, 0};
	struct router_plan p = {.slots = 4, .modes = &modes};
	struct dc_str s[5] = {{0}};

	router_shape(&s[0], &conf, &p);
	tls.n = 1;
	router_shape(&s[1], &conf, &p);
	tls.hash = "h2";
	router_shape(&s[2], &conf, &p);
	modes.n_sticky = 1;
	router_shape(&s[3], &conf, &p);
	modes.n_closed = 1;
	router_shape(&s[4], &conf, &p);
	ck_assert_str_ne(s[0].data, s[1].data);
	ck_assert_str_ne(s[1].data, s[2].data);
	ck_assert_str_ne(s[2].data, s[3].data);
	ck_assert_str_eq(s[3].data, s[4].data); /* a map does it */
	for (int i = 0; i < 5; i++)
		dc_str_done(&s[i]);
}
END_TEST

Suite *
certificate_suite(void)
{
	Suite *s = suite_create("certificate");
	TCase *tc = tcase_create("certificate");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, check__writes_it_anew);
	tcase_add_test(tc, check__a_wildcard_needs_a_wildcard);
	tcase_add_loop_test(tc, check__refuses_hostile_text, 0,
	    (int)(sizeof(hostile) / sizeof(hostile[0])));
	tcase_add_test(tc, check__has_limits);
	tcase_add_test(tc, save__goes_with_the_domain);
	tcase_add_test(tc, save__only_for_domains_of_the_service);
	tcase_add_test(tc, maintenance__is_of_the_application);
	tcase_add_test(tc, config_save__only_sound_certificates_and_for_root);
	tcase_add_test(tc, config_save__closed_and_sticky_backends);
	tcase_add_test(tc, shape__follows_certificates_and_stickiness);
	suite_add_tcase(s, tc);
	return s;
}
