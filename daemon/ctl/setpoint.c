// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>

#include "conf/measure.h"
#include "daemon/ctl/ctl.h"

static int run(const struct ctl_options *o)
{
    double power_w, duration_s;
    json_t *reply = NULL;
    if (measure_parse(CONF_POWER, o->words[1], &power_w) < 0) {
        fprintf(stderr, "aemsctl: %s: expected %s\n", o->words[1], measure_expectation(CONF_POWER));
        return CTL_USAGE;
    }
    if (o->duration == NULL || measure_parse(CONF_DURATION_S, o->duration, &duration_s) < 0) {
        fprintf(stderr, "aemsctl: --for: expected %s: a setpoint by hand ends by itself\n",
                measure_expectation(CONF_DURATION_S));
        return CTL_USAGE;
    }
    int r = ctl_call(o,
                     json_pack("{s:s, s:s, s:f, s:f}", "call", "setpoint", "asset", o->words[0], "power_w", power_w,
                               "valid_for_s", duration_s),
                     &reply);
    if (r != CTL_OK)
        return r;
    if (o->json)
        ctl_print_json(reply);
    else
        printf("%s: %.1f kW by hand for %s\n", o->words[0], power_w / 1000.0, o->duration);
    json_decref(reply);
    return CTL_OK;
}

const struct ctl_command ctl_setpoint = {
    .name = "setpoint",
    .summary = "set an asset by hand for a while",
    .usage = "setpoint ASSET POWER --for DURATION [--json]",
    .options = " for json ",
    .min_words = 2,
    .max_words = 2,
    .run = run,
};
