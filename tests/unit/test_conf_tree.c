// SPDX-License-Identifier: GPL-3.0-or-later
#include <fcntl.h>

#include "base/error.h"
#include "conf/tree.h"
#include "conf_files.h"
#include "tests/unit/run_suite.h"

static struct diagnostics d;
static struct conf_tree tree;

static void set_up(void)
{
    scratch_open();
    ck_assert_int_eq(mkdir(scratch_path("conf.d"), 0755), 0);
}

static void tear_down(void)
{
    conf_tree_free(&tree);
    diagnostics_free(&d);
    scratch_close();
}

static int read_text(const char *text)
{
    return conf_tree_read_text("a.yaml", text, strlen(text), &d, &tree);
}

static const char *scalar(const char *section, const char *key)
{
    const struct conf_node *node = conf_node_get(conf_node_get(tree.root, section), key);
    return node != NULL ? node->scalar : NULL;
}

START_TEST(nodes_know_their_line_and_column)
{
    ck_assert_int_eq(read_text("# comment\na:\n  b: 200 kWh\n  c: [1, \"x\"]\n"), 0);
    const struct conf_node *a = conf_node_get(tree.root, "a");
    ck_assert_int_eq(a->kind, CONF_MAP);
    ck_assert_int_eq(a->pairs[0].key_place.line, 3);
    ck_assert_int_eq(a->pairs[0].key_place.column, 3);
    const struct conf_node *b = conf_node_get(a, "b");
    ck_assert_str_eq(b->scalar, "200 kWh");
    ck_assert_str_eq(b->place.file, "a.yaml");
    ck_assert_int_eq(b->place.line, 3);
    ck_assert_int_eq(b->place.column, 6);
    const struct conf_node *c = conf_node_get(a, "c");
    ck_assert_int_eq(c->kind, CONF_LIST);
    ck_assert_uint_eq(c->count, 2);
    ck_assert_int_eq(c->items[1]->place.column, 10);
    ck_assert(!c->items[0]->quoted);
    ck_assert(c->items[1]->quoted);
}
END_TEST

START_TEST(what_is_left_empty_is_null_and_quoted_text_is_not)
{
    ck_assert_int_eq(read_text("a:\nb: ~\nc: null\nd: \"\"\ne: \"null\"\n"), 0);
    ck_assert_int_eq(conf_node_get(tree.root, "a")->kind, CONF_NULL);
    ck_assert_int_eq(conf_node_get(tree.root, "b")->kind, CONF_NULL);
    ck_assert_int_eq(conf_node_get(tree.root, "c")->kind, CONF_NULL);
    ck_assert_int_eq(conf_node_get(tree.root, "d")->kind, CONF_SCALAR);
    ck_assert_int_eq(conf_node_get(tree.root, "e")->kind, CONF_SCALAR);
    ck_assert_ptr_null(conf_node_get(tree.root, "f"));
    ck_assert_ptr_null(conf_node_get(NULL, "f"));
}
END_TEST

START_TEST(a_text_without_content_is_an_empty_map)
{
    static const char *const texts[] = {"", "# nothing\n", "\n\n", "---\n", "\xEF\xBB\xBF", "~\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        ck_assert_int_eq(read_text(texts[i]), 0);
        ck_assert_int_eq(tree.root->kind, CONF_MAP);
        ck_assert_uint_eq(tree.root->count, 0);
        conf_tree_free(&tree);
    }
}
END_TEST

START_TEST(a_byte_order_mark_moves_no_column)
{
    ck_assert_int_eq(read_text("\xEF\xBB\xBFkey: 1\n"), 0);
    ck_assert_int_eq(tree.root->pairs[0].key_place.column, 1);
    ck_assert_int_eq(conf_node_get(tree.root, "key")->place.column, 6);
}
END_TEST

START_TEST(tags_are_kept_beside_their_scalar)
{
    ck_assert_int_eq(read_text("a: !env HOME\nb: !credential \"x\"\n"), 0);
    ck_assert_str_eq(conf_node_get(tree.root, "a")->tag, "!env");
    ck_assert_str_eq(conf_node_get(tree.root, "a")->scalar, "HOME");
    ck_assert_str_eq(conf_node_get(tree.root, "b")->tag, "!credential");
}
END_TEST

START_TEST(a_flawed_text_still_gives_a_tree_to_judge)
{
    ck_assert_int_eq(read_text("a: 1\na: 2\nb: !x 3\n"), 0);
    ck_assert(tree.root->flawed);
    ck_assert_uint_eq(d.errors, 2);
    ck_assert(has_message(&d, SEVERITY_ERROR, 2, "the first is in line 1"));
    ck_assert(has_message(&d, SEVERITY_ERROR, 3, "!x"));
    ck_assert_str_eq(conf_node_get(tree.root, "a")->scalar, "1");
}
END_TEST

START_TEST(broken_texts_leave_nothing)
{
    static const char *const texts[] = {
        "a: [1\n", "a: *x\n", "a: &x 1\n",   "a: 1\n---\nb: 1\n", "- a\n",
        "text\n",  "\t- a",   "a: \"open\n", "a: b: c\n",         "%YAML 9.9\n---\na: 1",
        "{a: 1}}", "a: \xff", "\xff\xfe:",   "a: \x01",           "!env x"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        size_t before = d.errors;
        ck_assert_msg(read_text(texts[i]) == AEMS_E_FORMAT, "%s", texts[i]);
        ck_assert_uint_gt(d.errors, before);
        ck_assert_ptr_null(tree.root);
    }
}
END_TEST

// A text of `count` times `piece`.
static char *repeat(const char *piece, size_t count)
{
    size_t length = strlen(piece);
    char *text = malloc(count * length + 1);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * length, piece, length);
    text[count * length] = '\0';
    return text;
}

START_TEST(texts_beyond_the_limits_are_refused_at_once)
{
    static const struct {
        const char *piece;
        size_t count;
        const char *message;
    } cases[] = {{"[", 4000000, "nested too deeply"},  {"{a: ", 1000000, "nested too deeply"},
                 {"- ", 2000000, "nested too deeply"}, {"? ", 2000000, "nested too deeply"},
                 {"- x\n", 300000, "too many values"}, {"# \n", 2000000, "at most 4 MiB"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *text = repeat(cases[i].piece, cases[i].count);
        ck_assert_int_eq(read_text(text), AEMS_E_FORMAT);
        ck_assert_msg(mentions(&d, cases[i].message), "%s", cases[i].piece);
        diagnostics_free(&d);
        free(text);
    }
}
END_TEST

START_TEST(a_map_with_too_many_keys_is_flawed)
{
    char *text = malloc(3000 * 16);
    size_t length = 0;
    for (int i = 0; i < 3000; i++)
        length += (size_t)sprintf(text + length, "k%d: 1\n", i);
    ck_assert_int_eq(read_text(text), 0);
    ck_assert(tree.root->flawed);
    ck_assert(mentions(&d, "too many keys"));
    free(text);
}
END_TEST

// ---- files --------------------------------------------------------------------------------------------------------

START_TEST(a_file_is_laid_over_what_it_includes_map_by_map)
{
    ck_assert_int_eq(mkdir(scratch_path("sub"), 0755), 0);
    scratch_write("sub/base.yaml", "include: [deep.yaml]\nplan: {interval: 1, horizon: 2}\nlist: [1, 2]\n");
    scratch_write("sub/deep.yaml", "plan: {interval: 0, deadline: 7}\n");
    scratch_write("second.yaml", "plan: {horizon: 3}\n");
    const char *path = scratch_write("a.yaml", "include: [sub/base.yaml, second.yaml]\nplan:\n  age: 4\nlist: [9]\n");
    ck_assert_int_eq(conf_tree_read(path, &d, &tree), 0);
    ck_assert_str_eq(scalar("plan", "interval"), "1");
    ck_assert_str_eq(scalar("plan", "deadline"), "7");
    ck_assert_str_eq(scalar("plan", "horizon"), "3");
    ck_assert_str_eq(scalar("plan", "age"), "4");
    ck_assert_uint_eq(conf_node_get(tree.root, "list")->count, 1);
    ck_assert_ptr_null(conf_node_get(tree.root, "include"));
    const struct place place = conf_node_get(conf_node_get(tree.root, "plan"), "deadline")->place;
    ck_assert_str_eq(place.file, scratch_path("sub/deep.yaml"));
    ck_assert_int_eq(place.line, 1);
}
END_TEST

START_TEST(conf_d_is_read_last_and_in_the_order_of_names)
{
    scratch_write("conf.d/20-b.yaml", "plan: {interval: b}\n");
    scratch_write("conf.d/10-a.yaml", "plan: {interval: a, deadline: a}\n");
    scratch_write("conf.d/.hidden.yaml", "plan: {interval: hidden}\n");
    scratch_write("conf.d/30-c.yaml.bak", "plan: {interval: backup}\n");
    ck_assert_int_eq(conf_tree_read(scratch_write("a.yaml", "plan: {interval: 0, age: 0}\n"), &d, &tree), 0);
    ck_assert_str_eq(scalar("plan", "interval"), "b");
    ck_assert_str_eq(scalar("plan", "deadline"), "a");
    ck_assert_str_eq(scalar("plan", "age"), "0");
}
END_TEST

START_TEST(an_empty_section_in_a_later_file_wipes_nothing_out)
{
    scratch_write("conf.d/a.yaml", "plan:\n  # interval: 5\nmqtt: {host: }\n");
    ck_assert_int_eq(conf_tree_read(scratch_write("a.yaml", "plan: {interval: 1}\nmqtt: {host: x}\n"), &d, &tree), 0);
    ck_assert_str_eq(scalar("plan", "interval"), "1");
    ck_assert_int_eq(conf_node_get(conf_node_get(tree.root, "mqtt"), "host")->kind, CONF_NULL);
}
END_TEST

START_TEST(files_that_include_each_other_are_refused)
{
    scratch_write("b.yaml", "include: [./c.yaml]\n");
    scratch_write("c.yaml", "\ninclude: [a.yaml]\n");
    ck_assert_int_eq(conf_tree_read(scratch_write("a.yaml", "include: [b.yaml]\n"), &d, &tree), AEMS_E_FORMAT);
    ck_assert(has_message(&d, SEVERITY_ERROR, 2, "includes itself"));
}
END_TEST

START_TEST(includes_do_not_multiply_without_end)
{
    char name[32], text[64];
    for (int i = 0; i < 12; i++) { // each twice the next: 4096 readings
        snprintf(name, sizeof(name), "f%d.yaml", i);
        snprintf(text, sizeof(text), i < 11 ? "include: [f%d.yaml, f%d.yaml]\n" : "a: 1\n", i + 1, i + 1);
        scratch_write(name, text);
    }
    ck_assert_int_eq(conf_tree_read(scratch_path("f0.yaml"), &d, &tree), AEMS_E_FORMAT);
    ck_assert(mentions(&d, "one file too many"));
}
END_TEST

START_TEST(mistakes_of_all_files_are_reported)
{
    scratch_write("b.yaml", "a: [\n");
    scratch_write("conf.d/c.yaml", "a: {\n");
    ck_assert_int_eq(conf_tree_read(scratch_write("a.yaml", "include: [b.yaml, missing.yaml, conf.d]\n"), &d, &tree),
                     AEMS_E_FORMAT);
    ck_assert_uint_eq(d.errors, 4);
    ck_assert(mentions(&d, "missing.yaml\": No such file"));
    ck_assert(mentions(&d, "conf.d\": expected a regular file"));
}
END_TEST

START_TEST(a_fifo_does_not_hold_up_the_start)
{
    ck_assert_int_eq(mkfifo(scratch_path("fifo.yaml"), 0600), 0);
    ck_assert_int_eq(conf_tree_read(scratch_path("fifo.yaml"), &d, &tree), AEMS_E_FORMAT);
    ck_assert(mentions(&d, "expected a regular file"));
}
END_TEST

START_TEST(a_single_file_knows_no_conf_d)
{
    scratch_write("conf.d/a.yaml", "b: 2\n");
    ck_assert_int_eq(conf_tree_read_file(scratch_write("a.yaml", "a: 1\n"), &d, &tree), 0);
    ck_assert_uint_eq(tree.root->count, 1);
    ck_assert_int_eq(conf_tree_read_file(scratch_path("none.yaml"), &d, &tree), AEMS_E_FORMAT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf tree");
    TCase *tests = tcase_create("conf tree");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, nodes_know_their_line_and_column);
    tcase_add_test(tests, what_is_left_empty_is_null_and_quoted_text_is_not);
    tcase_add_test(tests, a_text_without_content_is_an_empty_map);
    tcase_add_test(tests, a_byte_order_mark_moves_no_column);
    tcase_add_test(tests, tags_are_kept_beside_their_scalar);
    tcase_add_test(tests, a_flawed_text_still_gives_a_tree_to_judge);
    tcase_add_test(tests, broken_texts_leave_nothing);
    tcase_add_test(tests, texts_beyond_the_limits_are_refused_at_once);
    tcase_add_test(tests, a_map_with_too_many_keys_is_flawed);
    tcase_add_test(tests, a_file_is_laid_over_what_it_includes_map_by_map);
    tcase_add_test(tests, conf_d_is_read_last_and_in_the_order_of_names);
    tcase_add_test(tests, an_empty_section_in_a_later_file_wipes_nothing_out);
    tcase_add_test(tests, files_that_include_each_other_are_refused);
    tcase_add_test(tests, includes_do_not_multiply_without_end);
    tcase_add_test(tests, mistakes_of_all_files_are_reported);
    tcase_add_test(tests, a_fifo_does_not_hold_up_the_start);
    tcase_add_test(tests, a_single_file_knows_no_conf_d);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
