// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>

#include "daemon/ctl/ctl.h"

static int run(const struct ctl_options *o)
{
    json_t *reply = NULL;
    int r = ctl_call(o, json_pack("{s:s, s:s}", "call", "automatic", "asset", o->words[0]), &reply);
    if (r != CTL_OK)
        return r;
    if (o->json)
        ctl_print_json(reply);
    else
        printf("%s: automatic again\n", o->words[0]);
    json_decref(reply);
    return CTL_OK;
}

const struct ctl_command ctl_automatic = {
    .name = "automatic",
    .summary = "end a setpoint by hand",
    .usage = "automatic ASSET [--json]",
    .options = " json ",
    .min_words = 1,
    .max_words = 1,
    .run = run,
};
