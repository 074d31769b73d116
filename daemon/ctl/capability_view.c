// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/capability_view.h"

#include <math.h>

#include "base/instant.h"
#include "base/local_time.h"

static double number(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name)); // 0 where it is null
}

// A promise that is much the same as the last one shown needs no line of its own.
static bool alike(const json_t *a, const json_t *b)
{
    static const char *const powers[] = {"down_w", "up_w"}, *const others[] = {"down_h", "up_h", "from_plan"};
    for (size_t i = 0; i < 2; i++)
        if (fabs(number(a, powers[i]) - number(b, powers[i])) > 0.05 * fmax(number(a, powers[i]), number(b, powers[i])))
            return false;
    for (size_t i = 0; i < 2; i++)
        if (number(a, others[i]) != number(b, others[i]))
            return false;
    return json_is_true(json_object_get(a, "from_plan")) == json_is_true(json_object_get(b, "from_plan"));
}

static void add_time(struct table *t, const json_t *slot)
{
    int64_t utc_ms = 0;
    const char *from = json_string_value(json_object_get(slot, "from"));
    if (from == NULL || rfc3339_parse(from, &utc_ms) < 0) {
        table_cell(t, TINT_DIM, "?");
        return;
    }
    struct local_time l = local_time_at(utc_ms);
    table_cell(t, TINT_PLAIN, "%02d-%02d %02d:%02d", l.month, l.day, l.minute / 60, l.minute % 60);
}

static void add_side(struct table *t, const json_t *slot, const char *power, const char *hours, const char *price)
{
    if (number(slot, power) <= 0) {
        for (int i = 0; i < 3; i++)
            table_cell(t, TINT_DIM, "-");
        return;
    }
    table_cell(t, TINT_BOLD, "%.1f", number(slot, power) / 1000);
    table_cell(t, TINT_PLAIN, "%.2f", number(slot, hours));
    table_cell(t, TINT_PLAIN, "%.3f", number(slot, price));
}

void capability_view(const json_t *capability, const struct style *style, struct text *out)
{
    static const char *const headings[] = {"from",     ">less kW", ">for h",   ">per kWh",
                                           ">more kW", ">for h",   ">per kWh", "known from"};
    const json_t *slots = json_object_get(capability, "slots"), *slot, *shown = NULL;
    size_t i;
    if (json_array_size(slots) == 0) {
        text_append(out, "nothing is promised: there is no plan that is followed, or demand_response is not enabled\n");
        return;
    }
    struct table *t = table_new(headings, sizeof(headings) / sizeof(*headings));
    json_array_foreach(slots, i, slot)
    {
        if (shown != NULL && alike(shown, slot))
            continue;
        shown = slot;
        add_time(t, slot);
        add_side(t, slot, "down_w", "down_h", "down_price_per_kwh");
        add_side(t, slot, "up_w", "up_h", "up_price_per_kwh");
        table_cell(t, TINT_DIM, "%s", json_is_true(json_object_get(slot, "from_plan")) ? "plan" : "day before");
    }
    table_render(t, style, 0, out);
    table_free(t);
    const char *currency = json_string_value(json_object_get(capability, "currency"));
    text_appendf(out, "Net import less, or more, than planned; prices in %s. A line holds until the next one.\n",
                 currency != NULL ? currency : "the area's currency");
}
