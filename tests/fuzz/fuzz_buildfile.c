/* tests/fuzz/fuzz_buildfile.c -- any bytes as dotcloud.yml: an answer, never
 * a crash, and what is accepted survives its row in the store. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/buildfile/buildfile.h"

int fuzz_buildfile(const uint8_t *data, size_t size);
/* Weak: the unit tests link all fuzzers together. */
__attribute__((weak)) int LLVMFuzzerTestOneInput(const uint8_t *data,
    size_t size);

static struct dc_type some[] = {
    {.name = (char *)"custom", .port_name = (char *)"www"},
    {.name = (char *)"mysql", .is_data = true, .port_name = (char *)"http"},
    {.name = (char *)"nodejs", .port_name = (char *)"http"},
};
static const struct dc_types types = {some, sizeof(some) / sizeof(some[0])};

static void
check_service(const struct dc_service_def *def)
{
	dc_auto_service_def struct dc_service_def copy = {0};
	dc_auto_free char *json = dc_service_to_json(def), *again = NULL;
	dc_auto_strv struct dc_strv env = {0};
	size_t i;

	if (dc_service_from_json(&copy, json, NULL) < 0)
		abort();
	again = dc_service_to_json(&copy);
	if (strcmp(json, again) != 0)
		abort();
	dc_service_env(&env, def);
	for (i = 0; i < env.n; i++)
		if (strncmp(env.v[i], "SERVICE_", 8) != 0 ||
		    strchr(env.v[i], '=') == NULL)
			abort();
}

int
fuzz_buildfile(const uint8_t *data, size_t size)
{
	dc_auto_buildfile struct dc_buildfile file = {0};
	struct dc_err err = DC_ERR_INIT;
	size_t i;
	int rc;

	rc = dc_buildfile_parse(&file, (const char *)data, size, &types, &err);
	if (rc < 0 && (rc != DC_EUSER || err.msg[0] == '\0'))
		abort();
	for (i = 0; err.msg[i] != '\0'; i++)
		if ((unsigned char)err.msg[i] < 0x20 && err.msg[i] != '\n' &&
		    err.msg[i] != '\t')
			abort();
	for (i = 0; i < file.nservices; i++)
		check_service(&file.services[i]);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_buildfile(data, size);
}
