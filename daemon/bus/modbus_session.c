// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/bus/modbus_session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "core/engine.h"
#include "quality/sign.h"

struct modbus_session {
    const struct site_device *device;
    const struct profile *profile;
    struct profile *resolved; // with the scales that stand in the device; NULL: not known yet
    double low_w, high_w;     // what the asset can do, as the device counts it; low > high: not known
    double safe_w;            // its safe power, likewise
    double max_w;
    unsigned counter;

    struct register_block *blocks;
    size_t n_blocks;
    uint16_t *registers;      // of all blocks, PROFILE_MAX_BLOCK each
    const uint16_t **answers; // of each block, NULL when refused
    struct reading *readings;
};

// Readings and setpoints pass as the device counts them: the engine turns them, once. Only what stands in the
// configuration, as seen from the bus, is turned here.
static void learn_asset(struct modbus_session *s, const struct site *site)
{
    s->low_w = 1;
    s->high_w = 0;
    s->safe_w = s->device->safe_power_w;
    if (s->device->asset < 0 || (size_t)s->device->asset >= site->n_assets)
        return;
    const struct site_asset *asset = &site->assets[s->device->asset];
    s->max_w = fmax(fabs(asset->min_power_w), fabs(asset->max_power_w));
    if (s->max_w <= 0)
        return;
    bool turned = sign_is_turned(s->profile->kind, asset->kind, s->device->invert);
    s->low_w = turned ? -asset->max_power_w : asset->min_power_w;
    s->high_w = turned ? -asset->min_power_w : asset->max_power_w;
    s->safe_w = sign_value_at_bus(QUANTITY_POWER_W, s->safe_w, turned);
}

int modbus_session_new(const struct site *site, const struct site_device *device, const struct profile *profile,
                       struct modbus_session **ret_session)
{
    struct modbus_session *s = calloc(1, sizeof(*s));
    if (!s)
        return AEMS_E_NOMEM;
    s->device = device;
    s->profile = profile;
    learn_asset(s, site);
    if (blocks_plan(profile, &s->blocks, &s->n_blocks) >= 0) {
        size_t n = s->n_blocks > 0 ? s->n_blocks : 1;
        s->registers = calloc(n * PROFILE_MAX_BLOCK, sizeof(*s->registers));
        s->answers = calloc(n, sizeof(*s->answers));
        s->readings = calloc(profile->n_points > 0 ? profile->n_points : 1, sizeof(*s->readings));
    }
    if (!s->registers || !s->answers || !s->readings) {
        modbus_session_free(s);
        return AEMS_E_NOMEM;
    }
    *ret_session = s;
    return 0;
}

void modbus_session_free(struct modbus_session *s)
{
    if (!s)
        return;
    profile_resolved_free(s->resolved);
    free(s->blocks);
    free(s->registers);
    free(s->answers);
    free(s->readings);
    free(s);
}

// ---- outcomes -----------------------------------------------------------------------------------------------------

// What each way of failing asks for. Exceptions 1 to 3 are a matter of the profile or the value: asking again at once
// is vain. 5 and 6 pass by themselves. The others (device failure, a gateway that does not reach it) count as absence.
static enum bus_outcome outcome_of(const struct link_error *e)
{
    switch (e->status) {
    case LINK_OK:
        return OUTCOME_DONE;
    case LINK_EXCEPTION:
        if (e->exception == 5 || e->exception == 6)
            return OUTCOME_BUSY;
        return e->exception >= 1 && e->exception <= 3 ? OUTCOME_REFUSED : OUTCOME_FAILED;
    case LINK_SILENT:
    case LINK_NONSENSE:
        return OUTCOME_FAILED;
    case LINK_LOST:
    case LINK_CANCELLED:
        break;
    }
    return OUTCOME_LOST;
}

static void explain(char why[static SESSION_WHY_SIZE], int address, const struct link_error *e)
{
    snprintf(why, SESSION_WHY_SIZE, "register %d: %s", address, e->text);
}

// ---- identity -----------------------------------------------------------------------------------------------------

static enum bus_outcome look(const struct modbus_session *s, struct modbus_link *l, const struct register_block *block,
                             uint16_t *ret_registers, char why[static SESSION_WHY_SIZE])
{
    struct link_error e;
    if (modbus_link_read(l, s->device->unit, block, ret_registers, &e) == LINK_OK)
        return OUTCOME_DONE;
    explain(why, block->address, &e);
    enum bus_outcome outcome = outcome_of(&e);
    return outcome == OUTCOME_REFUSED ? OUTCOME_FOREIGN : outcome;
}

static enum bus_outcome check_expectation(const struct modbus_session *s, struct modbus_link *l,
                                          const struct profile_expectation *x, char why[static SESSION_WHY_SIZE])
{
    uint16_t registers[4] = {0};
    struct register_block block = {x->function, x->address, register_count(x->type)};
    enum bus_outcome outcome = look(s, l, &block, registers, why);
    if (outcome != OUTCOME_DONE)
        return outcome;
    double found = NAN;
    if (registers_decode(x->type, x->order, registers, &found) == 0 && found == x->value)
        return OUTCOME_DONE;
    snprintf(why, SESSION_WHY_SIZE, "register %d holds %.0f, profile %s expects %.0f: not used", x->address, found,
             s->profile->name, x->value);
    return OUTCOME_FOREIGN;
}

static enum bus_outcome check_serial(const struct modbus_session *s, struct modbus_link *l,
                                     char why[static SESSION_WHY_SIZE])
{
    const struct profile *p = s->profile;
    if (p->serial_count <= 0 || *s->device->serial_number == '\0')
        return OUTCOME_DONE;
    uint16_t registers[PROFILE_MAX_SERIAL] = {0};
    char serial[2 * PROFILE_MAX_SERIAL + 1];
    struct register_block block = {p->serial_function, p->serial_address, p->serial_count};
    enum bus_outcome outcome = look(s, l, &block, registers, why);
    if (outcome != OUTCOME_DONE)
        return outcome;
    registers_text(registers, p->serial_count, serial, sizeof(serial));
    if (strcmp(serial, s->device->serial_number) == 0)
        return OUTCOME_DONE;
    snprintf(why, SESSION_WHY_SIZE, "serial number is \"%.40s\", \"%.40s\" is configured: not used", serial,
             s->device->serial_number);
    return OUTCOME_FOREIGN;
}

enum bus_outcome modbus_session_identify(struct modbus_session *s, struct modbus_link *l,
                                         char ret_why[static SESSION_WHY_SIZE])
{
    enum bus_outcome outcome = OUTCOME_DONE;
    ret_why[0] = '\0';
    profile_resolved_free(s->resolved); // another device has other scales
    s->resolved = NULL;
    for (size_t i = 0; i < s->profile->n_expectations && outcome == OUTCOME_DONE; i++)
        outcome = check_expectation(s, l, &s->profile->expectations[i], ret_why);
    return outcome == OUTCOME_DONE ? check_serial(s, l, ret_why) : outcome;
}

// ---- reading ------------------------------------------------------------------------------------------------------

enum bus_outcome modbus_session_poll(struct modbus_session *s, struct modbus_link *l,
                                     const struct reading **ret_readings, size_t *ret_count,
                                     char ret_why[static SESSION_WHY_SIZE])
{
    size_t answered = 0;
    enum bus_outcome refusal = OUTCOME_DONE;
    ret_why[0] = '\0';
    for (size_t i = 0; i < s->n_blocks; i++) {
        struct link_error e;
        uint16_t *registers = s->registers + i * PROFILE_MAX_BLOCK;
        enum link_status status = modbus_link_read(l, s->device->unit, &s->blocks[i], registers, &e);
        s->answers[i] = status == LINK_OK ? registers : NULL;
        answered += status == LINK_OK;
        if (status == LINK_OK)
            continue;
        explain(ret_why, s->blocks[i].address, &e);
        refusal = outcome_of(&e);
        if (refusal != OUTCOME_REFUSED)
            return refusal;
    }
    if (answered == 0 && s->n_blocks > 0)
        return refusal;
    blocks_decode(s->profile, s->blocks, s->n_blocks, s->answers, s->readings);
    *ret_readings = s->readings;
    *ret_count = s->profile->n_points;
    return OUTCOME_DONE;
}

// ---- writing ------------------------------------------------------------------------------------------------------

struct resolving {
    const struct modbus_session *session;
    struct modbus_link *link;
    struct link_error error;
    int address;
};

static int read_for_resolving(void *user, int function, int address, int count, uint16_t *ret_registers)
{
    struct resolving *r = user;
    struct register_block block = {function, address, count};
    r->address = address;
    return modbus_link_read(r->link, r->session->device->unit, &block, ret_registers, &r->error) == LINK_OK ? 0
                                                                                                            : AEMS_E_IO;
}

// Scales and the base of per cent are read once, before the first write.
static enum bus_outcome resolve(struct modbus_session *s, struct modbus_link *l, char why[static SESSION_WHY_SIZE])
{
    struct resolving r = {.session = s, .link = l};
    if (s->resolved)
        return OUTCOME_DONE;
    int code = profile_resolve(s->profile, read_for_resolving, &r, &s->resolved);
    if (code == 0)
        return OUTCOME_DONE;
    if (code == AEMS_E_IO) {
        explain(why, r.address, &r.error);
        return outcome_of(&r.error);
    }
    snprintf(why, SESSION_WHY_SIZE, "register %d: no scale or rating to write by", r.address);
    return OUTCOME_REFUSED;
}

struct sequence {
    const struct profile_write *writes;
    size_t n;
    double power_w;
    int lease_s;
    bool is_set; // can be read back
};

static struct sequence sequence_of(const struct modbus_session *s, const struct bus_task *task)
{
    const struct profile *p = s->resolved;
    struct sequence q = {.writes = p->set, .n = p->n_set, .power_w = task->power_w, .lease_s = task->lease_s};
    if (task->kind == BUS_TASK_REFRESH && p->n_refresh > 0) {
        q.writes = p->refresh;
        q.n = p->n_refresh;
    } else if (task->kind == BUS_TASK_RELEASE && p->n_release > 0) {
        return (struct sequence){.writes = p->release, .n = p->n_release};
    } else if (task->kind == BUS_TASK_RELEASE) { // it reverts by itself; until then the safe power, where there is one
        q.n = s->device->has_safe_power ? q.n : 0;
        q.power_w = s->safe_w;
        q.lease_s = p->refresh_ms / 1000 * 3 + 1;
    }
    q.is_set = task->kind != BUS_TASK_RELEASE;
    if (s->low_w <= s->high_w && isfinite(q.power_w))
        q.power_w = clamp(q.power_w, s->low_w, s->high_w);
    return q;
}

static enum bus_outcome send(struct modbus_session *s, struct modbus_link *l, const struct sequence *q,
                             char why[static SESSION_WHY_SIZE])
{
    struct register_write writes[PROFILE_MAX_STEPS];
    struct link_error e;
    if (q->n > PROFILE_MAX_STEPS ||
        writes_encode(s->resolved, q->writes, q->n, q->power_w, s->max_w, q->lease_s, s->counter++, writes) < 0) {
        snprintf(why, SESSION_WHY_SIZE, "%.1f W does not fit the registers: nothing was written", q->power_w);
        return OUTCOME_REFUSED;
    }
    for (size_t i = 0; i < q->n; i++) {
        if (modbus_link_write(l, s->device->unit, &writes[i], &e) != LINK_OK) {
            explain(why, writes[i].address, &e);
            return outcome_of(&e);
        }
        modbus_link_pause(l, writes[i].delay_ms);
    }
    return OUTCOME_DONE;
}

// The setpoint as the registers can hold it: rounded and limited.
static int encoded_power(const struct modbus_session *s, const struct sequence *q, double *ret_power_w)
{
    const struct profile *p = s->resolved;
    struct register_write w;
    int r = writes_encode(p, &p->set[p->readback.point_write], 1, q->power_w, s->max_w, q->lease_s, s->counter, &w);
    return r < 0 ? r : readback_decode(p, w.registers, s->max_w, ret_power_w);
}

static enum bus_outcome read_back(const struct modbus_session *s, struct modbus_link *l, const struct sequence *q,
                                  double *ret_off_w, double *ret_power_w, char why[static SESSION_WHY_SIZE])
{
    const struct profile_write *w = &s->resolved->set[s->resolved->readback.point_write];
    struct register_block block = {register_read_function(w->function), w->address, register_count(w->type)};
    uint16_t registers[4] = {0};
    struct link_error e;
    double wanted_w = 0, found_w = 0;
    if (modbus_link_read(l, s->device->unit, &block, registers, &e) != LINK_OK) {
        explain(why, block.address, &e);
        return outcome_of(&e);
    }
    if (readback_decode(s->resolved, registers, s->max_w, &found_w) < 0 || encoded_power(s, q, &wanted_w) < 0) {
        snprintf(why, SESSION_WHY_SIZE, "register %d: reads back no number", block.address);
        return OUTCOME_FAILED;
    }
    *ret_off_w = fabs(found_w - wanted_w);
    *ret_power_w = found_w;
    return OUTCOME_DONE;
}

// Writes, reads back, and writes once more when the device says something else.
static enum bus_outcome send_and_check(struct modbus_session *s, struct modbus_link *l, const struct sequence *q,
                                       struct session_written *ret, char why[static SESSION_WHY_SIZE])
{
    const struct profile *p = s->resolved;
    struct sequence again = *q;
    enum bus_outcome outcome = send(s, l, q, why);
    if (outcome != OUTCOME_DONE || !q->is_set || !p->readback.present)
        return outcome;
    for (int tries = 1;; tries++) {
        double off_w = 0;
        outcome = read_back(s, l, q, &off_w, &ret->readback_w, why);
        if (outcome != OUTCOME_DONE || off_w <= p->readback.tolerance_w)
            return outcome;
        if (tries > 1)
            break;
        again.writes = p->set;
        again.n = p->n_set;
        outcome = send(s, l, &again, why);
        if (outcome != OUTCOME_DONE)
            return outcome;
    }
    ret->status = WRITE_MISMATCH;
    snprintf(why, SESSION_WHY_SIZE, "setpoint %.0f W reads back as %.0f W", ret->power_w, ret->readback_w);
    return OUTCOME_DONE;
}

enum bus_outcome modbus_session_write(struct modbus_session *s, struct modbus_link *l, const struct bus_task *task,
                                      struct session_written *ret_written, char ret_why[static SESSION_WHY_SIZE])
{
    *ret_written = (struct session_written){
        .status = task->kind == BUS_TASK_RELEASE ? WRITE_RELEASED : WRITE_DONE,
        .power_w = task->power_w,
        .readback_w = task->power_w,
    };
    ret_why[0] = '\0';
    enum bus_outcome outcome = resolve(s, l, ret_why);
    if (outcome == OUTCOME_DONE) {
        struct sequence q = sequence_of(s, task);
        outcome = send_and_check(s, l, &q, ret_written, ret_why);
    }
    if (outcome != OUTCOME_DONE)
        ret_written->status = WRITE_FAILED;
    return outcome;
}
