// SPDX-License-Identifier: GPL-3.0-or-later
// The commented reference: every option once, as one would write it. An option that may be left out stands behind '#',
// prose behind '# '.
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/measure.h"
#include "conf/reader.h"
#include "conf/site_options.h"

enum { WIDTH = 110, STEP = 2 };

struct writer {
    FILE *stream;
    int indent;
    bool commented; // below an optional entry
    bool dash;      // the next option begins an element of a list
};

static enum conf_type shown_type(const struct conf_option *row)
{
    return row->type == CONF_CUSTOM ? row->element : row->type;
}

static bool is_nested(const struct conf_option *row)
{
    return row->type == CONF_SECTION || row->type == CONF_SECTIONS || row->type == CONF_LIST_OF;
}

// ---- prose --------------------------------------------------------------------------------------------------------

static void write_prose(const struct writer *w, const char *text)
{
    int width = WIDTH - w->indent, column = 0;
    for (const char *word = text; *word != '\0';) {
        int length = (int)strcspn(word, " ");
        if (column > 0 && column + 1 + length > width) {
            fputc('\n', w->stream);
            column = 0;
        }
        if (column == 0)
            column = fprintf(w->stream, "%*s# %.*s", w->indent, "", length, word) - w->indent;
        else
            column += fprintf(w->stream, " %.*s", length, word);
        word += length;
        word += strspn(word, " ");
    }
    fputc('\n', w->stream);
}

// "a power such as 200 kW" -> "Power in W, kW, MW, GW": the line below shows how it looks.
static void append_noun(struct text *text, enum conf_type type)
{
    char units[80];
    const char *noun = strchr(measure_expectation(type), ' ') + 1;
    const char *example = strstr(noun, " such as");
    measure_units(type, units, sizeof(units));
    bool cut = example != NULL && (*units != '\0' || type == CONF_INT || type == CONF_NUMBER);
    int length = cut ? (int)(example - noun) : (int)strlen(noun);
    text_appendf(text, "%c%.*s", toupper((unsigned char)*noun), length - 1, noun + 1);
    if (*units != '\0')
        text_appendf(text, " in %s", units);
}

static void append_type(struct text *text, const struct conf_option *row)
{
    char names[256];
    enum conf_type type = shown_type(row);
    reader_list_names(row->choices, conf_count_choices(row->choices), names, sizeof(names));
    if (type == CONF_CHOICE)
        text_appendf(text, "One of %s", names);
    else if (type == CONF_CHOICE_SET)
        text_appendf(text, "List of %s", names);
    else if (type == CONF_REFERENCE)
        text_appendf(text, "Name from %s", row->target);
    else if (type == CONF_LIST_SCALAR && row->target != NULL)
        text_appendf(text, "List of names from %s", row->target);
    else if (type == CONF_LIST_SCALAR && row->element == CONF_DATE)
        text_append(text, "List of dates");
    else if (type == CONF_BOOL)
        text_append(text, "True or false");
    else
        append_noun(text, type);
}

static void append_facts(struct text *text, const struct conf_option *row)
{
    char range[80];
    reader_range(row, range, sizeof(range));
    append_type(text, row);
    if (*range != '\0')
        text_appendf(text, "; %s", range);
    if (row->required)
        text_append(text, "; required.");
    else if (row->initial != NULL)
        text_appendf(text, "; default %s.", row->initial);
    else
        text_append(text, "; optional.");
    if (row->alternative)
        text_appendf(text, " Written as %s: %s", row->name, row->example);
}

static int write_meaning(const struct writer *w, const struct conf_option *row)
{
    struct text facts = {0};
    if (row->type == CONF_SECTION)
        text_append(&facts, row->required ? "Required." : "Optional.");
    else
        append_facts(&facts, row);
    if (!facts.failed) {
        write_prose(w, row->meaning);
        write_prose(w, facts.data);
    }
    int code = facts.failed ? AEMS_E_NOMEM : 0;
    text_free(&facts);
    return code;
}

// ---- options ------------------------------------------------------------------------------------------------------

static int write_rows(struct writer *w, const struct conf_option *rows);

static void begin_line(struct writer *w, bool commented)
{
    fprintf(w->stream, "%*s%s%s", w->dash ? w->indent - STEP : w->indent, "", commented ? "#" : "",
            w->dash ? "- " : "");
    w->dash = false;
}

// As one would write it: in quotes where YAML would otherwise see more than a text.
static void write_value(const struct writer *w, const struct conf_option *row)
{
    const char *value = row->example != NULL ? row->example : row->initial;
    if (value == NULL)
        fputc('\n', w->stream);
    else if (shown_type(row) == CONF_TIME_OF_DAY)
        fprintf(w->stream, " \"%s\"\n", value);
    else
        fprintf(w->stream, " %s\n", value);
}

// Several names are several entries, one word each: the last shows the options, the others do without.
static void write_entry_names(struct writer *w, const struct conf_option *row)
{
    for (const char *name = row->example; *name != '\0'; name += strspn(name, " ")) {
        int length = (int)strcspn(name, " ");
        begin_line(w, w->commented);
        fprintf(w->stream, "%.*s%s\n", length, name, name[length] != '\0' ? ": {}" : ":");
        name += length;
    }
}

// The example entry of a map of entries, or the example element of a list.
static int write_nested(struct writer *w, const struct conf_option *row, bool commented)
{
    struct writer inner = {w->stream, w->indent + STEP, commented, false};
    fputc('\n', w->stream);
    if (row->type == CONF_SECTIONS) {
        inner.commented = w->commented || !row->required;
        write_entry_names(&inner, row);
        inner.indent += STEP;
    }
    if (row->type == CONF_LIST_OF) {
        inner.indent += STEP;
        inner.dash = true;
    }
    return write_rows(&inner, row->rows);
}

// A section may stand empty, so that only the option in question has to be uncommented.
static bool stands_empty(const struct conf_option *row)
{
    return row->type == CONF_SECTION || row->type == CONF_SECTIONS;
}

static int write_option(struct writer *w, const struct conf_option *row)
{
    if (w->indent == 0)
        fputc('\n', w->stream);
    bool first = w->dash; // prose of a list's first option stands above its dash
    struct writer prose = *w;
    prose.indent -= first ? STEP : 0;
    int code = write_meaning(&prose, row);
    if (code < 0 || row->alternative)
        return code;
    bool commented = w->commented || !(row->required || (stands_empty(row) && w->indent == 0));
    begin_line(w, commented);
    fprintf(w->stream, "%s:", row->name);
    if (is_nested(row))
        return write_nested(w, row, commented);
    write_value(w, row);
    return 0;
}

static int write_rows(struct writer *w, const struct conf_option *rows)
{
    for (const struct conf_option *row = rows; row->name != NULL; row++) {
        int code = write_option(w, row);
        if (code < 0)
            return code;
    }
    return 0;
}

int conf_write_reference(FILE *stream)
{
    static const char head[] =
        "# aems: every option of the configuration, with its unit, range, default and meaning.\n"
        "#\n"
        "# What stands behind '#' is optional: remove the '#' (not the blanks before it) to use it. Numbers have a\n"
        "# decimal point and a unit, which may be written together: 200 kWh, 1.5MW, 15 min, 95 %.\n"
        "# Any value may come from elsewhere: !env NAME is an environment variable, !file PATH the content of a file\n"
        "# (as seen from this one; a secret must not be readable by others), !credential NAME a file of systemd's\n"
        "# credentials (LoadCredential=).\n"
        "# Judge a changed file with: aemsd -c FILE --check\n"
        "#\n"
        "# This file is made from the option table (ninja reference); edit a copy.\n";
    fputs(head, stream);
    struct writer w = {.stream = stream};
    int code = write_rows(&w, site_options);
    if (code < 0)
        return code;
    return ferror(stream) ? AEMS_E_IO : 0;
}
