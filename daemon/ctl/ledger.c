// SPDX-License-Identifier: GPL-3.0-or-later
// Who shared how much with whom over the ties.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/ledger_view.h"
#include "daemon/ctl/table.h"

static json_t *request(const struct ctl_options *o)
{
    json_t *r = json_pack("{s:s}", "call", "ledger");
    if (o->month != NULL)
        json_object_set_new(r, "month", json_string(o->month));
    return r;
}

static int show(const struct ctl_options *o, const json_t *reply)
{
    struct style style = style_of(stdout);
    struct text out = {0};
    if (o->csv)
        ledger_view_csv(reply, &out);
    else
        ledger_view_text(reply, &style, &out);
    int r = out.failed ? CTL_FAILED : CTL_OK;
    if (!out.failed)
        fputs(out.data, stdout);
    text_free(&out);
    return r;
}

static int run(const struct ctl_options *o)
{
    json_t *reply = NULL;
    int r = ctl_call(o, request(o), &reply);
    if (r != CTL_OK)
        return r;
    r = o->json ? ctl_print_json(reply) : show(o, reply);
    json_decref(reply);
    return r;
}

const struct ctl_command ctl_ledger = {
    .name = "ledger",
    .summary = "who gave and got how much over the ties",
    .usage = "ledger [--month YYYY-MM] [--csv | --json]",
    .options = " month csv json ",
    .run = run,
};
