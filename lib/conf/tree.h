// SPDX-License-Identifier: GPL-3.0-or-later
// A YAML text as a tree of nodes that know where they stand. The only place that sees libyaml is tree.c.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/diagnostics.h"

enum conf_node_kind { CONF_SCALAR, CONF_MAP, CONF_LIST, CONF_NULL };

struct conf_node {
    enum conf_node_kind kind;
    struct place place;
    char *tag;                // "!env", "!file", "!credential" or NULL; owned
    char *scalar;             // of CONF_SCALAR, owned
    bool quoted;              // the scalar was written in quotes
    bool flawed;              // of a root: something below it was reported already, so that conf_read must refuse it
    struct conf_pair *pairs;  // of CONF_MAP, in the order of the file
    struct conf_node **items; // of CONF_LIST
    size_t count;             // of pairs or items
};

struct conf_pair {
    char *key;
    struct place key_place;
    struct conf_node *value;
};

struct conf_tree {
    struct conf_node *root; // a map; never NULL after success
    char **files;           // names that places borrow
    size_t n_files;
};

enum {
    CONF_MAX_DEPTH = 16,
    CONF_MAX_BYTES = 4 << 20, // of one file
    CONF_MAX_FILES = 64,      // includes and conf.d together
    CONF_MAX_KEYS = 2048,     // of one map
    CONF_MAX_NODES = 200000,  // of one file
};

// Reads one file with its includes and its conf.d; or one text. All problems are added to `d`.
//
// AEMS_E_FORMAT when there is no tree to judge: a file that cannot be read, broken syntax, anchors and aliases, several
// documents, a text beyond the limits below. Duplicate keys and unknown tags leave a tree, so that conf_read can find
// the other mistakes as well: the call succeeds, `root->flawed` is set and conf_read refuses the tree in the end.
int conf_tree_read(const char *path, struct diagnostics *d, struct conf_tree *ret_tree);
int conf_tree_read_file(const char *path, struct diagnostics *d, struct conf_tree *ret_tree); // no include, no conf.d
int conf_tree_read_text(const char *name, const char *text, size_t length, struct diagnostics *d,
                        struct conf_tree *ret_tree);
void conf_tree_free(struct conf_tree *tree);

// The value of `key` in a map, or NULL. A NULL `map` or one that is not a map has no keys.
const struct conf_node *conf_node_get(const struct conf_node *map, const char *key);
