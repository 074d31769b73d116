// SPDX-License-Identifier: GPL-3.0-or-later
// Ids of one section that another one names. They are resolved last, so that the order of sections does not matter.
#include <stdlib.h>
#include <string.h>

#include "conf/reader.h"

void reader_refer(struct conf_reader *r, const struct conf_option *option, const char *path,
                  const struct conf_node *node, int *index)
{
    const char *id = conf_scalar(r, path, node, "the name of an entry");
    if (id == NULL)
        return;
    struct conf_pending *pending = realloc(r->pending, (r->n_pending + 1) * sizeof(*pending));
    char *copy = strdup(id);
    if (pending != NULL)
        r->pending = pending;
    if (pending == NULL || copy == NULL) {
        r->failed = true;
        free(copy);
        return;
    }
    struct conf_pending *added = &pending[r->n_pending++];
    *added = (struct conf_pending){.index = index, .target = option->target, .node = node, .id = copy};
    memcpy(added->path, path, strnlen(path, CONF_PATH_SIZE - 1));
}

static bool belongs(const struct conf_option *section, const char *target)
{
    return section->type == CONF_SECTIONS &&
           (strcmp(section->name, target) == 0 || (section->group != NULL && strcmp(section->group, target) == 0));
}

// All ids of a section or group, in the order of the rows: the index of an id here is what a reference holds.
static const char **list_ids(const struct conf_reader *r, const char *target, size_t *ret_count)
{
    size_t count = 0, filled = 0;
    for (const struct conf_option *row = r->rows; row->name != NULL; row++)
        if (belongs(row, target))
            count += *(const size_t *)((const char *)r->target + row->count_offset);
    const char **ids = calloc(count + 1, sizeof(*ids));
    if (ids == NULL)
        return NULL;
    for (const struct conf_option *row = r->rows; row->name != NULL; row++) {
        if (!belongs(row, target))
            continue;
        size_t n = *(const size_t *)((const char *)r->target + row->count_offset);
        const char *array = *(char *const *)((const char *)r->target + row->offset);
        for (size_t i = 0; i < n; i++)
            ids[filled++] = array + i * row->size;
    }
    *ret_count = count;
    return ids;
}

static void resolve(struct conf_reader *r, const struct conf_pending *p, const char *const *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(ids[i], p->id) == 0) {
            *p->index = (int)i;
            return;
        }
    char near[80];
    reader_suggest(p->id, ids, count, near, sizeof(near));
    conf_error(r, p->node, p->path, "expected the name of an entry of %s%s", p->target, near);
}

static void judge_unique(struct conf_reader *r, const struct conf_option *section)
{
    const struct conf_node *entries = conf_node_get(r->root, section->name);
    for (size_t i = 0; entries != NULL && entries->kind == CONF_MAP && i < entries->count; i++) {
        const struct conf_pair *pair = &entries->pairs[i];
        for (const struct conf_option *row = r->rows; row != section; row++)
            if (belongs(row, section->group) && conf_node_get(conf_node_get(r->root, row->name), pair->key) != NULL)
                reader_report(r, SEVERITY_ERROR, pair->key_place,
                              "%s.%.60s: \"%.60s\": expected a name of its own, %s has it", section->name, pair->key,
                              pair->key, row->name);
    }
}

void reader_resolve_references(struct conf_reader *r)
{
    for (const struct conf_option *row = r->rows; row->name != NULL; row++)
        if (row->group != NULL)
            judge_unique(r, row);
    const char **ids = NULL;
    const char *listed = NULL; // whose ids are in `ids`
    size_t count = 0;
    for (size_t i = 0; i < r->n_pending; i++) {
        const struct conf_pending *p = &r->pending[i];
        if (listed == NULL || strcmp(listed, p->target) != 0) {
            free(ids);
            ids = list_ids(r, p->target, &count);
            listed = p->target;
        }
        if (ids == NULL) {
            r->failed = true;
            return;
        }
        resolve(r, p, ids, count);
    }
    free(ids);
}
