// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of demand response: what is listened to, whom is trusted, how limits are kept, and the buildings behind it.
#include "conf/site_options.h"

const char *const site_keep_names[] = {"instant", "average", NULL};

static const char *const incentive_kinds[] = {"fixed", "critical_peak", "rebate", "time_of_use", NULL};
static const char *const baseline_methods[] = {"high-4-of-5", "10-of-10", "meter-before", NULL};

_Static_assert(sizeof(incentive_kinds) / sizeof(*incentive_kinds) == INCENTIVE_KIND_COUNT + 1, "a name for every kind");
_Static_assert(sizeof(baseline_methods) / sizeof(*baseline_methods) == BASELINE_METHOD_COUNT + 1, "for every method");

#define BASELINE_ROW(type_, meaning_)                                                                                  \
    {                                                                                                                  \
        .name = "baseline", .type = CONF_CHOICE, CONF_AT(type_, baseline), .choices = baseline_methods,                \
        .initial = "high-4-of-5", .meaning = meaning_                                                                  \
    }

#define MONEY_ROW(type_, name_, member_, meaning_)                                                                     \
    {                                                                                                                  \
        .name = name_, .type = CONF_PRICE_KWH, CONF_AT(type_, member_), .low = 0, .high = 1e6, .initial = "0 /kWh",    \
        .meaning = meaning_                                                                                            \
    }

// ---- buildings ------------------------------------------------------------------------------------------------------

static const struct conf_option offer_options[] = {
    {.name = "power",
     .type = CONF_POWER,
     CONF_AT(struct site_offer, power_w),
     .low = 1,
     .high = 1e10,
     .required = true,
     .meaning = "How much less than usual it can draw.",
     .example = "150 kW"},
    MONEY_ROW(struct site_offer, "price", price_per_kwh, "What it costs to ask for it."),
    {.name = "max_duration",
     .type = CONF_DURATION_S,
     CONF_AT(struct site_offer, max_duration_s),
     .low = 900,
     .high = 86400,
     .initial = "4 h",
     .meaning = "How long one event may ask for it."},
    {.name = "tier",
     .type = CONF_CHOICE,
     CONF_AT(struct site_offer, tier),
     .choices = site_load_tiers,
     .initial = "deferrable",
     .meaning = "Tier of what is switched off: of equal prices the tier that is given up first is asked first."},
    {0}};

const struct conf_option site_building_options[] = {
    {.name = "name",
     .type = CONF_TEXT,
     CONF_AT(struct site_building, name),
     .meaning = "Name for people; the id when left out.",
     .example = "Office tower"},
    {.name = "loads",
     .type = CONF_LIST_SCALAR,
     CONF_LIST_AT(struct site_building, loads, n_loads),
     .element = CONF_REFERENCE,
     .target = "loads",
     .max_count = SITE_MAX_ASSETS,
     .required = true,
     .meaning = "What it draws; each load is in one building at most.",
     .example = "[offices]"},
    {.name = "offers",
     .type = CONF_LIST_OF,
     CONF_LIST_AT(struct site_building, offers, n_offers),
     .max_count = SITE_MAX_OFFERS,
     .rows = offer_options,
     .meaning = "What it can do without for some time; its own replies say better."},
    {.name = "incentive_type",
     .type = CONF_CHOICE,
     CONF_AT(struct site_building, incentive),
     .choices = incentive_kinds,
     .initial = "fixed",
     .meaning = "What it is paid for: each kWh delivered of what was asked for (fixed), each kWh below its baseline, "
                "asked for or not (rebate), nothing but a dearer kWh during events (critical_peak), or the prices "
                "alone (time_of_use)."},
    MONEY_ROW(struct site_building, "incentive", incentive_per_kwh,
              "What it is paid per kWh; of critical_peak, how much dearer each kWh is."),
    MONEY_ROW(struct site_building, "penalty", penalty_per_kwh,
              "What it owes for each kWh that was asked for and not delivered."),
    BASELINE_ROW(struct site_building, "What its draw is compared with."),
    {0}};

// ---- trust ----------------------------------------------------------------------------------------------------------

static const struct conf_option key_options[] = {
    {.name = "public_key",
     .type = CONF_CUSTOM,
     .element = CONF_TEXT,
     .read = site_read_public_key,
     CONF_AT(struct site_dr_key, public_key),
     .required = true,
     .meaning = "Public key of Ed25519, base64url: 43 characters.",
     .example = "LtRnhDGJzFM8_amA6K2tptL5kdvB3HbAhn52Zit7lUo"},
    {.name = "from",
     .type = CONF_CUSTOM,
     .element = CONF_INSTANT,
     .read = site_read_from,
     CONF_AT(struct site_dr_key, from_utc_ms),
     .meaning = "What is issued before it is refused; a day begins at 00:00 UTC. Left out: from ever.",
     .example = "2026-01-01"},
    {.name = "until",
     .type = CONF_CUSTOM,
     .element = CONF_INSTANT,
     .read = site_read_until,
     CONF_AT(struct site_dr_key, until_utc_ms),
     .initial = "never",
     .meaning = "What is issued after it is refused; a day ends at 24:00 UTC.",
     .example = "2027-12-31"},
    {.name = "revoked",
     .type = CONF_BOOL,
     CONF_AT(struct site_dr_key, revoked),
     .initial = "false",
     .meaning = "Refuses everything that it signed, whenever that was."},
    {0}};

static const struct conf_option sender_options[] = {
    {.name = "keys",
     .type = CONF_SECTIONS,
     CONF_LIST_AT(struct site_dr_sender, keys, n_keys),
     .max_count = SITE_MAX_DR_KEYS,
     .rows = key_options,
     .meaning = "Its keys by their `kid`, unique over all senders; the old and the new one side by side while they "
                "are changed.",
     .example = "utility-2026"},
    {0}};

// ---- demand response ------------------------------------------------------------------------------------------------

#define LIMIT_ROW(type_, name_, member_, meaning_)                                                                     \
    {                                                                                                                  \
        .name = name_, .type = CONF_CUSTOM, .element = CONF_POWER, .read = site_read_limit, CONF_AT(type_, member_),   \
        .high = 1e10, .initial = "none", .meaning = meaning_                                                           \
    }

static const struct conf_option failsafe_options[] = {
    {.name = "enabled",
     .type = CONF_BOOL,
     CONF_AT(struct site_dr_failsafe, enabled),
     .initial = "false",
     .meaning = "Whether a heartbeat is expected.",
     .example = "true"},
    {.name = "heartbeat",
     .type = CONF_DURATION_S,
     CONF_AT(struct site_dr_failsafe, heartbeat_s),
     .low = 10,
     .high = 3600,
     .initial = "120 s",
     .meaning = "Longest time between two heartbeats."},
    {.name = "duration",
     .type = CONF_DURATION_S,
     CONF_AT(struct site_dr_failsafe, duration_s),
     .low = 2 * 3600,
     .high = 24 * 3600,
     .initial = "2 h",
     .meaning = "Least time for which the limits below hold once the heartbeat is lost."},
    LIMIT_ROW(struct site_dr_failsafe, "import_limit", import_limit_w, "Most the area draws meanwhile."),
    LIMIT_ROW(struct site_dr_failsafe, "export_limit", export_limit_w, "Most the area feeds in meanwhile."),
    {0}};

#define LEVEL_ROW(number_, member_, initial_, meaning_)                                                                \
    {                                                                                                                  \
        .name = number_, .type = CONF_FRACTION, CONF_AT(struct site_dr, member_), .low = 0, .high = 1,                 \
        .initial = initial_, .meaning = meaning_                                                                       \
    }

const struct conf_option site_response_options[] = {
    {.name = "enabled",
     .type = CONF_BOOL,
     CONF_AT(struct site_dr, enabled),
     .initial = "false",
     .meaning = "Whether events of the grid operator are listened to.",
     .example = "true"},
    {.name = "signed",
     .type = CONF_BOOL,
     CONF_AT(struct site_dr, is_signed),
     .initial = "true",
     .meaning = "Refuses what is not signed by one of the keys below."},
    {.name = "clock",
     .type = CONF_BOOL,
     CONF_AT(struct site_dr, needs_clock),
     .initial = "true",
     .meaning = "Refuses new events while the machine's clock is not synchronised."},
    {.name = "senders",
     .type = CONF_SECTIONS,
     CONF_LIST_AT(struct site_dr, senders, n_senders),
     .max_count = SITE_MAX_SENDERS,
     .rows = sender_options,
     .meaning = "Who may send events, with their keys.",
     .example = "utility"},
    {.name = "topics",
     .type = CONF_LIST_SCALAR,
     CONF_LIST_AT(struct site_dr, topics, n_topics),
     .element = CONF_TEXT,
     .max_count = SITE_MAX_TOPICS,
     .meaning = "Further topics to listen to, in full and without wildcards, beside PREFIX/AREA/dr/event.",
     .example = "[utility/events/my-area]"},
    {.name = "targets",
     .type = CONF_LIST_SCALAR,
     CONF_LIST_AT(struct site_dr, targets, n_targets),
     .element = CONF_TEXT,
     .max_count = SITE_MAX_TOPICS,
     .meaning = "Names of this area in the targets of an event, beside its id.",
     .example = "[feeder-12]"},
    {.name = "program",
     .type = CONF_TEXT,
     CONF_AT(struct site_dr, program),
     .meaning = "programID of the events that buildings get; the area's id when left out.",
     .example = "my-area-dr"},
    {.name = "keep",
     .type = CONF_CUSTOM,
     .element = CONF_CHOICE,
     .choices = site_keep_names,
     .read = site_read_keep,
     CONF_AT(struct site_dr, average),
     .initial = "average",
     .meaning = "Whether limits of events are kept over each slot's average or in every second."},
    {.name = "slot",
     .type = CONF_DURATION_S,
     CONF_AT(struct site_dr, slot_s),
     .low = 900,
     .high = 1800,
     .initial = "30 min",
     .meaning = "Length of a slot: 15 min or 30 min."},
    {.name = "floor",
     .type = CONF_POWER,
     CONF_AT(struct site_dr, floor_w),
     .low = 0,
     .high = 1e10,
     .initial = "0 W",
     .meaning = "Import limits below this are raised to it, as section 14a EnWG has it; 0: none.",
     .example = "4.2 kW"},
    LEVEL_ROW("level_1", levels[0], "90 %", "Share of the expected import that SIMPLE 1 leaves."),
    LEVEL_ROW("level_2", levels[1], "75 %", "The same of SIMPLE 2."),
    LEVEL_ROW("level_3", levels[2], "50 %", "The same of SIMPLE 3."),
    LEVEL_ROW("emergency", emergency_frac, "50 %", "The same of ALERT_GRID_EMERGENCY."),
    LIMIT_ROW(struct site_dr, "default_import_limit", default_import_limit_w,
              "Most the area draws while the sender is lost and no event that is known holds."),
    {.name = "lost_after",
     .type = CONF_DURATION_S,
     CONF_AT(struct site_dr, lost_after_s),
     .low = 10,
     .high = 86400,
     .initial = "15 min",
     .meaning = "Without connection to the broker for so long the sender counts as lost."},
    {.name = "failsafe",
     .type = CONF_SECTION,
     .offset = offsetof(struct site_dr, failsafe),
     .rows = failsafe_options,
     .meaning = "Limits while the heartbeat of the grid operator is not heard, shaped after EEBUS LPC and LPP."},
    MONEY_ROW(struct site_dr, "incentive", incentive_per_kwh, "What the area is paid per kWh delivered."),
    MONEY_ROW(struct site_dr, "penalty", penalty_per_kwh,
              "What the area owes for each kWh that was asked for and not delivered."),
    BASELINE_ROW(struct site_dr, "What the area's import is compared with."),
    {.name = "deliver",
     .type = CONF_FRACTION,
     CONF_AT(struct site_dr, deliver_frac),
     .low = 0.1,
     .high = 1,
     .initial = "80 %",
     .meaning = "A building that gives less than this share of what it should is noticed, and others take its part."},
    {0}};
