/* cli/ui.c -- see ui.h. */
#include "cli/ui.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/base/term.h"

static bool assume_yes, assume_no;

void
ui_init(bool yes, bool no)
{
	assume_yes = yes;
	assume_no = no;
}

bool
ui_has_colour(FILE *to)
{
	const char *no_color = getenv("NO_COLOR");

	return (no_color == NULL || *no_color == '\0') && isatty(fileno(to));
}

static void __attribute__((format(printf, 4, 0)))
say(FILE *to, const char *colour, const char *mark, const char *fmt, va_list ap)
{
	dc_auto_free char *text = NULL;
	dc_auto_free char *clean = NULL;

	text = dc_vasprintf(fmt, ap);
	clean = dc_term_format_text(text);
	/* Two streams, one terminal: keep the order. */
	(void)fflush(to == stdout ? stderr : stdout);
	if (ui_has_colour(to))
		(void)fprintf(to, "%s%s%s%s\n", colour, mark, UI_PLAIN, clean);
	else
		(void)fprintf(to, "%s%s\n", mark, clean);
	(void)fflush(to);
}

void
ui_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(stderr, UI_BLUE, "==> ", fmt, ap);
	va_end(ap);
}

void
ui_success(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(stdout, UI_GREEN, "==> ", fmt, ap);
	va_end(ap);
}

void
ui_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(stdout, UI_RED, "Error: ", fmt, ap);
	va_end(ap);
}

void
ui_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(stdout, UI_YELLOW, "Warning: ", fmt, ap);
	va_end(ap);
}

bool
ui_is_confirmed(const char *text, bool otherwise)
{
	dc_auto_free char *prompt = NULL;
	dc_auto_free char *answer = NULL;

	prompt = dc_asprintf("%s [%s]: ", text, otherwise ? "Y/n" : "y/N");
	if (assume_yes || assume_no) {
		(void)printf("%s%s\n", prompt, assume_yes ? "Y" : "N");
		(void)fflush(stdout);
		return assume_yes;
	}
	if (ui_load_line(&answer, prompt, false, NULL) < 0 || answer == NULL) {
		(void)putchar('\n');
		return otherwise;
	}
	if (*answer == '\0')
		return otherwise;
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

static int
read_line(char **out, struct dc_err *err)
{
	dc_auto_free char *line = NULL;
	size_t size = 0;
	ssize_t n;

	n = getline(&line, &size, stdin);
	if (n < 0 || line == NULL)
		return dc_fail(err, DC_EFAIL, "No more input.");
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		line[--n] = '\0';
	*out = dc_steal_ptr(&line);
	return 0;
}

/* What the terminal was like before its echo was turned off. */
static struct termios terminal;

/* Ctrl-C at a password must not leave the shell mute. */
static void
on_interrupt(int sig)
{
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal);
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

static int
read_hidden(char **out, const char *prompt, struct dc_err *err)
{
	struct sigaction act = {.sa_handler = on_interrupt}, was;
	struct termios quiet = terminal;
	int rc;

	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)sigaction(SIGINT, &act, &was);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	/* Not earlier: the flush takes what was typed until now. */
	(void)fputs(prompt, stdout);
	(void)fflush(stdout);
	rc = read_line(out, err);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal);
	(void)sigaction(SIGINT, &was, NULL);
	(void)putchar('\n');
	return rc;
}

int
ui_load_line(char **out, const char *prompt, bool hidden, struct dc_err *err)
{
	(void)fflush(stderr);
	if (hidden && tcgetattr(STDIN_FILENO, &terminal) == 0)
		return read_hidden(out, prompt, err);
	(void)fputs(prompt, stdout);
	(void)fflush(stdout);
	return read_line(out, err);
}
