/* common/appenv/appenv.c -- see appenv.h. */
#include "common/appenv/appenv.h"

#include <stdlib.h>
#include <string.h>

#define CERTIFICATES "/etc/ssl/certs/ca-certificates.crt"

void
dc_appenv_set(struct dc_strv *env, const char *name, const char *value)
{
	size_t i, n = strlen(name);

	for (i = 0; i < env->n; i++)
		if (strncmp(env->v[i], name, n) == 0 && env->v[i][n] == '=')
			break;
	if (i == env->n) {
		dc_strv_addf(env, "%s=%s", name, value);
		return;
	}
	free(env->v[i]);
	env->v[i] = dc_asprintf("%s=%s", name, value);
}

void
dc_appenv_base(struct dc_strv *env)
{
	static const char *const base[] = {
	    "HOME=" DC_APP_HOME,
	    "USER=" DC_APP_USER,
	    "LOGNAME=" DC_APP_USER,
	    "SHELL=/bin/bash",
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	    "LANG=C.UTF-8",
	    "TERM=dumb",
	    /* The host's own CA is among them: see runtime/image/build. */
	    "SSL_CERT_FILE=" CERTIFICATES,
	    "NODE_EXTRA_CA_CERTS=" CERTIFICATES,
	    "npm_config_cafile=" CERTIFICATES,
	    "PIP_CERT=" CERTIFICATES,
	};
	size_t i;

	for (i = 0; i < sizeof(base) / sizeof(base[0]); i++)
		dc_strv_add(env, base[i]);
}

void
dc_appenv_shell(struct dc_strv *argv, const char *script)
{
	dc_strv_add(argv, "/bin/bash");
	dc_strv_add(argv, "-lc");
	dc_strv_addf(argv, "[ -f ~/profile ] && . ~/profile; %s", script);
}

char *
dc_appenv_quote(const char *text)
{
	struct dc_str s = {0};

	dc_str_add(&s, "'");
	for (; *text != '\0'; text++)
		if (*text == '\'')
			dc_str_add(&s, "'\\''");
		else
			dc_str_addn(&s, text, 1);
	dc_str_add(&s, "'");
	return dc_str_steal(&s);
}

/* What a kernel and a shell say of a first line that names no interpreter helps
 * nobody. 126 is the shell's word for "cannot be run". */
#define CHECK                                                                  \
	"check() { local i l; IFS= read -r -n 200 l <\"$1\" 2>/dev/null;"      \
	" case $l in '#!'*$'\\r') echo \"'$1' has Windows line ends (CRLF);"   \
	" save it with Unix ones, as sed -i 's/\\r//' does\" >&2; exit 126;;"  \
	" '#!'*) i=${l#??}; i=${i#\"${i%%%%[![:blank:]]*}\"};"                 \
	" i=${i%%%%[[:blank:]]*}; [ ! -r \"$1\" ] || [ -x \"$i\" ] ||"         \
	" { echo \"'$1' asks for the interpreter '$i', which is not here\" "   \
	">&2;"                                                                 \
	" exit 126; };; esac; }; "

/* $t is all of the hook, $w its first word. A file is made executable, and in
 * the present directory needs no ./ in front; all of the text may be its name.
 * Anything else goes to a shell as it stands, which becomes the program when
 * it is a simple command. */
#define HOOK                                                                   \
	CHECK                                                                  \
	"w=%s; t=%s;"                                                          \
	" if [ -f \"$t\" ]; then chmod +x \"$t\" 2>/dev/null; check \"$t\";"   \
	" case $t in */*) ;; *) t=./$t ;; esac; exec \"$t\"; fi;"              \
	" case $w in \"~/\"*) w=$HOME/${w#\"~/\"} ;; esac;"                    \
	" if [ -f \"$w\" ]; then chmod +x \"$w\" 2>/dev/null; check \"$w\";"   \
	" case $w in */*) ;;"                                                  \
	" *) command -v \"$w\" >/dev/null || t=./$t ;; esac; fi;"              \
	" exec /bin/bash -c \"$t\""

char *
dc_appenv_hook(const char *hook)
{
	char *word = dc_strndup(hook, strcspn(hook, " \t\n;&|<>()"));
	char *first = dc_appenv_quote(word), *all = dc_appenv_quote(hook);
	char *script = dc_asprintf(HOOK, first, all);

	free(word);
	free(first);
	free(all);
	return script;
}
