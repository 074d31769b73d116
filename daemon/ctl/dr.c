// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/dr.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/instant.h"

static const struct {
    const char *name;
    const char *options; // its own, each between spaces
    size_t words;        // after its name
    const char *usage;
    int (*run)(const struct ctl_options *o);
} commands[] = {
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

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

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

static int check_options(const struct ctl_options *o, const char *name, const char *own)
{
    const struct {
        const char *name;
        bool given;
    } given[] = {{" json ", o->json},
                 {" key ", o->key != NULL},
                 {" kid ", o->kid != NULL},
                 {" area ", o->area != NULL},
                 {" topic ", o->topic != NULL},
                 {" seq ", o->sequence != NULL},
                 {" for ", o->duration != NULL},
                 {" at ", o->at != NULL}};
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        if (given[i].given && strstr(own, given[i].name) == NULL) {
            fprintf(stderr, "aemsctl: dr %s takes no --%.*s\n", name, (int)strlen(given[i].name) - 2,
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
    fprintf(stderr, "aemsctl: dr %.40s: expected send, cancel, list, capability, sign, verify or keygen%s%s%s\n", word,
            near != NULL ? "; did you mean " : "", near != NULL ? near : "", near != NULL ? "?" : "");
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
            fprintf(stderr, "aemsctl: usage: aemsctl dr %s\n", commands[i].usage);
            return CTL_USAGE;
        }
        struct ctl_options own = *o;
        own.words = o->words + 1;
        own.n_words = o->n_words - 1;
        return commands[i].run(&own);
    }
    return complain_of(o->words[0]);
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
