// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/app/arguments.h"
#include "daemon/ctl/ctl.h"

static const struct ctl_command *const commands[] = {
    &ctl_status, &ctl_plan,   &ctl_solve,   &ctl_setpoint,  &ctl_automatic, &ctl_session,
    &ctl_limit,  &ctl_prices, &ctl_weather, &ctl_forecast,  &ctl_replan,    &ctl_ledger,
    &ctl_report, &ctl_replay, &ctl_record,  &ctl_buildings, &ctl_dr,        &ctl_outage,
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

const struct ctl_command *ctl_find_command(const char *word, const char **ret_near)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i]->name;
        if (strcmp(word, names[i]) == 0)
            return commands[i];
    }
    *ret_near = text_nearest(word, names, COMMANDS);
    return NULL;
}

static bool allows(const struct ctl_command *c, const char *option)
{
    char word[32];
    snprintf(word, sizeof(word), " %s ", option);
    return strstr(c->options, word) != NULL;
}

static int check_options(const struct ctl_command *c, const struct ctl_options *o, char *ret_why, size_t size)
{
    const struct {
        const char *name;
        bool given;
    } given[] = {
        {"at", o->at != NULL},
        {"lp", o->lp != NULL},
        {"mps", o->mps != NULL},
        {"for", o->duration != NULL},
        {"json", o->json},
        {"csv", o->csv},
        {"watch", o->watch},
        {"month", o->month != NULL},
        {"from", o->from != NULL},
        {"until", o->until != NULL},
        {"energy", o->energy != NULL},
        {"import", o->import != NULL},
        {"export", o->export != NULL},
        {"id", o->id != NULL},
        {"withdraw", o->withdraw},
        {"all", o->all},
        {"data", o->data != NULL},
        {"out", o->out != NULL},
        {"forecast", o->forecast != NULL},
        {"to", o->to != NULL},
        {"controllers", o->controllers != NULL},
        {"scenarios", o->scenarios != NULL},
        {"seed", o->seed != NULL},
        {"cycle", o->cycle != NULL},
        {"soc", o->soc != NULL},
        {"learn-from", o->learn_from != NULL},
        {"events", o->events != NULL},
        {"times", o->times},
        {"record", o->record != NULL},
        {"solve", o->solve},
        {"key", o->key != NULL},
        {"kid", o->kid != NULL},
        {"area", o->area != NULL},
        {"topic", o->topic != NULL},
        {"seq", o->sequence != NULL},
        {"island", o->island != NULL},
        {"why", o->why != NULL},
        {"offline", o->offline},
        {"simulated", o->simulated},
        {"tell", o->tell},
    };
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        if (given[i].given && !allows(c, given[i].name)) {
            snprintf(ret_why, size, "%s takes no --%s", c->name, given[i].name);
            return CTL_USAGE;
        }
    }
    return CTL_OK;
}

static int check_words(const struct ctl_command *c, const struct ctl_options *o, char *ret_why, size_t size)
{
    if (o->help || (o->n_words >= c->min_words && o->n_words <= c->max_words))
        return CTL_OK;
    snprintf(ret_why, size, "usage: aemsctl %s", c->usage);
    return CTL_USAGE;
}

// Splits the words into the command's name and its arguments.
static int choose_command(struct ctl_options *o, const struct ctl_command **ret_command, char *ret_why, size_t size)
{
    const char *near = NULL;
    if (o->n_words == 0) {
        if (o->help || o->version)
            return CTL_OK;
        snprintf(ret_why, size, "no command given; see aemsctl --help");
        return CTL_USAGE;
    }
    const struct ctl_command *c = ctl_find_command(o->words[0], &near);
    if (c == NULL) {
        snprintf(ret_why, size, "%.40s: no such command%s%s%s", o->words[0], near != NULL ? "; did you mean " : "",
                 near != NULL ? near : "", near != NULL ? "?" : "");
        return CTL_USAGE;
    }
    o->n_words--;
    memmove(o->words, o->words + 1, o->n_words * sizeof(*o->words));
    int r = check_options(c, o, ret_why, size);
    if (r == CTL_OK)
        r = check_words(c, o, ret_why, size);
    if (r == CTL_OK)
        *ret_command = c;
    return r;
}

int ctl_parse(int argc, char *argv[], struct ctl_options *ret_options, const struct ctl_command **ret_command,
              char *ret_why, size_t size)
{
    struct ctl_options o = {0};
    const struct argument table[] = {
        {'c', "config", &o.config, NULL},
        {0, "socket", &o.socket, NULL},
        {0, "at", &o.at, NULL},
        {0, "lp", &o.lp, NULL},
        {0, "mps", &o.mps, NULL},
        {0, "for", &o.duration, NULL},
        {0, "month", &o.month, NULL},
        {0, "from", &o.from, NULL},
        {0, "until", &o.until, NULL},
        {0, "energy", &o.energy, NULL},
        {0, "import", &o.import, NULL},
        {0, "export", &o.export, NULL},
        {0, "id", &o.id, NULL},
        {0, "withdraw", NULL, &o.withdraw},
        {'a', "all", NULL, &o.all},
        {0, "json", NULL, &o.json},
        {0, "csv", NULL, &o.csv},
        {'w', "watch", NULL, &o.watch},
        {0, "data", &o.data, NULL},
        {0, "out", &o.out, NULL},
        {0, "forecast", &o.forecast, NULL},
        {0, "to", &o.to, NULL},
        {0, "controllers", &o.controllers, NULL},
        {0, "scenarios", &o.scenarios, NULL},
        {0, "seed", &o.seed, NULL},
        {0, "cycle", &o.cycle, NULL},
        {0, "soc", &o.soc, NULL},
        {0, "learn-from", &o.learn_from, NULL},
        {0, "events", &o.events, NULL},
        {0, "times", NULL, &o.times},
        {0, "record", &o.record, NULL},
        {0, "solve", NULL, &o.solve},
        {0, "key", &o.key, NULL},
        {0, "kid", &o.kid, NULL},
        {0, "area", &o.area, NULL},
        {0, "topic", &o.topic, NULL},
        {0, "seq", &o.sequence, NULL},
        {0, "island", &o.island, NULL},
        {0, "why", &o.why, NULL},
        {0, "offline", NULL, &o.offline},
        {0, "simulated", NULL, &o.simulated},
        {0, "tell", NULL, &o.tell},
        {'h', "help", NULL, &o.help},
        {0, "version", NULL, &o.version},
    };
    *ret_command = NULL;
    snprintf(ret_why, size, "out of memory");
    struct positional words = {calloc((size_t)argc + 1, sizeof(char *)), 0};
    if (words.words == NULL)
        return CTL_FAILED;
    int r = arguments_read(argc, argv, table, sizeof(table) / sizeof(table[0]), &words, ret_why, size) < 0 ? CTL_USAGE
                                                                                                           : CTL_OK;
    o.words = words.words;
    o.n_words = words.count;
    if (r == CTL_OK)
        r = choose_command(&o, ret_command, ret_why, size);
    *ret_options = o;
    return r;
}
