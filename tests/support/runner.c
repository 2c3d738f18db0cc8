/* tests/support/runner.c -- runs all suites, or the one named as argument. */
#include "tests/support/runner.h"
#include "tests/support/jobtest.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(int argc, char **argv)
{
	const struct runner_suite *s;
	SRunner *runner = srunner_create(NULL);
	int failed, n = 0;

	if (strcmp(argv[0], JOBTEST_NAME) == 0) {
		srunner_free(runner);
		return jobtest_main(argc, argv);
	}
	for (s = runner_suites; s->name != NULL; s++) {
		if (argc > 1 && strcmp(argv[1], s->name) != 0)
			continue;
		srunner_add_suite(runner, s->make());
		n++;
	}
	if (n == 0) {
		(void)fprintf(stderr, "no suite '%s'\n",
		    argc > 1 ? argv[1] : "");
		srunner_free(runner);
		return EXIT_FAILURE;
	}
	/* Whoever runs us with nohup does not change what is tested. */
	(void)signal(SIGHUP, SIG_DFL);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
