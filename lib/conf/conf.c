// SPDX-License-Identifier: GPL-3.0-or-later
#include "conf/conf.h"

#include <stdlib.h>

#include "base/error.h"
#include "conf/check.h"
#include "conf/site_options.h"

// Fills and cross-checks; goes on after mistakes, so that all of them are reported at once.
static int judge(const struct conf_node *root, struct diagnostics *d, struct site *s)
{
    int read = conf_read(root, site_options, d, s);
    if (read == AEMS_E_NOMEM)
        return read;
    int code = site_derive(s);
    if (code == 0)
        code = site_index_assets(s);
    if (code < 0)
        return code;
    code = check_site(s, root, d);
    return code == AEMS_E_NOMEM || read == 0 ? code : read;
}

static int load_tree(const struct conf_tree *tree, struct diagnostics *d, struct site **ret_site)
{
    struct site *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return AEMS_E_NOMEM;
    int code = judge(tree->root, d, s);
    if (code < 0) {
        site_free(s);
        return code;
    }
    *ret_site = s;
    return 0;
}

int conf_load(const char *path, struct diagnostics *d, struct site **ret_site)
{
    struct conf_tree tree;
    int code = conf_tree_read(path, d, &tree);
    if (code < 0)
        return code;
    code = load_tree(&tree, d, ret_site);
    conf_tree_free(&tree);
    return code;
}

int conf_load_text(const char *name, const char *text, size_t length, struct diagnostics *d, struct site **ret_site)
{
    struct conf_tree tree;
    int code = conf_tree_read_text(name, text, length, d, &tree);
    if (code < 0)
        return code;
    code = load_tree(&tree, d, ret_site);
    conf_tree_free(&tree);
    return code;
}
