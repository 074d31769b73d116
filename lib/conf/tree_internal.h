// SPDX-License-Identifier: GPL-3.0-or-later
// What the three files of the tree share.
#pragma once

#include "conf/tree.h"

// One text -> nodes. `file` is borrowed by every place and must outlive the nodes. AEMS_E_FORMAT, AEMS_E_NOMEM.
int tree_parse(const char *file, const char *text, size_t length, struct diagnostics *d, struct conf_node **ret_root);

// Lays `over` on the map `base`, map by map; the later wins. Takes `over`. AEMS_E_NOMEM: `base` is still sound.
int tree_overlay(struct conf_node *base, struct conf_node *over);

// Takes the value of `key` out of a map; NULL when there is none.
struct conf_node *tree_take(struct conf_node *map, const char *key);

void tree_node_free(struct conf_node *node); // NULL is fine

// Reads a regular file of at most CONF_MAX_BYTES. AEMS_E_IO (errno), AEMS_E_LIMIT, AEMS_E_FORMAT (not a regular file).
int tree_read_bytes(const char *path, char **ret_bytes, size_t *ret_length);
