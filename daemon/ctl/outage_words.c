// SPDX-License-Identifier: GPL-3.0-or-later
// Words of the operator on outages, over the control socket. The daemon judges them as those of MQTT.
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/instant.h"
#include "conf/measure.h"
#include "core/engine.h"
#include "daemon/ctl/outage.h"
#include "outage/island.h"

static int bad(const char *option, const char *expected)
{
    fprintf(stderr, "aemsctl: --%s: expected %s\n", option, expected);
    return CTL_USAGE;
}

static int add_time(json_t *payload, const char *key, const char *text)
{
    int64_t utc_ms;
    if (text == NULL)
        return CTL_OK;
    if (rfc3339_parse(text, &utc_ms) < 0)
        return bad(key, "a time such as 2026-01-31T18:00:00+01:00");
    json_object_set_new(payload, key, json_string(text));
    return CTL_OK;
}

static void add_text(json_t *payload, const char *key, const char *text)
{
    if (text != NULL)
        json_object_set_new(payload, key, json_string(text));
}

// For the journal: people who share an account through sudo have names of their own. No proof of anything.
static void add_who(json_t *payload)
{
    const char *name = getuid() == 0 ? getenv("SUDO_USER") : NULL;
    const struct passwd *user = name == NULL ? getpwuid(getuid()) : NULL;
    json_t *who = json_string(name != NULL ? name : user != NULL ? user->pw_name : "");
    if (json_string_length(who) > 0 && json_string_length(who) < sizeof(((struct outage_word *)0)->who))
        json_object_set(payload, "who", who);
    json_decref(who);
}

// The daemon's clock counts: in a demonstration it is another one.
static int call(const struct ctl_options *o, json_t *payload, json_t **ret_reply)
{
    return ctl_call(o, json_pack("{s:s, s:s, s:o}", "call", "command", "id", "outage", "payload", payload), ret_reply);
}

static void print_done(const struct ctl_options *o, const char *done, const char *remark)
{
    printf("%s%s%s%s%s\n", done, o->island != NULL ? " at " : "", o->island != NULL ? o->island : "",
           o->until != NULL ? " until " : "", o->until != NULL ? o->until : "");
    if (remark != NULL)
        printf("%s\n", remark);
}

static int send(const struct ctl_options *o, json_t *payload, const char *done)
{
    json_t *reply = NULL;
    int r = call(o, payload, &reply);
    if (r != CTL_OK)
        return r;
    if (o->json)
        ctl_print_json(reply);
    else
        print_done(o, done, json_string_value(json_object_get(reply, "remark")));
    json_decref(reply);
    return CTL_OK;
}

static json_t *begin(const struct ctl_options *o, const char *action)
{
    json_t *payload = json_pack("{s:s}", "action", action);
    add_text(payload, "id", o->id);
    add_text(payload, "island", o->island);
    add_text(payload, "why", o->why);
    add_who(payload);
    return payload;
}

static int give_up(json_t *payload, int r)
{
    json_decref(payload);
    return r;
}

// ---- ahead ---------------------------------------------------------------------------------------------------------

static int say_ahead(const struct ctl_options *o, const char *action, const char *done)
{
    json_t *payload = begin(o, action);
    if (o->until == NULL)
        return give_up(payload, bad("until", "a time such as 2026-01-31T18:00:00+01:00"));
    int r = add_time(payload, "from", o->from);
    if (r == CTL_OK)
        r = add_time(payload, "until", o->until);
    return r == CTL_OK ? send(o, payload, done) : give_up(payload, r);
}

int outage_run_warn(const struct ctl_options *o)
{
    return say_ahead(o, "warn", "an outage is warned of");
}

int outage_run_announce(const struct ctl_options *o)
{
    if (o->from == NULL)
        return bad("from", "a time such as 2026-01-31T18:00:00+01:00");
    return say_ahead(o, "plan", "an outage is announced");
}

int outage_run_expect(const struct ctl_options *o)
{
    char done[128];
    json_t *payload = begin(o, "expect");
    int r = add_time(payload, "until", o->words[0]);
    if (r != CTL_OK)
        return give_up(payload, r);
    snprintf(done, sizeof(done), "the grid is expected back by %s", o->words[0]);
    return send(o, payload, done);
}

// ---- leases --------------------------------------------------------------------------------------------------------

static int add_state(json_t *payload, const char *state)
{
    if (island_state_by_name(state) == ISLAND_STATE_COUNT) {
        fprintf(stderr,
                "aemsctl: %.40s: expected connected, islanding, islanded, black, restarting, waiting or "
                "resynchronising\n",
                state);
        return CTL_USAGE;
    }
    json_object_set_new(payload, "state", json_string(state));
    return CTL_OK;
}

// `--for`: from the daemon's now on, or from --from.
static int add_end(const struct ctl_options *o, json_t *payload)
{
    double duration_s;
    if ((o->duration == NULL) == (o->until == NULL))
        return bad("for", "a duration such as 2 h, or --until TIME: what is forbidden or forced ends by itself");
    if (o->until != NULL)
        return add_time(payload, "until", o->until);
    if (measure_parse(CONF_DURATION_S, o->duration, &duration_s) < 0 || duration_s < 1)
        return bad("for", measure_expectation(CONF_DURATION_S));
    json_object_set_new(payload, "for_s", json_real(duration_s));
    return CTL_OK;
}

static int lease(const struct ctl_options *o, const char *action, const char *done)
{
    json_t *payload = begin(o, action);
    char text[96];
    int r = add_state(payload, o->words[0]);
    if (r == CTL_OK)
        r = add_time(payload, "from", o->from);
    if (r == CTL_OK)
        r = add_end(o, payload);
    if (r != CTL_OK)
        return give_up(payload, r);
    snprintf(text, sizeof(text), "%.20s is %s%s%.30s", o->words[0], done, o->duration != NULL ? " for " : "",
             o->duration != NULL ? o->duration : "");
    return send(o, payload, text);
}

int outage_run_forbid(const struct ctl_options *o)
{
    return lease(o, "forbid", "forbidden");
}

int outage_run_force(const struct ctl_options *o)
{
    return lease(o, "force", "forced");
}

// A state's name means all that was said of that state.
int outage_run_free(const struct ctl_options *o)
{
    json_t *payload = begin(o, "free");
    bool is_state = island_state_by_name(o->words[0]) != ISLAND_STATE_COUNT;
    char text[96];
    json_object_set_new(payload, is_state ? "state" : "id", json_string(o->words[0]));
    snprintf(text, sizeof(text), "%.48s is free again", o->words[0]);
    return send(o, payload, text);
}
