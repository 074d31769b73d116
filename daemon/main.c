// SPDX-License-Identifier: GPL-3.0-or-later
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/app/app.h"

int main(int argc, char *argv[])
{
    struct app_options options = {0};
    char why[256] = "out of memory";
    if (app_options_parse(argc, argv, &options, why, sizeof(why)) < 0) {
        fprintf(stderr, "aemsd: %s\n%s", why, app_options_usage);
        return 2;
    }
    if (options.help || options.version) {
        fputs(options.help ? app_options_usage : "aemsd " AEMS_VERSION "\n", stdout);
        return EXIT_SUCCESS;
    }
    // A peer that went away and a full disk are errors of one call, not the end of control.
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    return options.check ? app_check(&options) : app_run(&options);
}
