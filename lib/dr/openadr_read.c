// SPDX-License-Identifier: GPL-3.0-or-later
// Events and notifications about them.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dr/openadr_internal.h"

// ---- which event ----------------------------------------------------------------------------------------------------

static bool is_id(const char *text)
{
    size_t length = strlen(text);
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return length >= 1 && length < DR_ID_SIZE && strspn(text, letters) == length;
}

// Its content makes the name of an event without one, so that it is the same event when it comes again.
static int name_by_content(const json_t *event, char *ret_id)
{
    char *text = json_dumps(event, JSON_COMPACT | JSON_SORT_KEYS);
    if (text == NULL)
        return AEMS_E_NOMEM;
    uint64_t hash = UINT64_C(14695981039346656037); // FNV-1a
    for (const char *c = text; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    free(text);
    snprintf(ret_id, DR_ID_SIZE, "e-%016" PRIx64, hash);
    return 0;
}

static int read_id(const struct openadr_reader *r, const struct openadr_place *at, const json_t *event, char *ret_id)
{
    char found[OPENADR_FOUND_SIZE];
    const struct openadr_place here = {at, "id", 0};
    const json_t *json = openadr_member(event, "id");
    if (json == NULL)
        return name_by_content(event, ret_id);
    if (!json_is_string(json) || !is_id(json_string_value(json)))
        return openadr_complain(r, &here, AEMS_E_FORMAT, "expected 1 to 128 letters, digits, _ or -, found %s",
                                openadr_found(json, found));
    snprintf(ret_id, DR_ID_SIZE, "%s", json_string_value(json));
    return 0;
}

static int read_priority(const struct openadr_reader *r, const struct openadr_place *at, const json_t *event,
                         int *ret_priority)
{
    char found[OPENADR_FOUND_SIZE];
    const struct openadr_place here = {at, "priority", 0};
    const json_t *json = openadr_member(event, "priority");
    *ret_priority = DR_PRIORITY_NULL;
    if (json == NULL)
        return 0;
    json_int_t value = json_integer_value(json);
    if (!json_is_integer(json) || value < 0 || value >= DR_PRIORITY_NULL)
        return openadr_complain(r, &here, json_is_integer(json) ? AEMS_E_RANGE : AEMS_E_FORMAT,
                                "expected null or a whole number from 0, the highest, to %d, found %s",
                                DR_PRIORITY_NULL - 1, openadr_found(json, found));
    *ret_priority = (int)value;
    return 0;
}

static int read_modified(const struct openadr_reader *r, const struct openadr_place *at, const json_t *event,
                         int64_t *ret_utc_ms)
{
    char found[OPENADR_FOUND_SIZE];
    bool is_now;
    const struct openadr_place here = {at, "modificationDateTime", 0};
    const json_t *json = openadr_member(event, "modificationDateTime");
    *ret_utc_ms = r->now.utc_ms;
    if (json != NULL &&
        (!json_is_string(json) || openadr_time(json_string_value(json), r->now.utc_ms, ret_utc_ms, &is_now) < 0))
        return openadr_complain(r, &here, AEMS_E_FORMAT, "expected a time such as 2026-01-14T13:00:00Z, found %s",
                                openadr_found(json, found));
    return 0;
}

// ---- forms of events ------------------------------------------------------------------------------------------------

static int list_reports(const struct openadr_reader *r, const struct openadr_place *at, const json_t *event,
                        bool *ret_any, bool note)
{
    json_t *list;
    int result = openadr_list(r, at, event, "reportDescriptors", &list);
    *ret_any = result == 0 && json_array_size(list) > 0;
    for (size_t i = 0; result == 0 && note && i < json_array_size(list); i++) {
        const json_t *json = json_array_get(list, i), *type = openadr_member(json, "payloadType");
        if (type == NULL)
            type = openadr_member(json, "payLoadType"); // as published examples spell it
        openadr_note(r, "asks for reports only: ", json_is_string(type) ? json_string_value(type) : "without a type");
    }
    return result;
}

// From 0001-01-01 on for no time: the event is withdrawn.
static bool is_withdrawal(const struct openadr_reader *r, const struct openadr_period *p)
{
    return p->has_start && p->is_now && p->has_duration && openadr_is_nothing(p->duration, r->now.utc_ms);
}

static int judge_withdrawal(const struct openadr_reader *r, const struct openadr_place *at, const json_t *event,
                            bool *ret_withdraws)
{
    struct openadr_period p;
    int result = openadr_read_period(r, at, event, &p);
    *ret_withdraws = result == 0 && is_withdrawal(r, &p);
    json_t *first = json_array_get(openadr_member(event, "intervals"), 0);
    if (*ret_withdraws && json_is_object(first)) { // an interval with a time of its own means something
        result = openadr_read_period(r, at, first, &p);
        *ret_withdraws = result == 0 && (!(p.has_start || p.has_duration) || is_withdrawal(r, &p));
    }
    return result;
}

static int new_event(const struct openadr_reader *r, const char *id, int grid, struct dr_event **ret_event)
{
    struct dr_event *e = calloc(1, sizeof(*e));
    if (e == NULL)
        return AEMS_E_NOMEM;
    snprintf(e->id, sizeof(e->id), "%s", id);
    e->grid = grid;
    e->received_utc_ms = r->now.utc_ms;
    e->reference_w = -1;
    *ret_event = e;
    return 0;
}

static int fill_event(const struct openadr_reader *r, const struct openadr_place *at, const json_t *json, double random,
                      struct dr_event *e)
{
    int result = openadr_text(r, at, json, "eventName", e->name, sizeof(e->name));
    if (result == 0)
        result = openadr_text(r, at, json, "programID", e->program, sizeof(e->program));
    if (result == 0)
        result = read_priority(r, at, json, &e->priority);
    if (result == 0)
        result = read_modified(r, at, json, &e->modified_utc_ms);
    if (result == 0)
        result = openadr_read_intervals(r, at, json, random, e);
    return result;
}

static int read_event(const struct openadr_reader *r, const struct openadr_place *at, const json_t *json, double random,
                      struct openadr_message *m)
{
    bool ours, withdraws, reports;
    int grid;
    int result = openadr_read_targets(r, at, json, &ours, &grid);
    m->not_for_us = result == 0 && !ours;
    if (result < 0 || m->not_for_us)
        return result;
    bool only_reports = json_array_size(openadr_member(json, "intervals")) == 0;
    result = list_reports(r, at, json, &reports, only_reports);
    if (result < 0 || (reports && only_reports))
        return result;
    result = judge_withdrawal(r, at, json, &withdraws);
    if (result < 0)
        return result;
    if (withdraws) {
        const struct openadr_place here = {at, "id", 0};
        m->operation = OPENADR_DELETE;
        return openadr_member(json, "id") != NULL
                   ? 0
                   : openadr_complain(r, &here, AEMS_E_FORMAT, "expected the id of the event that is withdrawn");
    }
    result = new_event(r, m->id, grid, &m->event);
    if (result == 0)
        result = fill_event(r, at, json, random, m->event);
    if (result == 0) {
        m->event->wants_report = reports;
        snprintf(m->event->notes, sizeof(m->event->notes), "%s", m->notes);
    }
    return result;
}

// ---- messages -------------------------------------------------------------------------------------------------------

// What an object is when it does not say so itself and is no event.
static const char *other_object(const json_t *json)
{
    static const char *const marks[][2] = {{"resources", "a report"},
                                           {"programName", "a program"},
                                           {"objectOperations", "a subscription"},
                                           {"venName", "a VEN"},
                                           {"resourceName", "a resource"}};
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
        if (json_object_get(json, marks[i][0]) != NULL && json_object_get(json, "intervals") == NULL)
            return marks[i][1];
    return NULL;
}

static int judge_type(const struct openadr_reader *r, const struct openadr_place *at, const json_t *json)
{
    char found[OPENADR_FOUND_SIZE];
    const struct openadr_place here = {at, "objectType", 0};
    const json_t *type = openadr_member(json, "objectType");
    if (type == NULL || (json_is_string(type) && strcmp(json_string_value(type), "EVENT") == 0))
        return 0;
    return openadr_complain(r, &here, json_is_string(type) ? AEMS_E_REFUSED : AEMS_E_FORMAT,
                            "expected EVENT, for nothing else is listened to here, found %s",
                            openadr_found(type, found));
}

static int judge_object(const struct openadr_reader *r, const struct openadr_place *at, const json_t *json)
{
    int result = judge_type(r, at, json);
    if (result == 0 && openadr_member(json, "objectType") == NULL && other_object(json) != NULL)
        result = openadr_complain(r, at, AEMS_E_REFUSED, "expected an event, found %s", other_object(json));
    return result;
}

static int read_operation(const struct openadr_reader *r, const json_t *json, enum openadr_operation *ret_operation)
{
    static const char *const names[] = {
        [OPENADR_CREATE] = "CREATE", [OPENADR_UPDATE] = "UPDATE", [OPENADR_DELETE] = "DELETE"};
    char found[OPENADR_FOUND_SIZE];
    const struct openadr_place here = {NULL, "operation", 0};
    const json_t *operation = openadr_member(json, "operation");
    for (size_t i = 0; json_is_string(operation) && i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(names[i], json_string_value(operation)) == 0) {
            *ret_operation = (enum openadr_operation)i;
            return 0;
        }
    }
    return openadr_complain(r, &here, json_is_string(operation) ? AEMS_E_REFUSED : AEMS_E_FORMAT,
                            "expected CREATE, UPDATE or DELETE, found %s", openadr_found(operation, found));
}

static int read_notification(const struct openadr_reader *r, const json_t *json, double random,
                             struct openadr_message *m)
{
    const struct openadr_place here = {NULL, "object", 0};
    const struct openadr_place id = {&here, "id", 0};
    json_t *object;
    int result = judge_type(r, NULL, json);
    if (result == 0)
        result = read_operation(r, json, &m->operation);
    if (result == 0)
        result = openadr_object(r, NULL, json, "object", &object);
    if (result == 0 && object == NULL)
        result = openadr_complain(r, &here, AEMS_E_FORMAT, "expected the event, found nothing");
    if (result == 0)
        result = judge_object(r, &here, object);
    if (result == 0 && m->operation == OPENADR_DELETE && openadr_member(object, "id") == NULL)
        result = openadr_complain(r, &id, AEMS_E_FORMAT, "expected the id of the event that was deleted");
    if (result == 0)
        result = read_id(r, &here, object, m->id);
    if (result == 0 && m->operation != OPENADR_DELETE)
        result = read_event(r, &here, object, random, m);
    return result;
}

static int read_message(const struct openadr_reader *r, const json_t *json, double random, struct openadr_message *m)
{
    if (!json_is_object(json))
        return openadr_complain(r, NULL, AEMS_E_FORMAT, "expected an object");
    if (openadr_member(json, "operation") != NULL || openadr_member(json, "object") != NULL)
        return read_notification(r, json, random, m);
    int result = judge_object(r, NULL, json);
    if (result == 0)
        result = read_id(r, NULL, json, m->id);
    if (result == 0)
        result = read_event(r, NULL, json, random, m);
    return result;
}

// What the parser says quotes the text around the mistake, which need not be UTF-8.
static int complain_of_syntax(const struct openadr_reader *r, const json_error_t *error)
{
    char line[OPENADR_WHY_SIZE / 2];
    openadr_copy_line(line, sizeof(line), error->text);
    for (char *c = line; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return openadr_complain(r, NULL, AEMS_E_FORMAT, "no JSON: line %d, column %d: %s", error->line, error->column,
                            line);
}

int openadr_read(const struct site *s, const char *payload, size_t length, struct instant now, double random,
                 struct openadr_message *ret_message, char *ret_why, size_t why_size)
{
    json_error_t error;
    *ret_message = (struct openadr_message){0};
    const struct openadr_reader r = {s, now, ret_why, why_size, ret_message->notes, sizeof(ret_message->notes)};
    if (why_size > 0)
        ret_why[0] = '\0';
    if (length > OPENADR_MAX_BYTES)
        return openadr_complain(&r, NULL, AEMS_E_LIMIT, "%zu bytes are more than %d", length, OPENADR_MAX_BYTES);
    json_t *json = json_loadb(payload, length, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        return complain_of_syntax(&r, &error);
    int result = read_message(&r, json, random, ret_message);
    json_decref(json);
    if (result < 0) {
        dr_event_free(ret_message->event);
        ret_message->event = NULL;
    }
    return result;
}

void openadr_message_free(struct openadr_message *m)
{
    dr_event_free(m->event);
    *m = (struct openadr_message){0};
}
