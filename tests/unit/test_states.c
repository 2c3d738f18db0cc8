/* tests/unit/test_states.c -- docs/states.md is what the tables say. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/store/build.h"
#include "common/store/deployment.h"
#include "common/store/instance.h"
#include "deployer/states.h"

#define MAX_FILE 65536

Suite *states_suite(void);

static const struct dc_machine *const machines[] = {&dc_deployment_machine,
    &dc_build_machine, &dc_instance_machine};

/* From wherever in the tree the tests were started. */
static char *
load_committed(void)
{
	dc_auto_str struct dc_str path = {0};
	char *text = NULL;
	int i;

	dc_str_add(&path, "docs/states.md");
	for (i = 0; i < 5 && text == NULL; i++) {
		dc_auto_free char *up = dc_asprintf("../%s", path.data);

		(void)dc_fs_load(&text, NULL, path.data, MAX_FILE, NULL);
		dc_str_done(&path);
		path = (struct dc_str){0};
		dc_str_add(&path, up);
	}
	return text;
}

START_TEST(format__the_committed_file_is_current)
{
	dc_auto_free char *committed = load_committed();
	dc_auto_free char *made = states_format();

	ck_assert_msg(committed != NULL, "docs/states.md is missing");
	ck_assert_msg(strcmp(committed, made) == 0,
	    "docs/states.md is old: run `make docs`");
}
END_TEST

START_TEST(format__every_state_has_its_row)
{
	const struct dc_machine *m = machines[_i];
	dc_auto_free char *made = states_format();
	int i;

	for (i = 0; i < m->nstates; i++) {
		dc_auto_free char *row = dc_asprintf("\n| %s | %s | ",
		    m->states[i].name, m->states[i].mover);

		ck_assert_ptr_nonnull(strstr(made, row));
	}
}
END_TEST

/* Or its rows would wait for ever: what is no end can be reached and left. */
START_TEST(machine__every_state_can_be_reached)
{
	const struct dc_machine *m = machines[_i];
	uint32_t seen = DC_FROM(0), before;
	int i;

	do {
		before = seen;
		for (i = 0; i < m->nstates; i++)
			if ((m->states[i].from & seen) != 0)
				seen |= DC_FROM(i);
	} while (seen != before);
	ck_assert_uint_eq(seen, DC_FROM(m->nstates) - 1);
}
END_TEST

Suite *
states_suite(void)
{
	const int n = sizeof(machines) / sizeof(machines[0]);
	Suite *s = suite_create("states");
	TCase *tc = tcase_create("states");

	tcase_add_test(tc, format__the_committed_file_is_current);
	tcase_add_loop_test(tc, format__every_state_has_its_row, 0, n);
	tcase_add_loop_test(tc, machine__every_state_can_be_reached, 0, n);
	suite_add_tcase(s, tc);
	return s;
}
