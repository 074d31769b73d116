// SPDX-License-Identifier: GPL-3.0-or-later
// Every file of tests/unit/broken names in its first lines what must be said about it and where:
//     # expect: LINE:COLUMN: PART OF THE MESSAGE
// The test fails when one of them is missing or elsewhere, when there are more errors, and when the file loads.
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf/conf.h"
#include "tests/unit/run_suite.h"

enum { LEAST_FILES = 150, MAX_FILES = 500 };

static char folder[1024];
static struct dirent **files;
static int n_files;

static bool is_said(const struct diagnostics *d, int line, int column, const char *part)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->items[i].severity == SEVERITY_ERROR && d->items[i].line == line && d->items[i].column == column &&
            strstr(d->items[i].text, part) != NULL)
            return true;
    return false;
}

// Reads one `# expect` line; false when `text` is none.
static bool parse_expectation(char *text, int *line, int *column, char **part)
{
    static const char mark[] = "# expect: ";
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    if (strncmp(text, mark, strlen(mark)) != 0)
        return false;
    int consumed = 0;
    ck_assert_msg(sscanf(text, "# expect: %d:%d: %n", line, column, &consumed) == 2 && consumed > 0, "%s", text);
    *part = text + consumed;
    (*part)[strcspn(*part, "\r\n")] = '\0';
    ck_assert_msg(**part != '\0', "an expectation without text");
    return true;
}

static void complain(const char *path, struct diagnostics *d, const char *what)
{
    fprintf(stderr, "---- %s\n", path);
    diagnostics_print(d, stderr);
    ck_abort_msg("%s: %s", path, what);
}

static void compare(const char *path, struct diagnostics *d)
{
    char buffer[4096], *part;
    int line, column;
    size_t expected = 0;
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(buffer, sizeof(buffer), file) != NULL && parse_expectation(buffer, &line, &column, &part)) {
        expected++;
        if (!is_said(d, line, column, part))
            complain(path, d, part);
    }
    fclose(file);
    ck_assert_msg(expected > 0, "%s: no expectation", path);
    if (d->errors != expected)
        complain(path, d, "other errors than expected");
}

START_TEST(a_broken_configuration_is_refused_with_the_right_words_at_the_right_place)
{
    char path[2048];
    struct diagnostics d = {0};
    struct site *site = NULL;
    snprintf(path, sizeof(path), "%s/%s", folder, files[_i]->d_name);
    ck_assert_msg(conf_load(path, &d, &site) == AEMS_E_FORMAT, "%s was not refused", path);
    ck_assert_ptr_null(site);
    compare(path, &d);
    diagnostics_free(&d);
}
END_TEST

START_TEST(the_corpus_is_there)
{
    ck_assert_int_ge(n_files, LEAST_FILES);
}
END_TEST

static int is_yaml(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".yaml") == 0;
}

int main(int argc, char **argv)
{
    snprintf(folder, sizeof(folder), "%s/tests/unit/broken", argc > 1 ? argv[1] : ".");
    unsetenv("AEMS_TEST_NOT_SET");
    setenv("CREDENTIALS_DIRECTORY", "/nonexistent", 1);
    n_files = scandir(folder, &files, is_yaml, alphasort);
    Suite *suite = suite_create("conf broken");
    TCase *tests = tcase_create("conf broken");
    tcase_add_test(tests, the_corpus_is_there);
    tcase_add_loop_test(tests, a_broken_configuration_is_refused_with_the_right_words_at_the_right_place, 0,
                        n_files > 0 && n_files < MAX_FILES ? n_files : 0);
    suite_add_tcase(suite, tests);
    int status = run_suite(suite);
    for (int i = 0; i < n_files; i++)
        free(files[i]);
    free(files);
    return status;
}
