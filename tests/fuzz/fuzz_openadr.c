// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes are a message of the grid operator, taken whole and sound, or refused with a reason that harms nobody.
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf/conf.h"
#include "dr/openadr.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const char config[] = "area: {id: a, latitude: 1 deg, longitude: 1 deg, currency: USD}\nbuses: {b: {}}\n"
                             "tariffs: {t: {import: [{price: 1}]}}\n"
                             "grids: {g: {bus: b, import_limit: 1 kW, tariff: t}}\n"
                             "demand_response: {targets: [feeder]}\n";

static void require(bool holds)
{
    if (!holds)
        abort();
}

// UTF-8 without control characters.
static void check_line(const char *text)
{
    json_t *utf8 = json_string(text);
    require(utf8 != NULL);
    json_decref(utf8);
    for (; *text != '\0'; text++)
        require((unsigned char)*text >= 0x20 && *text != 0x7F);
}

static void check_event(const struct site *site, const struct dr_event *e, int64_t now_utc_ms)
{
    char *text = NULL, *again = NULL;
    struct dr_event *copy = NULL;
    require(dr_event_is_sound(e, site->n_grids));
    require(e->n_signals > 0 && e->until_utc_ms > now_utc_ms && e->until_utc_ms > e->from_utc_ms);
    check_line(e->name);
    check_line(e->program);
    check_line(e->text);
    require(dr_event_to_json(e, site, &text) == 0);
    require(dr_event_from_json(text, strlen(text), site, &copy) == 0);
    require(dr_event_to_json(copy, site, &again) == 0 && strcmp(text, again) == 0);
    dr_event_free(copy);
    free(text);
    free(again);
    int64_t next = e->from_utc_ms - 1; // always ahead, whatever comes again
    for (int i = 0; i < 300 && next < DR_FOREVER_MS; i++) {
        int64_t later = dr_event_next_change(e, next);
        require(later > next);
        next = later;
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static struct site *site;
    struct diagnostics d = {0};
    struct openadr_message m;
    char why[OPENADR_WHY_SIZE];
    if (site == NULL)
        require(conf_load_text("fuzz.yaml", config, strlen(config), &d, &site) == 0);
    diagnostics_free(&d);
    if (size < 1)
        return 0;
    struct instant now = {.utc_ms = INT64_C(1768392000000), .mono_ms = 1}; // 2026-01-14T12:00:00Z
    int result = openadr_read(site, (const char *)data, size - 1, now, data[size - 1] / 256.0, &m, why, sizeof(why));
    require(result == 0 || result == AEMS_E_FORMAT || result == AEMS_E_RANGE || result == AEMS_E_LIMIT ||
            result == AEMS_E_REFUSED);
    require((result == 0) == (why[0] == '\0') && (result == 0 || m.event == NULL));
    check_line(why);
    check_line(m.notes);
    check_line(m.id);
    if (m.event != NULL)
        check_event(site, m.event, now.utc_ms);
    openadr_message_free(&m);
    return 0;
}
