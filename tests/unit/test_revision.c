/* tests/unit/test_revision.c -- which revision is the latest, the running, the
 * previous, and the next one. */
#include <check.h>
#include <stdlib.h>

#include "common/base/str.h"
#include "common/store/account.h"
#include "common/store/application.h"
#include "common/store/deployment.h"
#include "common/store/revision.h"
#include "tests/support/tmpdb.h"

Suite *revision_suite(void);

static struct dc_db *db;
static int64_t account, app;

static void
setup(void)
{
	ck_assert_int_eq(dc_db_open(&db, ":memory:", NULL), 0);
	ck_assert_int_eq(dc_account_add(db, &account, "alice", "", "h", NULL),
	    0);
	ck_assert_int_eq(dc_application_add(db, &app, account, "blog", "live",
			     NULL),
	    0);
}

static void
teardown(void)
{
	dc_db_close(db);
}

static int64_t
upload(const char *name)
{
	int64_t id;

	ck_assert_int_eq(dc_revision_save(db, &id, app, name, "node", NULL), 0);
	return id;
}

/* Through all its states, or to its failure. */
static void
deploy(int64_t revision, bool succeeds)
{
	int64_t id;
	int state;

	ck_assert_int_eq(dc_deployment_add(db, &id, NULL, app, revision,
			     account, false, NULL),
	    0);
	if (!succeeds) {
		ck_assert_int_eq(dc_deployment_end(db, id, DC_DEPLOYMENT_QUEUED,
				     DC_DEPLOYMENT_FAILED, NULL, "no", NULL),
		    0);
		return;
	}
	for (state = DC_DEPLOYMENT_QUEUED; state < DC_DEPLOYMENT_SWITCHING;
	     state++)
		ck_assert_int_eq(dc_deployment_move(db, id, state, state + 1,
				     NULL, NULL),
		    0);
	ck_assert_int_eq(dc_deployment_end(db, id, DC_DEPLOYMENT_SWITCHING,
			     DC_DEPLOYMENT_DONE, NULL, "yes", NULL),
	    0);
}

static void
expect(const char *symbol, const char *name)
{
	dc_auto_revision struct dc_revision r = {0};
	int rc;

	if (symbol == NULL)
		rc = dc_revision_find_next(db, &r, app, NULL);
	else if (*symbol == '\0')
		rc = dc_revision_find_running(db, &r, app, NULL);
	else
		rc = dc_revision_find(db, &r, app, symbol, NULL);
	ck_assert_int_eq(rc, name != NULL ? DC_OK : DC_ENOTFOUND);
	if (name != NULL)
		ck_assert_str_eq(r.name, name);
}

START_TEST(find__nothing_was_pushed)
{
	expect("latest", NULL);
	expect("previous", NULL);
	expect("", NULL);
	expect(NULL, NULL);
}
END_TEST

START_TEST(save__the_same_commit_again_is_the_latest)
{
	int64_t a = upload("git-aaaaaaa");

	(void)upload("git-bbbbbbb");
	expect("latest", "git-bbbbbbb");
	ck_assert_int_eq(upload("git-aaaaaaa"), a);
	expect("latest", "git-aaaaaaa");
}
END_TEST

START_TEST(find__previous_is_another_revision_that_served)
{
	int64_t a = upload("rsync-1"), b, c;

	deploy(a, true);
	expect("previous", NULL);
	b = upload("rsync-2");
	deploy(b, false);
	expect("", "rsync-1");
	expect("previous", NULL);
	c = upload("rsync-3");
	deploy(c, true);
	deploy(c, true); /* env set */
	expect("", "rsync-3");
	expect("previous", "rsync-1");
}
END_TEST

START_TEST(find_next__a_new_upload_else_what_runs)
{
	int64_t a = upload("rsync-1"), b;

	expect(NULL, "rsync-1");
	deploy(a, false);
	expect(NULL, "rsync-1"); /* nothing else there is */
	deploy(a, true);
	expect(NULL, "rsync-1");
	b = upload("rsync-9999999999999");
	ck_assert_int_ne(a, b);
}
END_TEST

START_TEST(find_next__a_push_under_way_is_not_taken_back)
{
	int64_t a = upload("rsync-1"), b, id;

	deploy(a, true);
	b = upload("rsync-2");
	ck_assert_int_eq(dc_deployment_add(db, &id, NULL, app, b, account,
			     false, NULL),
	    0);
	tmpdb_exec(db, "UPDATE revisions SET uploaded_at = id");
	expect(NULL, "rsync-2");
	ck_assert_int_eq(dc_deployment_end(db, id, DC_DEPLOYMENT_QUEUED,
			     DC_DEPLOYMENT_FAILED, NULL, "no", NULL),
	    0);
	expect(NULL, "rsync-1");
}
END_TEST

static int
add_name(const struct dc_revision_service *s, void *arg, struct dc_err *err)
{
	(void)err;
	dc_str_addf(arg, "%s:%s;", s->name, s->definition);
	return 0;
}

START_TEST(save_services__replaces_in_the_order_of_the_file)
{
	struct dc_revision_service first[] = {{"www", "custom", "{}"}};
	struct dc_revision_service second[] = {{"www", "custom", "{1}"},
	    {"db", "redis", "{2}"}};
	dc_auto_revision struct dc_revision r = {0};
	struct dc_str s = {0};
	int64_t id = upload("rsync-1");

	ck_assert_int_eq(dc_revision_save_services(db, id, first, 1, NULL), 0);
	ck_assert_int_eq(dc_revision_save_services(db, id, second, 2, NULL), 0);
	ck_assert_int_eq(dc_revision_each_service(db, id, add_name, &s, NULL),
	    0);
	ck_assert_str_eq(s.data, "www:{1};db:{2};");
	dc_str_done(&s);
	ck_assert_int_eq(dc_revision_load(db, &r, id, NULL), 0);
	ck_assert(r.parsed);
}
END_TEST

Suite *
revision_suite(void)
{
	Suite *s = suite_create("revision");
	TCase *t = tcase_create("store");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, find__nothing_was_pushed);
	tcase_add_test(t, save__the_same_commit_again_is_the_latest);
	tcase_add_test(t, find__previous_is_another_revision_that_served);
	tcase_add_test(t, find_next__a_new_upload_else_what_runs);
	tcase_add_test(t, find_next__a_push_under_way_is_not_taken_back);
	tcase_add_test(t, save_services__replaces_in_the_order_of_the_file);
	suite_add_tcase(s, t);
	return s;
}
