/* uploader/receive_rsync.c -- rsync --server, in a sandbox that holds nothing
 * but the trees of one application.
 *
 * The old trees and the new one are of one mount: hard links between mounts
 * are not possible. Of what rsync is told only known options get through; the
 * rest of its command line is ours. */
#include "uploader/receive.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/store/revision.h"
#include "uploader/tree.h"

#include <inttypes.h>
#include <string.h>

/* Of the bundle of letters, up to 'e', behind which the client lists what its
 * version can do. No s: it would send its arguments where we cannot see them;
 * no n: a dry run is no upload; no K, L, k, R, b. */
#define LETTERS "vlptrzhHcWSuOJIdimxEgoDqAX"

static const char *const allowed[] = {
    "--delete",
    "--delete-before",
    "--delete-during",
    "--delete-after",
    "--delete-delay",
    "--delete-excluded",
    "--force",
    "--ignore-errors",
    "--safe-links",
    "--numeric-ids",
    "--partial",
    "--new-compress",
    "--old-compress",
    "--stats",
    "--no-r",
};

/* With a value behind =, which names no file. */
static const char *const allowed_values[] = {
    "--log-format=",
    "--out-format=",
    "--compress-choice=",
    "--compress-level=",
    "--zc=",
    "--zl=",
    "--checksum-choice=",
    "--cc=",
    "--timeout=",
    "--bwlimit=",
    "--max-size=",
    "--min-size=",
    "--modify-window=",
    "--max-alloc=",
};

static bool
is_bundle(const char *word)
{
	size_t n;

	if (word[0] != '-' || word[1] == '-' || word[1] == '\0')
		return false;
	n = 1 + strspn(word + 1, LETTERS);
	if (word[n] == '\0')
		return true;
	if (word[n] != 'e' || word[n + 1] != '.')
		return false;
	n += 2 + strspn(word + n + 2,
		     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		     "0123456789.");
	return word[n] == '\0';
}

static bool
is_allowed(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (strcmp(word, allowed[i]) == 0)
			return true;
	for (i = 0; i < sizeof(allowed_values) / sizeof(allowed_values[0]); i++)
		if (dc_has_prefix(word, allowed_values[i]) &&
		    strchr(word, '/') == NULL)
			return true;
	return is_bundle(word);
}

/* rsync --server OPTION... . PATH */
static int
add_options(struct dc_strv *argv, const struct dc_strv *words,
    struct dc_err *err)
{
	size_t i;

	if (words->n < 4 || strcmp(words->v[1], "--server") != 0)
		return dc_fail(err, DC_EINVAL,
		    "This is for uploads with rsync only.");
	if (strcmp(words->v[words->n - 2], ".") != 0)
		return dc_fail(err, DC_EINVAL,
		    "Only one directory can be uploaded with rsync.");
	for (i = 2; i < words->n - 2; i++) {
		if (strcmp(words->v[i], "--sender") == 0)
			return dc_fail(err, DC_EDENIED,
			    "Nothing can be downloaded with rsync.");
		if (!is_allowed(words->v[i]))
			return dc_fail(err, DC_EINVAL,
			    "rsync's option '%.64s' is not possible here.",
			    words->v[i]);
		dc_strv_add(argv, words->v[i]);
	}
	return 0;
}

static void
add_sandbox(struct dc_strv *argv, const char *revisions)
{
	receive_add_sandbox(argv);
	dc_strv_add(argv, "--bind");
	dc_strv_add(argv, revisions);
	dc_strv_add(argv, "/revisions");
	dc_strv_add(argv, "--chdir");
	dc_strv_add(argv, "/revisions");
	dc_strv_add(argv, "--");
}

/* The tree to take unchanged files from: the newest upload by rsync, or else
 * of any kind. */
static int
find_basis(const struct dc_revision *r, void *arg, struct dc_err *err)
{
	char **basis = arg;

	(void)err;
	if (*basis == NULL || dc_has_prefix(r->name, "rsync-") ||
	    !dc_has_prefix(*basis, "rsync-")) {
		free(*basis);
		*basis = dc_strdup(r->name);
	}
	return 0;
}

static int
add_command(struct receive *r, struct dc_strv *argv,
    const struct dc_strv *words, const char *incoming, struct dc_err *err)
{
	dc_auto_free char *revisions = receive_path(r, "revisions");
	dc_auto_free char *basis = NULL;
	int rc;

	add_sandbox(argv, revisions);
	dc_strv_add(argv, "rsync");
	dc_strv_add(argv, "--server");
	rc = add_options(argv, words, err);
	if (rc == 0)
		rc =
		    dc_revision_each(r->db, r->app.id, find_basis, &basis, err);
	if (rc < 0)
		return rc;
	dc_strv_add(argv, "--safe-links");
	/* What comes can be read and removed by us, also when half of it has
	 * come; tree_clean says the same, so nothing differs from the basis. */
	dc_strv_add(argv, "--chmod=Du+rwx,Fu+r,ug-s,o-t");
	/* Nanoseconds: a push takes less than a second. */
	dc_strv_add(argv, "--modify-window=-1");
	if (basis != NULL)
		dc_strv_addf(argv, "--link-dest=/revisions/%s", basis);
	dc_strv_add(argv, ".");
	dc_strv_addf(argv, "/revisions/%s/", strrchr(incoming, '/') + 1);
	return 0;
}

static int
upload(struct receive *r, const struct dc_strv *words, const char *incoming,
    struct dc_err *err)
{
	char *envp[] = {"PATH=/usr/local/bin:/usr/bin:/bin", NULL};
	dc_auto_strv struct dc_strv argv = {0};
	char name[40];
	int rc;

	rc = add_command(r, &argv, words, incoming, err);
	if (rc == 0)
		rc = receive_spawn(r, true, argv.v, envp, err);
	if (rc != 0)
		return rc;
	rc = tree_clean(incoming, err);
	if (rc < 0)
		return rc;
	(void)snprintf(name, sizeof(name), "rsync-%013" PRId64, dc_now_ms());
	rc = receive_add_revision(r, incoming, name, err);
	/* The client deploys this one, also if another comes before it asks. */
	if (rc == 0)
		(void)fprintf(stderr, "%s is uploaded\n", name);
	return rc;
}

int
receive_rsync(struct receive *r, const struct dc_strv *words,
    struct dc_err *err)
{
	dc_auto_free char *incoming = NULL;
	int rc = receive_lock(r, err);

	if (rc == 0)
		rc = receive_add_incoming(r, &incoming, err);
	if (rc == 0)
		rc = upload(r, words, incoming, err);
	if (rc != 0 && incoming != NULL)
		(void)dc_fs_remove_tree(incoming, NULL);
	return rc;
}
