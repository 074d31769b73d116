// SPDX-License-Identifier: GPL-3.0-or-later
// The state of one judgement, shared by the files that read by a table.
#pragma once

#include "conf/schema.h"

struct conf_pending { // a reference, until every section is read
    int *index;
    const char *target; // section or group
    const struct conf_node *node;
    char path[CONF_PATH_SIZE];
    char *id; // owned
};

struct conf_reader {
    struct diagnostics *d;
    const struct conf_node *root;
    const struct conf_option *rows; // of the root
    void *target;                   // of the root
    struct conf_pending *pending;   // owned
    size_t n_pending;
    char **resolved; // what tags stand for; owned, wiped when freed
    size_t n_resolved;
    bool hide;   // the value at hand is a secret: messages do not show it
    bool flawed; // an error was reported
    bool failed; // no memory
};

// Reports at a place that is no node, e.g. a key.
void reader_report(struct conf_reader *r, enum severity severity, struct place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Notes a reference for later; resolves all of them, and judges that ids are unique in their group.
void reader_refer(struct conf_reader *r, const struct conf_option *option, const char *path,
                  const struct conf_node *node, int *index);
void reader_resolve_references(struct conf_reader *r);

// What a tagged scalar stands for; NULL when that was reported. `secret`: a file that others can read is refused.
const char *reader_resolve_tag(struct conf_reader *r, const char *path, const struct conf_node *node);

// `name` as seen from the folder of the file in which `node` stands; owned by the caller. NULL without memory.
char *reader_beside(const struct conf_node *node, const char *name);

void reader_free(struct conf_reader *r);

// Reads a scalar of one of the types below CONF_SECTION.
bool reader_read_scalar(struct conf_reader *r, const struct conf_option *option, const char *path,
                        const struct conf_node *node, void *target);

// "One of a, b, c" for messages and the reference; cut where it does not fit.
void reader_list_names(const char *const *names, size_t count, char *ret_text, size_t size);

// ", did you mean "x"?" when a name is near, else "".
void reader_suggest(const char *word, const char *const *names, size_t count, char *ret_text, size_t size);

// "1 kW to 2 MW", "at least 0 W", or "" when the option has no range.
void reader_range(const struct conf_option *option, char *ret_text, size_t size);

static inline size_t conf_count_choices(const char *const *choices)
{
    size_t n = 0;
    while (choices != NULL && choices[n] != NULL)
        n++;
    return n;
}
