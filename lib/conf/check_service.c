// SPDX-License-Identifier: GPL-3.0-or-later
// Times that must fit each other, the area, the broker.
#include <string.h>
#include <sys/un.h>

#include "base/local_time.h"
#include "conf/check.h"

static void check_area(struct check *c)
{
    const struct site *s = c->site;
    if (!local_time_zone_exists(s->timezone))
        check_report_alone(c, "area.timezone", "expected a zone of the system's database such as Asia/Tokyo");
    if (s->currency[0] == '\0')
        check_report_alone(c, "area.currency", "expected a currency such as EUR");
    if (s->settlement_s != 900 && s->settlement_s != 1800 && s->settlement_s != 3600)
        check_report_alone(c, "area.settlement", "expected 15 min, 30 min or 60 min");
    if (s->state_directory[0] != '/')
        check_report_alone(c, "state.directory", "expected a path from the root such as /var/lib/aems");
}

static void check_times(struct check *c)
{
    const struct site_plan_settings *plan = &c->site->plan;
    const struct site_control_settings *control = &c->site->control;
    if (plan->deadline_ms >= plan->interval_s * 1000)
        check_report_limit(c, "plan.deadline", "less than the interval of", CONF_DURATION_S, plan->interval_s);
    if (plan->horizon_s <= plan->interval_s)
        check_report_limit(c, "plan.horizon", "more than the interval of", CONF_DURATION_S, plan->interval_s);
    if (3600 % plan->shortest_step_s != 0)
        check_report_alone(c, "plan.shortest_step", "expected a divisor of an hour such as 5 min, 15 min or 60 min");
    if (plan->max_age_s < plan->interval_s)
        check_report_limit(c, "plan.max_age", "at least the interval of", CONF_DURATION_S, plan->interval_s);
    if (control->lease_s * 1000 <= control->cycle_ms)
        check_report_limit(c, "control.lease", "more than the cycle of", CONF_DURATION_MS, control->cycle_ms);
    if (control->open_loop_margin_frac < control->limit_margin_frac)
        check_report(c, SEVERITY_WARNING, "control.open_loop_margin",
                     "expected at least limit_margin: less is known while a meter is lost");
    if (strlen(control->socket) >= sizeof(((struct sockaddr_un *)0)->sun_path) || control->socket[0] == '\0')
        check_report(c, SEVERITY_ERROR, "control.socket", "expected a path of 1 to %zu characters",
                     sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
}

static void check_tls(struct check *c)
{
    const struct site_mqtt *mqtt = &c->site->mqtt;
    if (mqtt->cert_file[0] != '\0' && mqtt->key_file[0] == '\0')
        check_report(c, SEVERITY_ERROR, "mqtt.cert_file", "expected key_file beside it");
    if (mqtt->key_file[0] != '\0' && mqtt->cert_file[0] == '\0')
        check_report(c, SEVERITY_ERROR, "mqtt.key_file", "expected cert_file beside it");
    if (!mqtt->tls && mqtt->cert_file[0] != '\0')
        check_report(c, SEVERITY_ERROR, "mqtt.cert_file", "expected tls: true beside it");
    else if (!mqtt->tls && mqtt->ca_file[0] != '\0')
        check_report(c, SEVERITY_ERROR, "mqtt.ca_file", "expected tls: true beside it");
}

bool check_broker_is_here(const struct site *s)
{
    const char *host = s->mqtt.host;
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
           host[0] == '/';
}

static void check_broker(struct check *c)
{
    const struct site_mqtt *mqtt = &c->site->mqtt;
    if (!mqtt->enabled)
        return;
    if (mqtt->host[0] == '\0')
        check_report(c, SEVERITY_ERROR, "mqtt.host", "expected the name of a broker");
    const char *prefix = mqtt->prefix;
    if (prefix[0] == '\0' || prefix[0] == '/' || prefix[0] == '$' || prefix[strlen(prefix) - 1] == '/' ||
        strpbrk(prefix, "+# ") != NULL)
        check_report(c, SEVERITY_ERROR, "mqtt.prefix",
                     "expected the beginning of a topic such as aems or site/aems, without + and #");
    if (mqtt->password[0] != '\0' && mqtt->username[0] == '\0')
        check_report(c, SEVERITY_ERROR, "mqtt.username", "expected a user, since there is a password");
    if (mqtt->password[0] != '\0' && !mqtt->tls && !check_broker_is_here(c->site))
        check_report(c, SEVERITY_WARNING, "mqtt.tls", "the password crosses the network in clear text");
}

void check_service(struct check *c)
{
    check_area(c);
    check_times(c);
    check_tls(c);
    check_broker(c);
}
