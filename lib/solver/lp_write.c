// SPDX-License-Identifier: GPL-3.0-or-later
// Dumps of a model for other solvers. GLPK writes 15 digits.
#include <string.h>

#include "base/error.h"
#include "solver/glpk_model.h"

// GLPK gives a meaning to these names: it would write to the terminal, or compress.
static bool is_plain_file(const char *path)
{
    size_t length = path ? strlen(path) : 0;
    return length > 0 && strncmp(path, "/dev/", 5) != 0 && !(length >= 3 && strcmp(path + length - 3, ".gz") == 0);
}

static int write_model(const struct lp *lp, const char *path, bool mps)
{
    if (!is_plain_file(path))
        return AEMS_E_IO;
    glp_prob *problem;
    int rc = glpk_model_of(lp, &problem);
    if (rc < 0)
        return rc;
    glp_set_prob_name(problem, "aems");
    glp_set_obj_name(problem, "cost");
    int failed = mps ? glp_write_mps(problem, GLP_MPS_FILE, NULL, path) : glp_write_lp(problem, NULL, path);
    glp_delete_prob(problem);
    return failed ? AEMS_E_IO : 0;
}

int lp_write_lp(const struct lp *lp, const char *path)
{
    return write_model(lp, path, false);
}

int lp_write_mps(const struct lp *lp, const char *path)
{
    return write_model(lp, path, true);
}
