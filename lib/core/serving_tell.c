// SPDX-License-Identifier: GPL-3.0-or-later
// What the journal has of who is served: only what is news to whoever has read it so far. Circuits that are shed at
// once, by the plan, and come back share one memory.
#include "core/serving_items.h"

enum { LASTS_S = 30 * 60 };

static enum served_part part_of(const struct item *items, const struct shed_item *as_seen, size_t n,
                                enum load_tier tier)
{
    bool some_on = false, some_off = false;
    for (size_t i = 0; i < n; i++)
        if (items[i].tier == tier && items[i].kind != ITEM_PAUSED && as_seen[i].power_w > 0) {
            some_on |= as_seen[i].served;
            some_off |= !as_seen[i].served;
        }
    return !some_off ? SERVED_ALL : some_on ? SERVED_PART : SERVED_NONE;
}

static void look(const struct engine *e, int island, struct instant now, enum served_part *ret_parts)
{
    struct item items[SERVING_MAX_ITEMS];
    struct shed_item as_seen[SERVING_MAX_ITEMS];
    size_t n = items_list(e, island, items);
    serving_items(e, island, now, as_seen);
    for (int t = 0; t < TIER_COUNT; t++)
        ret_parts[t] = part_of(items, as_seen, n, (enum load_tier)t);
}

// Nobody is to believe that more is served than is. What is better has to last before it is said, because circuits take
// turns; but for lifelines that all have again.
static bool is_news(const struct engine *e, const struct served_told *told, int tier, enum served_part part,
                    struct instant now)
{
    bool lifelines = tier == TIER_LIFELINE && part == SERVED_ALL;
    bool lasts = told->mono_ms[tier] == 0 || elapsed_ms(told->mono_ms[tier], now.mono_ms) >= area_ms(e, LASTS_S);
    return part > told->parts[tier] || (part < told->parts[tier] && (lifelines || lasts));
}

static void tell(struct engine *e, int island, enum load_tier tier, enum served_part part)
{
    static const char *const worse[] = {"", "shed in part", "shed"}, *const better[] = {"", "in part ", ""};
    if (part > e->outage.islands[island].told.parts[tier])
        journal(e, island, "%s loads are %s", load_tier_name(tier), worse[part]);
    else if (tier == TIER_LIFELINE && part == SERVED_ALL)
        journal(e, island, "%s loads are served again", load_tier_name(tier));
    else
        journal(e, island, "%s loads have been served again %sfor %d min", load_tier_name(tier), better[part],
                LASTS_S / 60);
}

void serving_tell(struct engine *e, int island, struct instant now)
{
    struct served_told *told = &e->outage.islands[island].told;
    enum served_part parts[TIER_COUNT];
    look(e, island, now, parts);
    for (int t = TIER_COUNT - 1; t >= 0; t--) {
        if (is_news(e, told, t, parts[t], now)) {
            tell(e, island, (enum load_tier)t, parts[t]);
            told->parts[t] = parts[t];
        }
        if (parts[t] == told->parts[t])
            told->mono_ms[t] = now.mono_ms;
    }
}

void serving_tell_all(struct engine *e, int island)
{
    struct served_told *told = &e->outage.islands[island].told;
    bool any = false;
    for (int t = 0; t < TIER_COUNT; t++)
        any |= told->parts[t] != SERVED_ALL;
    if (any)
        journal(e, island, "all loads are served again");
    *told = (struct served_told){0};
}

void serving_take_note(struct engine *e, int island, struct instant now)
{
    struct served_told *told = &e->outage.islands[island].told;
    *told = (struct served_told){0};
    look(e, island, now, told->parts);
}
