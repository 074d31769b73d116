// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of loads.
#include "conf/site_options.h"

static const char *const load_shapes[] = {"flat", "office", "mall", "home", "hotel", "school", NULL};

const char *const site_load_tiers[] = {"lifeline", "important", "ordinary", "deferrable", NULL};

_Static_assert(sizeof(site_load_tiers) / sizeof(*site_load_tiers) == TIER_COUNT + 1, "a name for every tier");
_Static_assert(sizeof(load_shapes) / sizeof(*load_shapes) == SHAPE_COUNT + 1, "a name for every shape");

#define SHARE_ROW(name_, tier_, example_)                                                                              \
    {                                                                                                                  \
        .name = name_, .type = CONF_FRACTION, .offset = (tier_) * sizeof(double), .initial = "0 %", .low = 0,          \
        .high = 1, .meaning = "Share of the " name_ " tier.", .example = example_                                      \
    }

static const struct conf_option tier_share_options[] = {SHARE_ROW("lifeline", TIER_LIFELINE, "20 %"),
                                                        SHARE_ROW("important", TIER_IMPORTANT, "20 %"),
                                                        SHARE_ROW("ordinary", TIER_ORDINARY, "50 %"),
                                                        SHARE_ROW("deferrable", TIER_DEFERRABLE, "10 %"),
                                                        {0}};

#define COST_ROW(name_, tier_, initial_)                                                                               \
    {                                                                                                                  \
        .name = name_, .type = CONF_PRICE_KWH, .offset = (tier_) * sizeof(double), .low = 0, .high = 1e9,              \
        .initial = initial_, .meaning = "Cost of " name_ " load that is not served."                                   \
    }

static const struct conf_option shed_cost_options[] = {COST_ROW("lifeline", TIER_LIFELINE, "100000 /kWh"),
                                                       COST_ROW("important", TIER_IMPORTANT, "20000 /kWh"),
                                                       COST_ROW("ordinary", TIER_ORDINARY, "5000 /kWh"),
                                                       COST_ROW("deferrable", TIER_DEFERRABLE, "1000 /kWh"),
                                                       {0}};

const struct conf_option site_load_options[] = {
    BUS_ROW(struct site_load, "main"),
    {.name = "shape",
     .type = CONF_CHOICE,
     CONF_AT(struct site_load, shape),
     .choices = load_shapes,
     .initial = "flat",
     .meaning = "Course of a day, until enough has been measured to know better.",
     .example = "office"},
    {.name = "average",
     .type = CONF_POWER,
     CONF_AT(struct site_load, average_w),
     .low = 0,
     .high = 1e12,
     .required = true,
     .meaning = "Average power of a winter weekday.",
     .example = "1200 kW"},
    {.name = "peak",
     .type = CONF_POWER,
     CONF_AT(struct site_load, peak_w),
     .low = 0,
     .high = 1e12,
     .required = true,
     .meaning = "Highest power of a winter weekday.",
     .example = "2200 kW"},
    {.name = "tiers",
     .type = CONF_SECTION,
     .offset = offsetof(struct site_load, tier_share),
     .rows = tier_share_options,
     .meaning = "What the load consists of, by how long it is to be kept in a shortage; adds up to 100 %. Left out: "
                "20 % lifeline, 20 % important, 50 % ordinary, 10 % deferrable."},
    {.name = "sheddable",
     .type = CONF_CHOICE_SET,
     CONF_AT(struct site_load, sheddable),
     .choices = site_load_tiers,
     .meaning = "Tiers that this system can switch off; none when left out.",
     .example = "[ordinary, deferrable]"},
    {.name = "shed_cost",
     .type = CONF_SECTION,
     .offset = offsetof(struct site_load, shed_cost_per_kwh),
     .rows = shed_cost_options,
     .meaning = "What load that is not served counts in the plan; well above every energy price."},
    {0}};
