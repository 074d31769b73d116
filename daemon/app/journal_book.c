// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/journal_book.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "report/messages.h"

enum { NUMBER_SIZE = 24 };

static const char KIND[] = "journal";

// As many digits as there can be: the order of texts is that of numbers.
static void name_of(uint64_t number, char ret_name[static NUMBER_SIZE])
{
    snprintf(ret_name, NUMBER_SIZE, "%020" PRIu64, number);
}

// ---- adding --------------------------------------------------------------------------------------------------------

int journal_book_add(struct store *s, const struct site *site, const struct journal_entry *entry, char **ret_json)
{
    char name[NUMBER_SIZE];
    int r = message_journal(site, entry, ret_json);
    if (r < 0)
        return r;
    name_of(entry->number, name);
    store_put(s, KIND, name, *ret_json, true);
    if (entry->number > JOURNAL_ENTRIES) {
        name_of(entry->number - JOURNAL_ENTRIES, name);
        store_delete(s, KIND, name);
    }
    return 0;
}

// ---- reading -------------------------------------------------------------------------------------------------------

struct found {
    char name[NUMBER_SIZE];
    char *json;
};

struct search {
    char before[NUMBER_SIZE];
    struct found *entries;
    size_t n, capacity;
    bool failed;
};

static void take(void *user, const char *kind, const char *id, const char *json)
{
    struct search *s = user;
    (void)kind;
    if (strcmp(id, s->before) >= 0)
        return;
    if (s->n == s->capacity) {
        size_t capacity = s->capacity > 0 ? 2 * s->capacity : 256;
        struct found *more = realloc(s->entries, capacity * sizeof(*more));
        s->failed |= more == NULL;
        if (more == NULL)
            return;
        s->entries = more;
        s->capacity = capacity;
    }
    struct found *f = &s->entries[s->n];
    snprintf(f->name, sizeof(f->name), "%s", id);
    f->json = strdup(json);
    s->failed |= f->json == NULL;
    s->n += f->json != NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct found *)a)->name, ((const struct found *)b)->name);
}

json_t *journal_book_read(struct store *s, uint64_t before, size_t most)
{
    struct search found = {0};
    json_t *list = json_array();
    name_of(before, found.before);
    found.failed |= store_each(s, KIND, take, &found) < 0 || list == NULL;
    if (found.n > 1)
        qsort(found.entries, found.n, sizeof(*found.entries), by_name);
    for (size_t i = found.n > most ? found.n - most : 0; i < found.n && !found.failed; i++) {
        json_t *entry = json_loads(found.entries[i].json, JSON_REJECT_DUPLICATES, NULL);
        if (entry != NULL)
            json_array_append_new(list, entry);
    }
    for (size_t i = 0; i < found.n; i++)
        free(found.entries[i].json);
    free(found.entries);
    if (!found.failed)
        return list;
    json_decref(list);
    return NULL;
}
