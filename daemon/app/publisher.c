// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/publisher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "report/messages.h"

enum { TOPIC_MAX = 160 };

struct publisher {
    struct loop *loop;
    struct app_area *area;      // held: the present one
    struct app_area *link_area; // held: the one that `link` was started with and still reads
    struct store *store;
    struct publisher_callbacks callbacks;
    struct mqtt_link *link; // NULL where MQTT is disabled
};

static const char *const subscriptions[] = {"command/+",        "price/+",        "weather",
                                            "building/+/reply", "outage/warning", NULL};
static const char *const subscriptions_response[] = {"command/+",    "price/+",          "weather",        "dr/event",
                                                     "dr/heartbeat", "building/+/reply", "outage/warning", NULL};

static void on_connected(void *user, bool connected, const char *why)
{
    struct publisher *p = user;
    p->callbacks.on_connected(p->callbacks.user, connected, why);
}

static void on_message(void *user, const struct mqtt_message *m)
{
    struct publisher *p = user;
    if (m->outside || strcmp(m->topic, "dr/event") == 0 || strcmp(m->topic, "dr/heartbeat") == 0)
        p->callbacks.on_response(p->callbacks.user, m);
    else if (strncmp(m->topic, "command/", strlen("command/")) == 0)
        p->callbacks.on_command(p->callbacks.user, m);
    else if (strncmp(m->topic, "price/", strlen("price/")) == 0)
        p->callbacks.on_prices(p->callbacks.user, m);
    else if (strcmp(m->topic, "outage/warning") == 0)
        p->callbacks.on_warning(p->callbacks.user, m);
    else if (strcmp(m->topic, "weather") == 0)
        p->callbacks.on_weather(p->callbacks.user, m);
    else if (strncmp(m->topic, "building/", strlen("building/")) == 0)
        p->callbacks.on_reply(p->callbacks.user, m);
}

static int connect_link(struct publisher *p)
{
    struct mqtt_callbacks callbacks = {on_connected, on_message, p};
    if (!p->area->site->mqtt.enabled)
        return 0;
    int r = mqtt_link_start(p->loop, p->area->site, p->store,
                            p->area->site->dr.enabled ? subscriptions_response : subscriptions, &callbacks, &p->link);
    if (r == 0)
        p->link_area = app_area_hold(p->area);
    return r;
}

static void disconnect_link(struct publisher *p)
{
    mqtt_link_stop(p->link);
    app_area_release(p->link_area);
    p->link = NULL;
    p->link_area = NULL;
}

int publisher_start(struct loop *loop, struct app_area *area, struct store *store,
                    const struct publisher_callbacks *callbacks, struct publisher **ret_publisher)
{
    struct publisher *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return AEMS_E_NOMEM;
    *p = (struct publisher){.loop = loop, .area = app_area_hold(area), .store = store, .callbacks = *callbacks};
    int r = connect_link(p);
    if (r < 0) {
        publisher_stop(p);
        return r;
    }
    *ret_publisher = p;
    return 0;
}

static void publish(struct publisher *p, const char *topic, const char *payload, bool retain, bool must_arrive)
{
    if (p->link != NULL)
        mqtt_link_publish(p->link, topic, payload, retain, must_arrive);
}

static void forget(struct publisher *p, const char *asset, const char *what)
{
    char topic[TOPIC_MAX];
    snprintf(topic, sizeof(topic), "asset/%s/%s", asset, what);
    publish(p, topic, "", true, true);
}

static bool is_foretold(const struct site *site, int asset)
{
    return asset >= 0 && (site->assets[asset].kind == ASSET_LOAD || site->assets[asset].kind == ASSET_PV);
}

static void forget_assets(struct publisher *p, const struct site *site)
{
    const struct site *former = p->area->site;
    for (size_t i = 0; i < former->n_assets; i++) {
        const char *id = former->assets[i].id;
        int present = site_find_asset(site, id);
        if (present < 0)
            forget(p, id, "state");
        if (is_foretold(former, (int)i) && !is_foretold(site, present))
            forget(p, id, "forecast");
    }
}

static void building_topic(const struct site *s, int building, const char *what, char ret_topic[static TOPIC_MAX])
{
    snprintf(ret_topic, TOPIC_MAX, "building/%s/%s", s->buildings[building].id, what);
}

// Of buildings that are gone.
static void forget_buildings(struct publisher *p, const struct site *site)
{
    const struct site *former = p->area->site;
    for (size_t i = 0; i < former->n_buildings; i++) {
        bool stays = false;
        for (size_t b = 0; b < site->n_buildings; b++)
            stays |= strcmp(site->buildings[b].id, former->buildings[i].id) == 0;
        char topic[TOPIC_MAX];
        building_topic(former, (int)i, "signal", topic);
        if (!stays)
            publish(p, topic, "", true, true);
    }
}

static bool same_link(const struct site *a, const struct site *b)
{
    bool same = memcmp(&a->mqtt, &b->mqtt, sizeof(a->mqtt)) == 0 && strcmp(a->id, b->id) == 0 &&
                a->dr.enabled == b->dr.enabled && a->dr.n_topics == b->dr.n_topics;
    for (size_t i = 0; same && i < a->dr.n_topics; i++)
        same = strcmp(a->dr.topics[i], b->dr.topics[i]) == 0;
    return same;
}

static bool looks_after_outages(const struct site *s)
{
    return s->outage.enabled && s->n_islands > 0;
}

int publisher_change(struct publisher *p, struct app_area *area)
{
    bool same = same_link(p->area->site, area->site);
    forget_assets(p, area->site);
    forget_buildings(p, area->site);
    if (p->area->site->dr.enabled && !area->site->dr.enabled)
        publish(p, "dr/capability", "", true, true);
    if (looks_after_outages(p->area->site) && !looks_after_outages(area->site))
        publish(p, "outage", "", true, true);
    app_area_release(p->area);
    p->area = app_area_hold(area);
    if (same)
        return 0;
    disconnect_link(p);
    return connect_link(p);
}

void publisher_stop(struct publisher *p)
{
    if (p == NULL)
        return;
    disconnect_link(p);
    app_area_release(p->area);
    free(p);
}

bool publisher_enabled(const struct publisher *p)
{
    return p->link != NULL;
}

bool publisher_connected(const struct publisher *p)
{
    return p->link != NULL && mqtt_link_connected(p->link);
}

void publisher_counters(const struct publisher *p, struct mqtt_counters *ret_counters)
{
    *ret_counters = (struct mqtt_counters){0};
    if (p->link != NULL)
        mqtt_link_counters(p->link, ret_counters);
}

// Sends and frees a message that was made; one that could not be made is said, not sent.
static void send(struct publisher *p, const char *topic, int made, char **json, bool retain, bool must_arrive)
{
    if (made < 0) {
        log_warning("message for %s not published: %s", topic, aems_error_text(made));
        return;
    }
    publish(p, topic, *json, retain, must_arrive);
    free(*json);
}

void publisher_area(struct publisher *p, const struct engine *e, struct instant now)
{
    char *json = NULL;
    if (publisher_connected(p))
        send(p, "state", message_area_state(e, now, &json), &json, true, false);
}

static void asset_topic(const struct publisher *p, int asset, const char *what, char ret_topic[static TOPIC_MAX])
{
    snprintf(ret_topic, TOPIC_MAX, "asset/%s/%s", p->area->site->assets[asset].id, what);
}

void publisher_asset(struct publisher *p, const struct engine *e, int asset, struct instant now)
{
    char topic[TOPIC_MAX];
    char *json = NULL;
    if (!publisher_connected(p))
        return;
    asset_topic(p, asset, "state", topic);
    send(p, topic, message_asset_state(e, asset, now, &json), &json, true, false);
}

void publisher_setpoint(struct publisher *p, const struct engine *e, int asset, struct instant now)
{
    char topic[TOPIC_MAX];
    char *json = NULL;
    if (p->link == NULL)
        return;
    asset_topic(p, asset, "setpoint", topic);
    send(p, topic, message_setpoint(e, asset, now, &json), &json, false, true);
}

void publisher_outage(struct publisher *p, const struct engine *e, struct instant now)
{
    char *json = NULL;
    if (publisher_connected(p) && engine_looks_after_outages(e))
        send(p, "outage", message_outage(e, now, &json), &json, true, false);
}

void publisher_journal(struct publisher *p, const char *json)
{
    if (p->link != NULL)
        publish(p, "outage/journal", json, false, true);
}

void publisher_ledger(struct publisher *p, int tie, const char *json)
{
    char topic[TOPIC_MAX];
    if (p->link == NULL)
        return;
    snprintf(topic, sizeof(topic), "ledger/%s", p->area->site->ties[tie].id);
    publish(p, topic, json, false, true);
}

void publisher_dr_report(struct publisher *p, const char *event, const char *json)
{
    char topic[TOPIC_MAX];
    if (p->link == NULL)
        return;
    snprintf(topic, sizeof(topic), "dr/report/%.128s", event);
    publish(p, topic, json, false, true);
}

void publisher_forecast(struct publisher *p, const struct engine *e, int asset, struct instant now)
{
    enum asset_kind kind = p->area->site->assets[asset].kind;
    char topic[TOPIC_MAX];
    char *json = NULL;
    if (!publisher_connected(p) || (kind != ASSET_LOAD && kind != ASSET_PV))
        return;
    asset_topic(p, asset, "forecast", topic);
    send(p, topic, message_forecast(e, asset, now, &json), &json, true, false);
}

void publisher_plan(struct publisher *p, const struct engine *e, struct instant now)
{
    char *json = NULL;
    if (publisher_connected(p) && engine_plan(e) != NULL)
        send(p, "plan", message_plan(e, now, &json), &json, true, false);
}

void publisher_capability(struct publisher *p, const struct engine *e, struct instant now)
{
    char *json = NULL;
    if (publisher_connected(p) && engine_site(e)->dr.enabled)
        send(p, "dr/capability", message_capability(e, now, &json), &json, true, false);
}

void publisher_alarm(struct publisher *p, const struct alarm *a, struct instant now)
{
    char topic[TOPIC_MAX];
    char *json = NULL;
    if (p->link == NULL)
        return;
    snprintf(topic, sizeof(topic), "alarm/%s", a->id);
    send(p, topic, message_alarm(a, now, &json), &json, true, true);
}

void publisher_alarm_forget(struct publisher *p, const char *id)
{
    char topic[TOPIC_MAX];
    snprintf(topic, sizeof(topic), "alarm/%s", id);
    publish(p, topic, "", true, true);
}

void publisher_signal(struct publisher *p, const struct engine *e, int building, struct instant now)
{
    char topic[TOPIC_MAX];
    char *json = NULL;
    if (p->link == NULL)
        return;
    building_topic(engine_site(e), building, "signal", topic);
    send(p, topic, message_building_signal(e, building, now, &json), &json, true, true);
}

void publisher_advice(struct publisher *p, int building, const char *kind, const char *text, struct instant now)
{
    char topic[TOPIC_MAX];
    char *json = NULL;
    if (p->link == NULL)
        return;
    building_topic(p->area->site, building, "advice", topic);
    if (text == NULL)
        publish(p, topic, "", true, true);
    else
        send(p, topic, message_building_advice(p->area->site, building, kind, text, now, &json), &json, true, true);
}

void publisher_notice(struct publisher *p, int building, const struct notice *n, struct instant now)
{
    char topic[TOPIC_MAX];
    char *json = NULL;
    if (p->link == NULL)
        return;
    building_topic(p->area->site, building, "advice", topic);
    send(p, topic, message_notice(p->area->site, building, n, now, &json), &json, true, true);
}

void publisher_dr_status(struct publisher *p, const char *id, const struct dr_status *status, bool retain,
                         bool must_arrive, struct instant now)
{
    char topic[TOPIC_MAX];
    char *json = NULL;
    if (p == NULL || p->link == NULL)
        return;
    snprintf(topic, sizeof(topic), "dr/event/%s/status", id);
    send(p, topic, message_dr_status(status, now, &json), &json, retain, must_arrive);
}

void publisher_everything(struct publisher *p, const struct engine *e, struct instant now)
{
    publisher_area(p, e, now);
    publisher_plan(p, e, now);
    publisher_capability(p, e, now);
    publisher_outage(p, e, now);
    for (size_t i = 0; i < p->area->site->n_assets; i++)
        publisher_asset(p, e, (int)i, now);
    for (size_t i = 0; i < p->area->site->n_buildings; i++)
        publisher_signal(p, e, (int)i, now);
}
