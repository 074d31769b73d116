// SPDX-License-Identifier: GPL-3.0-or-later
// config/aems.yaml and config/aems.schema.json are what the option table says, and usable as they stand.
#include <ctype.h>
#include <jansson.h>

#include "conf/conf.h"
#include "conf_files.h"
#include "tests/unit/run_suite.h"

static const char *source_root = ".";

static char *read_committed(const char *name, size_t *ret_length)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/config/%s", source_root, name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    size_t size = 1 << 20;
    char *text = calloc(1, size);
    *ret_length = fread(text, 1, size - 1, file);
    fclose(file);
    return text;
}

static char *write_to_memory(int (*writer)(FILE *), size_t *ret_length)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, ret_length);
    ck_assert_int_eq(writer(stream), 0);
    fclose(stream);
    return text;
}

static void compare(const char *name, int (*writer)(FILE *))
{
    size_t committed_length, length;
    char *committed = read_committed(name, &committed_length), *text = write_to_memory(writer, &length);
    ck_assert_msg(committed_length == length && memcmp(committed, text, length) == 0,
                  "config/%s is not what the option table says: run ninja reference", name);
    free(committed);
    free(text);
}

START_TEST(the_committed_reference_is_what_the_table_says)
{
    compare("aems.yaml", conf_write_reference);
}
END_TEST

START_TEST(the_committed_schema_is_what_the_table_says)
{
    compare("aems.schema.json", conf_write_schema);
}
END_TEST

static struct site *load(const char *text, size_t length)
{
    struct diagnostics d = {0};
    struct site *site = NULL;
    if (conf_load_text("aems.yaml", text, length, &d, &site) < 0)
        diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    return site;
}

START_TEST(the_reference_loads_as_it_stands)
{
    size_t length;
    char *text = write_to_memory(conf_write_reference, &length);
    struct site *site = load(text, length);
    ck_assert_ptr_nonnull(site);
    ck_assert_str_eq(site->id, "my-area");
    ck_assert_uint_eq(site->n_assets, 0);
    site_free(site);
    free(text);
}
END_TEST

// Takes away each '#' that has no blank behind it.
static size_t uncomment(char *text)
{
    char *out = text;
    bool indent = true;
    for (const char *c = text; *c != '\0'; c++) {
        if (indent && *c == '#' && c[1] != ' ' && c[1] != '\n') {
            indent = false;
            continue;
        }
        indent = *c == '\n' || (indent && *c == ' ');
        *out++ = *c;
    }
    *out = '\0';
    return (size_t)(out - text);
}

START_TEST(the_reference_loads_with_every_example_uncommented)
{
    scratch_open();
    scratch_write("mqtt-password", "secret\n");
    setenv("CREDENTIALS_DIRECTORY", scratch, 1);
    size_t length;
    char *text = write_to_memory(conf_write_reference, &length);
    struct site *site = load(text, uncomment(text));
    ck_assert_ptr_nonnull(site);
    ck_assert_uint_eq(site->n_assets, 10);
    ck_assert_uint_eq(site->n_groups, 1);
    ck_assert_uint_eq(site->n_communities, 1);
    ck_assert_uint_eq(site->communities[0].n_grids, 1);
    ck_assert_uint_eq(site->n_devices, 1);
    ck_assert_uint_eq(site->n_links, 1);
    ck_assert_uint_eq(site->n_holidays, 2);
    ck_assert_str_eq(site->mqtt.password, "secret");
    ck_assert(site->loads[0].sheddable[TIER_DEFERRABLE]);
    ck_assert_uint_eq(site->n_buildings, 1);
    ck_assert_uint_eq(site->buildings[0].n_offers, 1);
    ck_assert(site->dr.enabled && site->dr.is_signed);
    ck_assert_uint_eq(site->dr.senders[0].n_keys, 1);
    ck_assert_uint_eq(site->n_islands, 1);
    ck_assert_uint_eq(site->n_switches, 2);
    ck_assert(!site->outage.enabled);
    site_free(site);
    free(text);
    scratch_close();
}
END_TEST

static json_t *property(json_t *schema, const char *name)
{
    return json_object_get(json_object_get(schema, "properties"), name);
}

START_TEST(the_schema_is_json_that_knows_every_section)
{
    static const char *const sections[] = {
        "include",    "area",        "plan",       "control",   "state",           "mqtt",     "tariffs",
        "buses",      "grids",       "pv",         "loads",     "batteries",       "ties",     "modbus",
        "devices",    "generators",  "simulation", "stores",    "groups",          "chargers", "flexible_loads",
        "converters", "communities", "record",     "buildings", "demand_response", "outage",   "islands",
        "switches"};
    size_t length;
    char *text = write_to_memory(conf_write_schema, &length);
    json_t *schema = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(schema);
    ck_assert_str_eq(json_string_value(json_object_get(schema, "$schema")),
                     "https://json-schema.org/draft/2020-12/schema");
    ck_assert(json_is_false(json_object_get(schema, "additionalProperties")));
    ck_assert_uint_eq(json_object_size(json_object_get(schema, "properties")), sizeof(sections) / sizeof(*sections));
    for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++)
        ck_assert_msg(json_is_object(property(schema, sections[i])), "%s", sections[i]);
    json_t *id = property(property(schema, "area"), "id");
    ck_assert_str_eq(json_string_value(json_object_get(id, "type")), "string");
    ck_assert_ptr_nonnull(json_object_get(id, "description"));
    json_decref(schema);
    free(text);
}
END_TEST

int main(int argc, char **argv)
{
    source_root = argc > 1 ? argv[1] : source_root;
    Suite *suite = suite_create("conf reference");
    TCase *tests = tcase_create("conf reference");
    tcase_add_test(tests, the_committed_reference_is_what_the_table_says);
    tcase_add_test(tests, the_committed_schema_is_what_the_table_says);
    tcase_add_test(tests, the_reference_loads_as_it_stands);
    tcase_add_test(tests, the_reference_loads_with_every_example_uncommented);
    tcase_add_test(tests, the_schema_is_json_that_knows_every_section);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
