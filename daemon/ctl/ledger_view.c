// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/ledger_view.h"

#include <string.h>

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

// ---- sums -----------------------------------------------------------------------------------------------------------

struct block { // a bus, or a tie
    char id[SITE_ID_MAX];
    double given_wh, got_wh, owes, is_owed;
};

struct sums {
    struct block blocks[SITE_MAX_BUSES], ties[SITE_MAX_ASSETS];
    size_t n_blocks, n_ties;
    double missing_s;
};

// NULL when there is no room: more than an area can have.
static struct block *find(struct block *list, size_t *io_count, size_t room, const char *id)
{
    for (size_t i = 0; i < *io_count; i++)
        if (strcmp(list[i].id, id) == 0)
            return &list[i];
    if (*io_count == room)
        return NULL;
    struct block *b = &list[(*io_count)++];
    *b = (struct block){0};
    text_copy(b->id, sizeof(b->id), id);
    return b;
}

static void add_flow(struct sums *s, const json_t *interval, const json_t *flow)
{
    double given_wh = number(flow, "given_wh"), got_wh = number(flow, "got_wh"), amount = number(flow, "amount");
    struct block *giver = find(s->blocks, &s->n_blocks, SITE_MAX_BUSES, word(flow, "giver"));
    struct block *getter = find(s->blocks, &s->n_blocks, SITE_MAX_BUSES, word(flow, "getter"));
    struct block *tie = find(s->ties, &s->n_ties, SITE_MAX_ASSETS, word(interval, "tie"));
    if (giver != NULL) {
        giver->given_wh += given_wh;
        giver->is_owed += amount;
    }
    if (getter != NULL) {
        getter->got_wh += got_wh;
        getter->owes += amount;
    }
    if (tie != NULL) {
        tie->given_wh += given_wh;
        tie->got_wh += got_wh;
        tie->is_owed += amount;
    }
}

static void sum_up(const json_t *intervals, struct sums *s)
{
    size_t i, k;
    const json_t *interval, *flow;
    json_array_foreach(intervals, i, interval)
    {
        json_array_foreach(json_object_get(interval, "flows"), k, flow) add_flow(s, interval, flow);
    }
}

// ---- text -----------------------------------------------------------------------------------------------------------

static void blocks_table(const struct sums *s, const char *currency, const struct style *style, struct text *out)
{
    char balance[48];
    snprintf(balance, sizeof(balance), ">balance %.8s", currency);
    const char *const headings[] = {"block", ">gave kWh", ">got kWh", ">is owed", ">owes", balance};
    struct table *t = table_new(headings, sizeof(headings) / sizeof(*headings));
    for (size_t i = 0; i < s->n_blocks; i++) {
        const struct block *b = &s->blocks[i];
        table_cell(t, TINT_PLAIN, "%s", b->id);
        table_cell(t, TINT_PLAIN, "%.1f", b->given_wh / 1000);
        table_cell(t, TINT_PLAIN, "%.1f", b->got_wh / 1000);
        table_cell(t, TINT_PLAIN, "%.2f", b->is_owed);
        table_cell(t, TINT_PLAIN, "%.2f", b->owes);
        table_cell(t, TINT_BOLD, "%+.2f", b->is_owed - b->owes);
    }
    table_render(t, style, 2, out);
    table_free(t);
}

static void ties_table(const struct sums *s, const struct style *style, struct text *out)
{
    const char *const headings[] = {"tie", ">sent kWh", ">arrived kWh", ">lost kWh", ">amount"};
    struct table *t = table_new(headings, sizeof(headings) / sizeof(*headings));
    for (size_t i = 0; i < s->n_ties; i++) {
        const struct block *b = &s->ties[i];
        table_cell(t, TINT_PLAIN, "%s", b->id);
        table_cell(t, TINT_PLAIN, "%.1f", b->given_wh / 1000);
        table_cell(t, TINT_PLAIN, "%.1f", b->got_wh / 1000);
        table_cell(t, TINT_PLAIN, "%.1f", (b->given_wh - b->got_wh) / 1000);
        table_cell(t, TINT_PLAIN, "%.2f", b->is_owed);
    }
    table_render(t, style, 2, out);
    table_free(t);
}

void ledger_view_text(const json_t *reply, const struct style *style, struct text *out)
{
    const json_t *intervals = json_object_get(reply, "intervals");
    struct sums s = {0};
    sum_up(intervals, &s);
    text_appendf(out, "%s: %zu intervals closed\n", word(reply, "month"), json_array_size(intervals));
    if (s.n_ties == 0) {
        text_appendf(out, "nothing was shared over a tie\n");
        return;
    }
    text_appendf(out, "\n");
    blocks_table(&s, word(reply, "currency"), style, out);
    text_appendf(out, "\n");
    ties_table(&s, style, out);
}

// ---- CSV ------------------------------------------------------------------------------------------------------------

void ledger_view_csv(const json_t *reply, struct text *out)
{
    size_t i, k;
    const json_t *interval, *flow;
    text_appendf(out, "start,end,tie,giver,getter,given_kwh,got_kwh,transfer_price_per_kwh,amount,giver_price_per_kwh,"
                      "getter_price_per_kwh,measured_s\n");
    json_array_foreach(json_object_get(reply, "intervals"), i, interval)
    {
        json_array_foreach(json_object_get(interval, "flows"), k, flow) text_appendf(
            out, "%s,%s,%s,%s,%s,%.6f,%.6f,%.6g,%.6f,%.6g,%.6g,%.0f\n", word(interval, "start"), word(interval, "end"),
            word(interval, "tie"), word(flow, "giver"), word(flow, "getter"), number(flow, "given_wh") / 1000,
            number(flow, "got_wh") / 1000, number(interval, "transfer_price_per_kwh"), number(flow, "amount"),
            number(flow, "giver_price_per_kwh"), number(flow, "getter_price_per_kwh"), number(interval, "measured_s"));
    }
}
