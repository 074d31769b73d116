// SPDX-License-Identifier: GPL-3.0-or-later
// A settlement as an OpenADR report: one resource a party, one interval a quarter hour, and a last one over the whole
// event with the money.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "dr/openadr.h"
#include "dr/settlement.h"
#include "report/messages.h"
#include "report/pack.h"

enum { VALUES_A_SLOT = 4 };

struct page { // what a resource borrows
    struct openadr_interval *intervals;
    struct openadr_value *values;
};

static void add_kwh(struct openadr_value *values, size_t *io_count, const char *type, double power_w, double hours)
{
    if (isfinite(power_w))
        values[(*io_count)++] = (struct openadr_value){type, power_w * hours / 1000};
}

// What is not known is left out.
static struct openadr_interval slot_interval(const struct settled_slot *s, struct openadr_value *values)
{
    double hours = (double)(s->until_utc_ms - s->from_utc_ms) / 3600e3;
    size_t n = 0;
    add_kwh(values, &n, "USAGE", s->measured_w, hours);
    add_kwh(values, &n, "BASELINE", s->baseline_w, hours);
    add_kwh(values, &n, "REDUCTION_REQUESTED", s->requested_w, hours);
    add_kwh(values, &n, "REDUCTION_DELIVERED", s->delivered_w, hours);
    return (struct openadr_interval){s->from_utc_ms, s->until_utc_ms, values, n};
}

static int make_page(const struct settlement *s, const struct settled_party *p, struct page *page)
{
    page->intervals = calloc(p->n_slots + 1, sizeof *page->intervals);
    page->values = calloc((p->n_slots + 1) * VALUES_A_SLOT, sizeof *page->values);
    if (page->intervals == NULL || page->values == NULL)
        return AEMS_E_NOMEM;
    for (size_t i = 0; i < p->n_slots; i++)
        page->intervals[i] = slot_interval(&p->slots[i], &page->values[i * VALUES_A_SLOT]);
    struct openadr_value *money = &page->values[p->n_slots * VALUES_A_SLOT];
    money[0] = (struct openadr_value){"INCENTIVE", p->incentive};
    money[1] = (struct openadr_value){"PENALTY", p->penalty};
    page->intervals[p->n_slots] = (struct openadr_interval){s->from_utc_ms, s->until_utc_ms, money, 2};
    return 0;
}

static json_t *write(const struct site *site, const struct settlement *s, const struct openadr_resource *resources,
                     struct instant now)
{
    const struct openadr_descriptor descriptors[] = {{.type = "USAGE", .units = "KWH"},
                                                     {.type = "BASELINE", .units = "KWH"},
                                                     {.type = "REDUCTION_REQUESTED", .units = "KWH"},
                                                     {.type = "REDUCTION_DELIVERED", .units = "KWH"},
                                                     {.type = "INCENTIVE", .currency = site->currency},
                                                     {.type = "PENALTY", .currency = site->currency}};
    char id[DR_ID_SIZE + 8];
    snprintf(id, sizeof id, "%.120s-report", s->event);
    const struct openadr_report_text text = {.id = id,
                                             .name = s->name[0] != '\0' ? s->name : s->event,
                                             .event_id = s->event,
                                             .client = site->id,
                                             .program = s->program[0] != '\0' ? s->program : NULL,
                                             .created_utc_ms = now.utc_ms,
                                             .descriptors = descriptors,
                                             .n_descriptors = sizeof descriptors / sizeof *descriptors,
                                             .resources = resources,
                                             .n_resources = s->n_parties};
    return openadr_write_report(&text);
}

int message_dr_report(const struct site *site, const struct settlement *s, struct instant now, char **ret_json)
{
    struct page *pages = calloc(s->n_parties + 1, sizeof *pages);
    struct openadr_resource *resources = calloc(s->n_parties + 1, sizeof *resources);
    int result = pages != NULL && resources != NULL ? 0 : AEMS_E_NOMEM;
    for (size_t i = 0; result == 0 && i < s->n_parties; i++) {
        result = make_page(s, &s->parties[i], &pages[i]);
        resources[i] = (struct openadr_resource){s->parties[i].id, pages[i].intervals, s->parties[i].n_slots + 1};
    }
    if (result == 0)
        result = pack_finish(write(site, s, resources, now), ret_json);
    for (size_t i = 0; pages != NULL && i < s->n_parties; i++) {
        free(pages[i].intervals);
        free(pages[i].values);
    }
    free(pages);
    free(resources);
    return result;
}
