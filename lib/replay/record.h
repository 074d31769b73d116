// SPDX-License-Identifier: GPL-3.0-or-later
// A record: everything an engine was told and everything it decided, in a form that one day of seconds fits into some
// megabytes. No I/O here: a writer gives bytes, a reader takes them.
//
//     record_begin(w, &begin, text, engine);          // configuration, devices, memory: the record stands alone
//     record_event(w, &event); record_code(w, code);  // before, and after, engine_consume
//     record_action(w, now, &action, digest);         // after each engine_produce that gave one
//     record_drained(w, now, complete);               // after the last one
//     record_pack(packer, raw->data, raw->length, &chunk);   // what was written since, to be kept
//
// A file is the mark RECORD_MARK and then chunks, each whole or worthless: its packed length, its length and its CRC-32
// (4 bytes each, the lowest first), then one flushed piece of a single deflate stream. A file that ends within a chunk
// is read up to the last whole one. Entries do not cross chunks. Instants, readings and setpoints are written as what
// changed since the last of their kind.
#pragma once

#include "base/bytes.h"
#include "core/engine.h"

#define RECORD_MARK "AEMSREC1"
enum { RECORD_MARK_SIZE = 8, RECORD_FORMAT = 1, RECORD_CHUNK_MAX = 64 << 20 };

enum record_cause { // of a new record
    RECORD_STARTED, // the program did
    RECORD_RELOADED,
    RECORD_NEW_DAY,
    RECORD_RESUMED, // after a while that is not recorded
    RECORD_CAUSE_COUNT
};
const char *record_cause_name(enum record_cause cause); // "started", ...; static

struct record_begin {
    char program[32]; // version of the program; only the same one repeats to the bit
    char area[SITE_ID_MAX];
    struct instant at;
    double speed; // of UTC against the monotonic clock
    enum record_cause cause;
    uint64_t digest; // of the configuration's text; filled in by record_begin
};

// ---- writing --------------------------------------------------------------------------------------------------------

struct record_writer;

int record_writer_new(const struct site *site, struct record_writer **ret_writer); // copies; AEMS_E_NOMEM
void record_writer_free(struct record_writer *w);

// `configuration` is the area's as one text (see conf_write_text), `devices` has site->n_devices entries. AEMS_E_NOMEM.
int record_begin(struct record_writer *w, const struct record_begin *begin, const char *configuration,
                 const struct engine_device *devices, const struct engine *engine);

void record_event(struct record_writer *w, const struct event *event);
void record_code(struct record_writer *w, int code); // what engine_consume said of it
// `digest` of the problem with ACTION_SOLVE, see record_problem_digest; else 0.
void record_action(struct record_writer *w, struct instant now, const struct action *action, uint64_t digest);
// `complete`: the engine had nothing more to do; else it was stopped there.
void record_drained(struct record_writer *w, struct instant now, bool complete);
void record_end(struct record_writer *w); // nothing is missing at the end

// What was written and not yet taken away; the caller may take the bytes over and leave empty ones. `failed`: an
// allocation failed, the record cannot go on.
struct bytes *record_written(struct record_writer *w);

// The same problem, the same number. AEMS_E_NOMEM.
int record_problem_digest(const struct plan_problem *problem, uint64_t *ret_digest);

// ---- packing --------------------------------------------------------------------------------------------------------

struct record_packer; // one a file

int record_packer_new(struct record_packer **ret_packer); // AEMS_E_NOMEM
void record_packer_free(struct record_packer *p);

// Appends a chunk to `chunk`, before the first one RECORD_MARK. AEMS_E_NOMEM, AEMS_E_LIMIT (more than
// RECORD_CHUNK_MAX): the file cannot go on.
int record_pack(struct record_packer *p, const void *raw, size_t length, struct bytes *chunk);

// ---- reading --------------------------------------------------------------------------------------------------------

enum record_kind { RECORD_BEGIN, RECORD_MEMORY, RECORD_EVENT, RECORD_ACTION, RECORD_DRAINED, RECORD_END };

struct record_entry {
    enum record_kind kind;
    union {
        struct {
            struct record_begin head;
            const char *configuration; // NUL-terminated
            const struct engine_device *devices;
            size_t n_devices;
        } begin;
        struct { // of the engine at that time, see engine_take_image
            const uint8_t *image;
            size_t length;
        } memory;
        struct {
            struct event event; // what it borrows lives until the next entry; a schedule that is taken over is set NULL
            int code;           // what engine_consume said
            bool quiet;         // nothing was to be done: no RECORD_DRAINED follows
        } event;
        struct {
            struct instant now;
            size_t silent; // actions before it, since the last entry of a kind that is not kept: publishing, saving
            struct action action; // writes, releases, alarms (id, active), and solves, without their problem
            uint64_t digest;      // of ACTION_SOLVE
        } action;
        struct {
            struct instant now;
            size_t silent;
            bool complete;
        } drained;
    };
};

enum record_ending {
    RECORD_WHOLE, // by record_end
    RECORD_OPEN,  // after a whole chunk, but without an end: the program was killed, or still writes
    RECORD_CUT,   // within a chunk
    RECORD_DAMAGED,
};

struct record_reader;

// `data` is borrowed. AEMS_E_FORMAT: no record at all, AEMS_E_NOMEM.
int record_reader_new(const void *data, size_t length, struct record_reader **ret_reader);
void record_reader_free(struct record_reader *r);

// The next entry, which lives in the reader until the next call. 1, 0 at the end, AEMS_E_NOMEM.
int record_next(struct record_reader *r, struct record_entry **ret_entry);

// How it ended, once record_next has said 0, and how many bytes of it were read.
enum record_ending record_ending(const struct record_reader *r, size_t *ret_bytes);
