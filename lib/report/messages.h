// SPDX-License-Identifier: GPL-3.0-or-later
// The engine's knowledge as JSON: MQTT payloads and what aemsctl shows. Topics in messages_topic.
//
// Every payload carries `t` (RFC 3339 UTC) and, where it commands, `valid_until`. Texts are owned by the caller (free).
#pragma once

#include "core/engine.h"
#include "forecast/forecast.h"

int message_area_state(const struct engine *e, struct instant now, char **ret_json);
int message_asset_state(const struct engine *e, int asset, struct instant now, char **ret_json);
int message_setpoint(const struct engine *e, int asset, struct instant now, char **ret_json);
int message_plan(const struct engine *e, struct instant now, char **ret_json);
// An interval of the sharing ledger; `s` names its tie and the buses:
//   {"t", "tie", "from", "to", "start", "end", "measured_s", "transfer_price_per_kwh",
//    "flows": [{"giver", "getter", "given_wh", "got_wh", "giver_price_per_kwh", "getter_price_per_kwh", "amount"}]}
// with one flow for each direction that carried anything. `amount` is what the getter owes the giver.
int message_ledger(const struct site *s, const struct ledger_entry *entry, struct instant now, char **ret_json);
// What an event of demand response came to, as a report object of OpenADR 3.1: a resource for its target and one for
// each building that had a part in it, an interval a slot with USAGE, BASELINE, REDUCTION_REQUESTED and
// REDUCTION_DELIVERED (kWh; what is not known is left out) and a last one over the whole event with INCENTIVE and
// PENALTY (currency).
struct settlement;
int message_dr_report(const struct site *site, const struct settlement *s, struct instant now, char **ret_json);
int message_alarm(const struct alarm *a, struct instant now, char **ret_json); // "" (empty payload) when cleared

// What became of an event of the grid operator; "from", "until" and "reference_w" are null where they are not known:
//   {"t", "id", "state", "why", "from", "until", "reference_w"}
int message_dr_status(const struct dr_status *status, struct instant now, char **ret_json);
const char *dr_state_name(enum dr_state state); // "received", "refused", "scheduled", ...

// A payload of `dr/heartbeat`: {"t"}. With a sentence in `ret_why`: AEMS_E_FORMAT; AEMS_E_REFUSED where `t` is older
// than HEARTBEAT_MAX_AGE_S or more than 5 s ahead (of simulated time so much more as that runs faster).
enum { HEARTBEAT_MAX_BYTES = 512, HEARTBEAT_MAX_AGE_S = 60 };
int message_read_heartbeat(const struct site *s, const char *payload, size_t length, struct instant now, char *ret_why,
                           size_t size);

// What is expected of a load or PV plant in the next 24 hours, and how good its forecasts of a day ahead were. Powers
// are magnitudes, W; figures are null where nothing was compared yet. AEMS_E_NOT_FOUND for an asset of another kind.
//   {"t", "id", "kind", "method": "learned" | "persistence" | "standard", "hours", "mae_w", "pinball_w", "bias_w",
//    "persistence_mae_w", "skill", "band_frac", "from", "step_s", "p10_w": [...], "p50_w": [...], "p90_w": [...]}
int message_forecast(const struct engine *e, int asset, struct instant now, char **ret_json);
// The same of all loads and PV plants, as a list, without the hours ahead.
int message_accuracies(const struct engine *e, struct instant now, char **ret_json);

// Everything `aemsctl status` shows; what is not known is null:
//   {"t", "area", "name", "timezone", "currency", "mode", "outside_degc",
//    "plan": null | {"made", "age_s", "status", "solve_ms", "steps", "scenarios", "fallbacks", "repairs"},
//    "buses": [{"id", "carrier", "price_per_kwh"}],
//    "assets": [{"id", "kind", "bus", "power_w", "quality", "age_s", "soc_frac", "setpoint_w", "valid_until", "reason",
//                "marginal_price_per_kwh", "energy_in_wh", "energy_out_wh", "min_power_w", "max_power_w", "reachable",
//                "obeys"}],                      a tie has "from" beside "bus", a converter "to"; "reason" is a
//                sentence
//               storages: "capacity_wh", "energy_value_per_kwh"; generators: "fuel_frac"; chargers and flexible loads:
//               "group", "energy_value_per_kwh", "session": {"connected", "active", "wished", "until", "missing_wh",
//               "energy_wh", "capacity_wh"}
//    "grids": [{"id", "import_limit_w", "export_limit_w", "month_peak_w", "window_wh", "window_start",
//               "import_price_per_kwh", "export_price_per_kwh", "co2_g_per_kwh", "import_limit_now_w",
//               "export_limit_now_w", "contract_power_w", "incentive_per_kwh"}],
//    "limits": [{"id", "grid", "from", "until", "import_limit_w", "export_limit_w", "incentive_per_kwh",
//                "baseline_w"}],                of demand response
//    "alarms": [{"id", "text", "severity", "since"}],
//    "outage": null | as message_outage, without "islands" and "words"}
int message_status(const struct engine *e, struct instant now, char **ret_json);

// A payload of `command/<id>`, each with `t`:
//   any asset      {"valid_until", "power_w"} | {"mode": "automatic"}
//   area or asset  {"replan": true}
//   charger or flexible load
//                  {"until", "wanted_wh" or "wanted_kwh", "capacity_wh"?, "energy_wh"?}
//   grid           {"id", "from", "until", "import_limit_w"?, "export_limit_w"?, "incentive_per_kwh"?, "baseline_w"?}
//                  {"id", "withdraw": true}
// The command is checked for form here and for sense by engine_consume. AEMS_E_FORMAT, AEMS_E_RANGE, AEMS_E_REFUSED
// (issued more than `max_age_s` ago, or in the future), with a sentence in `ret_why`.
enum { COMMAND_MAX_BYTES = 4096, COMMAND_MAX_AGE_S = 60 };
int message_read_command(const struct site *s, const char *asset_id, const char *payload, size_t length,
                         struct instant now, struct event *ret_event, char *ret_why, size_t size);

// Outages as they stand; AEMS_E_STATE: the area has no islands. What is not known is null, and so is fuel that does not
// end:
//   {"t", "area", "on", "since", "expected_until", "warned", "warned_from", "warned_until", "reserve_frac",
//   "stored_wh",
//    "fuel_wh", "autonomy_h": {"lifeline", "important", "ordinary", "deferrable"},
//    "islands": [{"id", "grid", "state", "since", "supply": "unknown" | "there" | "gone", "disagree", "lives",
//                 "grid_stable", "forming", "forming_w", "forming_low_w", "forming_high_w",
//                 "tiers": {"lifeline": {"served", "demand_w", "served_w"}, ...},
//                 "switches": [{"id", "load" and "tier" or "breaker", "closed", "wanted_closed", "obeys", "reachable",
//                               "power_w", "since"}]}],
//    "words": [{"action", "id", "island", "state", "from", "until", "why"}]}
int message_outage(const struct engine *e, struct instant now, char **ret_json);
const char *outage_word_name(enum outage_word_kind kind); // "warn", "plan", "forbid", "force", "free", "expect"

// What would be if the grid failed now, see core/rehearsing.h; AEMS_E_STATE: the area has no islands.
//   {"t", "area", "outage": as in message_status,
//    "islands": [{"id", "forming", "forming_w", "deficit_w", "restarting", "restarting_w", "fixed_w", "loss": part,
//    "black": part,
//                 "return": part}]}
//   part: {"served_all", "drawn_w", "deficit_w", "took_s", "failed": null | why,
//          "steps": [{"at_s", "drawn_w", "what": "shed" | "served", "switch", "load", "tier", "power_w"} or
//                    {"at_s", "drawn_w", "what": a sentence}]}
int message_rehearsal(const struct engine *e, struct instant now, char **ret_json);

// {"t", "number", "island", "from", "to", "cause"}
int message_journal(const struct site *s, const struct journal_entry *entry, char **ret_json);

// A payload of `command/outage`: {"t", "action", "id"?, "island"?, "why"?, ...} with
//   warn     "from"?, "until"            at most 31 days
//   plan     "from", "until"
//   forbid, force  "state", "from"?, "until"    at most 24 h
//   free     "id", or "state"
//   expect   "until"
// Without an island all are meant; instead of "until" "for_s" is taken, from "from" or now on. Errors as those of a
// command, and AEMS_E_NOT_FOUND.
int message_read_outage(const struct site *s, const char *payload, size_t length, struct instant now,
                        struct event *ret_event, char *ret_why, size_t size);

// A payload of `outage/warning`: the same without an action, or with "warn". Its id begins with OUTAGE_NOTICE_PREFIX
// afterwards.
#define OUTAGE_NOTICE_PREFIX "notice-"
int message_read_warning(const struct site *s, const char *payload, size_t length, struct instant now,
                         struct event *ret_event, char *ret_why, size_t size);

// What a building is asked for: an OpenADR event object with it as target, intervals of IMPORT_CAPACITY_LIMIT (kW) and
// SIMPLE where something is asked, and PRICE; beside that "t", "incentive" (what PRICE means) and "version". Its id,
// "signal-<building>", stays the same: the newer object takes the place of the older. Nothing is asked: no intervals.
int message_building_signal(const struct engine *e, int building, struct instant now, char **ret_json);

// {"t", "id", "kind": "emergency" | ..., "text"}: what people in the building can do now.
int message_building_advice(const struct site *s, int building, const char *kind, const char *text, struct instant now,
                            char **ret_json);

// {"t", "currency", "buildings": [{"id", "name", "incentive", "state": "idle" | "scheduled" | "asked" | "accepted" |
//  "opted_out" | "failing", "until", "offered_w", "asked_w", "delivered_w", "drawn_w", "accepted", "opted_out",
//  "failing", "version", "slots": [{"from", "until", "reduction_w", "limit_w", "level", "price_per_kwh"}]}]}
int message_buildings(const struct engine *e, struct instant now, char **ret_json);

// What the area could do if it were asked to; without a plan that is followed `plan_made` is null and `slots` empty:
//   {"t", "area", "currency", "plan_made", "slot_s", "slots": [{"from", "down_w", "down_h", "down_price_per_kwh",
//   "up_w",
//    "up_h", "up_price_per_kwh", "from_plan"}]}        prices are null where the power is 0
int message_capability(const struct engine *e, struct instant now, char **ret_json);

// A payload of `building/<id>/reply`: {"t", "reply": "accept" | "opt_out", "event"?, "until"?,
// "offers"?: [{"power_w" or "power_kw", "price_per_kwh", "max_duration_s", "tier"?}]}. Errors as those of a command.
enum { REPLY_MAX_BYTES = 4096, REPLY_MAX_AGE_S = COMMAND_MAX_AGE_S };
int message_read_reply(const struct site *s, const char *building_id, const char *payload, size_t length,
                       struct instant now, struct event *ret_event, char *ret_why, size_t size);

// A payload of `price/<tariff>`: {"t", "points": [{"from", "import_price_per_kwh"?, "export_price_per_kwh"?,
// "co2_g_per_kwh"?}...]}, 1 to SITE_MAX_PRICES of them. Data, not a command: `t` may be of any age. Errors as above;
// `*ret_points` is owned by the caller (free) and borrowed by the event.
enum { PRICES_MAX_BYTES = 192 * SITE_MAX_PRICES };
int message_read_prices(const struct site *s, const char *tariff_id, const char *payload, size_t length,
                        struct instant now, struct site_price_point **ret_points, struct event *ret_event,
                        char *ret_why, size_t size);

// A payload of `weather`: {"t", "points": [{"from", "temp_degc"?, "irradiance_wm2"?, "cloud_frac"?}...]}, 1 to
// FORECAST_MAX_WEATHER of them; one of the numbers at least, null is the same as left out. Data, as prices are. Errors
// and ownership as above.
enum { WEATHER_MAX_BYTES = 160 * FORECAST_MAX_WEATHER };
int message_read_weather(const struct site *s, const char *payload, size_t length, struct instant now,
                         struct forecast_weather **ret_points, struct event *ret_event, char *ret_why, size_t size);
