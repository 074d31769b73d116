// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/store/store_image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/error.h"

enum { BUCKETS = 1024 };

struct item {
    char *kind, *id;
    char *json; // NULL: deleted, the disk does not know yet
    bool differs;
    bool on_disk; // in any version
    LIST_ENTRY(item) in_bucket;
    TAILQ_ENTRY(item) in_order;
};

struct message {
    int64_t sequence;
    char *topic; // NULL: done, the disk does not know yet
    char *payload;
    size_t length;
    bool retain;
    bool differs;
    TAILQ_ENTRY(message) in_order;
};

LIST_HEAD(bucket, item);
TAILQ_HEAD(items, item);
TAILQ_HEAD(messages, message);

struct image {
    struct bucket buckets[BUCKETS];
    struct items items; // in order of first appearance
    size_t n_items;
    struct messages outbox; // by sequence, ascending
    struct messages gone;   // done, to be deleted on the disk
    size_t n_messages, n_bytes;
    int64_t next_sequence;
    uint64_t dropped;
};

static char *copy_bytes(const char *bytes, size_t length)
{
    char *copy = malloc(length + 1);
    if (copy == NULL)
        return NULL;
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

int image_new(struct image **ret_image)
{
    struct image *m = calloc(1, sizeof(*m));
    if (m == NULL)
        return AEMS_E_NOMEM;
    TAILQ_INIT(&m->items);
    TAILQ_INIT(&m->outbox);
    TAILQ_INIT(&m->gone);
    m->next_sequence = 1;
    *ret_image = m;
    return 0;
}

// ---- items --------------------------------------------------------------------------------------------------------

static struct bucket *bucket_of(struct image *m, const char *kind, const char *id)
{
    uint32_t hash = 2166136261u; // FNV-1a
    for (const char *c = kind; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    hash = (hash ^ '/') * 16777619u;
    for (const char *c = id; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    return &m->buckets[hash % BUCKETS];
}

static struct item *find_item(struct bucket *b, const char *kind, const char *id)
{
    struct item *i;
    LIST_FOREACH(i, b, in_bucket)
    {
        if (strcmp(i->kind, kind) == 0 && strcmp(i->id, id) == 0)
            return i;
    }
    return NULL;
}

static void item_free(struct item *i)
{
    free(i->kind);
    free(i->id);
    free(i->json);
    free(i);
}

static void remove_item(struct image *m, struct item *i)
{
    LIST_REMOVE(i, in_bucket);
    TAILQ_REMOVE(&m->items, i, in_order);
    m->n_items--;
    item_free(i);
}

static int add_item(struct image *m, struct bucket *b, const char *kind, const char *id, const char *json, bool differs)
{
    if (m->n_items >= IMAGE_MAX_ITEMS)
        return AEMS_E_LIMIT;
    struct item *i = calloc(1, sizeof(*i));
    if (i == NULL)
        return AEMS_E_NOMEM;
    *i = (struct item){
        .kind = strdup(kind), .id = strdup(id), .json = strdup(json), .differs = differs, .on_disk = !differs};
    if (i->kind == NULL || i->id == NULL || i->json == NULL) {
        item_free(i);
        return AEMS_E_NOMEM;
    }
    LIST_INSERT_HEAD(b, i, in_bucket);
    TAILQ_INSERT_TAIL(&m->items, i, in_order);
    m->n_items++;
    return 0;
}

int image_put(struct image *m, const char *kind, const char *id, const char *json)
{
    struct bucket *b = bucket_of(m, kind, id);
    struct item *i = find_item(b, kind, id);
    if (i == NULL)
        return add_item(m, b, kind, id, json, true);
    if (i->json != NULL && strcmp(i->json, json) == 0)
        return 0;
    char *copy = strdup(json);
    if (copy == NULL)
        return AEMS_E_NOMEM;
    free(i->json);
    i->json = copy;
    i->differs = true;
    return 0;
}

void image_delete(struct image *m, const char *kind, const char *id)
{
    struct item *i = find_item(bucket_of(m, kind, id), kind, id);
    if (i == NULL)
        return;
    if (!i->on_disk) {
        remove_item(m, i);
        return;
    }
    free(i->json);
    i->json = NULL;
    i->differs = true;
}

int image_load_item(struct image *m, const char *kind, const char *id, const char *json)
{
    struct bucket *b = bucket_of(m, kind, id);
    return find_item(b, kind, id) != NULL ? 0 : add_item(m, b, kind, id, json, false);
}

// ---- messages -----------------------------------------------------------------------------------------------------

static void message_free(struct message *x)
{
    if (x == NULL)
        return;
    free(x->topic);
    free(x->payload);
    free(x);
}

static struct message *message_new(int64_t sequence, const char *topic, const char *payload, size_t length, bool retain)
{
    struct message *x = calloc(1, sizeof(*x));
    if (x == NULL)
        return NULL;
    *x = (struct message){.sequence = sequence, .length = length, .retain = retain};
    x->topic = strdup(topic);
    x->payload = copy_bytes(payload, length);
    if (x->topic != NULL && x->payload != NULL)
        return x;
    message_free(x);
    return NULL;
}

static void insert_message(struct image *m, struct message *x)
{
    struct message *before = TAILQ_LAST(&m->outbox, messages);
    while (before != NULL && before->sequence > x->sequence)
        before = TAILQ_PREV(before, messages, in_order);
    if (before != NULL)
        TAILQ_INSERT_AFTER(&m->outbox, before, x, in_order);
    else
        TAILQ_INSERT_HEAD(&m->outbox, x, in_order);
    m->n_messages++;
    m->n_bytes += x->length;
    if (x->sequence >= m->next_sequence)
        m->next_sequence = x->sequence + 1;
}

static void unlink_message(struct image *m, struct message *x)
{
    TAILQ_REMOVE(&m->outbox, x, in_order);
    m->n_messages--;
    m->n_bytes -= x->length;
}

static void finish_message(struct image *m, struct message *x)
{
    unlink_message(m, x);
    if (x->differs) { // the disk never heard of it
        message_free(x);
        return;
    }
    free(x->topic);
    free(x->payload);
    x->topic = x->payload = NULL;
    TAILQ_INSERT_TAIL(&m->gone, x, in_order);
}

int64_t image_outbox_add(struct image *m, const char *topic, const char *payload, size_t length, bool retain)
{
    if (length > OUTBOX_MAX_BYTES)
        return AEMS_E_LIMIT;
    struct message *x = message_new(m->next_sequence, topic, payload, length, retain);
    if (x == NULL)
        return AEMS_E_NOMEM;
    x->differs = true;
    while (m->n_messages >= OUTBOX_MAX_MESSAGES || m->n_bytes + length > OUTBOX_MAX_BYTES) {
        m->dropped++;
        finish_message(m, TAILQ_FIRST(&m->outbox));
    }
    insert_message(m, x);
    return x->sequence;
}

int image_outbox_done(struct image *m, int64_t sequence)
{
    struct message *x;
    TAILQ_FOREACH(x, &m->outbox, in_order)
    {
        if (x->sequence == sequence) {
            finish_message(m, x);
            return 0;
        }
    }
    return AEMS_E_NOT_FOUND;
}

size_t image_outbox_count(const struct image *m)
{
    return m->n_messages;
}

uint64_t image_outbox_dropped(const struct image *m)
{
    return m->dropped;
}

int image_load_message(struct image *m, int64_t sequence, const char *topic, const char *payload, size_t length,
                       bool retain)
{
    struct message *x = message_new(sequence, topic, payload, length, retain);
    if (x == NULL)
        return AEMS_E_NOMEM;
    insert_message(m, x);
    return 0;
}

void image_merge(struct image *m, struct image *loaded)
{
    struct item *i;
    while ((i = TAILQ_FIRST(&loaded->items)) != NULL) {
        struct bucket *b = bucket_of(m, i->kind, i->id);
        if (find_item(b, i->kind, i->id) != NULL) {
            remove_item(loaded, i);
            continue;
        }
        LIST_REMOVE(i, in_bucket);
        TAILQ_REMOVE(&loaded->items, i, in_order);
        loaded->n_items--;
        LIST_INSERT_HEAD(b, i, in_bucket);
        TAILQ_INSERT_TAIL(&m->items, i, in_order);
        m->n_items++;
    }
    struct message *x;
    while ((x = TAILQ_FIRST(&loaded->outbox)) != NULL) {
        unlink_message(loaded, x);
        insert_message(m, x);
    }
}

void image_start_sequence(struct image *m, int64_t first)
{
    if (first > m->next_sequence)
        m->next_sequence = first;
}

// ---- copies -------------------------------------------------------------------------------------------------------

static struct change *next_change(struct changes *c)
{
    if (c->count == c->capacity) {
        size_t capacity = c->capacity > 0 ? c->capacity * 2 : 16;
        struct change *grown = reallocarray(c->items, capacity, sizeof(*grown));
        if (grown == NULL)
            return NULL;
        c->items = grown;
        c->capacity = capacity;
    }
    struct change *x = &c->items[c->count++];
    *x = (struct change){0};
    return x;
}

static int copy_item(struct changes *c, const struct item *i)
{
    struct change *x = next_change(c);
    if (x == NULL)
        return AEMS_E_NOMEM;
    x->kind = i->json != NULL ? CHANGE_PUT : CHANGE_DELETE;
    x->name = strdup(i->kind);
    x->id = strdup(i->id);
    x->length = i->json != NULL ? strlen(i->json) : 0;
    x->data = copy_bytes(i->json, x->length);
    return x->name != NULL && x->id != NULL && x->data != NULL ? 0 : AEMS_E_NOMEM;
}

static int copy_message(struct changes *c, const struct message *m)
{
    struct change *x = next_change(c);
    if (x == NULL)
        return AEMS_E_NOMEM;
    *x = (struct change){.kind = CHANGE_DONE, .sequence = m->sequence, .length = m->length, .retain = m->retain};
    if (m->topic == NULL)
        return 0;
    x->kind = CHANGE_ADD;
    x->name = strdup(m->topic);
    x->data = copy_bytes(m->payload, m->length);
    return x->name != NULL && x->data != NULL ? 0 : AEMS_E_NOMEM;
}

static int finish_copy(int r, struct changes *c, struct changes *ret_changes)
{
    if (r != 0)
        changes_free(c);
    else
        *ret_changes = *c;
    return r;
}

static void mark_written(struct image *m)
{
    struct item *i = TAILQ_FIRST(&m->items);
    while (i != NULL) {
        struct item *next = TAILQ_NEXT(i, in_order);
        i->differs = false;
        i->on_disk = true;
        if (i->json == NULL)
            remove_item(m, i);
        i = next;
    }
    struct message *x;
    TAILQ_FOREACH(x, &m->outbox, in_order)
    x->differs = false;
    while ((x = TAILQ_FIRST(&m->gone)) != NULL) {
        TAILQ_REMOVE(&m->gone, x, in_order);
        message_free(x);
    }
}

int image_take_changes(struct image *m, bool everything, struct changes *ret_changes)
{
    struct changes c = {0};
    int r = 0;
    struct item *i;
    TAILQ_FOREACH(i, &m->items, in_order)
    {
        if (r == 0 && (i->differs || everything))
            r = copy_item(&c, i);
    }
    struct message *x;
    TAILQ_FOREACH(x, &m->gone, in_order)
    {
        if (r == 0)
            r = copy_message(&c, x);
    }
    TAILQ_FOREACH(x, &m->outbox, in_order)
    {
        if (r == 0 && (x->differs || everything))
            r = copy_message(&c, x);
    }
    if (r == 0)
        mark_written(m);
    return finish_copy(r, &c, ret_changes);
}

int image_copy_kind(const struct image *m, const char *kind, struct changes *ret_changes)
{
    struct changes c = {0};
    int r = 0;
    struct item *i;
    TAILQ_FOREACH(i, &m->items, in_order)
    {
        if (r == 0 && i->json != NULL && strcmp(i->kind, kind) == 0)
            r = copy_item(&c, i);
    }
    return finish_copy(r, &c, ret_changes);
}

int image_copy_outbox(const struct image *m, int64_t after, size_t limit, struct changes *ret_changes)
{
    struct changes c = {0};
    int r = 0;
    struct message *x;
    TAILQ_FOREACH(x, &m->outbox, in_order)
    {
        if (r == 0 && x->sequence > after && c.count < limit)
            r = copy_message(&c, x);
    }
    return finish_copy(r, &c, ret_changes);
}

void changes_free(struct changes *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free(c->items[i].name);
        free(c->items[i].id);
        free(c->items[i].data);
    }
    free(c->items);
    *c = (struct changes){0};
}

void image_free(struct image *m)
{
    if (m == NULL)
        return;
    struct item *i;
    while ((i = TAILQ_FIRST(&m->items)) != NULL)
        remove_item(m, i);
    struct message *x;
    while ((x = TAILQ_FIRST(&m->outbox)) != NULL) {
        unlink_message(m, x);
        message_free(x);
    }
    while ((x = TAILQ_FIRST(&m->gone)) != NULL) {
        TAILQ_REMOVE(&m->gone, x, in_order);
        message_free(x);
    }
    free(m);
}
