/* tests/unit/test_buildfile_errors.c -- every mistake in dotcloud.yml and the
 * whole of what its author reads: text, place, line, caret, hint. */
#include <check.h>
#include <string.h>

#include "common/buildfile/buildfile.h"

Suite *buildfile_errors_suite(void);

static struct dc_type some[] = {
    {.name = (char *)"custom", .port_name = (char *)"http"},
    {.name = (char *)"mysql", .port_name = (char *)"http"},
    {.name = (char *)"nodejs", .port_name = (char *)"http"},
    {.name = (char *)"python", .port_name = (char *)"http"},
};
static const struct dc_types types = {some, sizeof(some) / sizeof(some[0])};

#define IN(line, column)                                                       \
	" in \"dotcloud.yml\", line " line ", column " column ":\n"

/* The whole message, hint included. */
static const struct {
	const char *text, *message;
} bad[] = {
    {"", "\"dotcloud.yml\" is empty!"},
    {"\n   \n# only a comment\n", "\"dotcloud.yml\" is empty!"},
    {"---\n", "\"dotcloud.yml\" is empty!"},
    {"\n{}\n", "service(s) dict cannot be empty" IN("2", "1") "    {}\n    ^"},
    {"\nwww: {}\n", "Missing mandatory entry: \"type\"" IN("2",
			"6") "    www: {}\n         ^"},
    {"\nwww:\n", "Expected a type dictionary but got nothing" IN("2",
		     "5") "    www:\n        ^\nHint: what belongs to it comes "
			  "in the lines below, indented deeper"},
    {"www:\n  type: custom\nports:\n  www: http\n",
	"Missing mandatory entry: \"type\"" IN("4",
	    "3") "      www: http\n      ^\nHint: this is a key of a service: "
		 "indent it as the service's other keys"},
    {"\nwww\n", "Expected a type dictionary but got a type string" IN("2",
		    "1") "    www\n    ^"},
    {"\n- www\n- lolita\n",
	"Expected a type dictionary but got a type list" IN("2",
	    "1") "    - www\n    ^"},
    {"www: \"\"\n",
	"Expected a type dictionary but got an empty type string" IN("1",
	    "6") "    www: \"\"\n         ^"},
    {"www: 42\n", "Expected a type dictionary but got a type int" IN("1",
		      "6") "    www: 42\n         ^"},
    {"www:\n  type: custom\n  systempackages: {}\n",
	"Expected a type list but got an empty type dictionary" IN("3",
	    "19") "      systempackages: {}\n                      ^"},
    {"www:\n  type: custom\n  requirements: redis\n",
	"Expected a type list but got a type string" IN("3",
	    "17") "      requirements: redis\n                    ^\nHint: a "
		  "list "
		  "has a line for each item, \"- \" in front of it"},
    {"www:\n  type: custom\n  approot: [a]\n",
	"Expected a type string but got a type list" IN("3",
	    "12") "      approot: [a]\n               ^"},
    {"www:\n  type: custom\n  instances: many\n",
	"Expected a type int but got a type string" IN("3",
	    "14") "      instances: many\n                 ^"},
    {"www:\n  type: custom\n  environment: yes\n",
	"Expected a type dictionary but got a type bool" IN("3",
	    "16") "      environment: yes\n                   ^"},
    {"\nwww:\n    type: lolita\n",
	"Unrecognized service \"lolita\"" IN("3",
	    "11") "        type: lolita\n              ^\nHint: the types of "
		  "this platform are: custom, mysql, nodejs, python"},
    {"www:\n  type: nodej\n",
	"Unrecognized service \"nodej\"" IN("2",
	    "9") "      type: nodej\n            ^\nHint: did you mean "
		 "\"nodejs\"?"},
    {"www:\n  type: redis\n",
	"The service type \"redis\" is known, but not available on this "
	"platform" IN("2",
	    "9") "      type: redis\n            ^\nHint: run it elsewhere, "
		 "name "
		 "its address in \"environment:\" of the services that need "
		 "it, "
		 "and take it out of this file"},
    {"www:\n  type: java\n",
	"The service type \"java\" is known, but not available on this "
	"platform (it has: custom, mysql, nodejs, python)" IN("2",
	    "9") "      type: java\n            ^"},
    {"www:\n  type: nodejs-worker\n",
	"Unrecognized service \"nodejs-worker\"" IN("2",
	    "9") "      type: nodejs-worker\n            ^\nHint: there "
		 "are no workers of this language: use \"nodejs\""},
    {"www:\n  type: sqlite3\n",
	"Unrecognized service \"sqlite3\"" IN("2",
	    "9") "      type: sqlite3\n            ^\nHint: SQLite needs no "
		 "service: take it out, and keep the file in ~/data"},
    {"data:\n  mongodb\n",
	"Expected a type dictionary but got a type string" IN("2",
	    "3") "      mongodb\n      ^\nHint: this platform has no "
		 "mongodb: "
		 "run it elsewhere, name its address in \"environment:\" of "
		 "the services that need it, and take it out of this file"},
    {"www:\n  nodejs\n",
	"Expected a type dictionary but got a type string" IN("2",
	    "3") "      nodejs\n      ^\nHint: write \"type: "
		 "nodejs\""},
    {"www:\n  approot: hello\n",
	"Missing mandatory entry: \"type\"" IN("2",
	    "3") "      approot: hello\n      ^\nHint: add \"type: php\" (or "
		 "python, ...): until the middle of 2011 it was given on the "
		 "command line"},
    {"www:\n  type: custom\n  ports:\n    A-b: udp\n    a_B: tcp\n",
	"The ports \"A-b\" and \"a_B\" of service \"www\" would have the "
	"same variable" IN("5", "5") "        a_B: tcp\n        ^"},
    {"www:\n  type: custom\n  ports:\n    a: http\n    b: http\n",
	"You can't have two http ports in service \"www\": \"a\" is one "
	"already" IN("5", "8") "        b: http\n           ^\nHint: make one "
			       "of them tcp, or "
			       "give it a service of its own"},
    {"www:\n  type: custom\n  ports:\n    SSH: tcp\n",
	"The port \"ssh\" is the platform's" IN("4",
	    "5") "        SSH: tcp\n        ^\nHint: every instance has an ssh "
		 "port "
		 "already, which \"dcloud run\" uses: choose another name"},
    {"www:\n  type: custom\n  ports: {www: prout}\n",
	"Unrecognized port \"prout\"" IN("3",
	    "16") "      ports: {www: prout}\n                   ^\nHint: a "
		  "port is http, tcp or udp; its number is given by the "
		  "platform"},
    {"123456789abceswse:\n    type: python\n",
	"Invalid service name (must be <= 16 characters) "
	"\"123456789abceswse\"" IN("2", "5") "        type: python\n        ^"},
    {"A-b:\n    type: python\n",
	"Invalid characters (lowercase alphanum only) for service "
	"\"A-b\"" IN("2", "5") "        type: python\n        ^"},
    {"www:sdf:\n    type: python\n",
	"Invalid characters (lowercase alphanum only) for service "
	"\"www:sdf\"" IN("2", "5") "        type: python\n        ^"},
    {"www:\n  type: python\n  process: a\n  processes: {b: c}\n",
	"You can't have both \"process\" and \"processes\" at the same time "
	"in service \"www\"" IN("4",
	    "14") "      processes: {b: c}\n                 ^"},
    {"gear1:\n  type: nodejs\n    approot: Gear1\n",
	"mapping values are not allowed in this context" IN("3",
	    "12") "        approot: Gear1\n               ^\nHint: this line "
		  "is indented by 4, deeper than \"type\" in line 2 (2): keys "
		  "of one service begin in the same column"},
    {"www\n  type: nodejs\n",
	"mapping values are not allowed in this context" IN("2",
	    "7") "      type: nodejs\n          ^\nHint: line 1 has no colon: "
		 "write \"name:\""},
    {"www:\n  approot: {{ name }}\n  type: python\n",
	"Expected a type string but got a type dictionary" IN("2",
	    "13") "      approot: {{ name }}\n                ^\nHint: this "
		  "is a placeholder of a template: write what it stands for"},
    {"www:\n  process: {a}\n  type: python\n",
	"Expected a type string but got a type dictionary" IN("2",
	    "12") "      process: {a}\n               ^\nHint: text "
		  "that begins with '{' must be in quotes"},
    {"www:\n\ttype: nodejs\n",
	"found character that cannot start any token" IN("2",
	    "1") "    \ttype: nodejs\n"
		 "    ^\nHint: line 2 has a tab: YAML is indented with spaces "
		 "only"},
    {"www:\n  type: nodejs\n\tapproot: x\n",
	"found a tab character that violates indentation (while scanning a "
	"plain scalar which began in line 2)" IN("3",
	    "1") "    \tapproot: x\n    ^\nHint: line 3 has a tab: YAML is "
		 "indented with spaces only"},
    {"www:\n  type: nodejs\n approot: x\n",
	"did not find expected key (while parsing a block mapping which began "
	"in line 1)" IN("3",
	    "2") "     approot: x\n     ^\nHint: the "
		 "indentation of this line matches none of the lines above it"},
    {"www:\n  type:custom\n",
	"Expected a type dictionary but got a type string" IN("2",
	    "3") "      type:custom\n      ^\nHint: a colon needs a space "
		 "behind it: write \"key: value\""},
    {"www:\n  type: custom\n  process: a: b\n",
	"mapping values are not allowed in this context" IN("3",
	    "13") "      process: a: b\n                ^\nHint: a value with "
		  "\": \" in it must be in quotes"},
    {"www:\n  type: custom\n  process: \"a\n  x: y\n",
	"found unexpected end of stream" IN("3",
	    "12") "      process: \"a\n"
		  "               ^\nHint: a quotation mark is not closed"},
    {"www:\n  type: caf\xe9\n",
	"incomplete UTF-8 octet sequence" IN("2",
	    "12") "      type: caf\xe9\n               ^\nHint: save the file "
		  "in the encoding UTF-8"},
    {"www:\n  type: custom\n  type: nodejs\n",
	"Duplicate key \"type\" (first in line 2)" IN("3",
	    "3") "      type: nodejs\n      ^"},
    {"www: {type: custom}\nwww: {type: custom}\n",
	"Duplicate key \"www\" (first in line 1)" IN("2",
	    "1") "    www: {type: custom}\n    ^"},
    {"www:\n  type: custom\n  x: *nope\n",
	"found an alias to an anchor that does not exist" IN("3",
	    "6") "      x: *nope\n         ^\nHint: a value that begins with "
		 "'*' refers to an '&' anchor above it; put it in quotes if "
		 "it is text"},
    {"www: &a\n  type: custom\n  x: *a\n",
	"found an alias inside of what it refers to" IN("3",
	    "6") "      x: *a\n         ^"},
    {"www:\n  type: custom\n  approot: /etc\n",
	"\"approot\" must be relative to the root of the code" IN("3",
	    "12") "      approot: /etc\n               ^"},
    {"www:\n  type: custom\n  approot: a/../../b\n",
	"\"approot\" leaves the pushed tree" IN("3",
	    "12") "      approot: a/../../b\n               ^"},
    {"www:\n  type: custom\n  buildscript: /bin/sh x\n",
	"\"buildscript\" must be relative to the root of the code" IN("3",
	    "16") "      buildscript: /bin/sh x\n                   ^"},
    {"www:\n  type: custom\n  approot: a\n  buildscript: ../b\n",
	"\"buildscript\" leaves the pushed tree" IN("4",
	    "16") "      buildscript: ../b\n                   ^"},
    {"www:\n  type: custom\n  postinstall: ../b now\n",
	"\"postinstall\" leaves the pushed tree" IN("3",
	    "16") "      postinstall: ../b now\n                   ^"},
    {"www:\n  type: custom\n  environment: {A-B: 1}\n",
	"Invalid environment variable name \"A-B\"" IN("3",
	    "17") "      environment: {A-B: 1}\n                    ^"},
    {"www:\n  type: custom\n  environment: {DOTCLOUD_X: 1}\n",
	"\"DOTCLOUD_X\": names which begin with DOTCLOUD_ are the "
	"platform's" IN("3", "17") "      environment: {DOTCLOUD_X: 1}\n"
				   "                    ^"},
    {"www:\n  type: custom\n  processes: {../x: a}\n",
	"Invalid process name \"../x\"" IN("3",
	    "15") "      processes: {../x: a}\n                  ^"},
    {"www:\n  type: custom\n  processes: {x: }\n",
	"process \"x\" has no command" IN("3",
	    "18") "      processes: {x: }\n                     ^"},
    {"www:\n  type: custom\n  listen: udp\n",
	"\"listen\" is tcp or unix" IN("3",
	    "11") "      listen: udp\n              ^"},
    {"www:\n  type: custom\n  workers: 2\n",
	"several workers cannot share a port: add \"listen: unix\" to service "
	"\"www\"" IN("3", "12") "      workers: 2\n               ^"},
    {"www:\n  type: custom\n  listen: tcp\n  listen_var: X\n",
	"\"listen_var\" names a unix socket: add \"listen: unix\" to service "
	"\"www\"" IN("4", "15") "      listen_var: X\n                  ^"},
    {"www:\n  type: custom\n  rollback: often\n",
	"\"rollback\" is true, or "
	"has within, errors or "
	"crashes below it" IN("3", "13") "      rollback: "
					 "often\n           "
					 "     ^"},
    {"www:\n  type: custom\n  rollback: {error: 5}\n",
	"\"rollback\" has no key \"error\"" IN("3",
	    "14") "      rollback: {error: 5}\n                 ^\nHint: did "
		  "you mean \"errors\"?"},
    {"www:\n  type: custom\n  rollback: {latency: 5}\n",
	"\"rollback\" has no key \"latency\"" IN("3",
	    "14") "      rollback: {latency: 5}\n                 ^\nHint: "
		  "there are within, errors and crashes"},
    {"www:\n  type: custom\n  rollback: {within: 5}\n",
	"\"within\" of \"rollback\" is a number from 10 to 3600" IN("3",
	    "22") "      rollback: {within: 5}\n                         ^"},
    {"www:\n  type: custom\n  workers: 65\n",
	"\"workers\" is a number from 1 to 64" IN("3",
	    "12") "      workers: 65\n               ^"},
    {"www:\n  type: nodejs\n  listen: unix\n",
	"\"listen: unix\" is for http, "
	"which service \"www\" does not "
	"have" IN("3", "11") "      listen: unix\n "
			     "             ^"},
    {"www:\n  type: custom\n  instances: 65\n",
	"\"instances\" is a number from 1 to 64" IN("3",
	    "14") "      instances: 65\n                 ^"},
    {"www:\n  type: \"\\e[31m\\u009b\"\n",
	"Unrecognized service \"?[31m?\?\"" IN("2",
	    "9") "      type: \"\\e[31m\\u009b\"\n            ^\nHint: the "
		 "types of this platform are: custom, mysql, nodejs, python"},
    {"www:\n  type: custom\n  x: \"a\\0b\"\n",
	"a NUL character is not allowed" IN("3",
	    "6") "      x: \"a\\0b\"\n         ^"},
    {"? [a]\n: b\n", "Expected a type string but got a type list" IN("1",
			 "3") "    ? [a]\n      ^"},
    {"www: {type: custom, <<: [x]}\n",
	"Expected a type dictionary but got a type string" IN("1",
	    "26") "    www: {type: custom, <<: [x]}\n"
		  "                             ^"},
};

START_TEST(parse__mistakes_have_their_texts)
{
	dc_auto_buildfile struct dc_buildfile file = {0};
	struct dc_err err = DC_ERR_INIT;
	int rc = dc_buildfile_parse(&file, bad[_i].text, strlen(bad[_i].text),
	    &types, &err);

	ck_assert_int_eq(rc, DC_EUSER);
	ck_assert_str_eq(err.msg, bad[_i].message);
	ck_assert_ptr_null(file.services);
}
END_TEST

/* What needs more than that is the platform's to refuse. */
START_TEST(parse__a_client_knows_types_by_their_names)
{
	static const char text[] = "www:\n  type: worker\n  listen: unix\n";
	struct dc_type worker = {.name = (char *)"worker"};
	const struct dc_types known = {&worker, 1};
	dc_auto_buildfile struct dc_buildfile file = {0};
	struct dc_err err = DC_ERR_INIT;
	int rc = dc_buildfile_parse(&file, text, strlen(text), &known, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	worker.port_name = (char *)"http";
	dc_buildfile_done(&file);
	rc = dc_buildfile_parse(&file, text, strlen(text), &known, &err);
	ck_assert_int_eq(rc, DC_EUSER);
}
END_TEST

Suite *
buildfile_errors_suite(void)
{
	Suite *s = suite_create("buildfile_errors");
	TCase *tc = tcase_create("buildfile_errors");

	tcase_add_test(tc, parse__a_client_knows_types_by_their_names);
	tcase_add_loop_test(tc, parse__mistakes_have_their_texts, 0,
	    sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(s, tc);
	return s;
}
