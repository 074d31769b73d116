// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of what is done when the grid is away: the outage as a whole, islands and switches.
#include "conf/reader.h"
#include "conf/site_options.h"

// ---- the outage -----------------------------------------------------------------------------------------------------

#define OUTAGE_ROW(name_, type_, member_, low_, high_, initial_, meaning_)                                             \
    {                                                                                                                  \
        .name = name_, .type = type_, CONF_AT(struct site_outage, member_), .low = low_, .high = high_,                \
        .initial = initial_, .meaning = meaning_                                                                       \
    }

const struct conf_option site_outage_options[] = {
    {.name = "enabled",
     .type = CONF_BOOL,
     CONF_AT(struct site_outage, enabled),
     .initial = "false",
     .meaning = "Whether the islands below are watched over and supplied when their grid is lost."},
    OUTAGE_ROW("horizon", CONF_DURATION_S, horizon_s, 3600, 14 * 86400, "72 h",
               "From the beginning of an outage the supply is to last for so long."),
    OUTAGE_ROW("beyond", CONF_DURATION_S, beyond_s, 0, 7 * 86400, "2 h",
               "Lifelines alone are to last for so much longer."),
    OUTAGE_ROW("least_served", CONF_FRACTION, least_frac, 0, 1, "50 %",
               "Share of every hour's demand that is served before any hour is served more, as far as it lasts."),
    OUTAGE_ROW("warned_reserve", CONF_FRACTION, warned_frac, 0, 1, "90 %",
               "Share of the batteries' capacity that is kept while somebody has warned of an outage."),
    OUTAGE_ROW("pv_quantile", CONF_FRACTION, pv_quantile, 0, 1, "30 %",
               "How cautiously an outage's plan counts on the sun: it gives less than that with this probability."),
    OUTAGE_ROW("stable_time", CONF_DURATION_S, stable_s, 1, 3600, "300 s",
               "The grid must be there for so long without a break before an island is connected to it again."),
    OUTAGE_ROW("dwell", CONF_DURATION_S, dwell_s, 0, 4 * 3600, "15 min",
               "What the plan sheds or serves stays so for so long at least, so that nothing flickers."),
    OUTAGE_ROW("settle", CONF_DURATION_S, settle_s, 1, 600, "20 s", "Time between two circuits that come back."),
    OUTAGE_ROW("lost_voltage", CONF_FRACTION, lost_voltage_frac, 0.05, 0.5, "20 %",
               "Further from the nominal voltage than this, the grid is gone."),
    OUTAGE_ROW("lost_frequency", CONF_FREQUENCY, lost_frequency_hz, 0.2, 10, "2.5 Hz",
               "Further from the nominal frequency than this, the grid is gone."),
    OUTAGE_ROW("stable_voltage", CONF_FRACTION, stable_voltage_frac, 0.01, 0.2, "10 %",
               "No further from the nominal voltage than this, the grid is stable; less than lost_voltage."),
    OUTAGE_ROW("stable_frequency", CONF_FREQUENCY, stable_frequency_hz, 0.05, 2, "0.2 Hz",
               "No further from the nominal frequency than this, the grid is stable; less than lost_frequency."),
    OUTAGE_ROW("confirm", CONF_DURATION_MS, confirm_ms, 0, 10e3, "300 ms",
               "One witness alone that says that the grid is gone is believed after so long; two that agree at once."),
    {0}};

// ---- islands --------------------------------------------------------------------------------------------------------

// A list into the array that stands in the island itself.
void site_read_forming(struct conf_reader *reader, const struct conf_option *option, const char *path,
                       const struct conf_node *node, void *target)
{
    const struct conf_option asset = {.type = CONF_REFERENCE, .target = option->target};
    struct site_island *island = target;
    if (node->kind != CONF_LIST) {
        conf_error(reader, node, path, "expected a list of assets such as [b1, gas]");
        return;
    }
    if (node->count > SITE_MAX_FORMING) {
        conf_error(reader, node, path, "expected at most %d entries, found %zu", SITE_MAX_FORMING, node->count);
        return;
    }
    island->n_forming = node->count;
    for (size_t i = 0; i < node->count; i++) {
        char entry[CONF_PATH_SIZE];
        conf_path_index(entry, path, i);
        island->forming[i] = -1; // until it is resolved
        reader_refer(reader, &asset, entry, node->items[i], &island->forming[i]);
    }
}

const struct conf_option site_island_options[] = {
    {.name = "grid",
     .type = CONF_REFERENCE,
     CONF_AT(struct site_island, grid),
     .target = "grids",
     .required = true,
     .meaning = "Grid connection that it does without; the island is what hangs on that one's bus.",
     .example = "grid1"},
    {.name = "forming",
     .type = CONF_CUSTOM,
     .element = CONF_LIST_SCALAR,
     .target = "assets",
     .read = site_read_forming,
     .required = true,
     .meaning = "Who holds voltage and frequency, the first that can: up to four batteries or generators on its bus "
                "whose equipment can do so, or ties to another bus.",
     .example = "[b1, gas]"},
    {.name = "breaker",
     .type = CONF_REFERENCE,
     CONF_AT(struct site_island, breaker),
     .target = "switches",
     .meaning = "Switch at the point of coupling; left out where the interconnection opens and closes by itself.",
     .example = "coupling"},
    {.name = "headroom",
     .type = CONF_FRACTION,
     CONF_AT(struct site_island, headroom_frac),
     .low = 0,
     .high = 0.9,
     .initial = "15 %",
     .meaning = "Share of the forming asset's power that is kept free for the largest step of load or sun."},
    {.name = "voltage",
     .type = CONF_VOLTAGE,
     CONF_AT(struct site_island, voltage_v),
     .low = 0,
     .high = 1e6,
     .initial = "0 V",
     .meaning = "Nominal voltage as the connection's meter tells it; 0: voltage is not judged.",
     .example = "230 V"},
    {.name = "frequency",
     .type = CONF_FREQUENCY,
     CONF_AT(struct site_island, frequency_hz),
     .low = 0,
     .high = 100,
     .initial = "0 Hz",
     .meaning = "Nominal frequency, 50 Hz or 60 Hz; 0: frequency is not judged.",
     .example = "50 Hz"},
    {0}};

// ---- switches -------------------------------------------------------------------------------------------------------

const struct conf_option site_switch_options[] = {
    {.name = "load",
     .type = CONF_REFERENCE,
     CONF_AT(struct site_switch, load),
     .target = "loads",
     .meaning = "Load of which it switches a part; left out for an island's breaker.",
     .example = "offices"},
    {.name = "tier",
     .type = CONF_CHOICE,
     CONF_AT(struct site_switch, tier),
     .choices = site_load_tiers,
     .meaning = "Tier of what is behind it; needed with a load.",
     .example = "ordinary"},
    {.name = "share",
     .type = CONF_FRACTION,
     CONF_AT(struct site_switch, share),
     .low = 0.0001,
     .high = 1,
     .meaning = "Share of the load's power that is behind it. Left out: what other switches leave of the tier's share, "
                "divided by those that do not say.",
     .example = "10 %"},
    {.name = "inrush",
     .type = CONF_NUMBER,
     CONF_AT(struct site_switch, inrush),
     .low = 1,
     .high = 10,
     .initial = "1.5",
     .meaning = "Most that it draws when it is closed again, as a multiple of its power."},
    {.name = "unconfirmed",
     .type = CONF_BOOL,
     CONF_AT(struct site_switch, unconfirmed),
     .initial = "false",
     .meaning = "It is known to have no feedback contact: what it was told is believed."},
    {0}};
