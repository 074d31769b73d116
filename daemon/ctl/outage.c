// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/outage.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *options; // its own, each between spaces
    size_t words;        // after its name
    const char *usage;
    int (*run)(const struct ctl_options *o);
} commands[] = {
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

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int check_options(const struct ctl_options *o, const char *name, const char *own)
{
    const struct {
        const char *name;
        bool given;
    } given[] = {{" json ", o->json},
                 {" csv ", o->csv},
                 {" all ", o->all},
                 {" offline ", o->offline},
                 {" simulated ", o->simulated},
                 {" tell ", o->tell},
                 {" for ", o->duration != NULL},
                 {" at ", o->at != NULL},
                 {" soc ", o->soc != NULL},
                 {" seed ", o->seed != NULL},
                 {" from ", o->from != NULL},
                 {" until ", o->until != NULL},
                 {" why ", o->why != NULL},
                 {" id ", o->id != NULL},
                 {" island ", o->island != NULL}};
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        if (given[i].given && strstr(own, given[i].name) == NULL) {
            fprintf(stderr, "aemsctl: outage %s takes no --%.*s\n", name, (int)strlen(given[i].name) - 2,
                    given[i].name + 1);
            return CTL_USAGE;
        }
    }
    return CTL_OK;
}

static int complain_of(const char *word)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *near = text_nearest(word, names, COMMANDS);
    fprintf(stderr,
            "aemsctl: outage %.40s: expected status, journal, plan, drill, warn, announce, forbid, force, free or "
            "expect%s%s%s\n",
            word, near != NULL ? "; did you mean " : "", near != NULL ? near : "", near != NULL ? "?" : "");
    return CTL_USAGE;
}

static int run(const struct ctl_options *o)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, o->words[0]) != 0)
            continue;
        int r = check_options(o, commands[i].name, commands[i].options);
        if (r != CTL_OK)
            return r;
        if (o->n_words != commands[i].words + 1) {
            fprintf(stderr, "aemsctl: usage: aemsctl outage %s\n", commands[i].usage);
            return CTL_USAGE;
        }
        struct ctl_options own = *o;
        own.words = o->words + 1;
        own.n_words = o->n_words - 1;
        return commands[i].run(&own);
    }
    return complain_of(o->words[0]);
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
