// SPDX-License-Identifier: GPL-3.0-or-later
// Command lines of aemsd and aemsctl: a table of options, everything else in its order.
//
// `-c FILE`, `-cFILE`, `--config FILE` and `--config=FILE` are the same. Options may stand anywhere; `--` ends them.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct argument {
    char letter;        // 0: none
    const char *name;   // long name without dashes
    const char **value; // takes a value, borrowed from argv; NULL for a flag
    bool *flag;
};

struct positional {
    const char **words; // room for argc; borrowed from argv
    size_t count;
};

// 0, or AEMS_E_FORMAT with a sentence in `ret_why`. argv[0] is skipped.
int arguments_read(int argc, char *const argv[], const struct argument *table, size_t n_table,
                   struct positional *ret_words, char *ret_why, size_t size);
