// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/subcommand.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 24 };

// Of all that any of them takes; the rest was refused before.
static int check_options(const struct ctl_options *o, const char *command, const struct ctl_subcommand *of)
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
                 {" key ", o->key != NULL},
                 {" kid ", o->kid != NULL},
                 {" area ", o->area != NULL},
                 {" topic ", o->topic != NULL},
                 {" seq ", o->sequence != NULL},
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
        if (given[i].given && strstr(of->options, given[i].name) == NULL) {
            fprintf(stderr, "aemsctl: %s %s takes no --%.*s\n", command, of->name, (int)strlen(given[i].name) - 2,
                    given[i].name + 1);
            return CTL_USAGE;
        }
    }
    return CTL_OK;
}

static int complain_of(const char *word, const char *command, const struct ctl_subcommand *list, size_t n)
{
    const char *names[MOST];
    struct text expected = {0};
    for (size_t i = 0; i < n && i < MOST; i++) {
        names[i] = list[i].name;
        text_appendf(&expected, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ", names[i]);
    }
    const char *near = text_nearest(word, names, n < MOST ? n : MOST);
    fprintf(stderr, "aemsctl: %s %.40s: expected %s%s%s%s\n", command, word,
            expected.data != NULL ? expected.data : "another word", near != NULL ? "; did you mean " : "",
            near != NULL ? near : "", near != NULL ? "?" : "");
    text_free(&expected);
    return CTL_USAGE;
}

int ctl_run_subcommand(const char *command, const struct ctl_subcommand *list, size_t n, const struct ctl_options *o)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, o->words[0]) != 0)
            continue;
        int r = check_options(o, command, &list[i]);
        if (r != CTL_OK)
            return r;
        if (o->n_words != list[i].words + 1) {
            fprintf(stderr, "aemsctl: usage: aemsctl %s %s\n", command, list[i].usage);
            return CTL_USAGE;
        }
        struct ctl_options own = *o;
        own.words = o->words + 1;
        own.n_words = o->n_words - 1;
        return list[i].run(&own);
    }
    return complain_of(o->words[0], command, list, n);
}
