// SPDX-License-Identifier: GPL-3.0-or-later
// Events and reports as OpenADR 3.1 objects. Every object that cannot be made leaves NULL behind it.
#include <math.h>
#include <stddef.h>

#include "base/error.h"
#include "dr/openadr.h"

static json_t *write_time(int64_t utc_ms)
{
    char text[RFC3339_SIZE];
    rfc3339_format(utc_ms, text);
    return json_string(text);
}

// Whole numbers stay whole: levels are 2 and not 2.0.
static json_t *write_number(double value)
{
    return value == floor(value) && fabs(value) < 1e15 ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *write_period(int64_t from_utc_ms, int64_t until_utc_ms)
{
    char duration[DURATION_SIZE] = "P9999Y"; // without an end
    if (until_utc_ms < DR_FOREVER_MS)
        openadr_duration_format(until_utc_ms > from_utc_ms ? until_utc_ms - from_utc_ms : 0, duration);
    return json_pack("{s:o, s:s}", "start", write_time(from_utc_ms), "duration", duration);
}

// Takes `element` over; false: there was none, or no memory.
static bool append(json_t *list, json_t *element)
{
    return json_array_append_new(list, element) == 0; // refuses NULL on either side
}

static json_t *finish(json_t *json, bool whole)
{
    if (whole)
        return json;
    json_decref(json);
    return NULL;
}

static json_t *write_payloads(const struct openadr_interval *interval)
{
    json_t *list = json_array();
    bool whole = list != NULL;
    for (size_t i = 0; whole && i < interval->n_values; i++) {
        const struct openadr_value *v = &interval->values[i];
        if (isfinite(v->value)) // JSON knows no other numbers, and a payload without a value says nothing
            whole = append(list, json_pack("{s:s, s:[o]}", "type", v->type, "values", write_number(v->value)));
    }
    return finish(list, whole);
}

static json_t *write_intervals(const struct openadr_interval *intervals, size_t count)
{
    json_t *list = json_array();
    bool whole = list != NULL;
    for (size_t i = 0; whole && i < count; i++)
        whole = append(list, json_pack("{s:I, s:o, s:o}", "id", (json_int_t)i, "intervalPeriod",
                                       write_period(intervals[i].from_utc_ms, intervals[i].until_utc_ms), "payloads",
                                       write_payloads(&intervals[i])));
    return finish(list, whole);
}

static json_t *write_descriptors(const struct openadr_descriptor *descriptors, size_t count, const char *object_type)
{
    json_t *list = json_array();
    bool whole = list != NULL;
    for (size_t i = 0; whole && i < count; i++) {
        const struct openadr_descriptor *d = &descriptors[i];
        whole = append(list, json_pack("{s:s, s:s, s:s*, s:s*}", "objectType", object_type, "payloadType", d->type,
                                       "units", d->units, "currency", d->currency));
    }
    return finish(list, whole);
}

static json_t *write_names(const char *const *names, size_t count)
{
    json_t *list = json_array();
    bool whole = list != NULL;
    for (size_t i = 0; whole && i < count; i++)
        whole = append(list, json_string(names[i]));
    return finish(list, whole);
}

// The span of all intervals, so that a reader who looks at the event alone sees when it is. The format knows no empty
// period: without intervals there is none.
static json_t *write_event_period(const struct openadr_event_text *e)
{
    return e->n_intervals > 0 ? write_period(e->intervals[0].from_utc_ms, e->intervals[e->n_intervals - 1].until_utc_ms)
                              : NULL;
}

json_t *openadr_write_event(const struct openadr_event_text *e)
{
    json_t *priority = e->priority == DR_PRIORITY_NULL ? json_null() : json_integer(e->priority);
    return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s*, s:o, s:o, s:o, s:o*, s:o}", "objectType", "EVENT", "id", e->id,
                     "createdDateTime", write_time(e->created_utc_ms), "modificationDateTime",
                     write_time(e->modified_utc_ms), "programID", e->program, "eventName", e->name, "priority",
                     priority, "targets", write_names(e->targets, e->n_targets), "payloadDescriptors",
                     write_descriptors(e->descriptors, e->n_descriptors, "EVENT_PAYLOAD_DESCRIPTOR"), "intervalPeriod",
                     write_event_period(e), "intervals", write_intervals(e->intervals, e->n_intervals));
}

static json_t *write_resources(const struct openadr_resource *resources, size_t count)
{
    json_t *list = json_array();
    bool whole = list != NULL;
    for (size_t i = 0; whole && i < count; i++)
        whole = append(list, json_pack("{s:s, s:o}", "resourceName", resources[i].name, "intervals",
                                       write_intervals(resources[i].intervals, resources[i].n_intervals)));
    return finish(list, whole);
}

json_t *openadr_write_report(const struct openadr_report_text *r)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:s*, s:s*, s:o, s:o}", "objectType", "REPORT", "id", r->id,
                     "createdDateTime", write_time(r->created_utc_ms), "modificationDateTime",
                     write_time(r->created_utc_ms), "eventID", r->event_id, "clientName", r->client, "clientID",
                     r->client, "reportName", r->name, "programID", r->program, "payloadDescriptors",
                     write_descriptors(r->descriptors, r->n_descriptors, "REPORT_PAYLOAD_DESCRIPTOR"), "resources",
                     write_resources(r->resources, r->n_resources));
}
