// SPDX-License-Identifier: GPL-3.0-or-later
// Demand response and buildings: whom events may come from, and what they can be answered with.
#include <string.h>

#include "conf/check.h"
#include "conf/measure.h"

// ---- trust ----------------------------------------------------------------------------------------------------------

static void key_path(char ret_path[static CONF_PATH_SIZE], const char *sender, const char *key, const char *option)
{
    char keys[CONF_PATH_SIZE], entry[CONF_PATH_SIZE];
    check_path(entry, "demand_response.senders", sender, "keys");
    conf_path_key(keys, entry, key);
    if (option == NULL)
        memcpy(ret_path, keys, CONF_PATH_SIZE);
    else
        conf_path_key(ret_path, keys, option);
}

// Compares with every key that stands before it.
static void check_unique_key(struct check *c, size_t sender, size_t key)
{
    const struct site_dr *dr = &c->site->dr;
    const struct site_dr_key *k = &dr->senders[sender].keys[key];
    char path[CONF_PATH_SIZE];
    for (size_t i = 0; i <= sender; i++)
        for (size_t n = 0; n < (i < sender ? dr->senders[i].n_keys : key); n++) {
            const struct site_dr_key *other = &dr->senders[i].keys[n];
            if (strcmp(k->id, other->id) == 0) {
                key_path(path, dr->senders[sender].id, k->id, NULL);
                check_report(c, SEVERITY_ERROR, path, "expected an id of its own: %s has a key of this id",
                             dr->senders[i].id);
            } else if (k->public_key[0] != '\0' && strcmp(k->public_key, other->public_key) == 0) {
                key_path(path, dr->senders[sender].id, k->id, "public_key");
                check_report(c, SEVERITY_ERROR, path,
                             "expected another key than that of %s.%s: revoking one would leave the other",
                             dr->senders[i].id, other->id);
            }
        }
}

static void check_sender(struct check *c, size_t number)
{
    const struct site_dr_sender *s = &c->site->dr.senders[number];
    char path[CONF_PATH_SIZE];
    conf_path_key(path, "demand_response.senders", s->id);
    if (strcmp(s->id, "operator") == 0)
        check_report(c, SEVERITY_ERROR, path, "expected another name: events entered with aemsctl are the operator's");
    if (s->n_keys == 0)
        check_report(c, SEVERITY_WARNING, path, "no event of it is accepted without a key");
    for (size_t i = 0; i < s->n_keys; i++) {
        const struct site_dr_key *k = &s->keys[i];
        key_path(path, s->id, k->id, "until");
        if (k->until_utc_ms <= k->from_utc_ms)
            check_report(c, SEVERITY_ERROR, path, "expected a time after `from`");
        check_unique_key(c, number, i);
    }
}

// A site whose last key was revoked in a hurry must still load: that is how the revocation gets in.
static void check_trust(struct check *c)
{
    const struct site *s = c->site;
    size_t known = 0, good = 0;
    for (size_t i = 0; i < s->dr.n_senders; i++) {
        check_sender(c, i);
        known += s->dr.senders[i].n_keys;
        for (size_t k = 0; k < s->dr.senders[i].n_keys; k++)
            good += s->dr.senders[i].keys[k].revoked ? 0 : 1;
    }
    if (s->dr.enabled && s->dr.is_signed && known == 0)
        check_report(c, SEVERITY_ERROR, "demand_response.signed",
                     "expected the sender's public key, as senders: {utility: {keys: {ID: {public_key: ...}}}}, or "
                     "signed: false where nobody but the sender can write to the broker's topics");
    else if (s->dr.enabled && s->dr.is_signed && good == 0)
        check_report(c, SEVERITY_WARNING, "demand_response.senders", "every key is revoked: no event is accepted");
    if (s->dr.enabled && !s->dr.is_signed && s->mqtt.enabled && !s->mqtt.tls && !check_broker_is_here(s))
        check_report(c, SEVERITY_WARNING, "demand_response.signed",
                     "events cross the network neither signed nor encrypted: whoever can reach it can move the area");
}

// ---- topics ---------------------------------------------------------------------------------------------------------

// A signature binds its topic, which a wildcard does not name.
static bool is_topic(const char *topic)
{
    return topic[0] != '\0' && topic[0] != '$' && strpbrk(topic, "+#") == NULL;
}

// What stands below the area's own prefix has a meaning already, and mostly comes from here.
static bool is_own(const struct site *s, const char *topic)
{
    size_t prefix = strlen(s->mqtt.prefix), id = strlen(s->id);
    return strncmp(topic, s->mqtt.prefix, prefix) == 0 && topic[prefix] == '/' &&
           strncmp(topic + prefix + 1, s->id, id) == 0 && topic[prefix + 1 + id] == '/';
}

static void check_topics(struct check *c)
{
    const struct site *s = c->site;
    for (size_t i = 0; i < s->dr.n_topics; i++) {
        char path[CONF_PATH_SIZE];
        conf_path_index(path, "demand_response.topics", i);
        if (!is_topic(s->dr.topics[i]))
            check_report_alone(c, path,
                               "expected one whole topic such as utility/events, without + and #: what is "
                               "signed is signed for its topic");
        else if (is_own(s, s->dr.topics[i]))
            check_report_alone(c, path, "expected a topic outside %s/%s, whose topics have their meaning already",
                               s->mqtt.prefix, s->id);
        for (size_t k = 0; k < i; k++)
            if (strcmp(s->dr.topics[i], s->dr.topics[k]) == 0)
                check_report_alone(c, path, "expected each topic once");
    }
}

// ---- limits ---------------------------------------------------------------------------------------------------------

static void check_levels(struct check *c)
{
    const struct site_dr *dr = &c->site->dr;
    static const char *const paths[SITE_DR_LEVELS] = {"demand_response.level_1", "demand_response.level_2",
                                                      "demand_response.level_3"};
    for (int i = 1; i < SITE_DR_LEVELS; i++) {
        char limit[32];
        measure_format(CONF_FRACTION, dr->levels[i - 1], limit, sizeof(limit));
        if (dr->levels[i] > dr->levels[i - 1])
            check_report_alone(c, paths[i], "expected at most the %s of level %d: a higher level leaves less", limit,
                               i);
    }
}

static void check_failsafe(struct check *c)
{
    const struct site_dr *dr = &c->site->dr;
    const struct site_dr_failsafe *f = &dr->failsafe;
    if (f->enabled && f->import_limit_w >= SITE_NO_LIMIT_W && f->export_limit_w >= SITE_NO_LIMIT_W)
        check_report(c, SEVERITY_WARNING, "demand_response.failsafe.enabled",
                     "without import_limit or export_limit nothing changes when the heartbeat is lost");
    if (f->enabled && !dr->enabled)
        check_report(c, SEVERITY_WARNING, "demand_response.failsafe.enabled",
                     "no heartbeat is expected while demand_response.enabled is false");
}

static void check_service_of(struct check *c)
{
    const struct site *s = c->site;
    if (s->dr.slot_s != 900 && s->dr.slot_s != 1800)
        check_report_alone(c, "demand_response.slot", "expected 15 min or 30 min");
    if (s->dr.enabled && !s->mqtt.enabled)
        check_report(c, SEVERITY_WARNING, "demand_response.enabled",
                     "without mqtt.enabled only events entered with aemsctl arrive");
}

// ---- buildings ------------------------------------------------------------------------------------------------------

// Loads that the table could not resolve are reported there.
static void check_loads(struct check *c, const struct site_building *b)
{
    const struct site *s = c->site;
    char list[CONF_PATH_SIZE], path[CONF_PATH_SIZE];
    check_path(list, "buildings", b->id, "loads");
    if (b->n_loads == 0)
        check_report(c, SEVERITY_ERROR, list, "expected at least one load");
    for (size_t i = 0; i < b->n_loads; i++) {
        const struct site_load *l =
            b->loads[i] >= 0 && (size_t)b->loads[i] < s->n_loads ? &s->loads[b->loads[i]] : NULL;
        if (l == NULL)
            continue;
        conf_path_index(path, list, i);
        if (l->bus >= 0 && (size_t)l->bus < s->n_buses && s->buses[l->bus].carrier != CARRIER_ELECTRICITY)
            check_report_alone(c, path, "expected a load on an electric bus");
        const struct site_building *first = &s->buildings[site_building_of(s, b->loads[i])];
        bool twice = first != b;
        for (size_t k = 0; k < i; k++)
            twice |= b->loads[k] == b->loads[i];
        if (twice)
            check_report_alone(c, path, "expected a load of no other building: it is in %s already", first->id);
    }
}

static void check_offers(struct check *c, const struct site_building *b)
{
    const struct site *s = c->site;
    double offered_w = 0, peak_w = 0;
    for (size_t i = 0; i < b->n_offers; i++)
        offered_w += b->offers[i].power_w;
    for (size_t i = 0; i < b->n_loads; i++)
        if (b->loads[i] >= 0 && (size_t)b->loads[i] < s->n_loads)
            peak_w += s->loads[b->loads[i]].peak_w;
    char path[CONF_PATH_SIZE], offered[32], peak[32];
    check_path(path, "buildings", b->id, "offers");
    measure_format(CONF_POWER, offered_w, offered, sizeof(offered));
    measure_format(CONF_POWER, peak_w, peak, sizeof(peak));
    if (offered_w > peak_w)
        check_report(c, SEVERITY_WARNING, path, "offers %s in all, but its loads draw %s at most", offered, peak);
}

static void check_building(struct check *c, const struct site_building *b)
{
    const struct site *s = c->site;
    char path[CONF_PATH_SIZE];
    conf_path_key(path, "buildings", b->id);
    int asset = site_find_asset(s, b->id);
    if (asset >= 0)
        check_report(c, SEVERITY_ERROR, path, "expected a name of its own: there is a %s of this name",
                     asset_kind_name(s->assets[asset].kind));
    else if (strcmp(b->id, s->id) == 0)
        check_report(c, SEVERITY_ERROR, path, "expected a name of its own: the area has it");
    check_loads(c, b);
    check_offers(c, b);
}

void check_response(struct check *c)
{
    check_trust(c);
    check_topics(c);
    check_levels(c);
    check_failsafe(c);
    check_service_of(c);
    for (size_t i = 0; i < c->site->n_buildings; i++)
        check_building(c, &c->site->buildings[i]);
}
