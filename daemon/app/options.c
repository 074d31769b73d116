// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "daemon/app/arguments.h"

const char app_options_usage[] = "Usage: aemsd [-c FILE] [--check] [--profiles FOLDERS] [--planner PATH]\n"
                                 "\n"
                                 "Controls the area that FILE describes. Stays in the foreground; logs to stderr.\n"
                                 "\n"
                                 "  -c, --config FILE     configuration (default " AEMS_CONFIG_FILE ")\n"
                                 "      --check           judge the configuration, solve one plan on trial, and end\n"
                                 "      --profiles DIRS   folders of device profiles, separated by colons\n"
                                 "                        (default $AEMS_PROFILES, then " AEMS_PROFILE_DIR ")\n"
                                 "      --planner PATH    planner program\n"
                                 "                        (default $AEMS_PLANNER, then " AEMS_PLANNER_PATH ")\n"
                                 "      --version         print the version\n"
                                 "  -h, --help            print this\n"
                                 "\n"
                                 "SIGHUP reads the configuration again; SIGTERM releases all devices and ends.\n";

static const char *first_given(const char *argument, const char *variable, const char *otherwise)
{
    const char *environment = getenv(variable);
    if (argument != NULL)
        return argument;
    return environment != NULL && environment[0] != '\0' ? environment : otherwise;
}

int app_options_parse(int argc, char *argv[], struct app_options *ret_options, char *ret_why, size_t size)
{
    struct app_options o = {.config = AEMS_CONFIG_FILE};
    const struct argument table[] = {
        {'c', "config", &o.config, NULL}, {0, "check", NULL, &o.check},     {0, "profiles", &o.profiles, NULL},
        {0, "planner", &o.planner, NULL}, {0, "version", NULL, &o.version}, {'h', "help", NULL, &o.help},
    };
    struct positional words = {calloc((size_t)argc + 1, sizeof(char *)), 0};
    if (words.words == NULL)
        return AEMS_E_NOMEM;
    int r = arguments_read(argc, argv, table, sizeof(table) / sizeof(table[0]), &words, ret_why, size);
    if (r == 0 && words.count > 0) {
        snprintf(ret_why, size, "%s: aemsd takes options only", words.words[0]);
        r = AEMS_E_FORMAT;
    }
    free(words.words);
    if (r < 0)
        return r;
    o.profiles = first_given(o.profiles, "AEMS_PROFILES", AEMS_PROFILE_DIR);
    o.planner = first_given(o.planner, "AEMS_PLANNER", AEMS_PLANNER_PATH);
    *ret_options = o;
    return 0;
}

char *app_options_folders(const char *config, const char *profiles)
{
    const char *slash = strrchr(config, '/');
    struct text t = {0};
    text_appendf(&t, "%.*sdevices:%s", slash != NULL ? (int)(slash - config + 1) : 0, config, profiles);
    if (t.failed)
        text_free(&t);
    return t.data;
}
