/* common/box/boxmounts.c -- BOXES/NAME/mounts; see boxconf.h. */
#include "common/box/boxconf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
dc_boxconf_mounts_format(struct dc_str *out, const struct dc_box_spec *spec)
{
	int i;

	dc_str_addf(out, "first_id = %u\nimage = %s\n", spec->first_id,
	    spec->image);
	if (spec->root_lower != NULL)
		dc_str_addf(out, "root_lower_id = %u\nroot_lower = %s\n",
		    spec->root_lower_id, spec->root_lower);
	if (spec->code != NULL)
		dc_str_addf(out, "code_uid = %u\ncode = %s\n", spec->code_uid,
		    spec->code);
	if (spec->listen != NULL)
		dc_str_addf(out, "listen_uid = %u\nlisten = %s\n",
		    spec->listen_uid, spec->listen);
	for (i = 0; spec->home_lower != NULL && spec->home_lower[i] != NULL;
	     i++)
		dc_str_addf(out, "home = %s\n", spec->home_lower[i]);
}

static int
take_id(uid_t *id, const char *value)
{
	long long n;

	if (!dc_is_number(value, 0, UINT32_MAX, &n))
		return DC_EINVAL;
	*id = (uid_t)n;
	return 0;
}

static int
take_line(struct dc_boxconf_mounts *m, const char *key, const char *value)
{
	char **text = NULL;

	if (strcmp(key, "first_id") == 0)
		return take_id(&m->first_id, value);
	if (strcmp(key, "code_uid") == 0)
		return take_id(&m->code_uid, value);
	if (strcmp(key, "root_lower_id") == 0)
		return take_id(&m->root_lower_id, value);
	if (strcmp(key, "listen_uid") == 0)
		return take_id(&m->listen_uid, value);
	if (strcmp(key, "home") == 0) {
		dc_strv_add(&m->home_lower, value);
		return 0;
	}
	if (strcmp(key, "image") == 0)
		text = &m->image;
	if (strcmp(key, "root_lower") == 0)
		text = &m->root_lower;
	if (strcmp(key, "code") == 0)
		text = &m->code;
	if (strcmp(key, "listen") == 0)
		text = &m->listen;
	if (text == NULL || *text != NULL)
		return DC_EINVAL;
	*text = dc_strdup(value);
	return 0;
}

int
dc_boxconf_mounts_parse(struct dc_boxconf_mounts *out, const char *text,
    struct dc_err *err)
{
	char *copy = dc_strdup(text), *line, *sep, *rest = NULL;
	struct dc_boxconf_mounts m = {0};
	int rc = 0;

	for (line = strtok_r(copy, "\n", &rest); line != NULL && rc == 0;
	     line = strtok_r(NULL, "\n", &rest)) {
		sep = strstr(line, " = ");
		if (sep == NULL) {
			rc = DC_EINVAL;
			break;
		}
		*sep = '\0';
		rc = take_line(&m, line, sep + 3);
	}
	free(copy);
	if (rc == 0 && m.image != NULL && m.first_id != 0) {
		*out = m;
		return 0;
	}
	dc_boxconf_mounts_done(&m);
	return dc_fail(err, DC_EINVAL, "the list of mounts is damaged");
}

void
dc_boxconf_mounts_done(struct dc_boxconf_mounts *m)
{
	free(m->image);
	free(m->root_lower);
	free(m->code);
	free(m->listen);
	dc_strv_done(&m->home_lower);
	*m = (struct dc_boxconf_mounts){0};
}
