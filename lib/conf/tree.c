// SPDX-License-Identifier: GPL-3.0-or-later
#include "conf/tree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/error.h"
#include "conf/tree_internal.h"

// One document on its way from libyaml's numbered nodes to our own.
struct builder {
    yaml_document_t *document;
    const char *file;
    struct diagnostics *d;
    bool flawed;
};

static struct place place_of(const struct builder *b, const yaml_node_t *node)
{
    return (struct place){b->file, (int)node->start_mark.line + 1, (int)node->start_mark.column + 1};
}

static void flaw(struct builder *b, struct place place, const char *text)
{
    diagnostics_add(b->d, SEVERITY_ERROR, place, "%s", text);
    b->flawed = true;
}

static bool is_null_word(const char *text)
{
    return *text == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 || strcmp(text, "Null") == 0 ||
           strcmp(text, "NULL") == 0;
}

// libyaml gives every untagged node its kind's own tag.
static bool has_own_tag(const yaml_node_t *node)
{
    const char *tag = (const char *)node->tag;
    return tag != NULL && strcmp(tag, YAML_STR_TAG) != 0 && strcmp(tag, YAML_SEQ_TAG) != 0 &&
           strcmp(tag, YAML_MAP_TAG) != 0;
}

static int build_tag(struct builder *b, const yaml_node_t *from, struct conf_node *node)
{
    if (!has_own_tag(from))
        return 0;
    const char *tag = (const char *)from->tag;
    if (strcmp(tag, "!env") != 0 && strcmp(tag, "!file") != 0 && strcmp(tag, "!credential") != 0) {
        diagnostics_add(b->d, SEVERITY_ERROR, node->place,
                        "\"%.40s\": expected one of the tags !env, !file, !credential", tag);
        b->flawed = true;
        return 0;
    }
    if (from->type != YAML_SCALAR_NODE) {
        diagnostics_add(b->d, SEVERITY_ERROR, node->place, "\"%s\": expected a name after this tag", tag);
        b->flawed = true;
        return 0;
    }
    node->tag = strdup(tag);
    return node->tag == NULL ? AEMS_E_NOMEM : 0;
}

static int build_scalar(struct builder *b, const yaml_node_t *from, struct conf_node *node)
{
    const char *value = (const char *)from->data.scalar.value;
    size_t length = from->data.scalar.length;
    node->quoted = from->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (memchr(value, '\0', length) != NULL)
        flaw(b, node->place, "a NUL character in a value: expected text");
    if (!node->quoted && !has_own_tag(from) && is_null_word(value)) {
        node->kind = CONF_NULL;
        return 0;
    }
    node->kind = CONF_SCALAR;
    node->scalar = strdup(value);
    return node->scalar == NULL ? AEMS_E_NOMEM : 0;
}

static int build_node(struct builder *b, int number, struct conf_node **ret_node);

static int build_list(struct builder *b, const yaml_node_t *from, struct conf_node *node)
{
    size_t n = (size_t)(from->data.sequence.items.top - from->data.sequence.items.start);
    node->kind = CONF_LIST;
    node->items = calloc(n + 1, sizeof(*node->items));
    if (node->items == NULL)
        return AEMS_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        int code = build_node(b, from->data.sequence.items.start[i], &node->items[i]);
        if (code < 0)
            return code;
        node->count++;
    }
    return 0;
}

// True when the key may be used; reports why not otherwise.
static bool judge_key(struct builder *b, const struct conf_node *map, const yaml_node_t *key)
{
    struct place place = place_of(b, key);
    if (key->type != YAML_SCALAR_NODE || has_own_tag(key)) {
        flaw(b, place, "expected a plain name as key");
        return false;
    }
    const char *name = (const char *)key->data.scalar.value;
    if (*name == '\0' || strlen(name) != key->data.scalar.length) {
        flaw(b, place, "an empty key: expected a name");
        return false;
    }
    if (strcmp(name, "<<") == 0) {
        flaw(b, place, "\"<<\": merging is not possible here: put what is shared into an included file");
        return false;
    }
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->pairs[i].key, name) == 0) {
            diagnostics_add(b->d, SEVERITY_ERROR, place,
                            "\"%.60s\": a second time in the same map; the first is in line %d", name,
                            map->pairs[i].key_place.line);
            b->flawed = true;
            return false;
        }
    return true;
}

static int build_pair(struct builder *b, const yaml_node_pair_t *from, struct conf_node *map)
{
    const yaml_node_t *key = yaml_document_get_node(b->document, from->key);
    if (key == NULL || !judge_key(b, map, key))
        return 0;
    struct conf_pair *pair = &map->pairs[map->count];
    int code = build_node(b, from->value, &pair->value);
    if (code < 0)
        return code;
    pair->key_place = place_of(b, key);
    pair->key = strdup((const char *)key->data.scalar.value);
    map->count++; // now, so that the pair is freed with the map
    return pair->key == NULL ? AEMS_E_NOMEM : 0;
}

static int build_map(struct builder *b, const yaml_node_t *from, struct conf_node *node)
{
    const yaml_node_pair_t *pairs = from->data.mapping.pairs.start;
    size_t n = (size_t)(from->data.mapping.pairs.top - pairs);
    node->kind = CONF_MAP;
    node->pairs = calloc(n + 1, sizeof(*node->pairs));
    if (node->pairs == NULL)
        return AEMS_E_NOMEM;
    if (n > CONF_MAX_KEYS) {
        flaw(b, node->place, "too many keys in one map: expected at most 2048");
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        int code = build_pair(b, &pairs[i], node);
        if (code < 0)
            return code;
    }
    return 0;
}

static int build_content(struct builder *b, const yaml_node_t *from, struct conf_node *node)
{
    int code = build_tag(b, from, node);
    if (code < 0)
        return code;
    if (from->type == YAML_SCALAR_NODE)
        return build_scalar(b, from, node);
    return from->type == YAML_SEQUENCE_NODE ? build_list(b, from, node) : build_map(b, from, node);
}

// The survey has limited the depth of this recursion and seen to it that no node is met twice.
static int build_node(struct builder *b, int number, struct conf_node **ret_node)
{
    const yaml_node_t *from = yaml_document_get_node(b->document, number);
    struct conf_node *node = calloc(1, sizeof(*node));
    if (from == NULL || node == NULL) {
        free(node);
        return AEMS_E_NOMEM;
    }
    node->kind = CONF_NULL;
    node->place = place_of(b, from);
    int code = build_content(b, from, node);
    if (code < 0) {
        tree_node_free(node);
        return code;
    }
    *ret_node = node;
    return 0;
}

// ---- syntax -------------------------------------------------------------------------------------------------------

static const char *line_start(const char *text, size_t length, size_t line)
{
    const char *end = text + length;
    while (line > 0 && text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        if (newline == NULL)
            return end;
        text = newline + 1;
        line--;
    }
    return text;
}

static bool is_tab_at(const char *text, size_t length, yaml_mark_t mark)
{
    const char *at = line_start(text, length, mark.line);
    return (size_t)(text + length - at) > mark.column && at[mark.column] == '\t';
}

// The reader stops at bytes that are no text and knows only how many bytes came before.
static struct place place_of_byte(const char *file, const char *text, size_t length, size_t offset)
{
    struct place place = {file, 1, 1};
    for (size_t i = 0; i < offset && i < length; i++) {
        bool continues = ((unsigned char)text[i] & 0xC0) == 0x80; // a later byte of one UTF-8 character
        place.column += continues ? 0 : 1;
        if (text[i] == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return place;
}

static int report_syntax(const yaml_parser_t *parser, const char *file, const char *text, size_t length,
                         struct diagnostics *d)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return AEMS_E_NOMEM;
    const char *problem = parser->problem != NULL ? parser->problem : "unreadable";
    if (parser->error == YAML_READER_ERROR) {
        struct place place = place_of_byte(file, text, length, parser->problem_offset);
        diagnostics_add(d, SEVERITY_ERROR, place, "not text in UTF-8: %s", problem);
        return AEMS_E_FORMAT;
    }
    yaml_mark_t mark = parser->problem_mark;
    struct place place = {file, (int)mark.line + 1, (int)mark.column + 1};
    if (is_tab_at(text, length, mark))
        diagnostics_add(d, SEVERITY_ERROR, place, "a tab: expected spaces, YAML does not indent with tabs");
    else if (parser->context != NULL)
        diagnostics_add(d, SEVERITY_ERROR, place, "not valid YAML: %s, %s that began in line %d", problem,
                        parser->context, (int)parser->context_mark.line + 1);
    else
        diagnostics_add(d, SEVERITY_ERROR, place, "not valid YAML: %s", problem);
    return AEMS_E_FORMAT;
}

// ---- survey -------------------------------------------------------------------------------------------------------

// A first pass over libyaml's events, which refuses what would make the tree large, deep or shared before anything is
// built: libyaml's own loader takes quadratic time over deep or much anchored texts.
struct survey {
    const char *file;
    struct diagnostics *d;
    size_t n_nodes;
    int depth, n_documents;
    bool flawed; // reported; the pass goes on
    bool stop;   // reported, or at the end
};

static void object(struct survey *s, yaml_mark_t mark, bool stop, const char *text)
{
    struct place place = {s->file, (int)mark.line + 1, (int)mark.column + 1};
    diagnostics_add(s->d, SEVERITY_ERROR, place, "%s", text);
    s->flawed = true;
    s->stop |= stop;
}

static bool has_anchor(const yaml_event_t *event)
{
    return (event->type == YAML_SCALAR_EVENT && event->data.scalar.anchor != NULL) ||
           (event->type == YAML_SEQUENCE_START_EVENT && event->data.sequence_start.anchor != NULL) ||
           (event->type == YAML_MAPPING_START_EVENT && event->data.mapping_start.anchor != NULL);
}

static void survey_event(struct survey *s, const yaml_event_t *event)
{
    bool opens = event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT;
    bool closes = event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT;
    s->depth += opens - closes;
    s->n_nodes += opens || event->type == YAML_SCALAR_EVENT;
    s->n_documents += event->type == YAML_DOCUMENT_START_EVENT;
    s->stop |= event->type == YAML_STREAM_END_EVENT;
    if (event->type == YAML_ALIAS_EVENT)
        object(s, event->start_mark, false, "an alias: expected every value written out in its place");
    else if (has_anchor(event))
        object(s, event->start_mark, false, "an anchor: expected every value written out in its place");
    else if (opens && s->depth > CONF_MAX_DEPTH)
        object(s, event->start_mark, true, "nested too deeply: expected at most 16 levels");
    else if (s->n_nodes > CONF_MAX_NODES)
        object(s, event->start_mark, true, "too many values in one file: expected at most 200000");
    else if (s->n_documents > 1)
        object(s, event->start_mark, true, "a second document: expected one document in a file");
}

static int survey_text(yaml_parser_t *parser, const char *file, const char *text, size_t length, struct diagnostics *d)
{
    struct survey s = {.file = file, .d = d};
    while (!s.stop && !d->failed) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return report_syntax(parser, file, text, length, d);
        survey_event(&s, &event);
        yaml_event_delete(&event);
    }
    return s.flawed ? AEMS_E_FORMAT : 0;
}

// ---- the tree -----------------------------------------------------------------------------------------------------

// A file without content, or with comments alone, is an empty map.
static int finish_root(struct builder *b, struct conf_node **root)
{
    if (*root == NULL) {
        *root = calloc(1, sizeof(**root));
        if (*root == NULL)
            return AEMS_E_NOMEM;
        (*root)->place = (struct place){b->file, 1, 1};
        (*root)->kind = CONF_NULL;
    }
    if ((*root)->kind == CONF_NULL)
        (*root)->kind = CONF_MAP;
    if ((*root)->kind != CONF_MAP) {
        flaw(b, (*root)->place, "expected a map of options such as \"name: value\" at the top");
        return AEMS_E_FORMAT;
    }
    (*root)->flawed = b->flawed;
    return 0;
}

static int build_tree(yaml_parser_t *parser, const char *file, const char *text, size_t length, struct diagnostics *d,
                      struct conf_node **root)
{
    yaml_document_t document;
    if (!yaml_parser_load(parser, &document))
        return report_syntax(parser, file, text, length, d);
    struct builder b = {.document = &document, .file = file, .d = d};
    int code = yaml_document_get_root_node(&document) != NULL ? build_node(&b, 1, root) : 0;
    if (code == 0)
        code = finish_root(&b, root);
    yaml_document_delete(&document);
    return code;
}

// A parser reads a text once; both passes need one.
static int start_parser(yaml_parser_t *parser, const char *text, size_t length)
{
    if (!yaml_parser_initialize(parser))
        return AEMS_E_NOMEM;
    // Said, not guessed: a guess would take a text that begins with other bytes for UTF-16.
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser, (const unsigned char *)text, length);
    return 0;
}

int tree_parse(const char *file, const char *text, size_t length, struct diagnostics *d, struct conf_node **ret_root)
{
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        length -= 3;
    }
    yaml_parser_t parser;
    int code = start_parser(&parser, text, length);
    if (code < 0)
        return code;
    code = survey_text(&parser, file, text, length, d);
    yaml_parser_delete(&parser);
    if (code < 0 || (code = start_parser(&parser, text, length)) < 0)
        return code;
    struct conf_node *root = NULL;
    code = build_tree(&parser, file, text, length, d, &root);
    yaml_parser_delete(&parser);
    if (code < 0) {
        tree_node_free(root);
        return code;
    }
    *ret_root = root;
    return 0;
}
