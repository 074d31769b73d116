// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "report/messages.h"

static bool has_token(struct commands *c, uint64_t now_mono_ms)
{
    if (!c->started) {
        c->started = true;
        c->tokens = COMMANDS_BURST;
        c->tokens_mono_ms = now_mono_ms;
    }
    c->tokens += (double)(now_mono_ms - c->tokens_mono_ms) / 1000.0 * COMMANDS_PER_SECOND;
    c->tokens_mono_ms = now_mono_ms;
    if (c->tokens > COMMANDS_BURST)
        c->tokens = COMMANDS_BURST;
    return c->tokens >= 1;
}

// Every refusal is counted; of a flood only the first are logged.
static void refuse(struct commands *c, const char *topic, const char *why)
{
    c->refused++;
    if (c->logged >= REFUSALS_LOGGED) {
        c->unlogged++;
        return;
    }
    c->logged++;
    log_warning("%.80s refused: %s", topic, why);
}

void commands_tick(struct commands *c, uint64_t now_mono_ms)
{
    if (now_mono_ms - c->second_mono_ms < 1000)
        return;
    if (c->unlogged > 0)
        log_warning("%" PRIu64 " more commands refused", c->unlogged);
    c->second_mono_ms = now_mono_ms;
    c->logged = 0;
    c->unlogged = 0;
}

static void log_session(const struct site *s, const struct session_wish *w, const char *from)
{
    char until[RFC3339_SIZE];
    rfc3339_format(w->until_utc_ms, until);
    log_notice("session over %s: %s wants %.1f kWh until %s", from, s->assets[w->asset].id, w->wanted_wh / 1000, until);
}

static void log_limit(const struct site *s, const struct grid_limit *l, const char *from)
{
    char begins[RFC3339_SIZE], ends[RFC3339_SIZE];
    if (l->until_utc_ms <= l->from_utc_ms) {
        log_notice("limit over %s: %s of %s is withdrawn", from, l->id, s->grids[l->grid].id);
        return;
    }
    rfc3339_format(l->from_utc_ms, begins);
    rfc3339_format(l->until_utc_ms, ends);
    log_notice("limit over %s: %s of %s from %s to %s", from, l->id, s->grids[l->grid].id, begins, ends);
}

static void log_outage(const struct site *s, const struct outage_word *w, const char *from)
{
    char begins[RFC3339_SIZE] = "", ends[RFC3339_SIZE] = "";
    const char *island = w->island >= 0 ? s->islands[w->island].id : "all islands";
    bool leases = w->kind == OUTAGE_FORBID || w->kind == OUTAGE_FORCE;
    if (w->kind == OUTAGE_FREE) {
        log_notice("outage word over %s: free %s of %s", from, w->id[0] != '\0' ? w->id : island_state_name(w->state),
                   island);
        return;
    }
    rfc3339_format(w->from_utc_ms, begins);
    rfc3339_format(w->until_utc_ms, ends);
    log_notice("outage word over %s: %s: %s%s%s of %s from %s until %s, says %s%s%s", from, w->id,
               outage_word_name(w->kind), leases ? " " : "", leases ? island_state_name(w->state) : "", island, begins,
               ends, w->who, w->why[0] != '\0' ? ": " : "", w->why);
}

static void log_command(const struct commands *c, const struct event *e, const char *from)
{
    static const char *const names[] = {"manual setpoint", "automatic", "new plan"};
    if (e->kind == EVENT_SESSION)
        log_session(engine_site(c->driver->engine), &e->session, from);
    else if (e->kind == EVENT_LIMIT)
        log_limit(engine_site(c->driver->engine), &e->limit, from);
    else if (e->kind == EVENT_OUTAGE)
        log_outage(engine_site(c->driver->engine), &e->outage, from);
    else if (e->kind == EVENT_PRICES)
        log_notice("%zu prices of %s over %s", e->prices.count,
                   engine_site(c->driver->engine)->tariffs[e->prices.tariff].id, from);
    else if (e->kind == EVENT_WEATHER)
        log_notice("weather of %zu points over %s", e->weather.count, from);
    if (e->kind != EVENT_COMMAND)
        return;
    const struct site *s = engine_site(c->driver->engine);
    const char *asset =
        e->command.asset >= 0 && (size_t)e->command.asset < s->n_assets ? s->assets[e->command.asset].id : "the area";
    if (e->command.kind == COMMAND_MANUAL_SETPOINT)
        log_notice("command over %s: %s: %.0f W by hand", from, asset, e->command.power_w);
    else
        log_notice("command over %s: %s: %s", from, asset, names[e->command.kind]);
}

// What is said of outages is kept with who said it: where nobody gave a name, with the way it came.
static struct event signed_event(const struct event *e, const char *from)
{
    struct event copy = *e;
    if (e->kind == EVENT_OUTAGE && e->outage.who[0] == '\0')
        snprintf(copy.outage.who, sizeof(copy.outage.who), "somebody over %s", from);
    return copy;
}

static int carry(struct commands *c, const struct event *event, const char *from, char *ret_why, size_t size)
{
    const struct event copy = signed_event(event, from), *e = &copy;
    int r = driver_consume(c->driver, e);
    if (r < 0) {
        const char *refusal = engine_last_refusal(c->driver->engine);
        snprintf(ret_why, size, "%s", r == AEMS_E_REFUSED && refusal != NULL ? refusal : aems_error_text(r));
        return r;
    }
    c->accepted++;
    log_command(c, e, from);
    return 0;
}

bool commands_are_of_outages(const struct site *s, const char *id)
{
    return strcmp(id, "outage") == 0 && site_find_asset(s, id) < 0;
}

// Whether the message makes sense; 0 or a negative code with a sentence.
static int judge(const struct commands *c, const struct mqtt_message *m, struct instant now, struct event *ret_event,
                 char *ret_why, size_t size)
{
    const char *id = m->topic + strlen("command/");
    int r = AEMS_E_REFUSED;
    if (m->retained)
        snprintf(ret_why, size, "retained commands are never obeyed");
    else if (m->length > COMMAND_MAX_BYTES)
        snprintf(ret_why, size, "%zu bytes are more than %d", m->length, COMMAND_MAX_BYTES);
    else if (!text_is_id(id))
        snprintf(ret_why, size, "not the name of an asset");
    else if (commands_are_of_outages(engine_site(c->driver->engine), id))
        r = message_read_outage(engine_site(c->driver->engine), m->payload, m->length, now, ret_event, ret_why, size);
    else
        r = message_read_command(engine_site(c->driver->engine), id, m->payload, m->length, now, ret_event, ret_why,
                                 size);
    return r;
}

// What is refused costs no token: a flood of rubbish must not use up those of the one command that counts. Judging a
// message is cheap and bounded; it is carrying it out that is not.
void commands_mqtt(struct commands *c, const struct mqtt_message *m)
{
    struct instant now = driver_now(c->driver);
    char why[192] = "";
    struct event e = {0};
    int r = judge(c, m, now, &e, why, sizeof(why));
    if (r == 0 && !has_token(c, now.mono_ms)) {
        snprintf(why, sizeof(why), "too many commands");
        r = AEMS_E_REFUSED;
    }
    if (r == 0)
        r = carry(c, &e, "MQTT", why, sizeof(why));
    if (r == 0)
        c->tokens -= 1;
    else
        refuse(c, text_is_id(m->topic + strlen("command/")) ? m->topic : "command",
               why[0] != '\0' ? why : aems_error_text(r));
}

// Room for one more: those that are there already take their own place.
static bool has_room(const struct commands *c, const struct outage_word *warning, struct instant now)
{
    struct outage_view v;
    int others = 0;
    engine_outage(c->driver->engine, now, &v);
    for (size_t i = 0; i < v.n_words; i++)
        others += strncmp(v.words[i].id, OUTAGE_NOTICE_PREFIX, strlen(OUTAGE_NOTICE_PREFIX)) == 0 &&
                  strcmp(v.words[i].id, warning->id) != 0;
    return others < COMMANDS_WARNINGS;
}

void commands_warning(struct commands *c, const struct mqtt_message *m)
{
    struct instant now = driver_now(c->driver);
    char why[192] = "";
    struct event e = {0};
    int r = AEMS_E_REFUSED;
    if (m->retained)
        snprintf(why, sizeof(why), "retained warnings are never believed");
    else
        r = message_read_warning(engine_site(c->driver->engine), m->payload, m->length, now, &e, why, sizeof(why));
    if (r == 0 && !has_token(c, now.mono_ms)) {
        snprintf(why, sizeof(why), "too many messages");
        r = AEMS_E_REFUSED;
    }
    if (r == 0 && !has_room(c, &e.outage, now)) {
        snprintf(why, sizeof(why), "%d warnings are known already", COMMANDS_WARNINGS);
        r = AEMS_E_LIMIT;
    }
    if (r == 0)
        r = carry(c, &e, "MQTT", why, sizeof(why));
    c->tokens -= r == 0 ? 1 : 0;
    if (r < 0)
        refuse(c, "outage/warning", why[0] != '\0' ? why : aems_error_text(r));
}

void commands_prices(struct commands *c, const struct mqtt_message *m)
{
    struct instant now = driver_now(c->driver);
    const char *tariff = m->topic + strlen("price/");
    struct site_price_point *points = NULL;
    char why[192] = "";
    struct event e = {0};
    int r = AEMS_E_REFUSED;
    if (m->length == 0) // a retained message was taken back: what was known stays until it is over
        return;
    if (!text_is_id(tariff))
        snprintf(why, sizeof(why), "not the name of a tariff");
    else if (!has_token(c, now.mono_ms))
        snprintf(why, sizeof(why), "too many messages");
    else
        r = message_read_prices(engine_site(c->driver->engine), tariff, m->payload, m->length, now, &points, &e, why,
                                sizeof(why));
    if (r == 0)
        r = carry(c, &e, "MQTT", why, sizeof(why));
    c->tokens -= r == 0 ? 1 : 0;
    free(points);
    if (r < 0)
        refuse(c, text_is_id(tariff) ? m->topic : "price", why[0] != '\0' ? why : aems_error_text(r));
}

void commands_weather(struct commands *c, const struct mqtt_message *m)
{
    struct instant now = driver_now(c->driver);
    struct forecast_weather *points = NULL;
    char why[192] = "";
    struct event e = {0};
    int r = AEMS_E_REFUSED;
    if (m->length == 0) // a retained message was taken back: what was known stays until it is over
        return;
    if (!has_token(c, now.mono_ms))
        snprintf(why, sizeof(why), "too many messages");
    else
        r = message_read_weather(engine_site(c->driver->engine), m->payload, m->length, now, &points, &e, why,
                                 sizeof(why));
    if (r == 0)
        r = carry(c, &e, "MQTT", why, sizeof(why));
    c->tokens -= r == 0 ? 1 : 0;
    free(points);
    if (r < 0)
        refuse(c, "weather", why[0] != '\0' ? why : aems_error_text(r));
}

int commands_local(struct commands *c, const struct event *event, char *ret_why, size_t size)
{
    int r = carry(c, event, "the control socket", ret_why, size);
    if (r < 0)
        refuse(c, "command over the control socket", ret_why);
    return r;
}
