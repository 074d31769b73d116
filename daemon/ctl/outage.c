// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/outage.h"

#include "daemon/ctl/subcommand.h"

static const struct ctl_subcommand commands[] = {
    {"status", " json ", 0, "status [--json]", outage_run_status},
    {"journal", " csv json all ", 0, "journal [--all] [--csv | --json]", outage_run_journal},
    {"plan", " json offline at ", 0, "plan [--json] | plan -c FILE --offline [--at TIME] [--json]", outage_run_plan},
    {"drill", " json simulated tell for at soc seed ", 0,
     "drill --tell [--for DURATION] [--json] | drill -c FILE --simulated [--for DURATION] [--at TIME] [--soc SHARE] "
     "[--seed NUMBER] [--json]",
     outage_run_drill},
    {"warn", " from until why id island json ", 0,
     "warn [--from TIME] --until TIME [--why TEXT] [--id ID] [--island ISLAND] [--json]", outage_run_warn},
    {"announce", " from until why id island json ", 0,
     "announce --from TIME --until TIME [--why TEXT] [--id ID] [--island ISLAND] [--json]", outage_run_announce},
    {"forbid", " from until for why id island json ", 1,
     "forbid STATE (--for DURATION | --until TIME) [--from TIME] [--island ISLAND] [--why TEXT] [--id ID] [--json]",
     outage_run_forbid},
    {"force", " from until for why id island json ", 1,
     "force STATE (--for DURATION | --until TIME) [--from TIME] [--island ISLAND] [--why TEXT] [--id ID] [--json]",
     outage_run_force},
    {"free", " island json ", 1, "free ID|STATE [--island ISLAND] [--json]", outage_run_free},
    {"expect", " why island json ", 1, "expect TIME [--island ISLAND] [--why TEXT] [--json]", outage_run_expect},
};

static int run(const struct ctl_options *o)
{
    return ctl_run_subcommand("outage", commands, sizeof(commands) / sizeof(commands[0]), o);
}

const struct ctl_command ctl_outage = {
    .name = "outage",
    .summary = "outages: how the islands stand, warnings, what would be switched, drills",
    .usage =
        "outage status | journal | plan | drill --tell|--simulated | warn | announce | forbid STATE | force STATE | "
        "free ID | expect TIME",
    .options = " json csv all offline simulated tell for at soc seed from until why id island ",
    .min_words = 1,
    .max_words = 2,
    .run = run,
};
