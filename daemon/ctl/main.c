// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/ctl.h"

static void print_help(FILE *stream)
{
    static const struct ctl_command *const commands[] = {
        &ctl_status, &ctl_plan,   &ctl_solve,   &ctl_setpoint,  &ctl_automatic, &ctl_session,
        &ctl_limit,  &ctl_prices, &ctl_weather, &ctl_forecast,  &ctl_replan,    &ctl_ledger,
        &ctl_report, &ctl_replay, &ctl_record,  &ctl_buildings, &ctl_dr,        &ctl_outage,
    };
    fputs("Usage: aemsctl [-c FILE | --socket PATH] COMMAND\n\n", stream);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        fprintf(stream, strlen(commands[i]->usage) <= 60 ? "  %-60s %s\n" : "  %s\n    %s\n", commands[i]->usage,
                commands[i]->summary);
    fputs("\n"
          "  -c, --config FILE   the daemon's configuration: tells where it listens\n"
          "      --socket PATH   where it listens (default " AEMS_SOCKET ")\n"
          "      --version       print the version\n"
          "  -h, --help          print this, or the usage of a command\n"
          "\n"
          "Exit status: 0 done, 1 it cannot be done, 2 bad command line, 3 no daemon answers.\n",
          stream);
}

static int run(const struct ctl_options *o, const struct ctl_command *command)
{
    if (o->version) {
        puts("aemsctl " AEMS_VERSION);
        return CTL_OK;
    }
    if (command == NULL) {
        print_help(stdout);
        return CTL_OK;
    }
    if (o->help) {
        printf("Usage: aemsctl %s\n%s\n", command->usage, command->summary);
        return CTL_OK;
    }
    return command->run(o);
}

// What was to be read and could not be written, on a full disk, is no success.
static int end_output(int status)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno == EPIPE) // whoever read has enough
        return status;
    fprintf(stderr, "aemsctl: standard output: %s\n", errno != 0 ? strerror(errno) : "cannot be written");
    return status == CTL_OK ? CTL_FAILED : status;
}

int main(int argc, char *argv[])
{
    struct ctl_options options = {0};
    const struct ctl_command *command = NULL;
    char why[256];
    signal(SIGPIPE, SIG_IGN); // a daemon that goes away in mid-call is said, not died of
    int r = ctl_parse(argc, argv, &options, &command, why, sizeof(why));
    if (r == CTL_OK)
        r = run(&options, command);
    else
        fprintf(stderr, "aemsctl: %s\n", why);
    free(options.words);
    return end_output(r);
}
