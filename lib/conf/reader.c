// SPDX-License-Identifier: GPL-3.0-or-later
// Messages and tags: what every reader of values needs.
#include "conf/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "conf/measure.h"
#include "conf/tree_internal.h"

enum { FOUND_MAX = 60 };

void conf_path_key(char ret_path[static CONF_PATH_SIZE], const char *path, const char *key)
{
    int n = snprintf(ret_path, CONF_PATH_SIZE, "%s%s%.60s", path, *path != '\0' ? "." : "", key);
    for (char *c = ret_path; n > 0 && *c != '\0'; c++) // a key is what somebody wrote
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
}

void conf_path_index(char ret_path[static CONF_PATH_SIZE], const char *path, size_t index)
{
    snprintf(ret_path, CONF_PATH_SIZE, "%.240s[%zu]", path, index);
}

// ---- messages -----------------------------------------------------------------------------------------------------

void reader_report(struct conf_reader *r, enum severity severity, struct place place, const char *format, ...)
{
    struct text text = {0};
    va_list arguments;
    va_start(arguments, format);
    text_vappendf(&text, format, arguments);
    va_end(arguments);
    if (text.failed)
        r->failed = true;
    else
        diagnostics_add(r->d, severity, place, "%s", text.data);
    if (severity == SEVERITY_ERROR)
        r->flawed = true;
    text_free(&text);
}

static void append_found_scalar(struct text *text, const struct conf_node *node)
{
    text_append(text, "\"");
    if (node->tag != NULL)
        text_appendf(text, "%s ", node->tag);
    size_t shown = 0;
    for (const char *c = node->scalar; *c != '\0' && shown < FOUND_MAX; c++, shown++)
        text_appendf(text, "%c", (unsigned char)*c < ' ' || *c == 127 ? '?' : *c);
    text_append(text, shown < strlen(node->scalar) ? "...\"" : "\"");
}

static void append_found(struct text *text, const struct conf_reader *r, const struct conf_node *node)
{
    if (node->kind == CONF_MAP)
        text_append(text, "a map");
    else if (node->kind == CONF_LIST)
        text_append(text, "a list");
    else if (node->kind == CONF_NULL || node->scalar == NULL)
        text_append(text, "nothing");
    else if (r->hide && node->tag == NULL)
        text_append(text, "(a secret)");
    else
        append_found_scalar(text, node);
}

__attribute__((format(printf, 5, 0))) static void report_found(struct conf_reader *r, enum severity severity,
                                                               const struct conf_node *node, const char *path,
                                                               const char *format, va_list arguments)
{
    struct text text = {0};
    append_found(&text, r, node);
    text_append(&text, ": ");
    text_vappendf(&text, format, arguments);
    if (text.failed)
        r->failed = true;
    else
        reader_report(r, severity, node->place, "%s: %s", *path != '\0' ? path : "configuration", text.data);
    text_free(&text);
}

void conf_error(struct conf_reader *reader, const struct conf_node *node, const char *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report_found(reader, SEVERITY_ERROR, node, path, format, arguments);
    va_end(arguments);
}

void conf_warning(struct conf_reader *reader, const struct conf_node *node, const char *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report_found(reader, SEVERITY_WARNING, node, path, format, arguments);
    va_end(arguments);
}

void reader_list_names(const char *const *names, size_t count, char *ret_text, size_t size)
{
    size_t length = 0;
    ret_text[0] = '\0';
    for (size_t i = 0; i < count && length < size; i++)
        length += (size_t)snprintf(ret_text + length, size - length, "%s%s", i > 0 ? ", " : "", names[i]);
}

void reader_suggest(const char *word, const char *const *names, size_t count, char *ret_text, size_t size)
{
    const char *near = text_nearest(word, names, count);
    ret_text[0] = '\0';
    if (near != NULL)
        snprintf(ret_text, size, "; did you mean \"%s\"?", near);
}

void reader_range(const struct conf_option *option, char *ret_text, size_t size)
{
    enum conf_type type =
        option->type == CONF_LIST_SCALAR || option->type == CONF_CUSTOM ? option->element : option->type;
    char low[32], high[32];
    ret_text[0] = '\0';
    if (option->low == 0 && option->high == 0)
        return;
    measure_format(type, option->low, low, sizeof(low));
    measure_format(type, option->high, high, sizeof(high));
    if (option->high >= 1e12)
        snprintf(ret_text, size, "at least %s", low);
    else
        snprintf(ret_text, size, "%s to %s", low, high);
}

// ---- tags ---------------------------------------------------------------------------------------------------------

// Takes `value`.
static const char *keep(struct conf_reader *r, char *value)
{
    char **resolved = value != NULL ? realloc(r->resolved, (r->n_resolved + 1) * sizeof(*resolved)) : NULL;
    if (resolved == NULL) {
        free(value);
        r->failed = true;
        return NULL;
    }
    r->resolved = resolved;
    resolved[r->n_resolved++] = value;
    return value;
}

static const char *resolve_environment(struct conf_reader *r, const char *path, const struct conf_node *node)
{
    const char *value = getenv(node->scalar);
    if (value != NULL)
        return keep(r, strdup(value));
    conf_error(r, node, path, "expected the name of an environment variable that is set");
    return NULL;
}

// Only what ends the line that `echo` writes; blanks may belong to a password.
static size_t without_newline(const char *bytes, size_t length)
{
    if (length > 0 && bytes[length - 1] == '\n')
        length--;
    if (length > 0 && bytes[length - 1] == '\r')
        length--;
    return length;
}

static const char *read_value_file(struct conf_reader *r, const char *path, const struct conf_node *node,
                                   const char *file)
{
    char *bytes = NULL;
    size_t length = 0;
    int code = tree_read_bytes(file, &bytes, &length);
    if (code == AEMS_E_NOMEM) {
        r->failed = true;
        return NULL;
    }
    if (code < 0) {
        conf_error(r, node, path, "expected a file that can be read, but \"%s\": %s", file,
                   code == AEMS_E_IO ? strerror(errno) : "not a regular file of moderate size");
        return NULL;
    }
    length = without_newline(bytes, length);
    bytes[length] = '\0';
    if (strlen(bytes) == length)
        return keep(r, bytes);
    explicit_bzero(bytes, length);
    free(bytes);
    conf_error(r, node, path, "expected a file of text, without NUL characters");
    return NULL;
}

// The mode is judged on the path; whoever may change the path between both calls can read the secret anyway.
static bool is_private(struct conf_reader *r, const char *path, const struct conf_node *node, const char *file)
{
    struct stat status;
    if (!r->hide || stat(file, &status) < 0 || (status.st_mode & (S_IROTH | S_IWOTH)) == 0)
        return true;
    conf_error(r, node, path, "expected a file that only its owner and group can read: chmod o-rwx \"%s\"", file);
    return false;
}

char *reader_beside(const struct conf_node *node, const char *name)
{
    const char *slash = strrchr(node->place.file, '/');
    char *file = NULL;
    int n = slash == NULL || *name == '/'
                ? asprintf(&file, "%s", name)
                : asprintf(&file, "%.*s/%s", (int)(slash - node->place.file), node->place.file, name);
    return n < 0 ? NULL : file;
}

static const char *resolve_file(struct conf_reader *r, const char *path, const struct conf_node *node)
{
    char *file = reader_beside(node, node->scalar);
    if (file == NULL) {
        r->failed = true;
        return NULL;
    }
    const char *value = is_private(r, path, node, file) ? read_value_file(r, path, node, file) : NULL;
    free(file);
    return value;
}

static const char *resolve_credential(struct conf_reader *r, const char *path, const struct conf_node *node)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (folder == NULL || *folder == '\0') {
        conf_error(r, node, path,
                   "expected a credential, but $CREDENTIALS_DIRECTORY is not set (systemd sets it for a "
                   "unit with LoadCredential=; by hand: CREDENTIALS_DIRECTORY=/etc/credstore)");
        return NULL;
    }
    if (strchr(node->scalar, '/') != NULL || node->scalar[0] == '.' || node->scalar[0] == '\0') {
        conf_error(r, node, path, "expected the plain name of a credential");
        return NULL;
    }
    char *file = NULL;
    if (asprintf(&file, "%s/%s", folder, node->scalar) < 0) {
        r->failed = true;
        return NULL;
    }
    const char *value = read_value_file(r, path, node, file);
    free(file);
    return value;
}

const char *reader_resolve_tag(struct conf_reader *r, const char *path, const struct conf_node *node)
{
    if (strcmp(node->tag, "!env") == 0)
        return resolve_environment(r, path, node);
    if (strcmp(node->tag, "!file") == 0)
        return resolve_file(r, path, node);
    return resolve_credential(r, path, node);
}

const char *conf_scalar(struct conf_reader *reader, const char *path, const struct conf_node *node,
                        const char *expectation)
{
    if (node->kind != CONF_SCALAR) {
        conf_error(reader, node, path, "expected %s", expectation);
        return NULL;
    }
    return node->tag != NULL ? reader_resolve_tag(reader, path, node) : node->scalar;
}

void reader_free(struct conf_reader *r)
{
    for (size_t i = 0; i < r->n_resolved; i++) {
        explicit_bzero(r->resolved[i], strlen(r->resolved[i]));
        free(r->resolved[i]);
    }
    for (size_t i = 0; i < r->n_pending; i++)
        free(r->pending[i].id);
    free(r->resolved);
    free(r->pending);
}
