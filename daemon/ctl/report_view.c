// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/report_view.h"

#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/local_time.h"
#include "site/site.h"

static const char *word(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static double number(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

// ---- text -----------------------------------------------------------------------------------------------------------

static void when(const json_t *report, char *ret, size_t size)
{
    int64_t from, until;
    if (rfc3339_parse(word(report, "from"), &from) < 0 || rfc3339_parse(word(report, "until"), &until) < 0) {
        snprintf(ret, size, "?");
        return;
    }
    struct local_time a = local_time_at(from), b = local_time_at(until);
    snprintf(ret, size, "%02d-%02d %02d:%02d-%02d:%02d", a.month, a.day, a.minute / 60, a.minute % 60, b.minute / 60,
             b.minute % 60);
}

static void share_cell(struct table *t, const json_t *party)
{
    double requested = number(party, "requested_wh"), delivered = number(party, "delivered_wh");
    if (requested <= 0 || !json_is_true(json_object_get(party, "has_baseline"))) {
        table_cell(t, TINT_DIM, "-");
        return;
    }
    double share = delivered / requested;
    table_cell(t, share < 0.8 ? TINT_BAD : share < 1 ? TINT_WARN : TINT_GOOD, "%.0f %%", share * 100);
}

static void known_cell(struct table *t, bool known, double wh)
{
    if (known)
        table_cell(t, TINT_PLAIN, "%.1f", wh / 1000);
    else
        table_cell(t, TINT_DIM, "-");
}

static void method_cell(struct table *t, const json_t *party)
{
    bool known = json_is_true(json_object_get(party, "has_baseline"));
    bool gaps = number(party, "unmeasured_s") > 0;
    table_cell(t, known && !gaps ? TINT_PLAIN : TINT_WARN, "%s%s", known ? word(party, "method") : "no baseline",
               gaps ? ", gaps" : "");
}

static void party_row(struct table *t, const json_t *report, const json_t *party, bool first)
{
    char span[40];
    bool known = json_is_true(json_object_get(party, "has_baseline"));
    bool cancelled = json_is_true(json_object_get(report, "cancelled"));
    when(report, span, sizeof(span));
    const char *name = word(report, "name")[0] != '\0' ? word(report, "name") : word(report, "event");
    table_cell(t, TINT_PLAIN, "%s", first ? span : "");
    table_cell(t, TINT_PLAIN, "%s%s", first ? name : "", first && cancelled ? " (cancelled)" : "");
    table_cell(t, TINT_PLAIN, "%s", word(party, "id"));
    known_cell(t, json_is_number(json_object_get(party, "requested_wh")), number(party, "requested_wh"));
    known_cell(t, known, number(party, "delivered_wh"));
    share_cell(t, party);
    known_cell(t, known, number(party, "baseline_wh"));
    known_cell(t, true, number(party, "measured_wh"));
    table_cell(t, TINT_PLAIN, "%.2f", number(party, "incentive"));
    table_cell(t, TINT_PLAIN, "%.2f", number(party, "penalty"));
    method_cell(t, party);
}

static void events_table(const json_t *reports, const struct style *style, struct text *out)
{
    static const char *const headings[] = {"when",       "event",    "party",     ">asked kWh",
                                           ">given kWh", ">share",   ">base kWh", ">drawn kWh",
                                           ">incentive", ">penalty", "baseline"};
    struct table *t = table_new(headings, sizeof(headings) / sizeof(*headings));
    size_t i, k;
    const json_t *report, *party;
    json_array_foreach(reports, i, report)
    {
        json_array_foreach(json_object_get(report, "parties"), k, party) party_row(t, report, party, k == 0);
    }
    table_render(t, style, 2, out);
    table_free(t);
}

// ---- sums -----------------------------------------------------------------------------------------------------------

struct sum { // of a party over all events
    const char *id;
    int events;
    double requested_wh, delivered_wh, incentive, penalty;
};

static struct sum *find(struct sum *sums, size_t *io_count, size_t room, const char *id)
{
    for (size_t i = 0; i < *io_count; i++)
        if (strcmp(sums[i].id, id) == 0)
            return &sums[i];
    if (*io_count == room)
        return NULL;
    sums[*io_count] = (struct sum){.id = id};
    return &sums[(*io_count)++];
}

static size_t sum_up(const json_t *reports, struct sum *sums, size_t room)
{
    size_t i, k, n = 0;
    const json_t *report, *party;
    json_array_foreach(reports, i, report)
    {
        json_array_foreach(json_object_get(report, "parties"), k, party)
        {
            struct sum *s = find(sums, &n, room, word(party, "id"));
            if (s == NULL)
                continue;
            s->events++;
            s->requested_wh += number(party, "requested_wh");
            s->delivered_wh += number(party, "delivered_wh");
            s->incentive += number(party, "incentive");
            s->penalty += number(party, "penalty");
        }
    }
    return n;
}

static void sums_table(const json_t *reply, const struct style *style, struct text *out)
{
    struct sum sums[SITE_MAX_BUILDINGS + SITE_MAX_BUSES];
    size_t n = sum_up(json_object_get(reply, "reports"), sums, sizeof(sums) / sizeof(*sums));
    char balance[48];
    snprintf(balance, sizeof(balance), ">balance %.8s", word(reply, "currency"));
    const char *const headings[] = {"party", ">events", ">asked kWh", ">given kWh", ">incentive", ">penalty", balance};
    struct table *t = table_new(headings, sizeof(headings) / sizeof(*headings));
    for (size_t i = 0; i < n; i++) {
        table_cell(t, TINT_PLAIN, "%s", sums[i].id);
        table_cell(t, TINT_PLAIN, "%d", sums[i].events);
        table_cell(t, TINT_PLAIN, "%.1f", sums[i].requested_wh / 1000);
        table_cell(t, TINT_PLAIN, "%.1f", sums[i].delivered_wh / 1000);
        table_cell(t, TINT_PLAIN, "%.2f", sums[i].incentive);
        table_cell(t, TINT_PLAIN, "%.2f", sums[i].penalty);
        table_cell(t, TINT_BOLD, "%+.2f", sums[i].incentive - sums[i].penalty);
    }
    table_render(t, style, 2, out);
    table_free(t);
}

void report_view_text(const json_t *reply, const struct style *style, struct text *out)
{
    const json_t *reports = json_object_get(reply, "reports");
    size_t n = json_array_size(reports);
    text_appendf(out, "%s: %zu event%s settled\n", word(reply, "month"), n, n == 1 ? "" : "s");
    if (n == 0)
        return;
    text_appendf(out, "\n");
    events_table(reports, style, out);
    text_appendf(out, "\n");
    sums_table(reply, style, out);
}

// ---- CSV ------------------------------------------------------------------------------------------------------------

static void csv_power(const json_t *slot, const char *name, struct text *out)
{
    const json_t *value = json_object_get(slot, name);
    if (json_is_number(value))
        text_appendf(out, ",%.6f", json_number_value(value) / 1000);
    else
        text_append(out, ",");
}

void report_view_csv(const json_t *reply, struct text *out)
{
    size_t i, k, n;
    const json_t *report, *party, *slot;
    text_append(out, "event,party,method,from,until,baseline_kw,measured_kw,requested_kw,delivered_kw\n");
    json_array_foreach(json_object_get(reply, "reports"), i, report)
    {
        json_array_foreach(json_object_get(report, "parties"), k, party)
        {
            json_array_foreach(json_object_get(party, "slots"), n, slot)
            {
                text_appendf(out, "%s,%s,%s,%s,%s", word(report, "event"), word(party, "id"), word(party, "method"),
                             word(slot, "from"), word(slot, "until"));
                csv_power(slot, "baseline_w", out);
                csv_power(slot, "measured_w", out);
                csv_power(slot, "requested_w", out);
                csv_power(slot, "delivered_w", out);
                text_append(out, "\n");
            }
        }
    }
}
