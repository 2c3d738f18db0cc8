/* uploader/limit.c -- see limit.h. */
#include "uploader/limit.h"

#include "common/base/str.h"
#include "common/crypto/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A fixed table: an attacker with many addresses evicts the oldest entries,
 * he does not grow our memory. */
#define ENTRIES 8192
#define PROBES 16

#define TRIES_BOTH 10     /* one address at one account */
#define TRIES_ADDRESS 30  /* one address                */
#define TRIES_ACCOUNT 100 /* one account                */

struct entry {
	uint64_t key[2]; /* of a salted hash; zero: free */
	int64_t since;
	int count;
};

struct limit {
	char salt[33];
	struct entry entries[ENTRIES];
};

struct limit *
limit_new(void)
{
	struct limit *l = dc_xcalloc(1, sizeof(*l));

	dc_random_hex(l->salt, sizeof(l->salt) - 1);
	return l;
}

void
limit_free(struct limit *l)
{
	free(l);
}

static void
make_key(const struct limit *l, uint64_t key[2], const char *account,
    const char *address)
{
	char hex[DC_SHA256_HEX];
	struct dc_sha256 h;

	dc_sha256_init(&h);
	dc_sha256_add(&h, l->salt, sizeof(l->salt));
	dc_sha256_add(&h, account, strlen(account) + 1);
	dc_sha256_add(&h, address, strlen(address) + 1);
	dc_sha256_format(&h, hex);
	hex[32] = '\0';
	key[1] = strtoull(hex + 16, NULL, 16);
	hex[16] = '\0';
	key[0] = strtoull(hex, NULL, 16) | 1;
}

/* The entry of KEY, or the one it may take: a free one, else the oldest. */
static struct entry *
find_entry(struct limit *l, const uint64_t key[2])
{
	struct entry *e, *best = NULL;
	size_t i;

	for (i = 0; i < PROBES; i++) {
		e = &l->entries[(key[0] + i) % ENTRIES];
		if (e->key[0] == key[0] && e->key[1] == key[1])
			return e;
		if (best == NULL || e->since < best->since)
			best = e;
	}
	return best;
}

static bool
count(struct limit *l, const char *account, const char *address, int max,
    int64_t now_ms)
{
	uint64_t key[2];
	struct entry *e;

	make_key(l, key, account, address);
	e = find_entry(l, key);
	if (e->key[0] != key[0] || e->key[1] != key[1] ||
	    now_ms - e->since > LIMIT_WINDOW_MS) {
		*e = (struct entry){{key[0], key[1]}, now_ms, 0};
	}
	if (e->count >= max)
		return false;
	e->count++;
	return true;
}

bool
limit_may_try(struct limit *l, const char *account, const char *address,
    int64_t now_ms)
{
	return count(l, "", address, TRIES_ADDRESS, now_ms) &&
	       count(l, account, address, TRIES_BOTH, now_ms) &&
	       count(l, account, "", TRIES_ACCOUNT, now_ms);
}

static void
give_back(struct limit *l, const char *account, const char *address, int n)
{
	uint64_t key[2];
	struct entry *e;

	make_key(l, key, account, address);
	e = find_entry(l, key);
	if (e->key[0] == key[0] && e->key[1] == key[1])
		e->count = e->count > n ? e->count - n : 0;
}

void
limit_remove(struct limit *l, const char *account, const char *address)
{
	give_back(l, account, address, TRIES_BOTH);
	give_back(l, account, "", 1);
	give_back(l, "", address, 1);
}
