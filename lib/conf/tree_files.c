// SPDX-License-Identifier: GPL-3.0-or-later
// Files, their includes and conf.d, laid over each other into one tree.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "conf/tree_internal.h"

struct identity { // of an open file, whatever its name
    dev_t device;
    ino_t inode;
};

struct loader {
    struct diagnostics *d;
    struct conf_tree *tree;
    struct identity chain[CONF_MAX_DEPTH]; // the files that include the present one
    int depth;
};

static int read_stream(int fd, size_t size, char **ret_bytes, size_t *ret_length)
{
    char *bytes = malloc(size + 1);
    if (bytes == NULL)
        return AEMS_E_NOMEM;
    size_t length = 0;
    while (length < size) {
        ssize_t n = read(fd, bytes + length, size - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            free(bytes);
            return AEMS_E_IO;
        }
        if (n == 0)
            break;
        length += (size_t)n;
    }
    bytes[length] = '\0';
    *ret_bytes = bytes;
    *ret_length = length;
    return 0;
}

static int read_regular(const char *path, struct identity *ret_identity, char **ret_bytes, size_t *ret_length)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a FIFO must not hold up the start
    if (fd < 0)
        return AEMS_E_IO;
    struct stat status;
    int code = 0;
    if (fstat(fd, &status) < 0)
        code = AEMS_E_IO;
    else if (!S_ISREG(status.st_mode))
        code = AEMS_E_FORMAT;
    else if (status.st_size > CONF_MAX_BYTES)
        code = AEMS_E_LIMIT;
    else
        code = read_stream(fd, (size_t)status.st_size, ret_bytes, ret_length);
    if (code == 0 && ret_identity != NULL)
        *ret_identity = (struct identity){status.st_dev, status.st_ino};
    int saved = errno;
    close(fd);
    errno = saved;
    return code;
}

int tree_read_bytes(const char *path, char **ret_bytes, size_t *ret_length)
{
    return read_regular(path, NULL, ret_bytes, ret_length);
}

static int report_unreadable(struct diagnostics *d, struct place place, const char *path, int code)
{
    if (code == AEMS_E_IO)
        diagnostics_add(d, SEVERITY_ERROR, place, "cannot read \"%s\": %s", path, strerror(errno));
    else if (code == AEMS_E_LIMIT)
        diagnostics_add(d, SEVERITY_ERROR, place, "\"%s\": expected a file of at most 4 MiB", path);
    else if (code == AEMS_E_FORMAT)
        diagnostics_add(d, SEVERITY_ERROR, place, "\"%s\": expected a regular file", path);
    return code == AEMS_E_NOMEM ? code : AEMS_E_FORMAT;
}

// Keeps a copy of `name` that places may borrow.
static const char *keep_name(struct conf_tree *tree, const char *name)
{
    char **files = realloc(tree->files, (tree->n_files + 1) * sizeof(*files));
    if (files == NULL)
        return NULL;
    tree->files = files;
    char *copy = strdup(name);
    if (copy != NULL)
        files[tree->n_files++] = copy;
    return copy;
}

// `name` as seen from the folder of `file`; owned by the caller.
static char *beside(const char *file, const char *name)
{
    const char *slash = strrchr(file, '/');
    char *path = NULL;
    int n = slash == NULL || *name == '/' ? asprintf(&path, "%s", name)
                                          : asprintf(&path, "%.*s/%s", (int)(slash - file), file, name);
    return n < 0 ? NULL : path;
}

static int load_file(struct loader *l, const char *path, struct place from, struct conf_node **ret_root);

// Lays the file on what is there already. Goes on after a broken one, so that all of them are judged.
static int load_over(struct loader *l, const char *path, struct place from, struct conf_node **base)
{
    struct conf_node *root = NULL;
    int code = load_file(l, path, from, &root);
    if (code < 0)
        return code;
    if (*base != NULL)
        return tree_overlay(*base, root);
    *base = root;
    return 0;
}

static int load_include(struct loader *l, const char *file, const struct conf_node *item, struct conf_node **base)
{
    if (item->kind != CONF_SCALAR || item->tag != NULL) {
        diagnostics_add(l->d, SEVERITY_ERROR, item->place, "include: expected a list of file names");
        return AEMS_E_FORMAT;
    }
    char *path = beside(file, item->scalar);
    if (path == NULL)
        return AEMS_E_NOMEM;
    int code = load_over(l, path, item->place, base);
    free(path);
    return code;
}

static int load_includes(struct loader *l, const char *file, const struct conf_node *list, struct conf_node **base)
{
    if (list == NULL || list->kind == CONF_NULL)
        return 0;
    if (list->kind != CONF_LIST)
        return load_include(l, file, list, base);
    int result = 0;
    for (size_t i = 0; i < list->count && result != AEMS_E_NOMEM; i++) {
        int code = load_include(l, file, list->items[i], base);
        result = code < 0 ? code : result;
    }
    return result;
}

static bool is_in_chain(const struct loader *l, struct identity identity)
{
    for (int i = 0; i < l->depth; i++)
        if (l->chain[i].device == identity.device && l->chain[i].inode == identity.inode)
            return true;
    return false;
}

static int judge_position(struct loader *l, struct place from, const char *path, struct identity identity)
{
    const char *what = NULL;
    if (is_in_chain(l, identity))
        what = "includes itself";
    else if (l->depth == CONF_MAX_DEPTH)
        what = "is included too deeply: expected at most 16 levels";
    else if (l->tree->n_files >= CONF_MAX_FILES)
        what = "is one file too many: expected at most 64";
    if (what == NULL)
        return 0;
    diagnostics_add(l->d, SEVERITY_ERROR, from, "\"%s\" %s", path, what);
    return AEMS_E_FORMAT;
}

// Takes `root`; gives the includes with `root` laid over them.
static int resolve_includes(struct loader *l, const char *file, struct conf_node *root, struct conf_node **ret_root)
{
    struct conf_node *list = tree_take(root, "include");
    if (list == NULL) {
        *ret_root = root;
        return 0;
    }
    struct conf_node *base = NULL;
    int code = load_includes(l, file, list, &base);
    tree_node_free(list);
    if (code == 0 && base != NULL) {
        base->place = root->place;
        code = tree_overlay(base, root);
        root = base;
        base = NULL;
    }
    if (code < 0) {
        tree_node_free(root);
        tree_node_free(base);
        return code;
    }
    *ret_root = root;
    return 0;
}

static int load_file(struct loader *l, const char *path, struct place from, struct conf_node **ret_root)
{
    char *bytes = NULL;
    size_t length = 0;
    struct identity identity;
    int code = read_regular(path, &identity, &bytes, &length);
    if (code < 0)
        return report_unreadable(l->d, from, path, code);
    code = judge_position(l, from, path, identity);
    const char *file = code == 0 ? keep_name(l->tree, path) : NULL;
    if (code == 0 && file == NULL)
        code = AEMS_E_NOMEM;
    struct conf_node *root = NULL;
    if (code == 0)
        code = tree_parse(file, bytes, length, l->d, &root);
    free(bytes);
    if (code < 0)
        return code;
    l->chain[l->depth++] = identity;
    code = resolve_includes(l, file, root, ret_root);
    l->depth--;
    return code;
}

// ---- conf.d -------------------------------------------------------------------------------------------------------

static int is_overlay_name(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

// In the order of bytes, whatever the locale.
static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_overlay(struct loader *l, const char *folder, const char *name, struct conf_node **base)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return AEMS_E_NOMEM;
    struct place nowhere = {path, 0, 0};
    int code = load_over(l, path, nowhere, base);
    free(path);
    return code;
}

static int load_folder(struct loader *l, const char *folder, struct conf_node **base)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_overlay_name, compare_names);
    if (n < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (n < 0)
        return report_unreadable(l->d, (struct place){folder, 0, 0}, folder,
                                 errno == ENOMEM ? AEMS_E_NOMEM : AEMS_E_IO);
    int result = 0;
    for (int i = 0; i < n; i++) {
        int code = result == AEMS_E_NOMEM ? result : load_overlay(l, folder, entries[i]->d_name, base);
        result = code < 0 ? code : result;
        free(entries[i]);
    }
    free(entries);
    return result;
}

int conf_tree_read(const char *path, struct diagnostics *d, struct conf_tree *ret_tree)
{
    struct conf_tree tree = {0};
    struct loader l = {.d = d, .tree = &tree};
    char *folder = beside(path, "conf.d");
    if (folder == NULL)
        return AEMS_E_NOMEM;
    int code = load_over(&l, path, (struct place){path, 0, 0}, &tree.root);
    int overlaid = code == AEMS_E_NOMEM ? code : load_folder(&l, folder, &tree.root);
    free(folder);
    code = code < 0 ? code : overlaid;
    if (code < 0) {
        conf_tree_free(&tree);
        return code;
    }
    *ret_tree = tree;
    return 0;
}

// ---- one file or text ---------------------------------------------------------------------------------------------

int conf_tree_read_text(const char *name, const char *text, size_t length, struct diagnostics *d,
                        struct conf_tree *ret_tree)
{
    struct conf_tree tree = {0};
    const char *file = keep_name(&tree, name);
    int code = 0;
    if (file == NULL)
        code = AEMS_E_NOMEM;
    else if (length > CONF_MAX_BYTES)
        code = report_unreadable(d, (struct place){name, 0, 0}, name, AEMS_E_LIMIT);
    else
        code = tree_parse(file, text, length, d, &tree.root);
    if (code < 0) {
        conf_tree_free(&tree);
        return code;
    }
    *ret_tree = tree;
    return 0;
}

int conf_tree_read_file(const char *path, struct diagnostics *d, struct conf_tree *ret_tree)
{
    char *bytes = NULL;
    size_t length = 0;
    int code = tree_read_bytes(path, &bytes, &length);
    if (code < 0)
        return report_unreadable(d, (struct place){path, 0, 0}, path, code);
    code = conf_tree_read_text(path, bytes, length, d, ret_tree);
    free(bytes);
    return code;
}

void conf_tree_free(struct conf_tree *tree)
{
    tree_node_free(tree->root);
    for (size_t i = 0; i < tree->n_files; i++)
        free(tree->files[i]);
    free(tree->files);
    *tree = (struct conf_tree){0};
}
