/* runtime/digest.c -- see digest.h. */
#include "runtime/digest.h"

#include <string.h>

static void
hash_bytes(uint64_t *h, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*h =
		    (*h ^ ((const unsigned char *)bytes)[i]) * 1099511628211ULL;
}

static void
hash_text(uint64_t *h, const char *s)
{
	hash_bytes(h, s != NULL ? s : "\1", s != NULL ? strlen(s) + 1 : 2);
}

static void
hash_log(uint64_t *h, const struct log_settings *log)
{
	hash_text(h, log->path);
	hash_text(h, log->auto_path);
	hash_bytes(h, &log->max_bytes, sizeof(log->max_bytes));
	hash_bytes(h, &log->backups, sizeof(log->backups));
}

uint64_t
digest_of(const struct program_settings *p, const struct dc_strv *env)
{
	const int numbers[] = {p->is_stderr_redirected, p->is_autostarted,
	    p->has_channel, p->is_group_stopped, p->is_group_killed,
	    (int)p->restart, p->group_priority, p->priority, p->start_secs,
	    p->start_retries, p->stop_signal, p->stop_wait_secs, p->umask,
	    p->restart_signal, p->backoff_ms};
	uint64_t h = 14695981039346656037ULL;

	hash_text(&h, p->name);
	hash_text(&h, p->command);
	hash_text(&h, p->directory);
	for (size_t i = 0; i < env->n; i++)
		hash_text(&h, env->v[i]);
	hash_text(&h, NULL);
	for (size_t i = 0; i < p->env.n; i++)
		hash_text(&h, p->env.v[i]);
	if (p->account != NULL) {
		hash_text(&h, p->account->name);
		hash_bytes(&h, &p->account->uid, sizeof(p->account->uid));
	}
	hash_log(&h, &p->out);
	hash_log(&h, &p->err);
	hash_bytes(&h, numbers, sizeof(numbers));
	hash_bytes(&h, p->expected_exits, sizeof(p->expected_exits));
	return h;
}
