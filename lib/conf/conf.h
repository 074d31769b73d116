// SPDX-License-Identifier: GPL-3.0-or-later
// Configuration files -> a judged `struct site`.
//
//     struct diagnostics d = {0};
//     struct site *site = NULL;
//     if (conf_load("/etc/aems/aems.yaml", &d, &site) < 0)
//         diagnostics_print(&d, stderr);   // every error as file:line:column
//
// A file may name others (`include:`), which are read first and overlaid by it, map by map; the folder `conf.d` beside
// the main file is read last, in the order of its names. A value of the form `!env NAME` comes from the environment,
// `!file PATH` from a file (a secret that others can read is refused), `!credential NAME` from $CREDENTIALS_DIRECTORY.
#pragma once

#include <stdio.h>

#include "base/diagnostics.h"
#include "conf/tree.h"
#include "site/site.h"

// Reads, judges and cross-checks. All problems are added to `d`. On success `*ret_site` is owned by the caller
// (site_free). Errors: AEMS_E_FORMAT when `d` has errors, AEMS_E_NOMEM.
int conf_load(const char *path, struct diagnostics *d, struct site **ret_site);

// The same from memory, for tests and the fuzz target: no includes, no conf.d; `name` stands in messages.
int conf_load_text(const char *name, const char *text, size_t length, struct diagnostics *d, struct site **ret_site);

// A judged configuration as one text for conf_load_text, owned by the caller: includes, conf.d, values from elsewhere
// and price series are part of it. The broker, which nothing is decided by, is left out, and with it every secret.
// AEMS_E_FORMAT: what it refers to cannot be read any more; said in `d`, where it can be. AEMS_E_NOMEM.
int conf_write_text(const struct conf_tree *tree, struct diagnostics *d, char **ret_text);

// The commented reference (config/aems.yaml) and the JSON Schema for editors, both made from the option table.
int conf_write_reference(FILE *stream);
int conf_write_schema(FILE *stream);
