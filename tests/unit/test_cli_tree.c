/* tests/unit/test_cli_tree.c -- dcloud validate: what the build file names and
 * the directory has or has not. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/tree.h"
#include "common/base/auto.h"
#include "common/base/fs.h"

Suite *cli_tree_suite(void);

static char *tmp;

static void
setup(void)
{
	tmp = dc_strdup("/tmp/dc-tree-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tmp));
}

static void
teardown(void)
{
	ck_assert_int_eq(dc_fs_remove_tree(tmp, NULL), 0);
	free(tmp);
}

/* "a/b" an empty file, "a/" a directory, "a=TEXT" a file with it, "a->b" a
 * link; separated by spaces. */
static void
make(const char *spec)
{
	dc_auto_free char *words = dc_strdup(spec);
	char *word, *rest = words, *p;

	while ((word = strsep(&rest, " ")) != NULL) {
		dc_auto_free char *dir = dc_asprintf("%s/%s", tmp, word);
		dc_auto_free char *path = NULL;

		dir[strcspn(dir, "=>")] = '\0';
		p = strrchr(dir, '/');
		*p = '\0';
		ck_assert_int_eq(dc_fs_mkdirs(dir, 0755, NULL), 0);
		path = dc_asprintf("%s/%s", tmp, word);
		if ((p = strstr(path, "->")) != NULL) {
			*p = '\0';
			ck_assert_int_eq(symlink(p + 2, path), 0);
		} else if ((p = strchr(path, '=')) != NULL) {
			*p++ = '\0';
			ck_assert_int_eq(dc_fs_save(path, p, strlen(p), 0644,
					     NULL),
			    0);
		} else if (!dc_has_suffix(path, "/")) {
			ck_assert_int_eq(dc_fs_save(path, "", 0, 0644, NULL),
			    0);
		}
	}
}

/* The service's lines, the tree, and the one complaint: "E..." an error,
 * "W..." a warning, "" none. */
static const struct {
	const char *yml, *tree, *said;
} cases[] = {
    {"type: static", "x", ""},
    {"type: static, approot: a", "a/x", ""},
    {"type: static, approot: ./a/", "a/x", ""},
    {"type: static, approot: a", "x",
	"Ethe approot \"a\" of service \"www\" is no directory of the pushed "
	"tree"},
    {"type: static, approot: a", "a",
	"Ethe approot \"a\" of service \"www\" is no directory of the pushed "
	"tree"},
    {"type: custom, approot: a, buildscript: b", "b",
	"Wthe approot \"a\" of service \"www\" is no directory"},
    {"type: custom, buildscript: b/c", "b/c", ""},
    {"type: custom, buildscript: b/d", "b/c",
	"Ethe buildscript \"b/d\" of service \"www\" is no file of the pushed "
	"tree"},
    {"type: static, buildscript: b", "b",
	"Wthe buildscript of service \"www\" is not run"},
    {"type: custom", "x", "Enothing says what service \"www\" runs"},
    {"type: custom", "run", ""},
    {"type: custom, process: memcached", "x", ""},
    {"type: static, prebuild: ./p.sh --all", "p.sh", ""},
    {"type: static, prebuild: ./p.sh --all", "x",
	"Ethe prebuild \"./p.sh --all\" of service \"www\" is no file"},
    {"type: static, approot: a, postinstall: ../p.sh; ../q.sh", "a/x p.sh", ""},
    {"type: static, approot: a, postinstall: ../p.sh; ../q.sh", "a/x q.sh",
	"Wthe postinstall \"../p.sh; ../q.sh\" of service \"www\" is no file"},
    {"type: static, postinstall: ~/code/p", "p", ""},
    {"type: static, postinstall: ~/code/p", "x",
	"Wthe postinstall \"~/code/p\""},
    {"type: static, approot: a, postbuild: ~/current/p", "a/p", ""},
    {"type: static, postbuild: ./p", "p->/bin/true",
	"Ethe postbuild \"./p\" of service \"www\" leads out of the pushed"},
    {"type: static", "postinstall->/bin/true",
	"Ethe postinstall \"./postinstall\" of service \"www\" leads out of"},
    {"type: custom, approot: l, buildscript: b", "b l->/etc",
	"Ethe approot \"l\" of service \"www\" leads out of the pushed tree"},
    {"type: static, approot: l", "l->l",
	"Ethe approot \"l\" of service \"www\" leads out of the pushed tree"},
    {"type: static, postbuild: postbuild", "x", "Wthe postbuild \"postbuild\""},
    {"type: static, postbuild: rake assets", "x", ""},
    {"type: static, postbuild: rm -f ~/.netrc", "x", ""},
    {"type: static, postbuild: $HOME/x/y", "x", ""},
    {"type: static, postbuild: /bin/true", "x", ""},
    {"type: nodejs", "x",
	"Enothing says what service \"www\" runs: put a supervisord.conf into "
	"\".\", or \"process: COMMAND\" into dotcloud.yml, or a \"start\" "
	"script into package.json"},
    {"type: nodejs", "supervisor.conf",
	"Enothing says what service \"www\" runs: rename supervisor.conf to "
	"supervisord.conf in \".\""},
    {"type: nodejs", "supervisord.conf", ""},
    {"type: nodejs", "server.js", ""},
    {"type: nodejs, process: node x", "supervisor.conf",
	"Wthe supervisor.conf of service \"www\" is not read"},
    {"type: nodejs", "package.json={\"scripts\":{\"start\":\"x\"}}", ""},
    {"type: nodejs", "package.json={\"scripts\":{}}", "Enothing says what"},
    {"type: nodejs", "postinstall", "Wnothing says what"},
    {"type: nodejs, processes: {a: b}", "x", ""},
    {"type: python-worker", "x", "Enothing says what"},
    {"type: python-worker, process: a", "x", ""},
    {"type: python", "wsgi.py", ""},
    {"type: python", "x", "Ethere is no wsgi.py in \".\", the approot of"},
    {"type: python, process: a", "x", "Wthere is no wsgi.py"},
    {"type: ruby", "x", "Ethere is no config.ru"},
    {"type: java", "a.war", ""},
    {"type: java, approot: b", "b/a/WEB-INF/web.xml", ""},
    {"type: java", "x", "Ethere is no .war"},
    {"type: mysql, approot: nowhere", "x", ""},
    {"type: static", "a->b a/", ""},
    {"type: static", "a/l->../b", ""},
    {"type: static", "a/l->../../b",
	"Wthe link \"a/l\" leads out of the pushed tree (to \"../../b\"): it "
	"is "
	"not pushed"},
    {"type: static", "l->/etc/passwd", "Wthe link \"l\" leads out of"},
    {"type: static", ".git/l->/etc/passwd", ""},
    {"type: static, approot: l", "l->/etc",
	"Ethe approot \"l\" of service \"www\" leads out of the pushed tree"},
};

START_TEST(check__finds_what_a_push_would)
{
	dc_auto_free char *text = dc_asprintf("www: {%s}\n", cases[_i].yml);
	dc_auto_buildfile struct dc_buildfile file = {0};
	dc_auto_strv struct dc_strv errors = {0}, warnings = {0};
	struct dc_err err = DC_ERR_INIT;
	const char *said = cases[_i].said;
	const struct dc_strv *where = *said == 'E' ? &errors : &warnings;
	int fd, rc;

	make(cases[_i].tree);
	rc = dc_buildfile_parse(&file, text, strlen(text), NULL, &err);
	ck_assert_msg(rc == 0, "%s%s", text, err.msg);
	fd = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = tree_check(&errors, &warnings, &file, fd, &err);
	(void)close(fd);
	ck_assert_msg(rc == 0, "%s", err.msg);
	if (*said == '\0') {
		ck_assert_msg(errors.n == 0 && warnings.n == 0, "%s%s: %s",
		    text, cases[_i].tree,
		    errors.n > 0 ? errors.v[0] : warnings.v[0]);
		return;
	}
	ck_assert_msg(where->n > 0 &&
			  strncmp(where->v[0], said + 1, strlen(said) - 1) == 0,
	    "%s%s: %s", text, cases[_i].tree,
	    where->n > 0 ? where->v[0] : "nothing");
	ck_assert_msg(*said == 'E' || errors.n == 0, "%s%s", text,
	    errors.n > 0 ? errors.v[0] : "");
}
END_TEST

START_TEST(check__many_links_are_counted)
{
	dc_auto_buildfile struct dc_buildfile file = {0};
	dc_auto_strv struct dc_strv errors = {0}, warnings = {0};
	struct dc_err err = DC_ERR_INIT;
	int fd, i;

	for (i = 0; i < 9; i++) {
		dc_auto_free char *path = dc_asprintf("%s/%d", tmp, i);

		ck_assert_int_eq(symlink("/", path), 0);
	}
	fd = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(tree_check(&errors, &warnings, &file, fd, &err), 0);
	(void)close(fd);
	ck_assert_uint_eq(warnings.n, 6);
	ck_assert_str_eq(warnings.v[5],
	    "4 more links lead out of the pushed tree");
}
END_TEST

Suite *
cli_tree_suite(void)
{
	Suite *s = suite_create("cli_tree");
	TCase *tc = tcase_create("cli_tree");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, check__finds_what_a_push_would, 0,
	    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, check__many_links_are_counted);
	suite_add_tcase(s, tc);
	return s;
}
