// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/store/store_disk.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { BUSY_MS = 2000, SCHEMA_VERSION = 1 };

struct store_disk {
    sqlite3 *db;
};

// 0, AEMS_E_FORMAT (the file is corrupt) or AEMS_E_IO (the disk is not usable).
static int judge(int status)
{
    switch (status & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return AEMS_E_FORMAT;
    default:
        return AEMS_E_IO;
    }
}

static int run(sqlite3 *db, const char *sql)
{
    return judge(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

static int check_file(sqlite3 *db)
{
    sqlite3_stmt *q = NULL;
    int r = judge(sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &q, NULL));
    if (r == 0) {
        int status = sqlite3_step(q);
        r = judge(status);
        if (status == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(q, 0), "ok") != 0)
            r = AEMS_E_FORMAT;
    }
    sqlite3_finalize(q);
    return r;
}

// A file of another schema is not ours to change: it is set aside like a corrupt one.
static int check_schema(sqlite3 *db)
{
    sqlite3_stmt *q = NULL;
    int r = judge(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &q, NULL));
    if (r == 0) {
        r = judge(sqlite3_step(q));
        int version = sqlite3_column_int(q, 0);
        if (r == 0 && version != 0 && version != SCHEMA_VERSION)
            r = AEMS_E_FORMAT;
    }
    sqlite3_finalize(q);
    if (r != 0)
        return r;
    return run(db, "CREATE TABLE IF NOT EXISTS item(kind TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL,"
                   " PRIMARY KEY(kind, id));"
                   "CREATE TABLE IF NOT EXISTS outbox(sequence INTEGER PRIMARY KEY, topic TEXT NOT NULL,"
                   " payload BLOB NOT NULL, retain INTEGER NOT NULL);"
                   "PRAGMA user_version=1");
}

// Exclusive locking keeps the WAL's index in our memory: a failing disk then shows as an error and not as SIGBUS in a
// mapped file.
static int open_database(const char *path, sqlite3 **ret_db)
{
    int r =
        judge(sqlite3_open_v2(path, ret_db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL));
    if (r == 0)
        r = judge(sqlite3_busy_timeout(*ret_db, BUSY_MS));
    if (r == 0)
        r = run(*ret_db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                         "PRAGMA journal_size_limit=4194304");
    if (r == 0)
        r = check_file(*ret_db);
    if (r == 0)
        r = check_schema(*ret_db);
    return r;
}

static int explain(const struct store_disk *d, int r, char ret_why[static STORE_WHY_SIZE])
{
    if (r == 0)
        return 0;
    const char *text = d->db != NULL ? sqlite3_errmsg(d->db) : "out of memory";
    bool judged_by_us = d->db != NULL && sqlite3_errcode(d->db) == SQLITE_OK;
    snprintf(ret_why, STORE_WHY_SIZE, "%s", judged_by_us ? "the content is damaged or of another version" : text);
    return r;
}

int store_disk_open(const char *path, char ret_why[static STORE_WHY_SIZE], struct store_disk **ret_disk)
{
    struct store_disk *d = calloc(1, sizeof(*d));
    if (d == NULL) {
        snprintf(ret_why, STORE_WHY_SIZE, "out of memory");
        return AEMS_E_IO;
    }
    int r = explain(d, open_database(path, &d->db), ret_why);
    if (r != 0)
        store_disk_close(d);
    else
        *ret_disk = d;
    return r;
}

void store_disk_close(struct store_disk *d)
{
    if (d == NULL)
        return;
    sqlite3_close(d->db);
    free(d);
}

static const char *column_text(sqlite3_stmt *q, int column)
{
    const char *text = (const char *)sqlite3_column_text(q, column);
    return text != NULL ? text : "";
}

static int load_item(struct image *m, sqlite3_stmt *q)
{
    return image_load_item(m, column_text(q, 0), column_text(q, 1), column_text(q, 2));
}

static int load_message(struct image *m, sqlite3_stmt *q)
{
    const char *payload = sqlite3_column_blob(q, 2);
    return image_load_message(m, sqlite3_column_int64(q, 0), column_text(q, 1), payload != NULL ? payload : "",
                              (size_t)sqlite3_column_bytes(q, 2), sqlite3_column_int(q, 3) != 0);
}

static int load_rows(sqlite3 *db, const char *sql, int (*load)(struct image *m, sqlite3_stmt *q), struct image *m)
{
    sqlite3_stmt *q = NULL;
    int r = judge(sqlite3_prepare_v2(db, sql, -1, &q, NULL));
    while (r == 0) {
        int status = sqlite3_step(q);
        r = judge(status);
        if (status != SQLITE_ROW)
            break;
        r = load(m, q);
    }
    sqlite3_finalize(q);
    return r;
}

int store_disk_load(struct store_disk *d, struct image *m, char ret_why[static STORE_WHY_SIZE])
{
    int r = load_rows(d->db, "SELECT kind, id, json FROM item ORDER BY rowid", load_item, m);
    if (r == 0)
        r = load_rows(d->db, "SELECT sequence, topic, payload, retain FROM outbox ORDER BY sequence", load_message, m);
    return explain(d, r, ret_why);
}

static const char *const change_sql[] = {
    [CHANGE_PUT] = ("INSERT INTO item(kind, id, json) VALUES(?1, ?2, ?3)"
                    " ON CONFLICT(kind, id) DO UPDATE SET json=excluded.json"),
    [CHANGE_DELETE] = "DELETE FROM item WHERE kind=?1 AND id=?2",
    [CHANGE_ADD] = "INSERT OR REPLACE INTO outbox(topic, payload, sequence, retain) VALUES(?1, ?3, ?4, ?5)",
    [CHANGE_DONE] = "DELETE FROM outbox WHERE sequence=?4",
};

static int bind_text(sqlite3_stmt *q, int parameter, const char *text)
{
    if (text == NULL || parameter > sqlite3_bind_parameter_count(q))
        return 0;
    return judge(sqlite3_bind_text(q, parameter, text, -1, SQLITE_STATIC));
}

static int bind_change(sqlite3_stmt *q, const struct change *c)
{
    int r = bind_text(q, 1, c->name);
    if (r == 0)
        r = bind_text(q, 2, c->id);
    if (r == 0 && c->kind == CHANGE_PUT)
        r = bind_text(q, 3, c->data);
    if (r == 0 && c->kind == CHANGE_ADD)
        r = judge(sqlite3_bind_blob64(q, 3, c->data, c->length, SQLITE_STATIC));
    if (r == 0 && c->kind >= CHANGE_ADD)
        r = judge(sqlite3_bind_int64(q, 4, c->sequence));
    if (r == 0 && c->kind == CHANGE_ADD)
        r = judge(sqlite3_bind_int(q, 5, c->retain));
    return r;
}

static int write_changes(sqlite3 *db, const struct changes *c)
{
    sqlite3_stmt *q[4] = {NULL};
    int r = 0;
    for (size_t i = 0; r == 0 && i < c->count; i++) {
        const struct change *x = &c->items[i];
        if (q[x->kind] == NULL)
            r = judge(sqlite3_prepare_v2(db, change_sql[x->kind], -1, &q[x->kind], NULL));
        if (r == 0)
            r = bind_change(q[x->kind], x);
        if (r == 0)
            r = judge(sqlite3_step(q[x->kind]));
        if (r == 0)
            r = judge(sqlite3_reset(q[x->kind]));
    }
    for (int i = 0; i < 4; i++)
        sqlite3_finalize(q[i]);
    return r;
}

int store_disk_write(struct store_disk *d, const struct changes *c, bool rewrite, bool sync,
                     char ret_why[static STORE_WHY_SIZE])
{
    int r = run(d->db, sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    if (r == 0)
        r = run(d->db, rewrite ? "BEGIN IMMEDIATE; DELETE FROM item; DELETE FROM outbox" : "BEGIN IMMEDIATE");
    if (r == 0)
        r = write_changes(d->db, c);
    if (r == 0 && sync && c->count == 0) // an empty transaction would not sync the batches before it
        r = run(d->db, "PRAGMA user_version=1");
    if (r == 0)
        r = run(d->db, "COMMIT");
    return explain(d, r, ret_why); // closing ends the transaction that an error leaves open
}
