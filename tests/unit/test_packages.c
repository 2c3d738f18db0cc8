/* tests/unit/test_packages.c -- names and keys of package layers, and the
 * configuration that a service type allows. */
#include <check.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/buildfile/type.h"
#include "common/packages/packages.h"

#include <stdlib.h>
#include <string.h>

Suite *packages_suite(void);

static char image[] = "/tmp/dcloud-packages-XXXXXX";

static void
setup(void)
{
	dc_auto_free char *dir = NULL, *status = NULL;

	memcpy(image + strlen(image) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(image));
	dir = dc_asprintf("%s/var/lib/dpkg", image);
	status = dc_asprintf("%s/status", dir);
	ck_assert_int_eq(dc_fs_mkdirs(dir, 0755, NULL), 0);
	ck_assert_int_eq(dc_fs_save(status, "x", 1, 0644, NULL), 0);
}

static void
teardown(void)
{
	(void)dc_fs_remove_tree(image, NULL);
}

static const char *const good[] = {"libpq-dev", "g++", "libstdc++6", "sl",
    "redis-server=5:7.0.15-1~deb12u1", "libc6:amd64", "libc6:i386=2.36-9",
    "python3.11"};
static const char *const bad[] = {"", "x", "-y", "--force-yes", "-oDir=x",
    "a b", "foo;reboot", "$(id)", "foo-", "foo+", "foo.", "../foo", "foo/sid",
    "/tmp/x.deb", "./x.deb", "Foo", "foo:", "foo=", "foo=-1", "foo=1 -y",
    "foo\nbar", "foo:amd64:i386", "f*", "foo^", "~nfoo", "?name(x)"};

START_TEST(is_name__what_apt_takes_for_one)
{
	ck_assert_msg(dc_packages_is_name(good[_i]), "%s", good[_i]);
}
END_TEST

START_TEST(is_name__nothing_that_means_more)
{
	ck_assert_msg(!dc_packages_is_name(bad[_i]), "%s", bad[_i]);
}
END_TEST

START_TEST(is_name__has_a_limit)
{
	char name[DC_MAX_PACKAGE_NAME + 2];

	memset(name, 'a', sizeof(name));
	name[DC_MAX_PACKAGE_NAME + 1] = '\0';
	ck_assert(!dc_packages_is_name(name));
	name[DC_MAX_PACKAGE_NAME] = '\0';
	ck_assert(dc_packages_is_name(name));
}
END_TEST

START_TEST(init__order_and_repetition_do_not_matter)
{
	dc_auto_strv struct dc_strv ab = {0}, ba = {0}, none = {0};
	dc_auto_packages struct dc_packages p = {0}, q = {0}, r = {0};

	dc_strv_add(&ab, "aa");
	dc_strv_add(&ab, "bb");
	dc_strv_add(&ba, "bb");
	dc_strv_add(&ba, "aa");
	dc_strv_add(&ba, "bb");
	ck_assert_int_eq(dc_packages_init(&p, image, &none, &ab, NULL), 0);
	ck_assert_int_eq(dc_packages_init(&q, image, &ba, &ab, NULL), 0);
	ck_assert_int_eq(dc_packages_init(&r, image, &none, &none, NULL), 0);
	ck_assert_uint_eq(p.names.n, 2);
	ck_assert_uint_eq(q.names.n, 2);
	ck_assert_uint_eq(r.names.n, 0);
	ck_assert_str_eq(q.names.v[0], "aa");
	ck_assert_ptr_null(q.names.v[2]);
	ck_assert_str_eq(p.key, q.key);
	ck_assert_str_ne(p.key, r.key);
	ck_assert_uint_eq(strlen(p.key), 32);
}
END_TEST

START_TEST(init__names_have_no_capitals_but_versions_do)
{
	dc_auto_strv struct dc_strv a = {0}, none = {0};
	dc_auto_packages struct dc_packages p = {0};

	dc_strv_add(&a, "ImageMagick");
	dc_strv_add(&a, "SL=1.0RC1");
	ck_assert_int_eq(dc_packages_init(&p, image, &none, &a, NULL), 0);
	ck_assert_str_eq(p.names.v[0], "imagemagick");
	ck_assert_str_eq(p.names.v[1], "sl=1.0RC1");
}
END_TEST

START_TEST(init__another_image_is_another_key)
{
	dc_auto_free char *status =
	    dc_asprintf("%s/var/lib/dpkg/status", image);
	dc_auto_strv struct dc_strv a = {0}, none = {0};
	dc_auto_packages struct dc_packages p = {0}, q = {0};

	dc_strv_add(&a, "aa");
	ck_assert_int_eq(dc_packages_init(&p, image, &none, &a, NULL), 0);
	ck_assert_int_eq(dc_fs_save(status, "xy", 2, 0644, NULL), 0);
	ck_assert_int_eq(dc_packages_init(&q, image, &none, &a, NULL), 0);
	ck_assert_str_ne(p.key, q.key);
}
END_TEST

START_TEST(init__a_bad_name_is_the_users)
{
	dc_auto_strv struct dc_strv a = {0}, none = {0};
	struct dc_err err = DC_ERR_INIT;
	struct dc_packages p = {0};

	dc_strv_add(&a, "-y");
	ck_assert_int_eq(dc_packages_init(&p, image, &none, &a, &err),
	    DC_EUSER);
	ck_assert_str_eq(err.msg,
	    "systempackages: '-y' is not the name of a Debian package");
}
END_TEST

/* Applies a type with RULES to a service with CONFIG, both JSON. */
static int
apply(struct dc_service_def *def, const char *rules, const char *config,
    struct dc_err *err)
{
	struct dc_type type = {.name = dc_strdup("python")};
	int rc;

	ck_assert_int_eq(dc_json_parse(&type.config, rules, strlen(rules),
			     NULL),
	    0);
	ck_assert_int_eq(dc_json_parse(&def->config, config, strlen(config),
			     NULL),
	    0);
	rc = dc_type_apply(&type, def, err);
	dc_type_done(&type);
	return rc;
}

START_TEST(type_apply__what_is_not_allowed_names_what_is)
{
	dc_auto_service_def struct dc_service_def def = {0};
	struct dc_err err = DC_ERR_INIT;

	ck_assert_int_eq(apply(&def, "{\"v\":{\"allowed\":[\"v3\",3.11,3]}}",
			     "{\"v\":2.7}", &err),
	    DC_EUSER);
	ck_assert_str_eq(err.msg,
	    "config: there is no v '2.7' for type 'python'; there is: v3,"
	    " 3.11, 3");
}
END_TEST

START_TEST(type_apply__numbers_compare_as_they_are_written)
{
	dc_auto_service_def struct dc_service_def def = {0};

	ck_assert_int_eq(apply(&def, "{\"v\":{\"allowed\":[\"3.11\"]}}",
			     "{\"v\":3.11,\"other\":[1]}", NULL),
	    0);
}
END_TEST

START_TEST(type_apply__defaults_fill_what_is_not_given)
{
	dc_auto_service_def struct dc_service_def def = {0};

	ck_assert_int_eq(apply(&def,
			     "{\"n\":{\"default\":4,\"min\":1},"
			     "\"m\":{\"default\":5}}",
			     "{\"m\":7,\"n\":null}", NULL),
	    0);
	ck_assert_int_eq(dc_json_find_int(def.config, "n", 0), 4);
	ck_assert_int_eq(dc_json_find_int(def.config, "m", 0), 7);
}
END_TEST

START_TEST(type_apply__numbers_have_bounds)
{
	static const char *const configs[] = {"{\"n\":0}", "{\"n\":65}",
	    "{\"n\":\"4; x\"}", "{\"n\":true}", "{\"n\":[4]}", "{\"n\":4.5}"};
	dc_auto_service_def struct dc_service_def def = {0};

	ck_assert_int_eq(apply(&def, "{\"n\":{\"min\":1,\"max\":64}}",
			     configs[_i], NULL),
	    DC_EUSER);
}
END_TEST

Suite *
packages_suite(void)
{
	Suite *s = suite_create("packages");
	TCase *t = tcase_create("packages");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, is_name__what_apt_takes_for_one, 0,
	    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(t, is_name__nothing_that_means_more, 0,
	    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(t, is_name__has_a_limit);
	tcase_add_test(t, init__order_and_repetition_do_not_matter);
	tcase_add_test(t, init__names_have_no_capitals_but_versions_do);
	tcase_add_test(t, init__another_image_is_another_key);
	tcase_add_test(t, init__a_bad_name_is_the_users);
	tcase_add_test(t, type_apply__what_is_not_allowed_names_what_is);
	tcase_add_test(t, type_apply__numbers_compare_as_they_are_written);
	tcase_add_test(t, type_apply__defaults_fill_what_is_not_given);
	tcase_add_loop_test(t, type_apply__numbers_have_bounds, 0, 6);
	suite_add_tcase(s, t);
	return s;
}
