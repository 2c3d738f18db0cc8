/* tests/unit/test_cli_push.c -- cli: where a push goes, and with what. The
 * repositories are real ones, made by git. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buildfile.h"
#include "cli/endpoint.h"
#include "cli/hosts.h"
#include "cli/push.h"
#include "cli/repo.h"
#include "cli/rsync.h"
#include "cli/service.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/base/str.h"

Suite *cli_push_suite(void);

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

static void
git(const char *text)
{
	dc_auto_free char *copy = dc_strdup(text);
	dc_auto_strv struct dc_strv argv = {0};
	struct dc_err err = DC_ERR_INIT;
	char *word, *save = NULL;
	int rc;

	dc_strv_add(&argv, "git");
	dc_strv_add(&argv, "-C");
	dc_strv_add(&argv, dir);
	dc_strv_add(&argv, "-c");
	dc_strv_add(&argv, "user.name=t");
	dc_strv_add(&argv, "-c");
	dc_strv_add(&argv, "user.email=t@localhost");
	for (word = strtok_r(copy, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save))
		dc_strv_add(&argv, word);
	rc = dc_spawn_run(argv.v, NULL, NULL, NULL, NULL, &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
}

static void
write_file(const char *name)
{
	dc_auto_free char *path = dc_asprintf("%s/%s", dir, name);

	ck_assert_int_eq(dc_fs_save(path, name, strlen(name), 0600, NULL),
	    DC_OK);
}

static void
write_text(const char *name, const char *text)
{
	dc_auto_free char *path = dc_asprintf("%s/%s", dir, name);

	ck_assert_int_eq(dc_fs_save(path, text, strlen(text), 0600, NULL),
	    DC_OK);
}

static void
make_repo(void)
{
	git("init -q -b feature/x");
	write_file("dotcloud.yml");
	git("add -A");
	git("commit -q -m one");
}

static enum protocol
choose(const struct opts *o, enum protocol saved)
{
	dc_auto_free char *why = NULL;
	struct dc_err err = DC_ERR_INIT;
	enum protocol p = PROTOCOL_AUTO;
	int rc = push_find_protocol(&p, &why, o, saved, dir, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_ptr_nonnull(why);
	return p;
}

START_TEST(protocol__a_plain_directory_goes_by_rsync)
{
	const struct opts none = {0}, git_flag = {.git = true};

	ck_assert_int_eq(choose(&none, PROTOCOL_AUTO), PROTOCOL_RSYNC);
	ck_assert_int_eq(choose(&none, PROTOCOL_GIT), PROTOCOL_GIT);
	ck_assert_int_eq(choose(&git_flag, PROTOCOL_RSYNC), PROTOCOL_GIT);
}
END_TEST

START_TEST(protocol__a_work_tree_with_a_commit_goes_by_git)
{
	const struct opts none = {0}, rsync_flag = {.rsync = true};

	git("init -q");
	ck_assert_int_eq(choose(&none, PROTOCOL_AUTO), PROTOCOL_RSYNC);
	make_repo();
	ck_assert_int_eq(choose(&none, PROTOCOL_AUTO), PROTOCOL_GIT);
	ck_assert_int_eq(choose(&none, PROTOCOL_RSYNC), PROTOCOL_RSYNC);
	ck_assert_int_eq(choose(&rsync_flag, PROTOCOL_GIT), PROTOCOL_RSYNC);
}
END_TEST

START_TEST(protocol__only_the_root_of_a_work_tree_counts)
{
	const struct opts none = {0};
	enum protocol p = PROTOCOL_AUTO;
	dc_auto_free char *sub = NULL;
	dc_auto_free char *why = NULL;
	int rc;

	make_repo();
	sub = dc_asprintf("%s/sub", dir);
	ck_assert_int_eq(mkdir(sub, 0700), 0);
	rc = push_find_protocol(&p, &why, &none, PROTOCOL_AUTO, sub, NULL);
	ck_assert_int_eq(rc, DC_OK);
	ck_assert_int_eq(p, PROTOCOL_RSYNC);
}
END_TEST

START_TEST(protocol__mercurial_as_asked_or_saved)
{
	const struct opts none = {0}, hg = {.hg = true};
	enum protocol p = PROTOCOL_AUTO;
	char *why = NULL;

	ck_assert_int_eq(push_find_protocol(&p, &why, &hg, PROTOCOL_GIT, dir,
			     NULL),
	    0);
	ck_assert_int_eq(p, PROTOCOL_HG);
	ck_assert_str_eq(why, "as asked for");
	free(why);
	ck_assert_int_eq(push_find_protocol(&p, &why, &none, PROTOCOL_HG, dir,
			     NULL),
	    0);
	ck_assert_int_eq(p, PROTOCOL_HG);
	ck_assert_ptr_nonnull(strstr(why, "--rsync overrides"));
	free(why);
}
END_TEST

START_TEST(repo__branches_and_commits_are_found)
{
	dc_auto_repo struct repo *r = NULL;
	dc_auto_free char *branch = NULL;
	dc_auto_free char *head = NULL;
	dc_auto_free char *tip = NULL;
	char *none = NULL;

	make_repo();
	ck_assert_int_eq(repo_open(&r, dir, NULL), DC_OK);
	ck_assert_int_eq(repo_find_branch(&branch, r, NULL), DC_OK);
	ck_assert_str_eq(branch, "feature/x");
	ck_assert_int_eq(repo_find_commit(&head, r, "HEAD", NULL), DC_OK);
	ck_assert_int_eq(repo_find_head(&tip, r, "feature/x", NULL), DC_OK);
	ck_assert_str_eq(head, tip);
	ck_assert_uint_eq(strlen(head), 40);
	ck_assert_int_eq(repo_find_head(&none, r, "x", NULL), DC_ENOTFOUND);
	git("checkout -q --detach");
	ck_assert_int_eq(repo_find_branch(&none, r, NULL), DC_ENOTFOUND);
}
END_TEST

START_TEST(repo__uncommitted_files_are_counted_without_our_own)
{
	dc_auto_repo struct repo *r = NULL;
	dc_auto_free char *own = dc_asprintf("%s/.dotcloud", dir);
	size_t n = 99;

	make_repo();
	ck_assert_int_eq(mkdir(own, 0700), 0);
	write_file(".dotcloud/config");
	ck_assert_int_eq(repo_open(&r, dir, NULL), DC_OK);
	ck_assert_int_eq(repo_count_dirty(&n, r, NULL), DC_OK);
	ck_assert_uint_eq(n, 0);
	write_file("new");
	git("mv dotcloud.yml moved.yml");
	ck_assert_int_eq(repo_count_dirty(&n, r, NULL), DC_OK);
	ck_assert_uint_ge(n, 2);
	ck_assert(!repo_has_submodules(r));
}
END_TEST

/* What the server says of the same text, but for the types: its own to say. */
static const struct {
	const char *text, *message; /* NULL: nothing is wrong */
} files[] = {
    {"www:\n  type: custom\n", NULL},
    {"www:\n  type: solr\n", NULL},
    {"", "\"dotcloud.yml\" is empty!"},
    {"www:\n  type: ours\n", NULL},
    {"www:\n  color: red\n",
	"Missing mandatory entry: \"type\" in \"dotcloud.yml\", line 2, column "
	"3:\n      color: red\n      ^"},
};

static void
check_file(int rc, const struct dc_err *err, int i)
{
	ck_assert_msg(rc == (files[i].message != NULL ? DC_EINVAL : DC_OK),
	    "%d: %s", rc, err->msg);
	if (files[i].message != NULL)
		ck_assert_str_eq(err->msg, files[i].message);
}

START_TEST(buildfile__of_a_directory_is_judged_as_by_the_server)
{
	struct dc_err err = DC_ERR_INIT;

	write_text("dotcloud.yml", files[_i].text);
	check_file(buildfile_check_dir(dir, NULL, &err), &err, _i);
}
END_TEST

START_TEST(buildfile__of_a_commit_is_judged_whatever_lies_beside_it)
{
	dc_auto_repo struct repo *r = NULL;
	dc_auto_free char *head = NULL;
	struct dc_err err = DC_ERR_INIT;

	git("init -q");
	write_text("dotcloud.yml", files[_i].text);
	git("add -A");
	git("commit -q -m one");
	write_text("dotcloud.yml", "\t");
	ck_assert_int_eq(repo_open(&r, dir, NULL), DC_OK);
	ck_assert_int_eq(repo_find_commit(&head, r, "HEAD", NULL), DC_OK);
	check_file(buildfile_check_commit(r, head, NULL, &err), &err, _i);
}
END_TEST

START_TEST(buildfile__that_is_missing_is_the_servers_to_say)
{
	dc_auto_repo struct repo *r = NULL;
	dc_auto_free char *head = NULL;

	ck_assert_int_eq(buildfile_check_dir(dir, NULL, NULL), DC_OK);
	git("init -q");
	git("commit -q --allow-empty -m none");
	ck_assert_int_eq(repo_open(&r, dir, NULL), DC_OK);
	ck_assert_int_eq(repo_find_commit(&head, r, "HEAD", NULL), DC_OK);
	ck_assert_int_eq(buildfile_check_commit(r, head, NULL, NULL), DC_OK);
}
END_TEST

START_TEST(buildfile__that_is_a_link_or_a_directory_is_refused)
{
	dc_auto_free char *path = dc_asprintf("%s/dotcloud.yml", dir);
	dc_auto_repo struct repo *r = NULL;
	dc_auto_free char *link = NULL;
	dc_auto_free char *tree = NULL;

	git("init -q");
	write_text("other", "www:\n  type: custom\n");
	ck_assert_int_eq(symlink("other", path), 0);
	ck_assert_int_eq(buildfile_check_dir(dir, NULL, NULL), DC_EINVAL);
	git("add -A");
	git("commit -q -m link");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(buildfile_check_dir(dir, NULL, NULL), DC_EINVAL);
	write_text("dotcloud.yml/file", "");
	git("add -A");
	git("commit -q -m directory");
	ck_assert_int_eq(repo_open(&r, dir, NULL), DC_OK);
	ck_assert_int_eq(repo_find_commit(&link, r, "HEAD~1", NULL), DC_OK);
	ck_assert_int_eq(repo_find_commit(&tree, r, "HEAD", NULL), DC_OK);
	ck_assert_int_eq(buildfile_check_commit(r, link, NULL, NULL),
	    DC_EINVAL);
	ck_assert_int_eq(buildfile_check_commit(r, tree, NULL, NULL),
	    DC_EINVAL);
}
END_TEST

START_TEST(repo__a_file_that_is_too_large_is_refused)
{
	dc_auto_repo struct repo *r = NULL;
	dc_auto_free char *head = NULL;
	dc_auto_free char *text = NULL;
	size_t len = 0;

	make_repo();
	ck_assert_int_eq(repo_open(&r, dir, NULL), DC_OK);
	ck_assert_int_eq(repo_find_commit(&head, r, "HEAD", NULL), DC_OK);
	ck_assert_int_eq(repo_load_file(&text, &len, r, head, "dotcloud.yml",
			     11, NULL),
	    DC_EINVAL);
	ck_assert_ptr_null(text);
	ck_assert_int_eq(repo_load_file(&text, &len, r, head, "dotcloud.yml",
			     12, NULL),
	    DC_OK);
	ck_assert_str_eq(text, "dotcloud.yml");
	ck_assert_uint_eq(len, 12);
}
END_TEST

START_TEST(urls__are_of_the_services_that_run_the_revision)
{
	static const char text[] =
	    "{\"services\": ["
	    "{\"domains\": [{\"url\": \"http://old/\"}],"
	    " \"instances\": [{\"revision\": \"r1\"}]},"
	    "{\"domains\": [{\"url\": \"http://new/\"}],"
	    " \"instances\": [{\"revision\": \"r1\"},"
	    " {\"revision\": \"r2\"}]},"
	    "{\"domains\": [{\"url\": \"http://none/\"}], \"instances\": []}]}";
	dc_auto_json struct dc_json *a = NULL;
	dc_auto_free char *urls = NULL;
	dc_auto_free char *none = NULL;

	ck_assert_int_eq(dc_json_parse(&a, text, strlen(text), NULL), DC_OK);
	urls = service_format_all_urls(a, "r2");
	none = service_format_all_urls(a, "r3");
	ck_assert_str_eq(urls, "http://new/");
	ck_assert_str_eq(none, "");
}
END_TEST

static const struct {
	const char *url, *host, *path;
	int port;
} good[] = {
    {"ssh://dcloud@127.0.0.1:2022/blog/rsync", "127.0.0.1", "/blog/rsync",
	2022},
    {"ssh://dcloud@push.example.com/blog/git/feature/x", "push.example.com",
	"/blog/git/feature/x", 22},
    {"ssh://dcloud@[::1]:2022/a", "::1", "/a", 2022},
};

START_TEST(endpoint__parts_are_found)
{
	struct endpoint e = {0};
	int rc = endpoint_parse(&e, good[_i].url, NULL);

	ck_assert_int_eq(rc, DC_OK);
	ck_assert_str_eq(e.url, good[_i].url);
	ck_assert_str_eq(e.user, "dcloud");
	ck_assert_str_eq(e.host, good[_i].host);
	ck_assert_str_eq(e.path, good[_i].path);
	ck_assert_int_eq(e.port, good[_i].port);
	endpoint_done(&e);
}
END_TEST

static const char *const bad[] = {
    "",
    "http://dcloud@h/a",
    "ssh://h/a",
    "ssh://dcloud@h",
    "ssh://dcloud@-oProxyCommand=x/a",
    "ssh://-l@h/a",
    "ssh://dcloud@h:0/a",
    "ssh://dcloud@h:70000/a",
    "ssh://dcloud@h:22x/a",
    "ssh://dcloud@[::1/a",
    "ssh://dcloud@[::1]x/a",
    "ssh://dcloud@h/a b",
    "ssh://dcloud@h/a;reboot",
    "ssh://dcloud@h/$(reboot)",
    "ssh://dcloud@h@i/a",
};

START_TEST(endpoint__what_could_be_an_option_is_refused)
{
	struct endpoint e = {0};

	ck_assert_int_eq(endpoint_parse(&e, bad[_i], NULL), DC_EINVAL);
	ck_assert_ptr_null(e.url);
}
END_TEST

START_TEST(endpoint__git_is_given_the_applications_own)
{
	struct endpoint e = {0};
	dc_auto_free char *v4 = NULL;
	dc_auto_free char *v6 = NULL;

	ck_assert_int_eq(endpoint_parse(&e, good[0].url, NULL), DC_OK);
	v4 = endpoint_format_git(&e, "blog");
	endpoint_done(&e);
	ck_assert_int_eq(endpoint_parse(&e, good[2].url, NULL), DC_OK);
	v6 = endpoint_format_git(&e, "blog");
	endpoint_done(&e);
	ck_assert_str_eq(v4, "ssh://dcloud@127.0.0.1:2022/blog.git");
	ck_assert_str_eq(v6, "ssh://dcloud@[::1]:2022/blog.git");
}
END_TEST

START_TEST(rsync__has_the_options_of_the_contract)
{
	struct config c = {.key = (char *)"/h o'me/50%/key",
	    .known_hosts = (char *)"/h o'me/known"};
	dc_auto_strv struct dc_strv argv = {0};
	dc_auto_str struct dc_str all = {0};
	struct endpoint e = {0};
	size_t i;

	dc_str_add(&all, "");
	write_file(".dotcloudignore");
	ck_assert_int_eq(endpoint_parse(&e, good[0].url, NULL), DC_OK);
	rsync_format(&argv, &c, &e, dir, RSYNC_QUIET);
	endpoint_done(&e);
	for (i = 0; i < argv.n; i++)
		dc_str_addf(&all, "%s|", argv.v[i]);
	ck_assert_ptr_nonnull(strstr(all.data,
	    "rsync|-lpthrz|--delete|--safe-links|--exclude=*.pyc|"
	    "--exclude=.git|--exclude=.hg|--exclude-from=/tmp/"));
	ck_assert_ptr_nonnull(strstr(all.data,
	    "|-e|ssh -i '/h o''me/50%%/key' -o "
	    "'UserKnownHostsFile=\"/h o''me/known\"' -o IdentitiesOnly=yes "));
	ck_assert_ptr_nonnull(
	    strstr(all.data, "/|dcloud@127.0.0.1:/blog/rsync/|"));
}
END_TEST

START_TEST(hosts__trusted_on_first_use_and_never_another_key)
{
	static const char one[] = "\0\0\0\013ssh-ed25519ONE";
	static const char two[] = "\0\0\0\013ssh-ed25519TWO";
	static const char cut[] = "\0\0\0\377ssh-ed25519";
	dc_auto_free char *file = dc_asprintf("%s/known_hosts", dir);
	dc_auto_free char *text = NULL;
	struct endpoint e = {0};

	ck_assert_int_eq(endpoint_parse(&e, good[0].url, NULL), DC_OK);
	ck_assert_int_eq(hosts_check(file, &e, one, sizeof(one) - 1, NULL),
	    DC_OK);
	ck_assert_int_eq(hosts_check(file, &e, one, sizeof(one) - 1, NULL),
	    DC_OK);
	ck_assert_int_eq(hosts_check(file, &e, two, sizeof(two) - 1, NULL),
	    DC_EDENIED);
	ck_assert_int_eq(hosts_check(file, &e, cut, sizeof(cut) - 1, NULL),
	    DC_EINVAL);
	e.port = 2023;
	ck_assert_int_eq(hosts_check(file, &e, two, sizeof(two) - 1, NULL),
	    DC_OK);
	endpoint_done(&e);
	ck_assert_int_eq(dc_fs_load(&text, NULL, file, 4096, NULL), DC_OK);
	ck_assert_str_eq(text,
	    "[127.0.0.1]:2022 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5T05F\n"
	    "[127.0.0.1]:2023 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5VFdP\n");
}
END_TEST

Suite *
cli_push_suite(void)
{
	Suite *s = suite_create("cli_push");
	TCase *tc = tcase_create("cli_push");

	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_add_test(tc, protocol__a_plain_directory_goes_by_rsync);
	tcase_add_test(tc, protocol__a_work_tree_with_a_commit_goes_by_git);
	tcase_add_test(tc, protocol__only_the_root_of_a_work_tree_counts);
	tcase_add_test(tc, protocol__mercurial_as_asked_or_saved);
	tcase_add_test(tc, repo__branches_and_commits_are_found);
	tcase_add_test(tc, repo__uncommitted_files_are_counted_without_our_own);
	tcase_add_loop_test(tc,
	    buildfile__of_a_directory_is_judged_as_by_the_server, 0,
	    sizeof(files) / sizeof(files[0]));
	tcase_add_loop_test(tc,
	    buildfile__of_a_commit_is_judged_whatever_lies_beside_it, 0,
	    sizeof(files) / sizeof(files[0]));
	tcase_add_test(tc, buildfile__that_is_missing_is_the_servers_to_say);
	tcase_add_test(tc, buildfile__that_is_a_link_or_a_directory_is_refused);
	tcase_add_test(tc, repo__a_file_that_is_too_large_is_refused);
	tcase_add_test(tc, urls__are_of_the_services_that_run_the_revision);
	tcase_add_test(tc, endpoint__git_is_given_the_applications_own);
	tcase_add_loop_test(tc, endpoint__parts_are_found, 0,
	    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, endpoint__what_could_be_an_option_is_refused, 0,
	    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, rsync__has_the_options_of_the_contract);
	tcase_add_test(tc, hosts__trusted_on_first_use_and_never_another_key);
	suite_add_tcase(s, tc);
	return s;
}
