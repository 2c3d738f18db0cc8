/* cli/tree.c -- see tree.h. What is an error here is one for the type's build
 * script too (builder/types); a hook may still write what is only missing. */
#include "cli/tree.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "cli/links.h"
#include "common/base/auto.h"
#include "common/base/limits.h"

struct tree {
	struct dc_strv *errors, *warnings;
	int dirfd;
};

/* One service in it. */
struct place {
	struct tree *tree;
	const struct dc_service_def *def;
	bool has_hook;    /* one that may write what is missing */
	bool has_default; /* ./postinstall */
};

/* ENOENT, or EXDEV when a link leads out of the tree. */
static int
find(int dirfd_, const char *path, struct stat *st)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC,
	    .resolve = RESOLVE_BENEATH};
	dc_auto_fd int fd = -1;

	while (*path == '/')
		path++;
	fd = (int)syscall(SYS_openat2, dirfd_, *path != '\0' ? path : ".", &how,
	    sizeof(how));
	if (fd < 0 && errno == ENOSYS)
		return fstatat(dirfd_, *path != '\0' ? path : ".", st, 0);
	return fd < 0 ? -1 : fstat(fd, st);
}

/* NAME in the approot; the caller's. */
static char *
in_approot(const struct place *p, const char *name)
{
	return dc_asprintf("%s/%s", p->def->approot, name);
}

static bool
has_file(const struct place *p, const char *name)
{
	dc_auto_free char *path = in_approot(p, name);
	struct stat st;

	return find(p->tree->dirfd, path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Of whatever kind, a link to nowhere included. */
static bool
has_name(const struct place *p, const char *name)
{
	dc_auto_free char *path = in_approot(p, name);

	return faccessat(p->tree->dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A WAR file or an unpacked one at the top of the approot. */
static bool
has_webapp(const struct place *p)
{
	dc_auto_dir DIR *d = NULL;
	const struct dirent *e;
	int fd = openat(p->tree->dirfd, p->def->approot,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (d == NULL && fd >= 0)
		(void)close(fd);
	while (d != NULL && (e = readdir(d)) != NULL) {
		dc_auto_free char *path = dc_asprintf("%s/WEB-INF", e->d_name);

		if (dc_has_suffix(e->d_name, ".war") ||
		    faccessat(dirfd(d), path, F_OK, 0) == 0)
			return true;
	}
	return false;
}

static bool
is_type(const struct place *p, const char *type)
{
	return strcmp(p->def->type, type) == 0;
}

/* The platform follows no link out of the tree, nor one to itself. */
static bool
is_leaving(const struct place *p, const char *key, const char *path, int error)
{
	if (error != EXDEV && error != ELOOP)
		return false;
	dc_strv_addf(p->tree->errors,
	    "the %s \"%.200s\" of service \"%s\" leads out of the pushed tree",
	    key, path, p->def->name);
	return true;
}

/* False: there is no approot to look into. */
static bool
check_approot(const struct place *p)
{
	const struct dc_service_def *def = p->def;
	struct stat st;

	errno = 0;
	if (find(p->tree->dirfd, def->approot, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	if (is_leaving(p, "approot", def->approot, errno))
		return false;
	/* Only the build script knows what a custom one is for. */
	dc_strv_addf(def->buildscript != NULL ? p->tree->warnings
					      : p->tree->errors,
	    "the approot \"%s\" of service \"%s\" is no directory of the "
	    "pushed tree",
	    def->approot, def->name);
	return false;
}

static void
check_buildscript(const struct place *p)
{
	const struct dc_service_def *def = p->def;
	struct stat st;

	if (def->buildscript == NULL)
		return;
	if (!is_type(p, "custom"))
		dc_strv_addf(p->tree->warnings,
		    "the buildscript of service \"%s\" is not run: only "
		    "services of type \"custom\" have one",
		    def->name);
	else if (find(p->tree->dirfd, def->buildscript, &st) < 0 ||
		 !S_ISREG(st.st_mode))
		dc_strv_addf(p->tree->errors,
		    "the buildscript \"%s\" of service \"%s\" is no file of "
		    "the "
		    "pushed tree (it is looked for from the root, where "
		    "dotcloud.yml is)",
		    def->buildscript, def->name);
}

/* The first word of HOOK if it is to be a file of the tree, from the root of
 * it; else NULL. A word without slash may be a program of the system. */
static char *
hook_file(const struct place *p, const char *key, const char *hook)
{
	static const char *const suffixes[] = {".sh", ".py", ".pl", ".rb",
	    ".php", ".js"};
	size_t i, n = strcspn(hook, " \t\n;&|<>()");
	dc_auto_free char *word = dc_strndup(hook, n);
	bool is_file = strchr(word, '/') != NULL || strcmp(word, key) == 0;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		is_file |= dc_has_suffix(word, suffixes[i]);
	if (!is_file || n == 0 || strpbrk(word, "$`'\"\\*?[={") != NULL)
		return NULL;
	if (dc_has_prefix(word, "~/code/"))
		return dc_strdup(word + strlen("~/code/"));
	if (dc_has_prefix(word, "~/current/"))
		return in_approot(p, word + strlen("~/current/"));
	return *word == '~' || *word == '/' ? NULL : in_approot(p, word);
}

static void
check_hook(const struct place *p, const char *key, const char *hook)
{
	dc_auto_free char *file = hook != NULL ? hook_file(p, key, hook) : NULL;
	struct stat st;

	errno = 0;
	if (file == NULL ||
	    (find(p->tree->dirfd, file, &st) == 0 && S_ISREG(st.st_mode)) ||
	    is_leaving(p, key, hook, errno))
		return;
	/* Nothing has run before prebuild that could have written it. */
	if (strcmp(key, "prebuild") == 0)
		dc_strv_addf(p->tree->errors,
		    "the prebuild \"%.200s\" of service \"%s\" is no file of "
		    "the "
		    "pushed tree",
		    hook, p->def->name);
	else
		dc_strv_addf(p->tree->warnings,
		    "the %s \"%.200s\" of service \"%s\" is no file of the "
		    "pushed "
		    "tree: it fails unless the build makes it",
		    key, hook, p->def->name);
}

/* Has package.json a start script? When it cannot be read: perhaps. */
static bool
may_start(const struct place *p)
{
	dc_auto_free char *path = in_approot(p, "package.json");
	dc_auto_json struct dc_json *j = NULL;
	dc_auto_str struct dc_str text = {0};
	dc_auto_fd int fd = -1;
	char chunk[16384];
	ssize_t n;

	fd = openat(p->tree->dirfd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno != ENOENT;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && text.len < 1 << 20)
		dc_str_addn(&text, chunk, (size_t)n);
	if (text.len == 0 || dc_json_parse(&j, text.data, text.len, NULL) < 0)
		return true;
	return dc_json_find_str(dc_json_find(j, "scripts"), "start") != NULL;
}

/* What a service without it does not build for. */
static const struct {
	const char *type, *file, *what;
} needs[] = {
    {"python", "wsgi.py", "uWSGI looks there for \"application\""},
    {"ruby", "config.ru", "it says which Rack application there is"},
    {"perl", "app.psgi", "it says which PSGI application there is"},
    {"java", ".war file", "build it first and push it"},
};

static void
check_application(const struct place *p)
{
	size_t i;

	for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (!is_type(p, needs[i].type) ||
		    (is_type(p, "java") ? has_webapp(p)
					: has_file(p, needs[i].file)))
			continue;
		dc_strv_addf(p->has_hook || p->def->processes.n > 0 ||
				     has_file(p, "supervisord.conf")
				 ? p->tree->warnings
				 : p->tree->errors,
		    "there is no %s in \"%s\", the approot of service \"%s\": "
		    "%s",
		    needs[i].file, p->def->approot, p->def->name,
		    needs[i].what);
	}
}

/* Types whose services run what their authors say. */
static void
check_process(const struct place *p)
{
	const struct dc_service_def *def = p->def;
	bool is_node = is_type(p, "nodejs");
	bool is_misnamed = has_file(p, "supervisor.conf");

	if (has_file(p, "supervisord.conf"))
		return;
	if (def->processes.n > 0 || (is_node && may_start(p)) ||
	    (is_node && !is_misnamed && has_file(p, "server.js")) ||
	    (!is_node && !dc_has_suffix(def->type, "-worker"))) {
		if (is_misnamed)
			dc_strv_addf(p->tree->warnings,
			    "the supervisor.conf of service \"%s\" is not "
			    "read: "
			    "its name has to be supervisord.conf",
			    def->name);
		return;
	}
	dc_strv_addf(p->has_hook ? p->tree->warnings : p->tree->errors,
	    "nothing says what service \"%s\" runs: %s supervisord.conf %s "
	    "\"%s\", or \"process: COMMAND\" into dotcloud.yml%s",
	    def->name, is_misnamed ? "rename supervisor.conf to" : "put a",
	    is_misnamed ? "in" : "into", def->approot,
	    is_node ? ", or a \"start\" script into package.json" : "");
}

/* Neither copied code nor a run script: there is no ~/run to be run. */
static void
check_custom(const struct place *p)
{
	const struct dc_service_def *def = p->def;

	if (!is_type(p, "custom") || def->buildscript != NULL ||
	    def->processes.n > 0 || p->has_hook || has_file(p, "run") ||
	    has_file(p, "supervisord.conf"))
		return;
	dc_strv_addf(p->tree->errors,
	    "nothing says what service \"%s\" runs: it needs a \"buildscript\" "
	    "that makes ~/run, or a \"process\"",
	    def->name);
}

static void
check_service(struct tree *tree, const struct dc_service_def *def)
{
	struct place p = {.tree = tree, .def = def};

	if (dc_type_is_data(def->type))
		return;
	check_buildscript(&p);
	if (!check_approot(&p))
		return;
	p.has_default = has_name(&p, "postinstall");
	p.has_hook = p.has_default || def->prebuild != NULL ||
		     def->postbuild != NULL || def->postinstall != NULL;
	check_hook(&p, "prebuild", def->prebuild);
	check_hook(&p, "postbuild", def->postbuild);
	if (def->postinstall != NULL || p.has_default)
		check_hook(&p, "postinstall",
		    def->postinstall != NULL ? def->postinstall
					     : "./postinstall");
	check_application(&p);
	check_process(&p);
	check_custom(&p);
}

int
tree_check(struct dc_strv *errors, struct dc_strv *warnings,
    const struct dc_buildfile *file, int dirfd, struct dc_err *err)
{
	struct tree tree = {errors, warnings, dirfd};
	size_t i;

	for (i = 0; i < file->nservices; i++)
		check_service(&tree, &file->services[i]);
	return links_check(warnings, dirfd, err);
}
