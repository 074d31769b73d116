// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/dr.h"

#include <stdio.h>
#include <time.h>

#include "base/instant.h"
#include "daemon/ctl/subcommand.h"

static const struct ctl_subcommand commands[] = {
    {"send", " json ", 1, "send FILE.json|- [--json]", dr_send},
    {"cancel", " json ", 1, "cancel ID [--json]", dr_cancel},
    {"list", " json ", 0, "list [--json]", dr_list},
    {"capability", " json ", 0, "capability [--json]", dr_capability},
    {"sign", " key kid area topic seq for at ", 1,
     "sign FILE.json|- --key FILE --kid ID --area ID [--topic TOPIC] [--seq NUMBER] [--for DURATION] [--at TIME]",
     dr_sign},
    {"verify", " topic at json ", 1, "verify FILE|- [-c FILE] [--topic TOPIC] [--at TIME] [--json]", dr_verify},
    {"keygen", " json ", 1, "keygen FILE [--json]", dr_keygen},
};

int dr_time(const struct ctl_options *o, int64_t *ret_utc_ms)
{
    struct timespec now;
    if (o->at == NULL) {
        clock_gettime(CLOCK_REALTIME, &now);
        *ret_utc_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
        return CTL_OK;
    }
    if (rfc3339_parse(o->at, ret_utc_ms) == 0)
        return CTL_OK;
    fputs("aemsctl: --at: expected a time such as 2026-01-31T18:00:00+01:00\n", stderr);
    return CTL_USAGE;
}

static int run(const struct ctl_options *o)
{
    return ctl_run_subcommand("dr", commands, sizeof(commands) / sizeof(commands[0]), o);
}

const struct ctl_command ctl_dr = {
    .name = "dr",
    .summary = "demand response: events by hand, what is known, signatures",
    .usage = "dr send FILE|- | cancel ID | list | capability | sign FILE|- | verify FILE|- | keygen FILE",
    .options = " json key kid area topic seq for at ",
    .min_words = 1,
    .max_words = 2,
    .run = run,
};
