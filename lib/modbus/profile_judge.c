// SPDX-License-Identifier: GPL-3.0-or-later
// What no single row of a profile can see.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "modbus/profile_internal.h"

struct judge {
    const struct profile *p;
    struct diagnostics *d;
    const struct conf_node *root;
};

// ---- completing ---------------------------------------------------------------------------------------------------

static int find_part(const struct profile *p, const char *name)
{
    for (size_t i = 0; i < p->n_parts; i++) {
        if (strcmp(p->parts[i].id, name) == 0)
            return (int)i;
    }
    return -1;
}

static void complete_point(const struct profile *p, struct profile_point *point)
{
    point->sunspec = p->sunspec;
    point->sum_with = *point->sum_name ? find_part(p, point->sum_name) : -1;
    if (point->minimum == 0 && point->maximum == 0) {
        point->minimum = -INFINITY;
        point->maximum = INFINITY;
    }
}

static void complete_writes(struct profile_write *writes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (writes[i].low == 0 && writes[i].high == 0)
            writes[i].low = 1; // above `high`: only the type limits
    }
}

void profile_complete(const struct conf_node *root, struct profile *p)
{
    for (size_t i = 0; i < p->n_points; i++) {
        complete_point(p, &p->points[i]);
        p->points[i].quantity = quantity_by_name(p->points[i].id);
    }
    for (size_t i = 0; i < p->n_parts; i++) {
        complete_point(p, &p->parts[i]);
        p->parts[i].quantity = QUANTITY_COUNT;
    }
    complete_writes(p->set, p->n_set);
    complete_writes(p->refresh, p->n_refresh);
    complete_writes(p->release, p->n_release);

    const struct conf_node *write = conf_node_get(root, "write");
    p->readback.present = write && conf_node_get(write, "read_back");
    p->has_base = write && conf_node_get(write, "base");
    complete_point(p, &p->base);
    p->base.quantity = QUANTITY_COUNT;
}

// ---- messages -----------------------------------------------------------------------------------------------------

static void complain(const struct judge *j, enum severity severity, const struct conf_node *node, const char *path,
                     const char *text)
{
    diagnostics_add(j->d, severity, (node ? node : j->root)->place, "%s: %s", path, text);
}

static void refuse(const struct judge *j, const struct conf_node *node, const char *path, const char *text)
{
    complain(j, SEVERITY_ERROR, node, path, text);
}

// The option of a map, or the map itself where it was left out.
static const struct conf_node *option_of(const struct conf_node *map, const char *name)
{
    const struct conf_node *node = map ? conf_node_get(map, name) : NULL;
    return node ? node : map;
}

static void judge_registers(const struct judge *j, const struct conf_node *node, const char *path, int address,
                            int count)
{
    char text[128];
    if (address + count <= 65536)
        return;
    snprintf(text, sizeof(text), "registers %d to %d: expected none beyond 65535", address, address + count - 1);
    refuse(j, option_of(node, "address"), path, text);
}

static void judge_scale(const struct judge *j, const struct conf_node *node, const char *path, double scale)
{
    if (scale == 0)
        refuse(j, option_of(node, "scale"), path, "scale 0: expected another number");
}

// ---- points -------------------------------------------------------------------------------------------------------

// Coils and inputs are one bit each.
static void judge_bit(const struct judge *j, const struct conf_node *node, const char *path, int function,
                      enum register_type type)
{
    bool is_bit = function == 1 || function == 2 || function == 5;
    if (is_bit && type != REGISTER_UINT16)
        refuse(j, option_of(node, "type"), path, "type: expected uint16 for a coil or discrete input, which is 0 or 1");
}

static void judge_point(const struct judge *j, const char *section, const struct profile_point *point)
{
    char path[CONF_PATH_SIZE], text[160];
    const struct conf_node *node = option_of(option_of(j->root, section), point->id);
    int count = register_count(point->type);
    snprintf(path, sizeof(path), "%s.%s", section, point->id);
    judge_registers(j, node, path, point->address, count + j->p->channels - 1);
    judge_scale(j, node, path, point->scale);
    judge_bit(j, node, path, point->function, point->type);
    if (count > j->p->max_read) {
        snprintf(text, sizeof(text), "%s takes %d registers: expected at most limits.max_read, %d",
                 register_type_name(point->type), count, j->p->max_read);
        refuse(j, option_of(node, "type"), path, text);
    }
    if (*point->sum_name && point->sum_with < 0) {
        snprintf(text, sizeof(text), "\"%s\": expected the name of an entry of `parts`", point->sum_name);
        refuse(j, option_of(node, "sum_with"), path, text);
    }
    if (*point->sum_name && point->quantity == QUANTITY_COUNT)
        refuse(j, option_of(node, "sum_with"), path, "expected no sum_with: a part is not summed up itself");
}

static void judge_quantity(const struct judge *j, const struct profile_point *point)
{
    const char *names[QUANTITY_COUNT];
    char path[CONF_PATH_SIZE], text[160];
    if (point->quantity != QUANTITY_COUNT)
        return;
    for (int q = 0; q < QUANTITY_COUNT; q++)
        names[q] = quantity_name((enum quantity)q);
    const char *near = text_nearest(point->id, names, QUANTITY_COUNT);
    snprintf(path, sizeof(path), "points.%s", point->id);
    snprintf(text, sizeof(text), "unknown quantity: expected one such as %s%s", near ? near : "power_w, soc_frac",
             near ? "" : ", energy_in_wh");
    refuse(j, option_of(option_of(j->root, "points"), point->id), path, text);
}

// A sensor tells of the weather or of the grid; a switch of its position; everything else of its power.
static void judge_what_is_told(const struct judge *j, const struct conf_node *points)
{
    const struct profile *p = j->p;
    size_t weather = profile_find_point(p, QUANTITY_OUTSIDE_DEGC) != NULL ? 1 : 0;
    size_t grid = profile_find_point(p, QUANTITY_GRID_PRESENT) != NULL ? 1 : 0;
    if (p->kind == PROFILE_SENSOR && (weather + grid == 0 || p->n_points > weather + grid))
        refuse(j, points, "points", "expected \"outside_degc\" or \"grid_present\" of a sensor, and nothing else");
    else if (p->kind == PROFILE_SWITCH && !profile_find_point(p, QUANTITY_CLOSED))
        complain(j, SEVERITY_WARNING, points, "points",
                 "\"closed\" is missing: nobody can see whether the switch obeys");
    else if (p->kind != PROFILE_SENSOR && p->kind != PROFILE_SWITCH && !profile_find_point(p, QUANTITY_POWER_W))
        refuse(j, points, "points", "\"power_w\" is missing: expected every device to tell its power");
}

static void judge_points(const struct judge *j)
{
    const struct profile *p = j->p;
    for (size_t i = 0; i < p->n_points; i++) {
        judge_quantity(j, &p->points[i]);
        if (p->points[i].quantity != QUANTITY_COUNT)
            judge_point(j, "points", &p->points[i]);
    }
    for (size_t i = 0; i < p->n_parts; i++)
        judge_point(j, "parts", &p->parts[i]);

    const struct conf_node *points = option_of(j->root, "points");
    judge_what_is_told(j, points);
    if ((p->kind == PROFILE_BATTERY || p->kind == PROFILE_STORE) && !profile_find_point(p, QUANTITY_SOC_FRAC))
        complain(j, SEVERITY_WARNING, points, "points",
                 "\"soc_frac\" is missing: what is stored cannot be planned with");
}

// ---- writes -------------------------------------------------------------------------------------------------------

static bool carries_setpoint(const struct profile_write *w)
{
    return w->source == WRITE_SETPOINT || w->source == WRITE_PERCENT || w->source == WRITE_CHARGE ||
           w->source == WRITE_DISCHARGE;
}

static void judge_function(const struct judge *j, const struct conf_node *node, const char *path,
                           const struct profile_write *w)
{
    char text[160];
    int count = register_count(w->type);
    node = option_of(node, "function");
    if (w->function != 5 && w->function != 6 && w->function != 16)
        refuse(j, node, path, "function: expected 5, 6 or 16");
    if (w->function == 6 && count != 1) {
        snprintf(text, sizeof(text), "function 6 writes one register and %s takes %d: expected function 16",
                 register_type_name(w->type), count);
        refuse(j, node, path, text);
    }
    if (w->function == 16 && count > j->p->max_write) {
        snprintf(text, sizeof(text), "%s takes %d registers: expected at most limits.max_write, %d",
                 register_type_name(w->type), count, j->p->max_write);
        refuse(j, node, path, text);
    }
}

static void judge_step(const struct judge *j, const struct conf_node *node, const char *path,
                       const struct profile_write *w)
{
    judge_registers(j, node, path, w->address, register_count(w->type) + j->p->channels - 1);
    judge_scale(j, node, path, w->scale);
    judge_bit(j, node, path, w->function, w->type);
    judge_function(j, node, path, w);
    bool has_value = conf_node_get(node, "value") != NULL;
    if (w->source == WRITE_CONSTANT && !has_value)
        refuse(j, node, path, "\"value\" is missing: expected the constant that is written");
    if (w->source != WRITE_CONSTANT && has_value)
        refuse(j, option_of(node, "value"), path, "value: expected only with `from: constant`");
    uint16_t registers[4];
    if (w->source == WRITE_CONSTANT && w->scale != 0 && w->scale_address < 0 &&
        registers_encode(w->type, w->order, (w->negate ? -w->value : w->value) / w->scale, registers) < 0)
        refuse(j, option_of(node, "value"), path, "value: expected a number that fits the type");
}

static void judge_steps(const struct judge *j, const char *name, const struct profile_write *writes, size_t n)
{
    const struct conf_node *list = option_of(option_of(j->root, "write"), name);
    for (size_t i = 0; i < n; i++) {
        char path[CONF_PATH_SIZE];
        snprintf(path, sizeof(path), "write.%s[%zu]", name, i);
        judge_step(j, list->items[i], path, &writes[i]);
        if (strcmp(name, "release") == 0 && carries_setpoint(&writes[i]))
            refuse(j, option_of(list->items[i], "from"), path, "from: expected no setpoint in a release");
    }
}

static bool any(const struct profile_write *writes, size_t n, bool (*is)(const struct profile_write *w))
{
    for (size_t i = 0; i < n; i++) {
        if (is(&writes[i]))
            return true;
    }
    return false;
}

static bool is_lease(const struct profile_write *w)
{
    return w->source == WRITE_LEASE_S;
}

static void judge_read_back(const struct judge *j, const struct conf_node *write)
{
    const struct profile *p = j->p;
    const struct conf_node *node = option_of(option_of(write, "read_back"), "step");
    if (!p->readback.present)
        return;
    if ((size_t)p->readback.point_write >= p->n_set)
        refuse(j, node, "write.read_back.step", "expected the number of a step of `set`, the first is 0");
    else if (!carries_setpoint(&p->set[p->readback.point_write]))
        refuse(j, node, "write.read_back.step", "expected a step that writes the setpoint");
}

static void judge_holding(const struct judge *j, const struct conf_node *write)
{
    const struct profile *p = j->p;
    if (p->n_release == 0 && !p->device_reverts && p->kind != PROFILE_SWITCH) // contactors latch
        refuse(j, write, "write", "\"release\" is missing: expected writes that hand control back to the device");
    if (p->refresh_ms == 0 && p->device_reverts)
        refuse(j, write, "write", "\"refresh_every\" is missing: expected with device_reverts");
    else if (p->refresh_ms == 0 && (any(p->set, p->n_set, is_lease) || any(p->refresh, p->n_refresh, is_lease)))
        refuse(j, write, "write", "\"refresh_every\" is missing: expected with a step `from: lease`");
    if (p->writes_wear && p->refresh_ms > 0)
        complain(j, SEVERITY_WARNING, option_of(write, "refresh_every"), "write.refresh_every",
                 "wears the device's flash memory out");
}

static void judge_control(const struct judge *j)
{
    const struct profile *p = j->p;
    const struct conf_node *write = conf_node_get(j->root, "write");
    if (!write && p->kind == PROFILE_SWITCH)
        refuse(j, j->root, "write", "expected the writes that close and open the switch");
    if (!write)
        return;
    judge_steps(j, "set", p->set, p->n_set);
    judge_steps(j, "refresh", p->refresh, p->n_refresh);
    judge_steps(j, "release", p->release, p->n_release);
    judge_read_back(j, write);
    if (p->n_set == 0)
        refuse(j, write, "write", "\"set\" is missing: expected the writes of a setpoint");
    else if (!any(p->set, p->n_set, carries_setpoint))
        refuse(j, option_of(write, "set"), "write.set", "expected a step that writes the setpoint");
    if (p->n_set > 0 && (p->kind == PROFILE_METER || p->kind == PROFILE_SENSOR))
        refuse(j, write, "write", "expected none: a meter or sensor is not commanded");
    if (p->n_set > 0)
        judge_holding(j, write);
    if (p->has_base && p->base_w > 0)
        refuse(j, option_of(write, "base"), "write.base", "expected either base or base_power");
    if (p->has_base)
        judge_registers(j, option_of(write, "base"), "write.base", p->base.address, register_count(p->base.type));
}

void profile_judge(const struct conf_node *root, const struct profile *p, struct diagnostics *d)
{
    struct judge j = {p, d, root};
    judge_points(&j);
    judge_control(&j);
    for (size_t i = 0; i < p->n_expectations; i++) {
        char path[CONF_PATH_SIZE];
        const struct profile_expectation *e = &p->expectations[i];
        snprintf(path, sizeof(path), "expect[%zu]", i);
        judge_registers(&j, conf_node_get(root, "expect")->items[i], path, e->address, register_count(e->type));
    }
    judge_registers(&j, option_of(root, "serial"), "serial", p->serial_address, p->serial_count);
}
