/* common/store/db.h -- the door to sqlite: open, prepare, bind by name, step,
 * columns by name, transactions, and the bell that wakes the other daemons.
 *
 * A connection belongs to one process: never use one across fork(). */
#ifndef DC_DB_H
#define DC_DB_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct dc_db;
struct dc_stmt;

/* Opens PATH, made and migrated as needed (":memory:" for tests). A store
 * written by a newer program, or by something else, is DC_EINVAL. */
int dc_db_open(struct dc_db **out, const char *path, struct dc_err *err);
void dc_db_close(struct dc_db *db);

/* BEGIN IMMEDIATE: short, before the first read, never over a fork. Within a
 * transaction: a part of it that can be undone alone. */
int dc_db_begin(struct dc_db *db, struct dc_err *err);
/* Commits and, with the outermost, rings the bell. */
int dc_db_commit(struct dc_db *db, struct dc_err *err);
void dc_db_rollback(struct dc_db *db);
/* Commits when RC, of what was done since begin, is >= 0; else rolls back and
 * returns RC. */
int dc_db_end(struct dc_db *db, int rc, struct dc_err *err);
bool dc_db_in_transaction(const struct dc_db *db);

/* SQL must outlive the statement. */
int dc_db_prepare(struct dc_db *db, struct dc_stmt **out, const char *sql,
    struct dc_err *err);
void dc_stmt_close(struct dc_stmt *q);

/* An unknown :param is our bug and aborts. NULL text binds NULL. */
void dc_stmt_int(struct dc_stmt *q, const char *param, int64_t value);
void dc_stmt_text(struct dc_stmt *q, const char *param, const char *value);

/* INSERT, UPDATE, DELETE; CHANGED (may be NULL) is the number of rows. A
 * UNIQUE conflict is DC_EBUSY. Outside a transaction rings the bell. */
int dc_stmt_run(struct dc_stmt *q, int64_t *changed, struct dc_err *err);
/* 1 row, 0 end, < 0 failed. */
int dc_stmt_step(struct dc_stmt *q, struct dc_err *err);
/* One row is expected: none is DC_ENOTFOUND. */
int dc_stmt_one(struct dc_stmt *q, struct dc_err *err);
/* Before binding anew. */
void dc_stmt_reset(struct dc_stmt *q);

/* Columns of the present row. Text is never NULL ("" for NULL), lives until
 * the next step; dup gives the caller a copy, or NULL for NULL. */
int64_t dc_stmt_get_int(struct dc_stmt *q, const char *column);
const char *dc_stmt_get_text(struct dc_stmt *q, const char *column);
char *dc_stmt_dup_text(struct dc_stmt *q, const char *column);
bool dc_stmt_is_null(struct dc_stmt *q, const char *column);

/* id of the last INSERT. */
int64_t dc_db_last_id(struct dc_db *db);

/* A descriptor that polls readable after any process's commit. A hint: wait
 * with a timeout of a second as well. Clear before looking at the rows. */
int dc_bell_open(int *out, const char *db_path, struct dc_err *err);
void dc_bell_clear(int fd);
/* Waits for the bell, MS milliseconds at the most, and clears it. */
void dc_bell_wait(int fd, int ms);

void dc_auto_db_(struct dc_db **db);
void dc_auto_stmt_(struct dc_stmt **q);
#define dc_auto_db __attribute__((cleanup(dc_auto_db_)))
#define dc_auto_stmt __attribute__((cleanup(dc_auto_stmt_)))

#endif
