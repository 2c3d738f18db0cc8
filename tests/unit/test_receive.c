/* tests/unit/test_receive.c -- uploads: what an ssh client may ask for, and
 * trees that strangers wrote. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fs.h"
#include "common/base/str.h"
#include "uploader/paths.h"
#include "uploader/share.h"
#include "uploader/tail.h"
#include "uploader/tree.h"
#include "uploader/words.h"

Suite *receive_suite(void);

static char *
words(const char *text)
{
	dc_auto_strv struct dc_strv sv = {0};
	struct dc_str s = {0};
	size_t i;

	ck_assert_int_eq(words_parse(&sv, text, NULL), 0);
	for (i = 0; i < sv.n; i++)
		dc_str_addf(&s, "<%s>", sv.v[i]);
	return dc_str_steal(&s);
}

START_TEST(words_parse__as_clients_quote)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
	    {"", ""},
	    {"  a  b ", "<a><b>"},
	    {"git-receive-pack '/blog.git'", "<git-receive-pack></blog.git>"},
	    {"x 'it'\\''s'", "<x><it's>"},
	    {"x a\\ b\\*", "<x><a b*>"},
	    {"x \"a \\\" $b\"", "<x><a \" $b>"},
	    {"x '' \"\"", "<x><><>"},
	    {"x $(id) `id` ;id &id |id", "<x><$(id)><`id`><;id><&id><|id>"},
	};
	char *text = words(cases[_i].text);

	ck_assert_str_eq(text, cases[_i].words);
	free(text);
}
END_TEST

START_TEST(words_parse__refuses)
{
	static const char *const bad[] = {"a 'b", "a \"b", "a\nb", "a\tb",
	    "a\x7f"};
	dc_auto_strv struct dc_strv sv = {0};

	ck_assert_int_eq(words_parse(&sv, bad[_i], NULL), DC_EINVAL);
}
END_TEST

START_TEST(words_parse__is_bounded)
{
	dc_auto_strv struct dc_strv sv = {0};
	char *text = dc_xcalloc(1, 10000);
	size_t i;

	memset(text, 'a', 9999);
	ck_assert_int_eq(words_parse(&sv, text, NULL), DC_EINVAL);
	for (i = 0; i < 500; i++)
		memcpy(text + i * 2, "a ", 2);
	text[1000] = '\0';
	ck_assert_int_eq(words_parse(&sv, text, NULL), DC_EINVAL);
	free(text);
}
END_TEST

START_TEST(target_parse__the_kinds)
{
	static const struct {
		const char *path, *app, *name;
		enum target_kind kind;
	} cases[] = {
	    {"/blog.git", "blog", NULL, TARGET_PLAIN},
	    {"blog.git/", "blog", NULL, TARGET_PLAIN},
	    {"/blog/git/feature/x", "blog", "feature/x", TARGET_BRANCH},
	    {"/blog/git/a%23b", "blog", "a#b", TARGET_BRANCH},
	    {"/blog/commit/abc1234", "blog", "abc1234", TARGET_COMMIT},
	    {"/blog/rsync/", "blog", NULL, TARGET_RSYNC},
	    {"blog/hg", "blog", NULL, TARGET_HG},
	    {"blog/hg/branch/feature%2Fx", "blog", "feature/x",
		TARGET_HG_BRANCH},
	    {"blog/hg/commit/abc1234", "blog", "abc1234", TARGET_HG_COMMIT},
	};
	target_auto struct target t = {0};

	ck_assert_int_eq(target_parse(&t, cases[_i].path, NULL), 0);
	ck_assert_str_eq(t.app, cases[_i].app);
	ck_assert_int_eq(t.kind, cases[_i].kind);
	if (cases[_i].name != NULL)
		ck_assert_str_eq(t.name, cases[_i].name);
}
END_TEST

START_TEST(target_parse__nothing_else)
{
	static const char *const bad[] = {"", "/", "/blog", "/../blog.git",
	    "/blog/../x.git", "/Blog.git", "/blog.git/hooks", "/blog/git/",
	    "/blog/git/../x", "/blog/git/-x", "/blog/git/a..b",
	    "/blog/git/a%2e%2e/b", "/blog/git/%2e/b", "/blog/git/a%20b",
	    "/blog/git//x", "/blog/git/x.lock", "/blog/git/x/.y",
	    "/blog/commit/HEAD", "/blog/commit/abc", "/blog/rsync/x",
	    "//blog.git", "/blog/hg/x", "/blog/hg/branch/",
	    "/blog/hg/branch/a\"b", "/blog/hg/branch/a%22b",
	    "/blog/hg/commit/tip"};
	target_auto struct target t = {0};

	ck_assert_int_eq(target_parse(&t, bad[_i], NULL), DC_EINVAL);
}
END_TEST

static char dir[64];

static void
make_dir(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/dcloud-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
remove_dir(void)
{
	ck_assert_int_eq(dc_fs_remove_tree(dir, NULL), DC_OK);
}

static char *
in_dir(const char *name)
{
	return dc_asprintf("%s/%s", dir, name);
}

static void
save(const char *name, const char *text, mode_t mode)
{
	char *path = in_dir(name);

	ck_assert_int_eq(dc_fs_save(path, text, strlen(text), mode, NULL), 0);
	free(path);
}

static mode_t
mode_of(const char *name)
{
	char *path = in_dir(name);
	struct stat st;
	int rc = lstat(path, &st);

	free(path);
	return rc < 0 ? 0 : st.st_mode;
}

START_TEST(tree_clean__leaves_only_harmless_things)
{
	char *fifo = in_dir("fifo"), *link = in_dir("link");
	char *sub = in_dir("sub"), *outside = dc_asprintf("%s.out", dir);

	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(dc_fs_save(outside, "x", 1, 0600, NULL), 0);
	ck_assert_int_eq(symlink(outside, link), 0);
	save("setuid", "x", 06755);
	save("secret", "x", 0);
	ck_assert_int_eq(mkdir(sub, 0), 0);
	ck_assert_int_eq(tree_clean(dir, NULL), 0);
	ck_assert_int_eq(mode_of("fifo"), 0);
	ck_assert_int_eq(mode_of("setuid") & 07777, 0755);
	ck_assert_int_eq(mode_of("secret") & 07777, 0400);
	ck_assert_int_eq(mode_of("sub") & 07777, 0700);
	ck_assert(S_ISLNK(mode_of("link")));
	ck_assert_int_eq(unlink(outside), 0);
	free(fifo);
	free(link);
	free(sub);
	free(outside);
}
END_TEST

START_TEST(tree_clean__depth_is_bounded)
{
	struct dc_str path = {0};
	int i;

	dc_str_add(&path, dir);
	for (i = 0; i < 140; i++)
		dc_str_add(&path, "/d");
	ck_assert_int_eq(dc_fs_mkdirs(path.data, 0755, NULL), 0);
	ck_assert_int_eq(tree_clean(dir, NULL), DC_EUSER);
	dc_str_done(&path);
}
END_TEST

static ino_t
inode_of(const char *name)
{
	char *path = in_dir(name);
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	free(path);
	return st.st_ino;
}

START_TEST(share__only_what_is_the_same)
{
	char *ours = in_dir("new"), *base = in_dir("old");
	char *a = in_dir("old/link"), *b = in_dir("new/link");
	char *sub = in_dir("new/sub"), *old_sub = in_dir("old/sub");

	ck_assert_int_eq(dc_fs_mkdirs(sub, 0755, NULL), 0);
	ck_assert_int_eq(dc_fs_mkdirs(base, 0755, NULL), 0);
	save("old/same", "x", 0644);
	save("new/same", "x", 0644);
	save("old/text", "x", 0644);
	save("new/text", "y", 0644);
	save("old/mode", "x", 0644);
	save("new/mode", "x", 0755);
	save("outside", "x", 0644);
	/* A directory there, a way out here; and a file behind one. */
	save("new/sub/outside", "x", 0644);
	ck_assert_int_eq(symlink("..", old_sub), 0);
	ck_assert_int_eq(symlink("../outside", a), 0);
	save("new/link", "x", 0644);
	ck_assert_int_eq(share_run(ours, base, NULL), 0);
	ck_assert_int_eq(share_run(ours, base, NULL), 0);
	ck_assert_uint_eq(inode_of("new/same"), inode_of("old/same"));
	ck_assert_uint_ne(inode_of("new/text"), inode_of("old/text"));
	ck_assert_uint_ne(inode_of("new/mode"), inode_of("old/mode"));
	ck_assert_uint_ne(inode_of("new/sub/outside"), inode_of("outside"));
	ck_assert_uint_ne(inode_of("new/link"), inode_of("outside"));
	ck_assert_uint_eq(mode_of("new/.dcloud-linked"), 0);
	ck_assert_int_eq(share_run(ours, b, NULL), 0);
	free(ours);
	free(base);
	free(a);
	free(b);
	free(sub);
	free(old_sub);
}
END_TEST

static int
add_line(const struct tail_mark *mark, const char *line, void *arg,
    struct dc_err *err)
{
	(void)err;
	dc_str_addf(arg, "%s:%s|", mark->name, line != NULL ? line : "-");
	return 0;
}

/* As a reader who comes back from place to place would. */
static struct tail_mark last;

static int
keep_mark(const struct tail_mark *mark, const char *line, void *arg,
    struct dc_err *err)
{
	last = (struct tail_mark){"a.log", mark->inode, mark->offset};
	return add_line(mark, line, arg, err);
}

/* One connection: all there is since MARK (NULL: the last two lines). */
static void
read_since(const struct tail_mark *mark, const char *expected)
{
	const struct tail_start start = {mark, mark != NULL, 2};
	struct dc_str s = {0};
	struct tail *t;

	dc_str_add(&s, "");
	ck_assert_int_eq(tail_open(&t, dir, &start, -1, NULL), 0);
	ck_assert_int_eq(tail_read(t, false, keep_mark, &s, NULL), 0);
	ck_assert_str_eq(s.data, expected);
	tail_close(t);
	dc_str_done(&s);
}

static void
append(const char *name, const char *text)
{
	char *path = in_dir(name);
	FILE *f = fopen(path, "ae");

	ck_assert_ptr_nonnull(f);
	(void)fputs(text, f);
	(void)fclose(f);
	free(path);
}

START_TEST(tail__goes_on_where_a_reader_was)
{
	char *now = in_dir("a.log"), *one = in_dir("a.log.1");
	char *two = in_dir("a.log.2");
	struct tail_mark mark;

	save("a.log", "1\n2\nhal", 0644);
	read_since(NULL, "a.log:2|");
	mark = last;
	append("a.log", "f\n");
	read_since(&mark, "a.log:half|");
	mark = last;
	read_since(&mark, "");
	/* Rotated twice while nobody was there. */
	append("a.log", "3\n");
	ck_assert_int_eq(rename(now, one), 0);
	append("a.log", "4\n");
	ck_assert_int_eq(rename(one, two), 0);
	ck_assert_int_eq(rename(now, one), 0);
	append("a.log", "5\n");
	read_since(&mark, "a.log:3|a.log:4|a.log:5|");
	mark = last;
	append("a.log", "6\n");
	read_since(&mark, "a.log:6|");
	free(now);
	free(one);
	free(two);
}
END_TEST

START_TEST(tail__tells_where_silent_files_are)
{
	const struct tail_start start = {.n = 0};
	struct dc_str s = {0};
	struct tail *t;

	save("a.log", "1\n2\n", 0644);
	ck_assert_int_eq(tail_open(&t, dir, &start, -1, NULL), 0);
	ck_assert_int_eq(tail_read(t, false, keep_mark, &s, NULL), 0);
	ck_assert_int_eq(tail_tell(t, keep_mark, &s, NULL), 0);
	ck_assert_str_eq(s.data, "a.log:-|");
	ck_assert_int_eq(last.offset, 4);
	tail_close(t);
	dc_str_done(&s);
}
END_TEST

START_TEST(tail__last_lines_then_what_comes)
{
	char *link = in_dir("evil.log"), *from = in_dir("a.log");
	char *to = in_dir("a.log.1");
	const struct tail_start start = {.n = 2};
	struct dc_str s = {0};
	struct tail *t;

	save("a.log", "1\n2\n3\n", 0644);
	ck_assert_int_eq(symlink("/etc/passwd", link), 0);
	ck_assert_int_eq(tail_open(&t, dir, &start, -1, NULL), 0);
	ck_assert_int_eq(tail_read(t, false, add_line, &s, NULL), 0);
	ck_assert_str_eq(s.data, "a.log:2|a.log:3|");
	append("a.log", "4\nhal");
	ck_assert_int_eq(tail_read(t, false, add_line, &s, NULL), 0);
	append("a.log", "f\nend\n");
	ck_assert_int_eq(rename(from, to), 0);
	append("a.log", "new\n");
	ck_assert_int_eq(tail_read(t, false, add_line, &s, NULL), 0);
	ck_assert_str_eq(s.data,
	    "a.log:2|a.log:3|a.log:4|a.log:half|a.log:end|a.log:new|");
	tail_close(t);
	dc_str_done(&s);
	free(link);
	free(from);
	free(to);
}
END_TEST

static const struct {
	const char *approot, *buildscript, *prebuild, *postinstall;
	int rc;
	const char *said;
} leads[] = {
    {".", NULL, NULL, NULL, 0, NULL},
    {"sub", "run", "./hook", "~/x", 0, NULL},
    {"inside", "sub/run", "/bin/true", "echo out", 0, NULL},
    {"not-there", "not-there", "not-there", NULL, 0, NULL},
    {"out", NULL, NULL, NULL, DC_EUSER, "\"approot\" of service \"www\""},
    {"absolute", NULL, NULL, NULL, DC_EUSER, "leads out"},
    {"loop", NULL, NULL, NULL, DC_EUSER, "symbolic link to itself"},
    {"sub", "absolute", NULL, NULL, DC_EUSER, "\"buildscript\""},
    {".", NULL, "out && true", NULL, DC_EUSER, "\"prebuild\""},
    {"sub", NULL, "../absolute/x", NULL, DC_EUSER, "'sub/../absolute/x'"},
    {".", NULL, NULL, "loop;true", DC_EUSER, "\"postinstall\""},
    {"sub/own", NULL, NULL, NULL, DC_EUSER, "'sub/own/./postinstall'"},
};

START_TEST(paths_check__links_that_lead_out)
{
	struct dc_service_def def = {.name = (char *)"www",
	    .approot = (char *)leads[_i].approot,
	    .buildscript = (char *)leads[_i].buildscript,
	    .prebuild = (char *)leads[_i].prebuild,
	    .postinstall = (char *)leads[_i].postinstall};
	const struct dc_buildfile file = {.services = &def, .nservices = 1};
	struct dc_err err = DC_ERR_INIT;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(mkdirat(fd, "sub", 0755), 0);
	ck_assert_int_eq(mkdirat(fd, "sub/own", 0755), 0);
	ck_assert_int_eq(symlinkat("sub", fd, "inside"), 0);
	ck_assert_int_eq(symlinkat("../../etc", fd, "out"), 0);
	ck_assert_int_eq(symlinkat("/etc", fd, "absolute"), 0);
	ck_assert_int_eq(symlinkat("loop", fd, "loop"), 0);
	ck_assert_int_eq(symlinkat("/bin/true", fd, "sub/own/postinstall"), 0);
	ck_assert_int_eq(paths_check(&file, fd, &err), leads[_i].rc);
	if (leads[_i].said != NULL)
		ck_assert_msg(strstr(err.msg, leads[_i].said) != NULL, "%s",
		    err.msg);
	(void)close(fd);
}
END_TEST

Suite *
receive_suite(void)
{
	Suite *s = suite_create("receive");
	TCase *t = tcase_create("words");
	TCase *trees = tcase_create("trees");

	tcase_add_loop_test(t, words_parse__as_clients_quote, 0, 8);
	tcase_add_loop_test(t, words_parse__refuses, 0, 5);
	tcase_add_test(t, words_parse__is_bounded);
	tcase_add_loop_test(t, target_parse__the_kinds, 0, 9);
	tcase_add_loop_test(t, target_parse__nothing_else, 0, 26);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(trees, make_dir, remove_dir);
	tcase_add_test(trees, tree_clean__leaves_only_harmless_things);
	tcase_add_test(trees, tree_clean__depth_is_bounded);
	tcase_add_test(trees, share__only_what_is_the_same);
	tcase_add_loop_test(trees, paths_check__links_that_lead_out, 0,
	    sizeof(leads) / sizeof(leads[0]));
	tcase_add_test(trees, tail__last_lines_then_what_comes);
	tcase_add_test(trees, tail__goes_on_where_a_reader_was);
	tcase_add_test(trees, tail__tells_where_silent_files_are);
	suite_add_tcase(s, trees);
	return s;
}
