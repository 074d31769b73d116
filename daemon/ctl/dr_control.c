// SPDX-License-Identifier: GPL-3.0-or-later
// Events by the operator's own word, over the control socket.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/ctl/dr.h"
#include "daemon/ctl/dr_view.h"
#include "dr/openadr.h"

enum { LOOKS = 50, PAUSE_MS = 100 }; // at the daemon, while the event goes to its disk: 5 s

// Looks until the daemon has done what it was told, or has not for some time. CTL_OK and its list.
static int wait_for(const struct ctl_options *o, const char *id, int64_t since_utc_ms, bool withdrawn,
                    json_t **ret_list)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    for (int i = 0; i < LOOKS; i++) {
        json_t *list = NULL;
        int r = ctl_call(o, json_pack("{s:s}", "call", "dr_list"), &list);
        if (r != CTL_OK)
            return r;
        const json_t *event = dr_view_find(list, id);
        bool taken = event != NULL && json_integer_value(json_object_get(event, "received_utc_ms")) >= since_utc_ms;
        if (withdrawn ? event == NULL : taken) {
            *ret_list = list;
            return CTL_OK;
        }
        json_decref(list);
        nanosleep(&pause, NULL);
    }
    fprintf(stderr, "aemsctl: %s was taken, but it is not %s yet: see aemsctl dr list and the daemon's log\n", id,
            withdrawn ? "withdrawn" : "in force");
    return CTL_FAILED;
}

static int tell_event(const struct ctl_options *o, const char *id, const json_t *list)
{
    struct style style = style_of(stdout);
    struct text out = {0};
    const json_t *event = dr_view_find(list, id);
    if (o->json)
        return ctl_print_json(event);
    dr_view_zone(list);
    dr_view_event(event, &style, &out);
    int r = out.failed ? CTL_FAILED : CTL_OK;
    if (!out.failed)
        fputs(out.data, stdout);
    text_free(&out);
    return r;
}

static int tell_withdrawn(const struct ctl_options *o, const char *id)
{
    if (o->json)
        printf("{\"id\": \"%s\", \"state\": \"cancelled\"}\n", id); // an id has no letter that JSON would escape
    else
        printf("%s is withdrawn\n", id);
    return CTL_OK;
}

// What the daemon said when it took the message: the id, when, and whether it withdraws.
static int follow(const struct ctl_options *o, const json_t *reply)
{
    char id[DR_ID_SIZE];
    json_t *list = NULL;
    const char *text = json_string_value(json_object_get(reply, "id"));
    snprintf(id, sizeof(id), "%s", text != NULL ? text : "");
    bool withdrawn = json_is_true(json_object_get(reply, "withdraws"));
    int r = wait_for(o, id, json_integer_value(json_object_get(reply, "t_utc_ms")), withdrawn, &list);
    if (r == CTL_OK)
        r = withdrawn ? tell_withdrawn(o, id) : tell_event(o, id, list);
    json_decref(list);
    return r;
}

static int call_and_follow(const struct ctl_options *o, json_t *request)
{
    json_t *reply = NULL;
    if (request == NULL) {
        fputs("aemsctl: expected UTF-8\n", stderr);
        return CTL_FAILED;
    }
    int r = ctl_call(o, request, &reply);
    if (r == CTL_OK)
        r = follow(o, reply);
    json_decref(reply);
    return r;
}

int dr_send(const struct ctl_options *o)
{
    struct text payload = {0};
    int r = CTL_FAILED;
    if (ctl_read_file(o->words[0], &payload))
        r = call_and_follow(o, json_pack("{s:s, s:s%}", "call", "dr_send", "payload",
                                         payload.data != NULL ? payload.data : "", payload.length));
    text_free(&payload);
    return r;
}

int dr_cancel(const struct ctl_options *o)
{
    return call_and_follow(o, json_pack("{s:s, s:s}", "call", "dr_cancel", "id", o->words[0]));
}

int dr_list(const struct ctl_options *o)
{
    struct style style = style_of(stdout);
    struct text out = {0};
    json_t *reply = NULL;
    int r = ctl_call(o, json_pack("{s:s}", "call", "dr_list"), &reply);
    if (r != CTL_OK)
        return r;
    if (o->json) {
        r = ctl_print_json(reply);
    } else {
        dr_view_zone(reply);
        dr_view_list(reply, &style, &out);
        r = out.failed ? CTL_FAILED : CTL_OK;
        if (!out.failed)
            fputs(out.data, stdout);
    }
    text_free(&out);
    json_decref(reply);
    return r;
}
