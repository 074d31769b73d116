// SPDX-License-Identifier: GPL-3.0-or-later
#include "conf/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "conf/measure.h"

// One part of a path, "import[0]" being two. Moves on to the next part.
static const struct conf_node *step(const struct conf_node *node, const char **path)
{
    if (**path == '[') {
        char *end;
        unsigned long index = strtoul(*path + 1, &end, 10);
        *path = *end == ']' ? end + 1 : end;
        return node->kind == CONF_LIST && index < node->count ? node->items[index] : NULL;
    }
    char key[CONF_PATH_SIZE];
    *path += **path == '.' ? 1 : 0;
    size_t length = strcspn(*path, ".[");
    size_t kept = length < sizeof(key) ? length : sizeof(key) - 1;
    memcpy(key, *path, kept);
    key[kept] = '\0';
    *path += length;
    return conf_node_get(node, key);
}

// The node of a path or, with `*ret_whole` false, the nearest one above it.
static const struct conf_node *find_node(const struct conf_node *root, const char *path, bool *ret_whole)
{
    const struct conf_node *node = root;
    while (*path != '\0') {
        const struct conf_node *next = step(node, &path);
        if (next == NULL) {
            *ret_whole = false;
            return node;
        }
        node = next;
    }
    *ret_whole = true;
    return node;
}

bool check_is_written(const struct check *c, const char *path)
{
    bool whole;
    const struct conf_node *node = find_node(c->root, path, &whole);
    return whole && node->kind != CONF_NULL;
}

// Whether the table has complained about the first `length` characters of `path`, or about something below them.
static bool is_reported(const struct check *c, const char *path, size_t length)
{
    for (size_t i = 0; i < c->n_before; i++) {
        const struct diagnostic *item = &c->reader.d->items[i];
        if (item->severity == SEVERITY_ERROR && strncmp(item->text, path, length) == 0 &&
            strchr(".:[", item->text[length]) != NULL && item->text[length] != '\0')
            return true;
    }
    return false;
}

static size_t entry_length(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL ? (size_t)(dot - path) : strlen(path);
}

static void report(struct check *c, enum severity severity, const char *path, const char *format, va_list arguments)
    __attribute__((format(printf, 4, 0)));

static void report(struct check *c, enum severity severity, const char *path, const char *format, va_list arguments)
{
    struct text text = {0};
    text_vappendf(&text, format, arguments);
    bool whole;
    const struct conf_node *node = find_node(c->root, path, &whole);
    if (text.failed)
        c->reader.failed = true;
    else if (!whole || node->kind != CONF_SCALAR)
        reader_report(&c->reader, severity, node->place, "%s: %s", path, text.data);
    else if (severity == SEVERITY_ERROR)
        conf_error(&c->reader, node, path, "%s", text.data);
    else
        conf_warning(&c->reader, node, path, "%s", text.data);
    text_free(&text);
}

void check_report(struct check *c, enum severity severity, const char *path, const char *format, ...)
{
    if (is_reported(c, path, entry_length(path)))
        return;
    va_list arguments;
    va_start(arguments, format);
    report(c, severity, path, format, arguments);
    va_end(arguments);
}

void check_report_alone(struct check *c, const char *path, const char *format, ...)
{
    if (is_reported(c, path, strlen(path)))
        return;
    va_list arguments;
    va_start(arguments, format);
    report(c, SEVERITY_ERROR, path, format, arguments);
    va_end(arguments);
}

void check_report_limit(struct check *c, const char *path, const char *words, enum conf_type type, double limit)
{
    char text[32];
    measure_format(type, limit, text, sizeof(text));
    check_report(c, SEVERITY_ERROR, path, "expected %s %s", words, text);
}

void check_path(char ret_path[static CONF_PATH_SIZE], const char *section, const char *id, const char *option)
{
    char entry[CONF_PATH_SIZE];
    conf_path_key(entry, section, id);
    conf_path_key(ret_path, entry, option);
}

int check_site(const struct site *s, const struct conf_node *root, struct diagnostics *d)
{
    struct check c = {.site = s, .root = root, .reader = {.d = d, .root = root}, .n_before = d->count};
    check_service(&c);
    check_tariffs(&c);
    check_assets(&c);
    check_devices(&c);
    check_response(&c);
    check_outage(&c);
    bool failed = c.reader.failed || d->failed, flawed = c.reader.flawed;
    reader_free(&c.reader);
    if (failed)
        return AEMS_E_NOMEM;
    return flawed ? AEMS_E_FORMAT : 0;
}
