// SPDX-License-Identifier: GPL-3.0-or-later
// aemsctl: one file a command; what they share.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum ctl_exit {
    CTL_OK = 0,
    CTL_FAILED = 1,      // understood, but it cannot be done: refused, no plan, a bad configuration
    CTL_USAGE = 2,       // the command line makes no sense
    CTL_UNREACHABLE = 3, // no daemon answers
};

struct ctl_options {
    const char *config; // NULL: not given
    const char *socket;
    const char *at, *lp, *mps, *duration, *month, *from, *until, *energy, *import, *export, *id;
    const char *data, *out, *forecast, *to, *controllers, *scenarios, *seed, *cycle, *soc, *learn_from, *events,
        *record;
    const char *key, *kid, *area, *topic, *sequence; // of dr
    const char *island, *why;                        // of outage
    bool offline, simulated, tell;
    bool json, csv, watch, all, withdraw, times, solve, help, version;
    const char **words; // after the command's name
    size_t n_words;
};

struct ctl_command {
    const char *name;
    const char *summary;
    const char *usage;
    const char *options; // allowed beside -c, --socket and --help: long names, each between spaces
    size_t min_words, max_words;
    int (*run)(const struct ctl_options *o);
};

extern const struct ctl_command ctl_status, ctl_plan, ctl_solve, ctl_setpoint, ctl_automatic, ctl_replan, ctl_ledger,
    ctl_session, ctl_limit, ctl_prices, ctl_weather, ctl_forecast, ctl_replay, ctl_record, ctl_buildings, ctl_report,
    ctl_dr, ctl_outage;

// Which command a word means; the nearest name, or NULL, in `ret_near` when it means none.
const struct ctl_command *ctl_find_command(const char *word, const char **ret_near);

// Reads the command line. CTL_OK, or CTL_USAGE with a sentence in `ret_why`. `*ret_command` is NULL for --help and
// --version without a command. `ret_options->words` is owned by the caller (free).
int ctl_parse(int argc, char *argv[], struct ctl_options *ret_options, const struct ctl_command **ret_command,
              char *ret_why, size_t size);

// Where the daemon listens: --socket, else control.socket of the configuration, else the default. Only that one option
// is read, so that an operator needs no access to the configuration's secrets.
void ctl_socket_path(const struct ctl_options *o, char *ret_path, size_t size);

// One call. `request` is taken over. CTL_OK and the reply (json_decref); else a message has been printed.
int ctl_call(const struct ctl_options *o, json_t *request, json_t **ret_reply);

// Reads a file of some size at most, or standard input where `path` is "-". False after a message was printed.
bool ctl_read_file(const char *path, struct text *ret_text);

// Prints one JSON value as indented text. CTL_OK.
int ctl_print_json(const json_t *value);
