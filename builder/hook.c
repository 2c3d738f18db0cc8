/* builder/hook.c -- see hook.h. */
#include "builder/hook.h"

#include "common/appenv/appenv.h"
#include "common/base/auto.h"
#include "common/base/str.h"

#include <ctype.h>
#include <string.h>

#define ENTER                                                                  \
	"a=%s; [ -d \"./$a\" ] || { echo \"approot '$a' does not exist in the" \
	" pushed code\" >&2; exit 1; }; cd \"./$a\" >/dev/null || exit 1; "
/* Where the build has put it, if it has; files of before it are gone. */
#define ENTER_BUILT "if [ -d ~/current/ ]; then cd ~/current >/dev/null; else "
/* Or it would be the build before's, or nothing yet. */
#define AIM                                                                    \
	"[ -d ~/current ] && [ ! -L ~/current ] ||"                            \
	" ln -sfn " HOOK_CODE_DIR "/\"$a\" ~/current; "

const char hook_build[] =
    "case $(readlink ~/current) in " HOOK_CODE_DIR "/*) rm ~/current;; esac; "
    "exec bash /etc/dcloud/type/build";

/* What a build script copies, and where to, is known to it alone. */
static bool
has_own_layout(const struct dc_service_def *def)
{
	return def->buildscript != NULL && strcmp(def->type, "custom") == 0;
}

static bool
is_name_char(char c)
{
	return isalnum((unsigned char)c) || strchr("_.-", c) != NULL;
}

/* Bytes of a word for ~/code at S, 0 when there is none. */
static size_t
code_len(const char *s)
{
	static const char *const words[] = {"~/code", "$HOME/code",
	    "${HOME}/code", DC_APP_HOME "/code"};
	size_t i, n;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = strlen(words[i]);
		if (strncmp(s, words[i], n) == 0 &&
		    (s[n] == '\0' || !is_name_char(s[n])))
			return n;
	}
	return 0;
}

/* ~/code has to stay a directory with the build before's files, of which rsync
 * copies over only what has changed. Inside of a word it may be meant for the
 * instance: sed s,@ROOT@,/home/dotcloud/code, */
static char *
aim_at_new_code(const char *hook)
{
	struct dc_str s = {0};
	const char *p;
	size_t n;

	for (p = hook; *p != '\0'; p += n > 0 ? n : 1) {
		n = p == hook || strchr(" \t\n;&|(<>`", p[-1]) != NULL
			? code_len(p)
			: 0;
		if (n > 0)
			dc_str_add(&s, HOOK_CODE_DIR);
		else
			dc_str_addn(&s, p, 1);
	}
	return dc_str_steal(&s);
}

char *
hook_format_prebuild(const struct dc_service_def *def)
{
	dc_auto_free char *approot = dc_appenv_quote(def->approot);
	bool is_own = has_own_layout(def);
	dc_auto_free char *hook =
	    is_own ? dc_strdup(def->prebuild) : aim_at_new_code(def->prebuild);
	dc_auto_free char *run = dc_appenv_hook(hook);

	return dc_asprintf(ENTER "%s%s", approot, is_own ? "" : AIM, run);
}

char *
hook_format_postbuild(const struct dc_service_def *def)
{
	dc_auto_free char *approot = dc_appenv_quote(def->approot);
	dc_auto_free char *run = dc_appenv_hook(def->postbuild);

	if (has_own_layout(def))
		return dc_asprintf(ENTER "%s", approot, run);
	return dc_asprintf(ENTER_BUILT ENTER "fi; %s", approot, run);
}
