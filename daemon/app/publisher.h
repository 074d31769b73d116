// SPDX-License-Identifier: GPL-3.0-or-later
// What the area tells over MQTT: topics, what is retained, and what must arrive. Silent where MQTT is disabled.
#pragma once

#include "core/engine.h"
#include "daemon/app/area.h"
#include "daemon/mqtt/mqtt_link.h"
#include "report/notice.h"

struct publisher;

struct publisher_callbacks {
    void (*on_connected)(void *user, bool connected, const char *why);
    void (*on_command)(void *user, const struct mqtt_message *m);  // a message of `command/<id>`
    void (*on_prices)(void *user, const struct mqtt_message *m);   // a message of `price/<tariff>`
    void (*on_warning)(void *user, const struct mqtt_message *m);  // a message of `outage/warning`
    void (*on_weather)(void *user, const struct mqtt_message *m);  // a message of `weather`
    void (*on_reply)(void *user, const struct mqtt_message *m);    // a message of `building/<id>/reply`
    void (*on_response)(void *user, const struct mqtt_message *m); // `dr/event`, `dr/heartbeat` or a configured topic
    void *user;
};

// Starts connecting to the area's broker. AEMS_E_NOMEM, or what mqtt_link_start says.
int publisher_start(struct loop *loop, struct app_area *area, struct store *store,
                    const struct publisher_callbacks *callbacks, struct publisher **ret_publisher);

// Goes over to another area, connecting anew only where the broker or the topics are other ones. State of assets that
// are gone is removed from the broker.
int publisher_change(struct publisher *p, struct app_area *area);
void publisher_stop(struct publisher *p); // says `offline`; NULL is fine

bool publisher_enabled(const struct publisher *p);
bool publisher_connected(const struct publisher *p);
void publisher_counters(const struct publisher *p, struct mqtt_counters *ret_counters);

void publisher_area(struct publisher *p, const struct engine *e, struct instant now);
void publisher_asset(struct publisher *p, const struct engine *e, int asset, struct instant now);
void publisher_setpoint(struct publisher *p, const struct engine *e, int asset, struct instant now);
void publisher_outage(struct publisher *p, const struct engine *e, struct instant now); // nothing without islands
void publisher_journal(struct publisher *p, const char *json);                          // an entry
void publisher_ledger(struct publisher *p, int tie, const char *json);                  // an interval that has ended
void publisher_dr_report(struct publisher *p, const char *event, const char *json);     // an event was settled
void publisher_forecast(struct publisher *p, const struct engine *e, int asset, struct instant now);
void publisher_capability(struct publisher *p, const struct engine *e, struct instant now);
void publisher_plan(struct publisher *p, const struct engine *e, struct instant now);
void publisher_alarm(struct publisher *p, const struct alarm *a, struct instant now);
void publisher_alarm_forget(struct publisher *p, const char *id); // removes a retained alarm of a former run

void publisher_signal(struct publisher *p, const struct engine *e, int building, struct instant now);
// What people in a building can do; `text` NULL: nothing any more.
void publisher_advice(struct publisher *p, int building, const char *kind, const char *text, struct instant now);
void publisher_notice(struct publisher *p, int building, const struct notice *n, struct instant now); // of outages
// On `dr/event/<id>/status`.
void publisher_dr_status(struct publisher *p, const char *id, const struct dr_status *status, bool retain,
                         bool must_arrive, struct instant now);

// All retained state but the forecasts, after a connection was made.
void publisher_everything(struct publisher *p, const struct engine *e, struct instant now);
