// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>

#include "daemon/ctl/ctl.h"

static int run(const struct ctl_options *o)
{
    json_t *reply = NULL;
    int r = ctl_call(o, json_pack("{s:s}", "call", "replan"), &reply);
    if (r != CTL_OK)
        return r;
    if (o->json)
        ctl_print_json(reply);
    else
        puts("a new plan is under way");
    json_decref(reply);
    return CTL_OK;
}

const struct ctl_command ctl_replan = {
    .name = "replan",
    .summary = "ask for a new plan now",
    .usage = "replan [--json]",
    .options = " json ",
    .run = run,
};
