// SPDX-License-Identifier: GPL-3.0-or-later
// aemsctl replay: its command line, its table and line of progress, and files that come whole or not at all.
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf_files.h"
#include "daemon/ctl/new_files.h"
#include "daemon/ctl/replay_options.h"
#include "daemon/ctl/replay_view.h"
#include "tests/unit/run_suite.h"

static char why[256];
static struct replay_call call;
static const struct style plain = {.width = 200};

// ---- the command line ---------------------------------------------------------------------------------------------

static int parse(struct ctl_options o)
{
    o.data = "data.csv";
    o.out = "out";
    memset(&call, 0, sizeof(call));
    return replay_options_read(&o, &call, why, sizeof(why));
}

static int count_runs(void)
{
    int n = 0;
    for (int c = 0; c < REPLAY_CONTROLLER_COUNT; c++)
        n += call.runs[c];
    return n;
}

START_TEST(without_more_it_is_the_daemon_beside_no_control)
{
    ck_assert_int_eq(parse((struct ctl_options){0}), CTL_OK);
    ck_assert_int_eq(call.asked, REPLAY_DAEMON);
    ck_assert(call.runs[REPLAY_DAEMON] && call.runs[REPLAY_NONE]);
    ck_assert_int_eq(count_runs(), 2);
    ck_assert_str_eq(call.forecast, "daemon");
    ck_assert_double_lt(call.options.soc_frac, 0);
    ck_assert_uint_eq(call.options.seed, 1);
    ck_assert_int_eq(call.scenarios + call.options.cycle_s, 0);
}
END_TEST

START_TEST(a_forecast_says_which_controller_is_asked_about)
{
    ck_assert_int_eq(parse((struct ctl_options){.forecast = "perfect"}), CTL_OK);
    ck_assert_int_eq(call.asked, REPLAY_PERFECT);
    ck_assert_int_eq(count_runs(), 2);
    ck_assert_int_eq(parse((struct ctl_options){.forecast = "persistence", .controllers = "rule,daemon"}), CTL_OK);
    ck_assert_int_eq(call.asked, REPLAY_PERSISTENCE);
    ck_assert_int_eq(count_runs(), 4);
    ck_assert_int_eq(parse((struct ctl_options){.forecast = "perfect", .controllers = "schedule"}), CTL_OK);
    ck_assert_int_eq(call.asked, REPLAY_SCHEDULE);
    ck_assert(call.options.perfect);
    ck_assert_int_eq(parse((struct ctl_options){.forecast = "rule"}), CTL_USAGE);
    ck_assert_str_eq(why, "--forecast rule: expected daemon, perfect or persistence");
    ck_assert_int_eq(parse((struct ctl_options){.forecast = "persistence", .controllers = "schedule"}), CTL_USAGE);
}
END_TEST

START_TEST(of_named_controllers_the_daemon_is_asked_about_or_the_first)
{
    ck_assert_int_eq(parse((struct ctl_options){.controllers = "none,rule,perfect"}), CTL_OK);
    ck_assert_int_eq(call.asked, REPLAY_RULE);
    ck_assert_int_eq(count_runs(), 3);
    ck_assert_int_eq(parse((struct ctl_options){.controllers = "none,rule,daemon,perfect"}), CTL_OK);
    ck_assert_int_eq(call.asked, REPLAY_DAEMON);
    ck_assert_int_eq(parse((struct ctl_options){.controllers = "none"}), CTL_OK);
    ck_assert_int_eq(call.asked, REPLAY_NONE);
    ck_assert_int_eq(count_runs(), 1);
    ck_assert_int_eq(parse((struct ctl_options){.controllers = "none,perfekt"}), CTL_USAGE);
    ck_assert_ptr_nonnull(strstr(why, "--controllers perfekt: expected some of none, rule, daemon"));
    ck_assert_ptr_nonnull(strstr(why, "did you mean perfect?"));
    ck_assert_int_eq(parse((struct ctl_options){.controllers = "rule,"}), CTL_USAGE);
}
END_TEST

START_TEST(numbers_and_times_are_taken_with_and_without_units)
{
    struct ctl_options o = {.scenarios = "7",
                            .cycle = "15min",
                            .soc = "20%",
                            .seed = "18446744073709551615",
                            .from = "1970-01-01T00:00:01Z",
                            .to = "1970-01-01T01:00:02+01:00"};
    ck_assert_int_eq(parse(o), CTL_OK);
    ck_assert_int_eq(call.scenarios, 7);
    ck_assert_int_eq(call.options.cycle_s, 900);
    ck_assert_double_eq_tol(call.options.soc_frac, 0.2, 1e-12);
    ck_assert_uint_eq(call.options.seed, UINT64_MAX);
    ck_assert_int_eq(call.options.from_utc_ms, 1000);
    ck_assert_int_eq(call.options.to_utc_ms, 2000);
    ck_assert_int_eq(parse((struct ctl_options){.cycle = "3600", .soc = "0.05"}), CTL_OK);
    ck_assert_int_eq(call.options.cycle_s, 3600);
    ck_assert_double_eq(call.options.soc_frac, 0.05);
}
END_TEST

START_TEST(what_makes_no_sense_is_said)
{
    static const struct {
        struct ctl_options options;
        const char *message;
    } wrong[] = {
        {{.scenarios = "0"}, "--scenarios 0: expected a number from 1 to 10"},
        {{.scenarios = "11"}, "--scenarios 11"},
        {{.scenarios = "2.5"}, "--scenarios 2.5"},
        {{.cycle = "0"}, "--cycle 0: expected a duration from 1 min to 1 d"},
        {{.cycle = "25 h"}, "--cycle 25 h"},
        {{.cycle = "90.5"}, "--cycle 90.5"},
        {{.soc = "1.01"}, "--soc 1.01: expected a share from 0 to 1"},
        {{.soc = "nan"}, "--soc nan"},
        {{.seed = "-1"}, "--seed -1: expected a whole number"},
        {{.seed = "18446744073709551616"}, "--seed"},
        {{.from = "yesterday"}, "--from yesterday: expected a time such as"},
        {{.learn_from = "2026-01-14"}, "--learn-from 2026-01-14: expected a time"},
        {{.from = "2026-01-14T00:00:00Z", .to = "2026-01-14T00:00:00Z"}, "expected a time after --from"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        ck_assert_msg(parse(wrong[i].options) == CTL_USAGE, "%s", wrong[i].message);
        ck_assert_msg(strstr(why, wrong[i].message) != NULL, "%s", why);
    }
    ck_assert_int_eq(replay_options_read(&(struct ctl_options){.data = "d"}, &call, why, sizeof(why)), CTL_USAGE);
    ck_assert_str_eq(why, "replay needs --out and either --data or --record");
}
END_TEST

// ---- for people ---------------------------------------------------------------------------------------------------

START_TEST(controllers_stand_side_by_side)
{
    static const struct replay_result results[] = {
        {REPLAY_NONE, {.total_cost = 40, .energy_cost = 40, .self_sufficiency = 0.25}, {0}},
        {REPLAY_DAEMON,
         {.total_cost = 30.5, .energy_cost = 28, .wear_cost = 2.5, .self_sufficiency = 0.5, .plans = 48},
         {1.2, 3.4, 5.6}},
    };
    struct text out = {0};
    replay_view_table(results, 2, "EUR", &plain, &out);
    ck_assert(!out.failed);
    static const char *const parts[] = {"EUR",   "none", "daemon", "40.00",      "30.50",
                                        "-9.50", "50.0", "48 (0)", "1.2/3.4/5.6"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        ck_assert_msg(strstr(out.data, parts[i]) != NULL, "%s in\n%s", parts[i], out.data);
    ck_assert_ptr_nonnull(strstr(out.data, "wear"));
    ck_assert_ptr_null(strstr(out.data, "fuel")); // nobody has any
    text_free(&out);
}
END_TEST

START_TEST(progress_says_what_is_left_once_it_can)
{
    struct text out = {0};
    replay_view_progress(0.01, 1, &plain, &out);
    ck_assert_str_eq(out.data, "..............................   1 %");
    text_free(&out);
    replay_view_progress(0.5, 10, &plain, &out);
    ck_assert_str_eq(out.data, "###############...............  50 %  10 s left");
    text_free(&out);
    replay_view_progress(0.1, 10, &plain, &out);
    ck_assert_ptr_nonnull(strstr(out.data, "10 %  1 min 30 s left"));
    text_free(&out);
}
END_TEST

// ---- files --------------------------------------------------------------------------------------------------------

static int count_files(const char *path)
{
    DIR *folder = opendir(path);
    int n = 0;
    ck_assert_ptr_nonnull(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return n;
}

static void expect_text(const char *path, const char *expected)
{
    char text[64] = "";
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_lt(fread(text, 1, sizeof(text) - 1, file), sizeof(text));
    fclose(file);
    ck_assert_str_eq(text, expected);
}

START_TEST(new_files_take_the_place_of_old_ones_all_at_once)
{
    struct new_files files = {0};
    FILE *a, *b;
    scratch_open();
    scratch_write("a.txt", "old");
    ck_assert_int_eq(new_files_open(&files, scratch, "a.txt", &a), 0);
    ck_assert_int_eq(new_files_open(&files, scratch, "b.txt", &b), 0);
    fputs("new", a);
    fputs("other", b);
    expect_text(scratch_path("a.txt"), "old");
    ck_assert_int_eq(new_files_keep(&files), 0);
    new_files_drop(&files);
    expect_text(scratch_path("a.txt"), "new");
    expect_text(scratch_path("b.txt"), "other");
    ck_assert_int_eq(count_files(scratch), 2);
    scratch_close();
}
END_TEST

START_TEST(files_that_are_not_whole_leave_nothing_behind)
{
    struct new_files files = {0};
    FILE *a, *full;
    scratch_open();
    scratch_write("a.txt", "old");
    ck_assert_int_eq(new_files_open(&files, scratch, "a.txt", &a), 0);
    fputs("half", a);
    new_files_drop(&files);
    expect_text(scratch_path("a.txt"), "old");
    ck_assert_int_eq(count_files(scratch), 1);

    ck_assert_int_eq(new_files_open(&files, scratch, "a.txt", &a), 0);
    fputs("whole", a);
    full = freopen("/dev/full", "w", files.files[0].stream);
    ck_assert_ptr_nonnull(full);
    fputs("no space", full);
    ck_assert_int_eq(new_files_keep(&files), AEMS_E_IO);
    new_files_drop(&files);
    expect_text(scratch_path("a.txt"), "old");
    ck_assert_int_eq(count_files(scratch), 1);
    scratch_close();
}
END_TEST

START_TEST(folders_are_made_with_those_above_them)
{
    scratch_open();
    ck_assert_int_eq(new_files_folder(scratch_path("x/y//z/")), 0);
    ck_assert_int_eq(new_files_folder(scratch_path("x/y/z")), 0);
    ck_assert_int_eq(count_files(scratch_path("x/y")), 1);
    scratch_write("file", "");
    ck_assert_int_eq(new_files_folder(scratch_path("file/z")), AEMS_E_IO);
    ck_assert_int_eq(new_files_folder(""), AEMS_E_IO);
    scratch_close();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("aemsctl replay");
    TCase *tests = tcase_create("aemsctl replay");
    tcase_add_test(tests, without_more_it_is_the_daemon_beside_no_control);
    tcase_add_test(tests, a_forecast_says_which_controller_is_asked_about);
    tcase_add_test(tests, of_named_controllers_the_daemon_is_asked_about_or_the_first);
    tcase_add_test(tests, numbers_and_times_are_taken_with_and_without_units);
    tcase_add_test(tests, what_makes_no_sense_is_said);
    tcase_add_test(tests, controllers_stand_side_by_side);
    tcase_add_test(tests, progress_says_what_is_left_once_it_can);
    tcase_add_test(tests, new_files_take_the_place_of_old_ones_all_at_once);
    tcase_add_test(tests, files_that_are_not_whole_leave_nothing_behind);
    tcase_add_test(tests, folders_are_made_with_those_above_them);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
