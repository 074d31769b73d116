// SPDX-License-Identifier: GPL-3.0-or-later
// Command lines of both programs.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "daemon/app/options.h"
#include "tests/unit/run_suite.h"

static char why[256];

// Splits at spaces. What is parsed points into the line, which stays until the next call.
static int parse(const char *words, struct app_options *ret_options)
{
    static char line[256];
    char *argv[16] = {line};
    int argc = 1;
    snprintf(line, sizeof(line), "aemsd %s", words);
    strtok(line, " ");
    for (char *word = strtok(NULL, " "); word != NULL && argc < 15; word = strtok(NULL, " "))
        argv[argc++] = word;
    return app_options_parse(argc, argv, ret_options, why, sizeof(why));
}

START_TEST(the_four_ways_to_name_a_configuration_are_the_same)
{
    struct app_options o;
    ck_assert_int_eq(parse("-c a.yaml", &o), 0);
    ck_assert_str_eq(o.config, "a.yaml");
    ck_assert_int_eq(parse("-ca.yaml", &o), 0);
    ck_assert_str_eq(o.config, "a.yaml");
    ck_assert_int_eq(parse("--config a.yaml --check", &o), 0);
    ck_assert_str_eq(o.config, "a.yaml");
    ck_assert(o.check);
    ck_assert_int_eq(parse("--config=a.yaml", &o), 0);
    ck_assert_str_eq(o.config, "a.yaml");
}
END_TEST

START_TEST(silence_means_the_environment_and_then_the_installed_places)
{
    struct app_options o;
    setenv("AEMS_PLANNER", "/opt/planner", 1);
    setenv("AEMS_PROFILES", "", 1);
    ck_assert_int_eq(parse("--check", &o), 0);
    ck_assert_str_eq(o.planner, "/opt/planner");
    ck_assert_str_eq(o.profiles, AEMS_PROFILE_DIR);
    ck_assert_str_eq(o.config, AEMS_CONFIG_FILE);
    ck_assert_int_eq(parse("--planner here", &o), 0);
    ck_assert_str_eq(o.planner, "here");
}
END_TEST

START_TEST(slips_are_told_with_the_nearest_option)
{
    struct app_options o;
    ck_assert_int_eq(parse("--chek", &o), AEMS_E_FORMAT);
    ck_assert_ptr_nonnull(strstr(why, "did you mean --check?"));
    ck_assert_int_eq(parse("-c", &o), AEMS_E_FORMAT);
    ck_assert_ptr_nonnull(strstr(why, "needs a value"));
    ck_assert_int_eq(parse("--check=yes", &o), AEMS_E_FORMAT);
    ck_assert_ptr_nonnull(strstr(why, "takes no value"));
    ck_assert_int_eq(parse("a.yaml", &o), AEMS_E_FORMAT);
    ck_assert_int_eq(parse("--", &o), 0);
    ck_assert_int_eq(parse("-- --check", &o), AEMS_E_FORMAT);
}
END_TEST

START_TEST(profiles_beside_the_configuration_come_first)
{
    char *folders = app_options_folders("/etc/aems/aems.yaml", "/usr/share/aems/devices");
    ck_assert_str_eq(folders, "/etc/aems/devices:/usr/share/aems/devices");
    free(folders);
    folders = app_options_folders("aems.yaml", "x:y");
    ck_assert_str_eq(folders, "devices:x:y");
    free(folders);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("app options");
    TCase *t = tcase_create("options");
    tcase_add_test(t, the_four_ways_to_name_a_configuration_are_the_same);
    tcase_add_test(t, silence_means_the_environment_and_then_the_installed_places);
    tcase_add_test(t, slips_are_told_with_the_nearest_option);
    tcase_add_test(t, profiles_beside_the_configuration_come_first);
    suite_add_tcase(s, t);
    return run_suite(s);
}
