// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions, limits and prices as JSON and back: a restart must not forget what somebody was promised.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "core/saving.h"

static const double LARGEST_WH = 1e10;
static const int64_t LATEST_MS = INT64_C(253402300799000); // 9999

// ---- sessions -------------------------------------------------------------------------------------------------------

json_t *save_session(const struct engine *e, int asset)
{
    if (site_flexible_of(e->site, asset) == NULL)
        return NULL;
    const struct session_state *s = &e->assets[asset].session;
    return json_pack("{s:b, s:b, s:b, s:b, s:I, s:f, s:f, s:f, s:f, s:f}", "active", (int)s->active, "connected",
                     (int)s->connected, "wished", (int)s->wished, "soc_told", (int)s->soc_told, "until_ms",
                     (json_int_t)s->until_utc_ms, "capacity_wh", s->capacity_wh, "start_wh", s->start_wh, "had_wh",
                     s->had_wh, "wanted_wh", s->wanted_wh, "counter_wh", s->counter_wh);
}

static bool session_is_sound(const struct session_state *s)
{
    return in_range(s->capacity_wh, 0, LARGEST_WH) && in_range(s->start_wh, -LARGEST_WH, LARGEST_WH) &&
           in_range(s->had_wh, -LARGEST_WH, LARGEST_WH) && in_range(s->wanted_wh, 0, LARGEST_WH) &&
           in_range(s->counter_wh, -1, LARGEST_WH);
}

int restore_session(struct engine *e, int asset, json_t *json, struct instant now)
{
    struct session_state s = {0};
    int active, connected, wished, soc_told;
    json_int_t until;
    if (site_flexible_of(e->site, asset) == NULL)
        return AEMS_E_NOT_FOUND;
    if (json_unpack(json, "{s:b, s:b, s:b, s:b, s:I, s:F, s:F, s:F, s:F, s:F!}", "active", &active, "connected",
                    &connected, "wished", &wished, "soc_told", &soc_told, "until_ms", &until, "capacity_wh",
                    &s.capacity_wh, "start_wh", &s.start_wh, "had_wh", &s.had_wh, "wanted_wh", &s.wanted_wh,
                    "counter_wh", &s.counter_wh) < 0)
        return AEMS_E_FORMAT;
    if (!session_is_sound(&s) || until > LATEST_MS)
        return AEMS_E_FORMAT;
    if (!active || until <= now.utc_ms)
        return 0;
    s.active = true;
    s.connected = connected;
    s.wished = wished;
    s.soc_told = soc_told;
    s.until_utc_ms = until;
    e->assets[asset].session = s;
    return 0;
}

// ---- limits ---------------------------------------------------------------------------------------------------------

json_t *save_limits(const struct engine *e)
{
    json_t *list = json_array();
    for (size_t i = 0; i < e->limits.count; i++) {
        const struct grid_limit *l = &e->limits.limits[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:f, s:f, s:f, s:f}", "id", l->id, "grid",
                                              e->site->grids[l->grid].id, "from_ms", (json_int_t)l->from_utc_ms,
                                              "until_ms", (json_int_t)l->until_utc_ms, "import_limit_w",
                                              l->import_limit_w, "export_limit_w", l->export_limit_w,
                                              "incentive_per_kwh", l->incentive_per_kwh, "baseline_w", l->baseline_w));
    }
    return json_pack("{s:o}", "limits", list);
}

static int grid_by_id(const struct site *s, const char *id)
{
    for (size_t g = 0; g < s->n_grids; g++)
        if (strcmp(s->grids[g].id, id) == 0)
            return (int)g;
    return -1;
}

// False for one that no connection of this site has any more; AEMS_E_FORMAT in `io_result` for rubbish.
static bool read_limit(const struct engine *e, json_t *json, struct grid_limit *ret, int *io_result)
{
    const char *id, *grid;
    json_int_t from, until;
    char why[96];
    if (json_unpack(json, "{s:s, s:s, s:I, s:I, s:F, s:F, s:F, s:F!}", "id", &id, "grid", &grid, "from_ms", &from,
                    "until_ms", &until, "import_limit_w", &ret->import_limit_w, "export_limit_w", &ret->export_limit_w,
                    "incentive_per_kwh", &ret->incentive_per_kwh, "baseline_w", &ret->baseline_w) < 0 ||
        text_copy(ret->id, sizeof ret->id, id) < 0) {
        *io_result = AEMS_E_FORMAT;
        return false;
    }
    ret->grid = grid_by_id(e->site, grid);
    ret->from_utc_ms = from;
    ret->until_utc_ms = until;
    bool withdrawn = until <= from; // nothing that was kept
    if (withdrawn || (ret->grid >= 0 && limits_judge(e, ret, why, sizeof why) < 0))
        *io_result = AEMS_E_FORMAT;
    return ret->grid >= 0;
}

int restore_limits(struct engine *e, json_t *json, struct instant now)
{
    struct limit_book book = {0};
    json_t *list, *item;
    size_t i;
    int result = 0;
    if (json_unpack(json, "{s:o!}", "limits", &list) < 0 || !json_is_array(list) ||
        json_array_size(list) > ENGINE_MAX_LIMITS)
        return AEMS_E_FORMAT;
    json_array_foreach(list, i, item)
    {
        struct grid_limit limit;
        if (read_limit(e, item, &limit, &result) && limit.until_utc_ms > now.utc_ms)
            book.limits[book.count++] = limit;
    }
    if (result == 0)
        e->limits = book;
    return result;
}

// ---- prices ---------------------------------------------------------------------------------------------------------

json_t *save_prices(const struct engine *e, int tariff)
{
    const struct price_book *book = &e->prices[tariff];
    json_t *list = json_array();
    for (size_t i = 0; i < book->count; i++) {
        const struct known_price *p = &book->prices[i];
        json_array_append_new(list,
                              json_pack("[I, I, f, f, f, b, b]", (json_int_t)p->from_utc_ms,
                                        (json_int_t)p->until_utc_ms, p->import_price_per_kwh, p->export_price_per_kwh,
                                        p->co2_g_per_kwh, (int)p->lacks_import, (int)p->lacks_export));
    }
    return json_pack("{s:o}", "prices", list);
}

int restore_prices(struct engine *e, int tariff, json_t *json, struct instant now)
{
    json_t *list, *item;
    size_t i;
    if (json_unpack(json, "{s:o!}", "prices", &list) < 0 || !json_is_array(list) ||
        json_array_size(list) > PRICE_BOOK_MAX)
        return AEMS_E_FORMAT;
    size_t count = json_array_size(list);
    struct known_price *prices = calloc(count + 1, sizeof *prices);
    if (prices == NULL)
        return AEMS_E_NOMEM;
    int result = 0;
    json_array_foreach(list, i, item)
    {
        json_int_t from = 0, until = 0;
        int lacks_import = 0, lacks_export = 0;
        struct known_price *p = &prices[i];
        if (json_unpack(item, "[I, I, F, F, F, b, b!]", &from, &until, &p->import_price_per_kwh,
                        &p->export_price_per_kwh, &p->co2_g_per_kwh, &lacks_import, &lacks_export) < 0)
            result = AEMS_E_FORMAT;
        p->from_utc_ms = from;
        p->until_utc_ms = until;
        p->lacks_import = lacks_import;
        p->lacks_export = lacks_export;
    }
    if (result == 0)
        result = prices_restore(e, tariff, prices, count, now.utc_ms);
    free(prices);
    return result;
}
