/* common/store/machine.h -- what builds, deployments and instances share: a
 * named set of states, the moves between them, claims and their leases. */
#ifndef DC_MACHINE_H
#define DC_MACHINE_H

#include "common/store/db.h"

/* One state: its word in the store, who moves into it, and from where. */
struct dc_machine_state {
	const char *name;
	const char *mover; /* program, for docs/states.md */
	uint32_t from;     /* bit set of the states it is entered from */
};

struct dc_machine {
	const char *thing; /* "build"; the table is this with an s */
	const char *table;
	int nstates;
	const struct dc_machine_state *states;
};

#define DC_FROM(state) (1u << (state))

/* The only writer of a state column: compare-and-swap on (id, FROM, claimed
 * by ME), with the events row in the same transaction (the caller's, when it
 * has one). ME NULL: whoever holds the claim. DC_EINVAL: there is no such
 * move. DC_ESTALE: somebody else moved it first, let it go. */
int dc_machine_move(struct dc_db *db, const struct dc_machine *m, int64_t id,
    int from, int to, const char *me, struct dc_err *err);

/* The state's number, or -1 for a word that is none. */
int dc_machine_parse(const struct dc_machine *m, const char *name);

/* Takes the oldest unclaimed row in one of the states of the bit set IN that
 * satisfies the SQL condition WHERE (constant text; may be NULL) for ME.
 * *ID 0: there is none. */
int dc_machine_claim(struct dc_db *db, const struct dc_machine *m, int64_t *id,
    uint32_t in, const char *where, const char *me, struct dc_err *err);

/* Gives up, or (ID 0) gives back all claims whose holder's name begins with
 * ME: what a dead job or daemon left. */
int dc_machine_release(struct dc_db *db, const struct dc_machine *m, int64_t id,
    const char *me, struct dc_err *err);

/* The claim of ME on row ID ends SECONDS from now unless renewed again. */
int dc_machine_renew(struct dc_db *db, const struct dc_machine *m, int64_t id,
    const char *me, int seconds, struct dc_err *err);

#endif
