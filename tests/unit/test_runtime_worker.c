/* tests/unit/test_runtime_worker.c -- the program that the router speaks to:
 * its sockets, its messages, and one restart after the other. The programs are
 * shells that say what Node.js would, on the descriptor that it would use. */
#include "tests/support/supervised.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

Suite *runtime_worker_suite(void);

/* Says who it is, that it is online, and what it is told, until "shutdown". */
#define SPEAKER                                                                \
	"[program:w]\nstdout_logfile_maxbytes=0\nstopwaitsecs=600\n"           \
	"command=bash -c \"echo begun $NODESOCKD_WORKER_ID "                   \
	"${NODESOCKD_SUSPENDED:-now} $LISTEN_ON; echo '\\\"online\\\"' "       \
	">&$NODE_CHANNEL_FD; while read -r m <&$NODE_CHANNEL_FD; do echo $m; " \
	"[ $m != '\\\"shutdown\\\"' ] || exit 0; done\"\n"

static void
setup(void)
{
	supervised_setup();
	supervised_options.listen_dir = supervised_dir;
}

static FILE *
watch(void)
{
	return supervised_request("watch");
}

/* The answer comes when those that still start are up. */
static void
await_both(void)
{
	(void)supervised_ask("start w:*");
}

START_TEST(online__is_up_at_once)
{
	dc_auto_file FILE *f = NULL;
	char line[512];

	supervised_begin("[serving]\nprogram=w\nchannel=true\n"
			 "[program:w]\nstartsecs=600\ncommand=bash -c \"echo "
			 "'\\\"no\\\"' >&3; echo '\\\"online\\\"' >&3; exec "
			 "sleep 1000\"\n");
	f = watch();
	supervised_await(f, "w RUNNING", line);
}
END_TEST

START_TEST(messages__what_is_no_word_of_ours_is_skipped)
{
	dc_auto_file FILE *f = NULL;
	char line[512];

	supervised_begin("[serving]\nprogram=w\nchannel=true\n"
			 "[program:w]\nstartsecs=600\ncommand=bash -c \"(head "
			 "-c 300000 /dev/zero | tr '\\0' x; echo; echo; echo "
			 "'{}'; echo '\\\"onl\\\\u0069ne\\\"'; echo "
			 "'\\\"online\\\"') >&3; exec sleep 1000\"\n");
	f = watch();
	supervised_await(f, "w RUNNING", line);
}
END_TEST

START_TEST(stop__is_asked_for_by_a_message)
{
	dc_auto_file FILE *f = NULL;
	char line[512];

	supervised_begin("[serving]\nprogram=w\nchannel=true\n" SPEAKER);
	f = watch();
	supervised_await(f, "w RUNNING", line);

	ck_assert_str_eq(supervised_ask("stop w"), "w: stopped\n");
	supervised_await(f, "w STOPPED", line);

	ck_assert_ptr_nonnull(strstr(line, "exit status 0"));
	ck_assert_str_eq(supervised_load_log("w.log"),
	    "begun now\n\"shutdown\"\n");
}
END_TEST

/* Half a second of one, then the signal; a sleep never reads its messages. */
START_TEST(stop__who_does_not_listen_gets_the_signal)
{
	dc_auto_file FILE *f = NULL;
	char line[512];

	supervised_begin("[serving]\nprogram=w\nchannel=true\n"
			 "[program:w]\nstopwaitsecs=1\nstartsecs=600\n"
			 "command=bash -c \"echo '\\\"online\\\"' >&3; exec "
			 "sleep 1000\"\n");
	f = watch();
	supervised_await(f, "w RUNNING", line);

	ck_assert_str_eq(supervised_ask("stop w"), "w: stopped\n");
	supervised_await(f, "w STOPPED", line);

	ck_assert_ptr_nonnull(strstr(line, "signal 15"));
}
END_TEST

START_TEST(workers__each_has_a_number_and_a_socket)
{
	dc_auto_free char *want =
	    dc_asprintf("begun 1 now %s/1.sock\n\"shutdown\"\n",
		supervised_dir);

	supervised_begin("[serving]\nprogram=w\nchannel=true\nworkers=2\n"
			 "listen_var=LISTEN_ON\n" SPEAKER);
	await_both();

	(void)supervised_ask("stop w:*");

	ck_assert_ptr_nonnull(strstr(supervised_ask("status"), "w:w_0 "));
	ck_assert_str_eq(supervised_load_log("w_1.log"), want);
}
END_TEST

/* The watch says it in this order: the second goes when the first is back. */
START_TEST(restart__is_one_after_the_other)
{

	supervised_begin("[serving]\nprogram=w\nchannel=true\nworkers=2\n"
			 "listen_var=LISTEN_ON\n" SPEAKER);
	await_both();

	ck_assert_str_eq(supervised_ask("restart w:*"),
	    "w:w_0: stopped\nw:w_0: started\nw:w_1: stopped\n"
	    "w:w_1: started\n");
}
END_TEST

START_TEST(restart__stops_where_one_does_not_come_up)
{
	dc_auto_free char *flag = dc_asprintf("%s/flag", supervised_dir);
	dc_auto_free char *text =
	    dc_asprintf("[serving]\nprogram=w\nchannel=true\nworkers=2\nlisten_"
			"var=L\n"
			"[program:w]\ncommand=bash -c \"[ ! -e %s ] || exit 3; "
			"echo "
			"'\\\"online\\\"' >&3; exec sleep 1000\"\n",
		flag);

	supervised_begin(text);
	await_both();
	ck_assert_int_eq(dc_fs_save(flag, "", 0, 0644, NULL), 0);

	ck_assert_str_eq(supervised_ask("restart w:*"),
	    "w:w_0: stopped\nw:w_1: ERROR (not restarted: the one before does "
	    "not come up)\nw:w_0: ERROR (spawn error)\n");

	ck_assert_ptr_nonnull(
	    strstr(supervised_ask("status w:w_1"), "RUNNING"));
}
END_TEST

START_TEST(suspend__holds_until_resume)
{
	dc_auto_file FILE *f = NULL;
	char line[512];

	supervised_begin("[serving]\nprogram=w\nchannel=true\n" SPEAKER);
	f = watch();
	supervised_await(f, "w RUNNING", line);

	ck_assert_str_eq(supervised_ask("suspend w"),
	    "w: stopped\nw: started\n");
	ck_assert_str_eq(supervised_ask("resume w"), "w: resumed\n");
	ck_assert_str_eq(supervised_ask("restart w"),
	    "w: stopped\nw: started\n");

	(void)supervised_ask("stop w");
	ck_assert_str_eq(supervised_load_log("w.log"),
	    "begun now\n\"shutdown\"\nbegun true\n\"resume\"\n"
	    "\"shutdown\"\nbegun now\n\"shutdown\"\n");
}
END_TEST

START_TEST(launch__may_begin_suspended)
{
	dc_auto_file FILE *f = NULL;
	char line[512];

	supervised_options.waits = true;
	supervised_begin("[serving]\nprogram=w\nchannel=true\n" SPEAKER);
	f = watch();
	ck_assert_str_eq(supervised_ask("launch later"),
	    "ERROR not understood: 'later'\n");
	ck_assert_str_eq(supervised_ask("launch suspended"), "launched 1\n");
	supervised_await(f, "w RUNNING", line);
	ck_assert_str_eq(supervised_ask("resume all"), "w: resumed\n");
	ck_assert_str_eq(supervised_ask("restart w"),
	    "w: stopped\nw: started\n");
	(void)supervised_ask("stop w");
	ck_assert_str_eq(supervised_load_log("w.log"),
	    "begun true\n\"resume\"\n\"shutdown\"\nbegun now\n"
	    "\"shutdown\"\n");
}
END_TEST

START_TEST(suspend__needs_a_channel)
{
	supervised_begin("[program:w]\ncommand=sleep 1000\nstartsecs=0\n");

	ck_assert_str_eq(supervised_ask("suspend w"),
	    "w: ERROR (has no channel)\n");
	ck_assert_str_eq(supervised_ask("resume w"),
	    "w: ERROR (has no channel)\n");
}
END_TEST

/* Never online: up when its socket accepts. A socket that a killed process has
 * left is in nobody's way. */
START_TEST(socket__who_says_nothing_is_up_when_it_accepts)
{
	static const char server[] =
	    "import os,socket\ns=socket.socket(socket.AF_UNIX)\n"
	    "s.bind(os.environ['AT'])\nprint('bound',flush=True)\n"
	    "open(os.environ['AT']+'.go').read()\n"
	    "s.listen()\nwhile True: s.accept()\n";
	dc_auto_free char *script = dc_asprintf("%s/s.py", supervised_dir);
	dc_auto_free char *go = dc_asprintf("%s/0.sock.go", supervised_dir);
	dc_auto_free char *text =
	    dc_asprintf("[serving]\nprogram=w\nlisten_var=AT\n[program:w]"
			"\nstartsecs=0\n"
			"command=python3 %s\n",
		script);
	dc_auto_file FILE *f = NULL;
	char line[512];

	ck_assert_int_eq(dc_fs_save(script, server, strlen(server), 0644, NULL),
	    0);
	ck_assert_int_eq(mkfifo(go, 0600), 0);
	supervised_begin(text);
	f = watch();
	for (int i = 0; i < 2; i++) {
		FILE *opened = fopen(go, "w"); /* it is bound now */

		ck_assert_ptr_nonnull(opened);
		ck_assert_ptr_nonnull(
		    strstr(supervised_ask("status w"), "STARTING"));
		(void)fclose(opened);
		supervised_await(f, "w RUNNING", line);
		(void)supervised_ask("signal w KILL");
		supervised_await(f, "w STARTING", line);
	}
	supervised_await_event("signal 9");
	/* It waits at the pipe again: let it go, so that it can be ended. */
	(void)fclose(fopen(go, "w"));
}
END_TEST

/* It cannot accept before it is let go, and the signal would end it. */
START_TEST(stop__who_has_connected_is_served_first)
{
	static const char server[] =
	    "import os,socket\ns=socket.socket(socket.AF_UNIX)\n"
	    "s.bind(os.environ['AT'])\ns.listen()\n"
	    "open(os.environ['AT']+'.go').read()\n"
	    "while True:\n c=s.accept()[0]\n if c.recv(9): c.send(b'served')\n"
	    " c.close()\n";
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	dc_auto_free char *script = dc_asprintf("%s/s.py", supervised_dir);
	dc_auto_free char *go = dc_asprintf("%s/0.sock.go", supervised_dir);
	dc_auto_free char *text =
	    dc_asprintf("[serving]\nprogram=w\nlisten_var=AT\n[program:w]"
			"\nstartsecs=0\n"
			"stopwaitsecs=600\ncommand=python3 %s\n",
		script);
	dc_auto_fd int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	dc_auto_file FILE *f = NULL;
	dc_auto_file FILE *stop = NULL;
	char line[512], answer[16] = "";

	ck_assert_int_eq(dc_fs_save(script, server, strlen(server), 0644, NULL),
	    0);
	ck_assert_int_eq(mkfifo(go, 0600), 0);
	supervised_begin(text);
	f = watch();
	supervised_await(f, "w RUNNING", line);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/0.sock",
	    supervised_dir);
	ck_assert_int_eq(connect(client, (struct sockaddr *)&at, sizeof(at)),
	    0);
	ck_assert_int_eq(send(client, "x", 1, 0), 1);
	stop = supervised_request("stop w");
	supervised_await(f, "w STOPPING", line);
	ck_assert(!dc_fs_exists(at.sun_path));
	(void)fclose(fopen(go, "w"));

	ck_assert_int_eq(recv(client, answer, sizeof(answer) - 1, 0), 6);
	ck_assert_str_eq(answer, "served");
	supervised_await(f, "w STOPPED", line);
	ck_assert_ptr_nonnull(strstr(line, "signal 15"));
}
END_TEST

START_TEST(serving__an_included_file_cannot_say_it)
{
	dc_auto_free char *path = dc_asprintf("%s/a.inc", supervised_dir);
	static const char text[] =
	    "[serving]\nchannel=true\nlisten_var=X\n[program:a]\n"
	    "command=bash -c \"echo ${NODE_CHANNEL_FD:-none} ${X:-none} "
	    "${Y:-none}\"\nautorestart=false\n";
	dc_auto_free char *conf =
	    dc_asprintf("[serving]\nlisten_var=Y\n[include]\nfiles=%s\n", path);
	dc_auto_free char *want =
	    dc_asprintf("none none %s/0.sock\n", supervised_dir);
	dc_auto_file FILE *f = NULL;
	char line[512];

	ck_assert_int_eq(dc_fs_save(path, text, strlen(text), 0644, NULL), 0);
	supervised_options.waits = true;
	supervised_begin(conf);
	f = watch();
	(void)supervised_ask("launch");
	supervised_await(f, "a BACKOFF", line);

	ck_assert_str_eq(supervised_load_log("a.log"), want);
}
END_TEST

Suite *
runtime_worker_suite(void)
{
	Suite *s = suite_create("runtime_worker");
	TCase *tc = tcase_create("workers");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, supervised_teardown);
	tcase_add_test(tc, online__is_up_at_once);
	tcase_add_test(tc, messages__what_is_no_word_of_ours_is_skipped);
	tcase_add_test(tc, stop__is_asked_for_by_a_message);
	tcase_add_test(tc, stop__who_does_not_listen_gets_the_signal);
	tcase_add_test(tc, workers__each_has_a_number_and_a_socket);
	tcase_add_test(tc, restart__is_one_after_the_other);
	tcase_add_test(tc, restart__stops_where_one_does_not_come_up);
	tcase_add_test(tc, suspend__holds_until_resume);
	tcase_add_test(tc, launch__may_begin_suspended);
	tcase_add_test(tc, suspend__needs_a_channel);
	tcase_add_test(tc, socket__who_says_nothing_is_up_when_it_accepts);
	tcase_add_test(tc, stop__who_has_connected_is_served_first);
	tcase_add_test(tc, serving__an_included_file_cannot_say_it);
	suite_add_tcase(s, tc);
	return s;
}
