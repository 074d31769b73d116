// SPDX-License-Identifier: GPL-3.0-or-later
// The table of options of a profile file, and the readers of what is no single number.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "modbus/profile_internal.h"

#define ADDRESS_RANGE    .low = 0, .high = 65535
#define OPTIONAL_ADDRESS .low = -1, .high = 65535, .initial = "-1"

static const char *const type_names[] = {"int16",  "uint16",  "int32",   "uint32", "int64",
                                         "uint64", "float32", "float64", NULL};
static const char *const order_names[] = {"ABCD", "CDAB", "BADC", "DCBA", NULL};
static const char *const kind_names[] = {"meter", "pv",      "battery",   "generator", "tie",    "load",
                                         "store", "charger", "converter", "switch",    "sensor", NULL};
static const char *const source_names[] = {"constant",  "setpoint", "percent", "charge",
                                           "discharge", "lease",    "counter", NULL};
static const char *const state_names[] = {"stopped", "running", "fault",  "unplugged", "plugged",
                                          "open",    "closed",  "absent", "present",   NULL};

// What each of these names counts: of `status` the first three, of `connected` the next two, then those of `closed` and
// of `grid_present`.
static const int state_values[] = {0, 1, 2, 0, 1, 0, 1, 0, 1};

const char *profile_kind_name(enum profile_kind kind)
{
    return kind < PROFILE_KIND_COUNT ? kind_names[kind] : "unknown";
}

const char *register_type_name(enum register_type type)
{
    return type < REGISTER_STRING ? type_names[type] : "string";
}

// ---- readers ------------------------------------------------------------------------------------------------------

// [low, high] into two doubles that stand one after the other.
static void read_range(struct conf_reader *reader, const struct conf_option *option, const char *path,
                       const struct conf_node *node, void *target)
{
    static const struct conf_option number = {.name = "", .type = CONF_NUMBER};
    double ends[2] = {0};
    (void)option;
    if (node->kind != CONF_LIST || node->count != 2) {
        conf_error(reader, node, path, "expected a range such as [0, 100]");
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        char entry[CONF_PATH_SIZE];
        conf_path_index(entry, path, i);
        if (!conf_read_value(reader, &number, entry, node->items[i], &ends[i]))
            return;
    }
    if (ends[0] >= ends[1]) {
        conf_error(reader, node, path, "expected the lower end first, and a higher one after it");
        return;
    }
    memcpy(target, ends, sizeof(ends));
}

static bool parse_raw(const char *text, uint64_t *ret_raw)
{
    char *end = NULL;
    errno = 0;
    if (text[0] < '0' || text[0] > '9')
        return false;
    unsigned long long raw = strtoull(text, &end, text[0] == '0' && (text[1] | 0x20) == 'x' ? 16 : 10);
    if (errno != 0 || end == text || *end != '\0')
        return false;
    *ret_raw = raw;
    return true;
}

static void read_not_implemented(struct conf_reader *reader, const struct conf_option *option, const char *path,
                                 const struct conf_node *node, void *target)
{
    struct profile_point *point = target;
    (void)option;
    if (node->kind != CONF_LIST || node->count > PROFILE_MAX_SKIP) {
        conf_error(reader, node, path, "expected a list of at most %d raw numbers such as [0x8000]", PROFILE_MAX_SKIP);
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        char entry[CONF_PATH_SIZE];
        conf_path_index(entry, path, i);
        const char *text = conf_scalar(reader, entry, node->items[i], "a raw number such as 0x8000");
        if (text && !parse_raw(text, &point->not_implemented[i]))
            conf_error(reader, node->items[i], entry, "expected a raw number such as 0x8000 or 65535");
    }
    point->n_not_implemented = node->count;
}

static void read_state(struct conf_reader *reader, const char *path, const struct conf_pair *pair,
                       struct profile_state *ret_state)
{
    static const struct conf_option state = {.name = "", .type = CONF_CHOICE, .choices = state_names};
    char entry[CONF_PATH_SIZE];
    uint64_t raw = 0;
    int value = 0;
    conf_path_key(entry, path, pair->key);
    if (!parse_raw(pair->key, &raw))
        conf_error(reader, pair->value, entry, "expected the device's number before the colon");
    if (conf_read_value(reader, &state, entry, pair->value, &value))
        *ret_state = (struct profile_state){(double)raw, state_values[value]};
}

// {1: stopped, 4: running}
static void read_states(struct conf_reader *reader, const struct conf_option *option, const char *path,
                        const struct conf_node *node, void *target)
{
    struct profile_point *point = target;
    (void)option;
    if (node->kind != CONF_MAP || node->count > PROFILE_MAX_STATES) {
        conf_error(reader, node, path, "expected a map of at most %d states such as {1: stopped, 4: running}",
                   PROFILE_MAX_STATES);
        return;
    }
    for (size_t i = 0; i < node->count; i++)
        read_state(reader, path, &node->pairs[i], &point->states[i]);
    point->n_states = node->count;
}

// ---- rows ---------------------------------------------------------------------------------------------------------

// Where a value lies and how it is laid out; AT is that of the table.
// clang-format off
#define REGISTER_ROWS                                                                                            \
    {"address", CONF_INT, AT(address), ADDRESS_RANGE, .required = true, .meaning = "First register, 0-based."},  \
    {"type", CONF_CHOICE, AT(type), .choices = type_names, .required = true,                                     \
     .meaning = "What the registers hold."},                                                                     \
    {"order", CONF_CHOICE, AT(order), .choices = order_names, .initial = "ABCD",                                 \
     .meaning = "Order of the bytes on the wire."}
// clang-format on

#define AT(member) CONF_AT(struct profile_point, member)
static const struct conf_option point_rows[] = {
    REGISTER_ROWS,
    {"function", CONF_INT, AT(function), .low = 1, .high = 4, .initial = "3",
     .meaning = "1: coils, 2: discrete inputs, 3: holding registers, 4: input registers."},
    {"scale", CONF_NUMBER, AT(scale), .initial = "1", .meaning = "The value is the raw number times this."},
    {"offset", CONF_NUMBER, AT(offset), .initial = "0", .meaning = "Added after scaling."},
    {"scale_register", CONF_INT, AT(scale_address), OPTIONAL_ADDRESS,
     .meaning = "Register of an int16 power of ten (SunSpec); -1: none."},
    {"negate", CONF_BOOL, AT(negate), .initial = "false", .meaning = "Turn the sign round, last of all."},
    {"not_implemented", CONF_CUSTOM, .read = read_not_implemented,
     .meaning = "Raw numbers by which the device says that it has no value."},
    {"states", CONF_CUSTOM, .read = read_states,
     .meaning = "What the device's numbers mean: of status stopped, running or fault; of connected unplugged or "
                "plugged; of closed open or closed; of grid_present absent or present."},
    {"range", CONF_CUSTOM, AT(minimum), .read = read_range, .meaning = "Values outside are not believed."},
    {"sum_with", CONF_ID, AT(sum_name), .meaning = "A part that is added to this value."},
    {0},
};
#undef AT

#define AT(member) CONF_AT(struct profile_expectation, member)
static const struct conf_option expectation_rows[] = {
    REGISTER_ROWS,
    {"function", CONF_INT, AT(function), .low = 3, .high = 4, .initial = "3",
     .meaning = "3: holding registers, 4: input registers."},
    {"value", CONF_NUMBER, AT(value), .required = true, .meaning = "A device that holds another number is not used."},
    {0},
};
#undef AT

#define AT(member) CONF_AT(struct profile_write, member)
static const struct conf_option write_rows[] = {
    REGISTER_ROWS,
    {"function", CONF_INT, AT(function), .low = 5, .high = 16, .initial = "16",
     .meaning = "5: one coil, 6: one register, 16: several."},
    {"from", CONF_CHOICE, AT(source), .choices = source_names, .required = true,
     .meaning = "What is written: a constant, the setpoint in W or per cent, its charging or discharging part, the "
                "lease in seconds, or a counter."},
    {"value", CONF_NUMBER, AT(value), .meaning = "The constant."},
    {"scale", CONF_NUMBER, AT(scale), .initial = "1", .meaning = "The raw number is the value divided by this."},
    {"scale_register", CONF_INT, AT(scale_address), OPTIONAL_ADDRESS,
     .meaning = "Holding register of an int16 power of ten (SunSpec); -1: none."},
    {"negate", CONF_BOOL, AT(negate), .initial = "false", .meaning = "Turn the sign of the value round."},
    {"limit", CONF_CUSTOM, AT(low), .read = read_range, .meaning = "The value is limited to this before scaling."},
    {"delay", CONF_DURATION_MS, AT(delay_ms), .low = 0, .high = 5000, .initial = "0 ms",
     .meaning = "Silence after this write."},
    {0},
};
#undef AT

#define AT(member) CONF_AT(struct profile, member)
static const struct conf_option limit_rows[] = {
    {"max_read", CONF_INT, AT(max_read), .low = 1, .high = PROFILE_MAX_BLOCK, .initial = "125",
     .meaning = "Most registers of one read."},
    {"max_write", CONF_INT, AT(max_write), .low = 1, .high = PROFILE_MAX_WRITE, .initial = "123",
     .meaning = "Most registers of one write."},
    {"max_gap", CONF_INT, AT(max_gap), .low = 0, .high = PROFILE_MAX_BLOCK - 1, .initial = "0",
     .meaning = "Unused registers that may be read along to save a request."},
    {0},
};

static const struct conf_option serial_rows[] = {
    {"address", CONF_INT, AT(serial_address), ADDRESS_RANGE, .required = true, .meaning = "First register, 0-based."},
    {"count", CONF_INT, AT(serial_count), .low = 1, .high = PROFILE_MAX_SERIAL, .required = true,
     .meaning = "Registers, two characters each."},
    {"function", CONF_INT, AT(serial_function), .low = 3, .high = 4, .initial = "3",
     .meaning = "3: holding registers, 4: input registers."},
    {0},
};

static const struct conf_option read_back_rows[] = {
    {"step", CONF_INT, AT(readback.point_write), .low = 0, .high = PROFILE_MAX_STEPS - 1, .required = true,
     .meaning = "Which step of `set` is read back, the first is 0."},
    {"tolerance", CONF_POWER, AT(readback.tolerance_w), .low = 0, .high = 1e12, .required = true,
     .meaning = "How far the answer may be off."},
    {0},
};

static const struct conf_option control_rows[] = {
    {"set", CONF_LIST_OF, CONF_LIST_AT(struct profile, set, n_set), .max_count = PROFILE_MAX_STEPS, .rows = write_rows,
     .meaning = "Writes of a new setpoint, in order."},
    {"refresh", CONF_LIST_OF, CONF_LIST_AT(struct profile, refresh, n_refresh), .max_count = PROFILE_MAX_STEPS,
     .rows = write_rows, .meaning = "Writes that keep a setpoint alive; empty: `set` is repeated."},
    {"release", CONF_LIST_OF, CONF_LIST_AT(struct profile, release, n_release), .max_count = PROFILE_MAX_STEPS,
     .rows = write_rows, .meaning = "Writes that hand control back to the device."},
    {"read_back", CONF_SECTION, .rows = read_back_rows, .meaning = "How a setpoint is checked after writing."},
    {"refresh_every", CONF_DURATION_MS, AT(refresh_ms), .low = 0, .high = 3600000, .initial = "0 s",
     .meaning = "How often a setpoint is written again; 0 s: it holds by itself."},
    {"device_reverts", CONF_BOOL, AT(device_reverts), .initial = "false",
     .meaning = "The device drops a setpoint by itself when it is not refreshed."},
    {"min_interval", CONF_DURATION_MS, AT(min_interval_ms), .low = 0, .high = 86400000, .initial = "0 s",
     .meaning = "Changed setpoints are not written more often."},
    {"wears", CONF_BOOL, AT(writes_wear), .initial = "false", .meaning = "The setpoint registers are in flash memory."},
    {"base_power", CONF_POWER, AT(base_w), .low = 0, .high = 1e12, .initial = "0 W",
     .meaning = "What 100 per cent are; 0 W: the asset's maximum."},
    {"base", CONF_SECTION, AT(base), .rows = point_rows, .meaning = "Register that says what 100 per cent are, in W."},
    {0},
};

const struct conf_option profile_options[] = {
    {"name", CONF_ID, AT(name), .required = true, .meaning = "Name of the profile, as its file."},
    {"kind", CONF_CHOICE, AT(kind), .choices = kind_names, .required = true, .meaning = "What the device is."},
    {"description", CONF_TEXT, AT(description), .initial = "", .meaning = "One line for people."},
    {"channels", CONF_INT, AT(channels), .low = 1, .high = PROFILE_MAX_CHANNELS, .initial = "1",
     .meaning = "How many things of this kind the device has at addresses one after the other; NAME:2 is the second."},
    {"sunspec", CONF_BOOL, AT(sunspec), .initial = "false",
     .meaning = "SunSpec's raw numbers for \"not implemented\" hold for all points."},
    {"limits", CONF_SECTION, .rows = limit_rows, .meaning = "What the device allows in one request."},
    {"serial", CONF_SECTION, .rows = serial_rows, .meaning = "Where the device keeps its serial number."},
    {"expect", CONF_LIST_OF, CONF_LIST_AT(struct profile, expectations, n_expectations), .max_count = PROFILE_MAX_STEPS,
     .rows = expectation_rows, .meaning = "Registers that must hold known numbers before the device is used."},
    {"points", CONF_SECTIONS, CONF_LIST_AT(struct profile, points, n_points), .max_count = PROFILE_MAX_POINTS,
     .rows = point_rows, .required = true, .meaning = "What is read, by quantity."},
    {"parts", CONF_SECTIONS, CONF_LIST_AT(struct profile, parts, n_parts), .max_count = PROFILE_MAX_POINTS,
     .rows = point_rows, .meaning = "Registers that points are summed up from."},
    {"write", CONF_SECTION, .rows = control_rows, .meaning = "How the device is commanded."},
    {0},
};
#undef AT
