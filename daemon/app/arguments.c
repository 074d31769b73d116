// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/arguments.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

enum { MAX_NAMES = 64 };

struct cursor {
    int argc;
    char *const *argv;
    int at;
    const struct argument *table;
    size_t n_table;
    char *why;
    size_t size;
};

static int complain(const struct cursor *c, const char *word, const char *about)
{
    snprintf(c->why, c->size, "%s: %s", word, about);
    return AEMS_E_FORMAT;
}

static int unknown(const struct cursor *c, const char *word)
{
    const char *names[MAX_NAMES];
    size_t n = 0;
    for (size_t i = 0; i < c->n_table && n < MAX_NAMES; i++)
        names[n++] = c->table[i].name;
    const char *near = strncmp(word, "--", 2) == 0 ? text_nearest(word + 2, names, n) : NULL;
    if (near == NULL)
        return complain(c, word, "unknown option");
    snprintf(c->why, c->size, "%s: unknown option; did you mean --%s?", word, near);
    return AEMS_E_FORMAT;
}

// Takes `attached` (after `=` or a letter), else the next word.
static int take(struct cursor *c, const struct argument *a, const char *attached)
{
    if (a->value == NULL) {
        if (attached != NULL)
            return complain(c, c->argv[c->at], "takes no value");
        *a->flag = true;
        return 0;
    }
    if (attached == NULL && c->at + 1 >= c->argc)
        return complain(c, c->argv[c->at], "needs a value");
    *a->value = attached != NULL ? attached : c->argv[++c->at];
    return 0;
}

static int read_long(struct cursor *c, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);
    for (size_t i = 0; i < c->n_table; i++) {
        const char *name = c->table[i].name;
        if (strlen(name) == length - 2 && strncmp(name, word + 2, length - 2) == 0)
            return take(c, &c->table[i], equals != NULL ? equals + 1 : NULL);
    }
    return unknown(c, word);
}

static int read_short(struct cursor *c, const char *word)
{
    for (size_t i = 0; i < c->n_table; i++) {
        if (c->table[i].letter != 0 && c->table[i].letter == word[1])
            return take(c, &c->table[i], word[2] != '\0' ? word + 2 : NULL);
    }
    return unknown(c, word);
}

// A negative number such as `-50kW` is a word, not an option.
static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && !(word[1] >= '0' && word[1] <= '9') && word[1] != '.';
}

int arguments_read(int argc, char *const argv[], const struct argument *table, size_t n_table,
                   struct positional *ret_words, char *ret_why, size_t size)
{
    struct cursor c = {argc, argv, 1, table, n_table, ret_why, size};
    bool only_words = false;
    for (; c.at < argc; c.at++) {
        const char *word = argv[c.at];
        if (!only_words && strcmp(word, "--") == 0) {
            only_words = true;
            continue;
        }
        int r = 0;
        if (only_words || !is_option(word))
            ret_words->words[ret_words->count++] = word;
        else
            r = word[1] == '-' ? read_long(&c, word) : read_short(&c, word);
        if (r < 0)
            return r;
    }
    return 0;
}
