// SPDX-License-Identifier: GPL-3.0-or-later
// What one option alone cannot show: options that must fit each other.
#pragma once

#include "conf/reader.h"
#include "site/site.h"

struct check {
    const struct site *site;
    const struct conf_node *root;
    struct conf_reader reader; // for messages
    size_t n_before;           // messages of the table: an entry with one of them is not judged again
};

// Runs all of them. `s` is read and derived. AEMS_E_FORMAT when an error was added to `d`, AEMS_E_NOMEM.
int check_site(const struct site *s, const struct conf_node *root, struct diagnostics *d);

void check_assets(struct check *c);
void check_supply(struct check *c);    // grid connections, generators, converters
void check_storages(struct check *c);  // batteries and stores
void check_flexibles(struct check *c); // groups, chargers, flexible loads
void check_carriers(struct check *c);  // what hangs on which kind of bus
void check_reach(struct check *c);     // only once every reference is good
void check_tariffs(struct check *c);
void check_service(struct check *c);
void check_devices(struct check *c);
void check_response(struct check *c); // demand response and buildings
void check_outage(struct check *c);   // islands, and the switches below
void check_switches(struct check *c);

// Reports at the option that the dotted path SECTION.ID.OPTION names, or at what is nearest above it. Says nothing when
// the table has complained about the same entry already.
void check_report(struct check *c, enum severity severity, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// The same for a check that looks at this option alone: only a complaint about the option itself silences it.
void check_report_alone(struct check *c, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// SECTION.ID.OPTION; cut where it does not fit.
void check_path(char ret_path[static CONF_PATH_SIZE], const char *section, const char *id, const char *option);

// The same for "expected WORDS VALUE" with a value in the unit that reads best.
void check_report_limit(struct check *c, const char *path, const char *words, enum conf_type type, double limit);

// Whether the broker runs on this machine, so that nothing crosses the network.
bool check_broker_is_here(const struct site *s);

// Whether the option was written; an empty one was not.
bool check_is_written(const struct check *c, const char *path);
