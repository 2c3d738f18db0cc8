/* tests/unit/test_api.c -- docs/api.md names what the program can do, no more
 * and no less. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "uploader/route.h"

Suite *api_suite(void);

#define DOC "docs/api.md"

/* "GET /services/:/domains": what stands for a name is ':' in both. */
static void
add_route(struct dc_str *out, const char *method, size_t len, const char *path)
{
	bool is_name;
	size_t n;

	dc_str_addf(out, "%.*s ", (int)len, method);
	while (*path == '/') {
		n = 1 + strcspn(path + 1, "/");
		is_name =
		    path[1] == ':' ||
		    strspn(path + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == n - 1;
		dc_str_addf(out, "/%.*s", is_name ? 1 : (int)n - 1,
		    is_name ? ":" : path + 1);
		path += n;
	}
	dc_str_add(out, "\n");
}

/* "GET, POST /authorized_keys" below PREFIX. */
static void
add_cell(struct dc_str *out, const char *prefix, char *cell)
{
	char *path = strchr(cell, '/');
	dc_auto_free char *full = NULL;
	char *word, *save = NULL;

	full = dc_asprintf("%s%s", prefix, path != NULL ? path : "");
	if (path != NULL)
		*path = '\0';
	for (word = strtok_r(cell, ", ", &save); word != NULL;
	     word = strtok_r(NULL, ", ", &save))
		add_route(out, word, strlen(word), full);
}

/* Of the tables behind "method, path"; a heading says below what. */
static void
load_doc(struct dc_str *out)
{
	dc_auto_free char *text = NULL;
	dc_auto_free char *prefix = dc_strdup("");
	char *line, *save = NULL, *end;
	bool is_table = false;

	ck_assert_int_eq(dc_fs_load(&text, NULL, DOC, 1 << 20, NULL), 0);
	for (line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		if (dc_has_prefix(line, "## ")) {
			end = strstr(line, "Below /me");
			free(prefix);
			prefix = dc_strdup(end != NULL ? end + 9 : "");
			is_table = false;
		}
		if (dc_has_prefix(line, "| method, path")) {
			is_table = true;
			continue;
		}
		if (!is_table || !dc_has_prefix(line, "| "))
			continue;
		end = strstr(line + 2, " |");
		ck_assert_ptr_nonnull(end);
		*end = '\0';
		add_cell(out, prefix, line + 2);
	}
}

static void
load_program(struct dc_str *out)
{
	const struct route *r;
	size_t i;

	for (i = 0; (r = route_at(i)) != NULL; i++)
		add_route(out, r->method, strlen(r->method), r->pattern);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
sort_lines(struct dc_str *text)
{
	dc_auto_strv struct dc_strv lines = {0};
	struct dc_str out = {0};
	char *line, *save = NULL;
	size_t i;

	for (line = strtok_r(text->data, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save))
		dc_strv_add(&lines, line);
	qsort(lines.v, lines.n, sizeof(lines.v[0]), compare);
	for (i = 0; i < lines.n; i++)
		dc_str_addf(&out, "%s\n", lines.v[i]);
	dc_str_done(text);
	return dc_str_steal(&out);
}

START_TEST(doc__names_every_route_and_no_other)
{
	struct dc_str doc = {0}, program = {0};
	dc_auto_free char *a = NULL;
	dc_auto_free char *b = NULL;

	load_doc(&doc);
	load_program(&program);
	a = sort_lines(&doc);
	b = sort_lines(&program);
	ck_assert_str_eq(a, b);
}
END_TEST

Suite *
api_suite(void)
{
	Suite *s = suite_create("api");
	TCase *t = tcase_create("doc");

	tcase_add_test(t, doc__names_every_route_and_no_other);
	suite_add_tcase(s, t);
	return s;
}
