// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>

#include "base/instant.h"
#include "conf/measure.h"
#include "daemon/ctl/ctl.h"

static int bad(const char *option, const char *expected)
{
    fprintf(stderr, "aemsctl: --%s: expected %s\n", option, expected);
    return CTL_USAGE;
}

static int add_power(json_t *payload, const char *option, const char *text, const char *key)
{
    double power_w;
    if (text == NULL)
        return CTL_OK;
    if (measure_parse(CONF_POWER, text, &power_w) < 0)
        return bad(option, measure_expectation(CONF_POWER));
    json_object_set_new(payload, key, json_real(power_w));
    return CTL_OK;
}

static int add_time(json_t *payload, const char *option, const char *text)
{
    int64_t utc_ms;
    if (text == NULL || rfc3339_parse(text, &utc_ms) < 0)
        return bad(option, "a time such as 2026-01-31T18:00:00+01:00");
    json_object_set_new(payload, option, json_string(text));
    return CTL_OK;
}

// The terms of a limit, or its withdrawal. CTL_OK, or CTL_USAGE after a message.
static int fill(const struct ctl_options *o, json_t *payload)
{
    json_object_set_new(payload, "id", json_string(o->id != NULL ? o->id : "by-hand"));
    if (o->withdraw) {
        json_object_set_new(payload, "withdraw", json_true());
        return o->import == NULL && o->export == NULL ? CTL_OK : bad("withdraw", "no limit beside it");
    }
    if (o->import == NULL && o->export == NULL)
        return bad("import", "--import POWER, --export POWER or both");
    int r = add_time(payload, "from", o->from);
    if (r == CTL_OK)
        r = add_time(payload, "until", o->until);
    if (r == CTL_OK)
        r = add_power(payload, "import", o->import, "import_limit_w");
    return r == CTL_OK ? add_power(payload, "export", o->export, "export_limit_w") : r;
}

static int run(const struct ctl_options *o)
{
    json_t *payload = json_object(), *reply = NULL;
    int r = fill(o, payload);
    if (r != CTL_OK) {
        json_decref(payload);
        return r;
    }
    r = ctl_call(o, json_pack("{s:s, s:s, s:o}", "call", "command", "id", o->words[0], "payload", payload), &reply);
    if (r != CTL_OK)
        return r;
    const char *id = o->id != NULL ? o->id : "by-hand";
    if (o->json)
        ctl_print_json(reply);
    else if (o->withdraw)
        printf("%s: %s is withdrawn\n", o->words[0], id);
    else
        printf("%s: %s holds from %s until %s\n", o->words[0], id, o->from, o->until);
    json_decref(reply);
    return CTL_OK;
}

const struct ctl_command ctl_limit = {
    .name = "limit",
    .summary = "limit a grid connection for some time",
    .usage = "limit GRID (--import POWER | --export POWER) --from TIME --until TIME [--id ID] | --withdraw [--id ID] "
             "[--json]",
    .options = " import export from until id withdraw json ",
    .min_words = 1,
    .max_words = 1,
    .run = run,
};
