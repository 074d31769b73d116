// SPDX-License-Identifier: GPL-3.0-or-later
// Messages about a text that somebody wrote: where, how grave, what was found and what was expected.
//
// A reader collects all of them before it gives up, so that an operator mends a file once and not line by line.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct place {
    const char *file; // borrowed; as the operator named it
    int line;         // 1-based; 0 when the place is the whole file
    int column;       // 1-based
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct diagnostic {
    enum severity severity;
    char *file; // owned
    int line, column;
    char *text; // owned
};

struct diagnostics {
    struct diagnostic *items; // owned
    size_t count, capacity;
    size_t errors; // how many of `count` are errors
    bool failed;   // an allocation failed: the list is not complete; counts as an error
};

void diagnostics_add(struct diagnostics *d, enum severity severity, struct place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool diagnostics_has_errors(const struct diagnostics *d);

// Sorts by file, line and column, and writes one `file:line:column: [warning: ]text` each.
void diagnostics_print(struct diagnostics *d, FILE *stream);
void diagnostics_free(struct diagnostics *d); // leaves an empty list
