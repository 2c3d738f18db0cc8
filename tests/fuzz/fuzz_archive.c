/* tests/fuzz/fuzz_archive.c -- any bytes as an archive: unpacked inside of its
 * directory or refused, and what was unpacked can be packed again. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/archive/archive.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

int fuzz_archive(const uint8_t *data, size_t size);
/* Weak: the unit tests link all fuzzers together. */
__attribute__((weak)) int LLVMFuzzerTestOneInput(const uint8_t *data,
    size_t size);

static const struct dc_archive_limits limits = {1 << 20, 100};

static void
check(int in, int tree)
{
	dc_auto_fd int out = memfd_create("out", MFD_CLOEXEC);
	struct dc_err err = DC_ERR_INIT;
	int rc = dc_archive_read(in, tree, &limits, &err);

	if (rc < 0 && err.msg[0] == '\0')
		abort();
	if (rc == 0 && dc_archive_write(tree, out, &limits, &err) < 0)
		abort();
}

int
fuzz_archive(const uint8_t *data, size_t size)
{
	dc_auto_free char *dir = dc_strdup("/tmp/dc-fuzz-XXXXXX"), *to = NULL;
	dc_auto_fd int in = memfd_create("in", MFD_CLOEXEC), tree = -1;
	struct stat st;

	if (in < 0 || mkdtemp(dir) == NULL)
		abort();
	to = dc_asprintf("%s/to", dir);
	if (mkdir(to, 0700) < 0)
		abort();
	tree = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dc_fs_write_all(in, data, size, NULL) < 0 ||
	    lseek(in, 0, SEEK_SET) < 0)
		abort();
	check(in, tree);
	/* Whatever got out would lie beside: "to" must be alone. */
	if (stat(dir, &st) < 0 || st.st_nlink != 3)
		abort();
	if (dc_fs_remove_tree(to, NULL) < 0 || rmdir(dir) < 0)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_archive(data, size);
}
