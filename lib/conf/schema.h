// SPDX-License-Identifier: GPL-3.0-or-later
// One row an option: where it stands, what it may be, what it means. A table of rows judges a tree, fills a struct, and
// writes the commented reference and the JSON Schema. The site's table is conf/site_options.c, the register profiles'
// is modbus/profile.c.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/diagnostics.h"
#include "conf/tree.h"

// Numbers are stored in the unit in parentheses, whatever unit the file uses.
enum conf_type {
    CONF_BOOL,        // bool
    CONF_INT,         // int, no unit; decimal or 0x hexadecimal
    CONF_NUMBER,      // double, no unit
    CONF_POWER,       // double (W): "200 kW", "1.5 MW", "800 W"
    CONF_ENERGY,      // double (Wh): "200 kWh"
    CONF_FRACTION,    // double (0-1): "95 %" or 0.95
    CONF_DURATION_S,  // int (s): "15 min", "36 h", "90 s"
    CONF_DURATION_MS, // int (ms): "500 ms", "1 s"
    CONF_PRICE_KWH,   // double (per kWh): "31.5 /kWh" or 31.5
    CONF_PRICE_KW,    // double (per kW): "1800 /kW"
    CONF_PRICE_KG,    // double (per kg): "0.1 /kg"
    CONF_CO2,         // double (g/kWh): "450 g/kWh"
    CONF_RAMP,        // double (W/s): "50 kW/s"
    CONF_ANGLE,       // double (degrees): "30 deg" or 30
    CONF_RATE_PER_H,  // double (1/h): "0.2 %/h"
    CONF_VOLTAGE,     // double (V): "230 V", "6.6 kV"
    CONF_FREQUENCY,   // double (Hz): "50 Hz", "200 mHz"
    CONF_TIME_OF_DAY, // int (minute of day): "08:00", "24:00"
    CONF_INSTANT,     // int64_t (UTC ms): RFC 3339
    CONF_DATE,        // int32_t (yyyymmdd)
    CONF_TEXT,        // char[size]
    CONF_ID,          // char[size]; letters, digits, - and _, as text_is_id
    CONF_SECRET,      // char[size]; a plain value earns a warning; never shown
    CONF_CHOICE,      // enum (int); names in `choices`, NULL-terminated, value = position
    CONF_CHOICE_SET,  // bool[n]; a list of names
    CONF_MONTHS,      // uint16_t bit set: [1, 2, 12] or "7-9"
    CONF_REFERENCE,   // int; index of the entry of the section (or group) `target` with this id, -1 where absent
    CONF_CUSTOM,      // `read` does it all (e.g. tcp: HOST:PORT)
    CONF_SECTION,     // a nested map with rows of its own (`rows`), stored in place
    CONF_SECTIONS,    // a map id -> nested map; an array of structs whose first member is char id[CONF_ID_SIZE]
    CONF_LIST_OF,     // a list of maps; an array of structs
    CONF_LIST_SCALAR, // a list of scalars of type `element`
    CONF_TYPE_COUNT
};

enum { CONF_ID_SIZE = 48, CONF_PATH_SIZE = 256 };

struct conf_option;
struct conf_reader; // the state of one judgement: diagnostics, root, pending references

// Reads `node` into `target` (the member at `offset`); adds its own diagnostics through conf_error.
typedef void conf_read_fn(struct conf_reader *reader, const struct conf_option *option, const char *path,
                          const struct conf_node *node, void *target);

struct conf_option {
    const char *name;
    enum conf_type type;
    size_t offset;       // of the member in the section's struct
    size_t size;         // CONF_TEXT: of the array. Lists and sections: of one element
    size_t count_offset; // CONF_SECTIONS, CONF_LIST_OF, CONF_LIST_SCALAR: of the size_t that counts them
    size_t max_count;
    double low, high;    // inclusive, in the stored unit; both 0: no range beyond the type's own
    const char *initial; // default as one would write it; NULL: none
    bool required;
    const char *const *choices;
    const char *target; // CONF_REFERENCE: a section ("buses") or a group of sections ("assets")
    const char *group;  // CONF_SECTIONS: ids are unique over all sections of a group; it is counted in the rows' order
    bool alternative;   // cannot stand beside the option before it: the reference shows it in words only
    enum conf_type element;
    const struct conf_option *rows; // of sections; ends with a row without name
    conf_read_fn *read;
    const char *meaning; // one sentence for the reference and the schema
    const char *example; // for the reference, where there is no default
};

// Where a member stands; for arrays of structs say LIST_AT.
#define CONF_AT(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define CONF_LIST_AT(type, list, n)                                                                                    \
    .offset = offsetof(type, list), .size = sizeof(*((type *)0)->list), .count_offset = offsetof(type, n)

// Judges `root` against `rows` and fills `target` (zeroed before). All problems go to `d`; AEMS_E_FORMAT then, and
// when the tree is flawed already. Members whose value is wrong keep their default. Arrays are allocated with calloc
// and belong to the target, on failure as well.
int conf_read(const struct conf_node *root, const struct conf_option *rows, struct diagnostics *d, void *target);

// ---- for custom readers -------------------------------------------------------------------------------------------

// The value of a scalar, with !env, !file and !credential resolved. NULL when there is none, or when the node is no
// scalar: reported as `expected EXPECTATION` then. Borrowed; lives as long as the reader.
const char *conf_scalar(struct conf_reader *reader, const char *path, const struct conf_node *node,
                        const char *expectation);

// Reads one value of `option`'s type into `target`, the member itself (`offset` does not count). False when reported.
bool conf_read_value(struct conf_reader *reader, const struct conf_option *option, const char *path,
                     const struct conf_node *node, void *target);

// Reads a map by `rows` into the struct `target`. With a NULL `map` only the defaults are written.
void conf_read_rows(struct conf_reader *reader, const struct conf_option *rows, const char *path,
                    const struct conf_node *map, void *target);

// Adds "PATH: "FOUND": expected ..." at the node's place; `format` begins with "expected". The found value is cut and
// cleaned; what a tag stands for is never shown.
void conf_error(struct conf_reader *reader, const struct conf_node *node, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void conf_warning(struct conf_reader *reader, const struct conf_node *node, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// PATH.KEY and PATH[INDEX]; cut where they do not fit.
void conf_path_key(char ret_path[static CONF_PATH_SIZE], const char *path, const char *key);
void conf_path_index(char ret_path[static CONF_PATH_SIZE], const char *path, size_t index);
