// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/replay_events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dr/openadr.h"

enum { MOST_EVENTS = 10000 };

void replay_events_free(struct replay_events *e)
{
    for (size_t i = 0; i < e->count; i++)
        dr_event_free(e->list[i]);
    free(e->list);
    *e = (struct replay_events){0};
}

static int sorry(const char *path, size_t number, const char *why)
{
    fprintf(stderr, "aemsctl: %s: event %zu: %s\n", path, number + 1, why);
    return CTL_FAILED;
}

static void insert(struct replay_events *e, struct dr_event *event)
{
    size_t i = e->count++;
    for (; i > 0 && e->list[i - 1]->modified_utc_ms > event->modified_utc_ms; i--)
        e->list[i] = e->list[i - 1];
    e->list[i] = event;
}

// NULL with a sentence in `ret_why`.
static struct dr_event *read_one(const json_t *json, const struct site *s, int64_t from_utc_ms, char *ret_why,
                                 size_t size)
{
    struct openadr_message m = {0};
    struct instant now = {.utc_ms = from_utc_ms, .mono_ms = 1};
    char *text = json_dumps(json, JSON_COMPACT);
    int code = text != NULL ? openadr_read(s, text, strlen(text), now, 0.5, &m, ret_why, size) : AEMS_E_NOMEM;
    struct dr_event *event = code == 0 ? m.event : NULL;
    if (code == 0 && (event == NULL || m.not_for_us || m.operation == OPENADR_DELETE))
        snprintf(ret_why, size, "it asks for nothing here");
    else if (code == AEMS_E_NOMEM)
        snprintf(ret_why, size, "%s", aems_error_text(code));
    if (event != NULL) {
        m.event = NULL;
        event->modified_utc_ms = event->modified_utc_ms > from_utc_ms ? event->modified_utc_ms : from_utc_ms;
        event->received_utc_ms = event->modified_utc_ms;
    }
    if (code == 0)
        openadr_message_free(&m);
    free(text);
    return event;
}

static int read_list(const char *path, json_t *list, const struct site *s, int64_t from_utc_ms,
                     struct replay_events *events)
{
    char why[OPENADR_WHY_SIZE] = "";
    size_t i;
    const json_t *json;
    events->list = calloc(json_array_size(list) + 1, sizeof(*events->list));
    if (events->list == NULL || json_array_size(list) > MOST_EVENTS)
        return sorry(path, 0, "too many");
    json_array_foreach(list, i, json)
    {
        struct dr_event *event = read_one(json, s, from_utc_ms, why, sizeof(why));
        if (event == NULL)
            return sorry(path, i, why);
        insert(events, event);
    }
    return CTL_OK;
}

int replay_events_read(const char *path, const struct site *s, int64_t from_utc_ms, struct replay_events *ret_events)
{
    struct text text = {0};
    json_error_t error;
    if (!ctl_read_file(path, &text))
        return CTL_FAILED;
    json_t *json = json_loads(text.data != NULL ? text.data : "", JSON_REJECT_DUPLICATES, &error);
    text_free(&text);
    if (json == NULL) {
        fprintf(stderr, "aemsctl: %s:%d: %s\n", path, error.line, error.text);
        return CTL_FAILED;
    }
    json_t *list = json_is_array(json) ? json_incref(json) : json_pack("[O]", json);
    int status = read_list(path, list, s, from_utc_ms, ret_events);
    if (status != CTL_OK)
        replay_events_free(ret_events);
    json_decref(list);
    json_decref(json);
    return status;
}
