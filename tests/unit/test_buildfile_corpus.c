/* tests/unit/test_buildfile_corpus.c -- whole files: the published ones (not
 * ours, so not in this repository), our example, the fuzzer's corpus. */
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/buildfile/buildfile.h"

Suite *buildfile_corpus_suite(void);
int fuzz_buildfile(const uint8_t *data, size_t size);

/* Whatever dotCloud had: what is parsed here is not about this platform. */
static const char *const every_type[] = {"custom", "java", "mongodb", "mysql",
    "nodejs", "perl", "perl-worker", "php", "php-worker", "postgis",
    "postgresql", "python", "python-worker", "rabbitmq", "redis", "ruby",
    "ruby-worker", "smtp", "solr", "static"};

#define NTYPES (sizeof(every_type) / sizeof(every_type[0]))

/* From the project root, or from wherever the tests are started below it. */
static int
find_up(char out[PATH_MAX], const char *name)
{
	char up[64] = "";
	int i;

	for (i = 0; i < 6; i++) {
		(void)snprintf(out, PATH_MAX, "%s%s", up, name);
		if (dc_fs_exists(out))
			return 0;
		(void)strncat(up, "../", sizeof(up) - strlen(up) - 1);
	}
	return DC_ENOTFOUND;
}

static void
parse_one(const char *path)
{
	dc_auto_buildfile struct dc_buildfile file = {0};
	struct dc_type v[NTYPES] = {{0}};
	struct dc_types types = {v, NTYPES};
	struct dc_err err = DC_ERR_INIT;
	dc_auto_free char *text = NULL;
	size_t len, i;
	int rc;

	for (i = 0; i < NTYPES; i++)
		v[i] = (struct dc_type){.name = (char *)every_type[i],
		    .http_port = 8080,
		    .port_name = (char *)"http"};
	ck_assert_int_eq(dc_fs_load(&text, &len, path, DC_MAX_BUILDFILE, &err),
	    0);
	rc = dc_buildfile_parse(&file, text, len, &types, &err);
	ck_assert_msg(rc == 0, "%s: %s", path, err.msg);
	ck_assert_uint_gt(file.nservices, 0);
	for (i = 0; i < file.warnings.n; i++)
		ck_abort_msg("%s: %s", path, file.warnings.v[i]);
}

/* What `dcloud validate` says of it: good, but for services that keep data. */
static void
validate_one(const char *path)
{
	dc_auto_buildfile struct dc_buildfile file = {0};
	dc_auto_types struct dc_types types = {0};
	struct dc_err err = DC_ERR_INIT;
	dc_auto_free char *dir = dc_strdup(path);
	char *name = strrchr(dir, '/');
	size_t i, ndata = 0;
	dc_auto_fd int fd = -1;
	int rc;

	*name++ = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(dc_types_load_own(&types, &err), 0);
	rc = dc_buildfile_validate(&file, fd, name, &types, &err);
	ck_assert_msg(rc == 0, "%s: %s", path, err.msg);
	for (i = 0; i < file.warnings.n; i++)
		ck_abort_msg("%s: %s", path, file.warnings.v[i]);
	for (i = 0; i < file.nservices; i++)
		ndata += dc_type_is_data(file.services[i].type) &&
			 dc_types_find(&types, file.services[i].type) == NULL;
	ck_assert_msg(file.errors.n == ndata, "%s: %s", path,
	    file.errors.n > 0 ? file.errors.v[0] : "no error");
}

static void
fuzz_one(const char *path)
{
	dc_auto_free char *text = NULL;
	size_t len;

	ck_assert_int_eq(dc_fs_load(&text, &len, path, 1 << 21, NULL), 0);
	ck_assert_int_eq(fuzz_buildfile((const uint8_t *)text, len), 0);
}

static int
each_file(const char *dir, const char *suffix, void (*fn)(const char *path))
{
	dc_auto_dir DIR *d = opendir(dir);
	const struct dirent *e;
	char path[PATH_MAX];
	int n = 0;

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || strlen(e->d_name) < strlen(suffix) ||
		    strcmp(e->d_name + strlen(e->d_name) - strlen(suffix),
			suffix) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		fn(path);
		n++;
	}
	return n;
}

START_TEST(parse__published_files_are_accepted)
{
	const char *dir = getenv("DCLOUD_CORPUS");
	char found[PATH_MAX];

	if (dir == NULL && find_up(found, "../shared/corpus") == 0)
		dir = found;
	if (dir == NULL) {
		ck_assert_msg(getenv("CI") == NULL,
		    "no corpus: set DCLOUD_CORPUS to its directory");
		(void)fprintf(stderr, "SKIPPED: no corpus of published files "
				      "(set DCLOUD_CORPUS)\n");
		return;
	}
	ck_assert_int_gt(each_file(dir, ".yml", parse_one), 0);
	ck_assert_int_gt(each_file(dir, ".yml", validate_one), 0);
}
END_TEST

START_TEST(parse__our_example_is_accepted)
{
	char path[PATH_MAX];

	ck_assert_int_eq(find_up(path, "dotcloud.yml.example"), 0);
	parse_one(path);
}
END_TEST

START_TEST(fuzz__its_corpus_passes)
{
	char dir[PATH_MAX];

	ck_assert_int_eq(find_up(dir, "tests/data/buildfile"), 0);
	ck_assert_int_gt(each_file(dir, "", fuzz_one), 10);
}
END_TEST

Suite *
buildfile_corpus_suite(void)
{
	Suite *s = suite_create("buildfile_corpus");
	TCase *tc = tcase_create("buildfile_corpus");

	tcase_add_test(tc, parse__published_files_are_accepted);
	tcase_add_test(tc, parse__our_example_is_accepted);
	tcase_add_test(tc, fuzz__its_corpus_passes);
	suite_add_tcase(s, tc);
	return s;
}
