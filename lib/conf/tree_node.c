// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes as such: finding, freeing, laying one map over another.
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf/tree_internal.h"

void tree_node_free(struct conf_node *node)
{
    if (node == NULL)
        return;
    for (size_t i = 0; node->pairs != NULL && i < node->count; i++) {
        free(node->pairs[i].key);
        tree_node_free(node->pairs[i].value);
    }
    for (size_t i = 0; node->items != NULL && i < node->count; i++)
        tree_node_free(node->items[i]);
    free(node->pairs);
    free(node->items);
    free(node->tag);
    free(node->scalar);
    free(node);
}

static struct conf_pair *find_pair(const struct conf_node *map, const char *key)
{
    if (map == NULL || map->kind != CONF_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->pairs[i].key, key) == 0)
            return &map->pairs[i];
    return NULL;
}

const struct conf_node *conf_node_get(const struct conf_node *map, const char *key)
{
    const struct conf_pair *pair = find_pair(map, key);
    return pair != NULL ? pair->value : NULL;
}

struct conf_node *tree_take(struct conf_node *map, const char *key)
{
    struct conf_pair *pair = find_pair(map, key);
    if (pair == NULL)
        return NULL;
    struct conf_node *value = pair->value;
    free(pair->key);
    size_t index = (size_t)(pair - map->pairs);
    memmove(pair, pair + 1, (map->count - index - 1) * sizeof(*pair));
    map->count--;
    return value;
}

static int append_pair(struct conf_node *map, struct conf_pair *pair)
{
    struct conf_pair *pairs = realloc(map->pairs, (map->count + 1) * sizeof(*pairs));
    if (pairs == NULL)
        return AEMS_E_NOMEM;
    map->pairs = pairs;
    pairs[map->count++] = *pair;
    *pair = (struct conf_pair){0};
    return 0;
}

// An empty `batteries:` in a later file (its entries commented out, say) must not wipe out a whole section.
static bool keeps_base(const struct conf_node *base, const struct conf_node *over)
{
    return base->kind == CONF_MAP && over->kind == CONF_NULL;
}

static int overlay_pair(struct conf_node *base, struct conf_pair *pair)
{
    struct conf_pair *old = find_pair(base, pair->key);
    if (old == NULL)
        return append_pair(base, pair);
    if (keeps_base(old->value, pair->value))
        return 0;
    struct conf_node *value = pair->value;
    pair->value = NULL;
    if (old->value->kind == CONF_MAP && value->kind == CONF_MAP)
        return tree_overlay(old->value, value);
    tree_node_free(old->value);
    old->value = value;
    old->key_place = pair->key_place;
    return 0;
}

int tree_overlay(struct conf_node *base, struct conf_node *over)
{
    int code = 0;
    base->flawed |= over->flawed;
    for (size_t i = 0; i < over->count && code == 0; i++)
        code = overlay_pair(base, &over->pairs[i]);
    tree_node_free(over); // with whatever was not moved
    return code;
}
