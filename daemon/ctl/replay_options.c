// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/replay_options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"
#include "conf/measure.h"

enum { NAME_MAX_LENGTH = 32, MAX_SCENARIOS = 10, DAY_S = 86400 };

struct reader {
    char *why;
    size_t size;
    int status; // CTL_OK until something is wrong; the first mistake is kept
};

static void refuse(struct reader *r, const char *option, const char *text, const char *expected)
{
    if (r->status == CTL_OK)
        snprintf(r->why, r->size, "--%s %.60s: expected %s", option, text, expected);
    r->status = CTL_USAGE;
}

// ---- numbers and times --------------------------------------------------------------------------------------------

static void read_time(struct reader *r, const char *option, const char *text, int64_t *ret_utc_ms)
{
    if (text != NULL && rfc3339_parse(text, ret_utc_ms) < 0)
        refuse(r, option, text, "a time such as 2026-01-14T08:00:00+09:00");
}

// A whole number, or with `type` a measure, within a range.
static void read_number(struct reader *r, const char *option, const char *text, enum conf_type type, double low,
                        double high, const char *expected, double *ret_value)
{
    double value;
    if (text == NULL)
        return;
    if (measure_parse(type, text, &value) < 0 && measure_parse(CONF_INT, text, &value) < 0)
        refuse(r, option, text, expected);
    else if (!in_range(value, low, high) || (type != CONF_FRACTION && value != floor(value)))
        refuse(r, option, text, expected);
    else
        *ret_value = value;
}

static void read_seed(struct reader *r, const char *text, uint64_t *ret_seed)
{
    char *end;
    if (text == NULL)
        return;
    errno = 0;
    unsigned long long seed = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] < '0' || text[0] > '9')
        refuse(r, "seed", text, "a whole number such as 1");
    else
        *ret_seed = seed;
}

static void read_numbers(struct reader *r, const struct ctl_options *o, struct replay_call *call)
{
    double scenarios = 0, cycle_s = 0;
    read_number(r, "scenarios", o->scenarios, CONF_INT, 1, MAX_SCENARIOS, "a number from 1 to 10", &scenarios);
    read_number(r, "cycle", o->cycle, CONF_DURATION_S, 60, DAY_S, "a duration from 1 min to 1 d such as 15min",
                &cycle_s);
    read_number(r, "soc", o->soc, CONF_FRACTION, 0, 1, "a share from 0 to 1 such as 0.5", &call->options.soc_frac);
    read_seed(r, o->seed, &call->options.seed);
    call->scenarios = (int)scenarios;
    call->options.cycle_s = (int)cycle_s;
}

static void read_times(struct reader *r, const struct ctl_options *o, struct replay_call *call)
{
    struct replay_options *to = &call->options;
    read_time(r, "from", o->from, &to->from_utc_ms);
    read_time(r, "to", o->to, &to->to_utc_ms);
    read_time(r, "learn-from", o->learn_from, &to->learn_from_utc_ms);
    if (to->to_utc_ms != 0 && to->to_utc_ms <= to->from_utc_ms)
        refuse(r, "to", o->to, "a time after --from");
}

// ---- controllers --------------------------------------------------------------------------------------------------

static void refuse_controller(struct reader *r, const char *name)
{
    const char *names[REPLAY_CONTROLLER_COUNT];
    char expected[160];
    size_t n = 0;
    for (int c = 0; c < REPLAY_CONTROLLER_COUNT; c++) {
        names[c] = replay_controller_name((enum replay_controller)c);
        n += (size_t)snprintf(expected + n, sizeof(expected) - n, "%s%s", c > 0 ? ", " : "some of ", names[c]);
    }
    const char *near = text_nearest(name, names, REPLAY_CONTROLLER_COUNT);
    if (near != NULL)
        snprintf(expected + n, sizeof(expected) - n, "; did you mean %s?", near);
    refuse(r, "controllers", name, expected);
}

// Names with commas between them; `*ret_first` is the first that controls something.
static void read_list(struct reader *r, const char *list, struct replay_call *call, enum replay_controller *ret_first)
{
    for (const char *at = list; at != NULL;) {
        char name[NAME_MAX_LENGTH] = "";
        size_t length = strcspn(at, ",");
        snprintf(name, sizeof(name), "%.*s", (int)(length < sizeof(name) ? length : sizeof(name) - 1), at);
        enum replay_controller c = replay_controller_by_name(name);
        if (c == REPLAY_CONTROLLER_COUNT) {
            refuse_controller(r, name);
            return;
        }
        call->runs[c] = true;
        if (*ret_first == REPLAY_NONE)
            *ret_first = c;
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
}

// The forecast is that of `schedule` where it runs; else it says which controller is asked about.
static void choose(struct reader *r, const struct ctl_options *o, struct replay_call *call)
{
    enum replay_controller by_forecast = REPLAY_DAEMON, first = REPLAY_NONE;
    call->forecast = o->forecast != NULL ? o->forecast : "daemon";
    if (o->forecast != NULL) {
        by_forecast = replay_controller_by_name(o->forecast);
        if (by_forecast != REPLAY_DAEMON && by_forecast != REPLAY_PERFECT && by_forecast != REPLAY_PERSISTENCE)
            refuse(r, "forecast", o->forecast, "daemon, perfect or persistence");
    }
    read_list(r, o->controllers, call, &first);
    call->options.perfect = by_forecast == REPLAY_PERFECT;
    if (call->runs[REPLAY_SCHEDULE])
        call->asked = REPLAY_SCHEDULE;
    else if (o->forecast == NULL && o->controllers != NULL && !call->runs[REPLAY_DAEMON])
        call->asked = first;
    else
        call->asked = by_forecast;
    if (call->runs[REPLAY_SCHEDULE] && by_forecast == REPLAY_PERSISTENCE)
        refuse(r, "forecast", o->forecast, "daemon or perfect for the controller schedule");
    call->runs[REPLAY_NONE] = true;
    if (r->status == CTL_OK)
        call->runs[call->asked] = true;
}

int replay_options_read(const struct ctl_options *o, struct replay_call *ret_call, char *ret_why, size_t size)
{
    struct reader r = {.why = ret_why, .size = size};
    struct replay_call call = {
        .data = o->data != NULL ? o->data : o->record, .out = o->out, .options = {.soc_frac = -1, .seed = 1}};
    if ((o->data == NULL) == (o->record == NULL) || o->out == NULL) {
        snprintf(ret_why, size, "replay needs --out and either --data or --record");
        return CTL_USAGE;
    }
    choose(&r, o, &call);
    read_numbers(&r, o, &call);
    read_times(&r, o, &call);
    if (r.status == CTL_OK)
        *ret_call = call;
    return r.status;
}
