// SPDX-License-Identifier: GPL-3.0-or-later
// Prices that somebody tells: taken whole or not at all, and before those of the configuration where they reach.
#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "core/internal.h"
#include "tariff/tariff.h"

static const double LARGEST_PRICE = 1e6, LARGEST_CO2_G = 1e6;
static const int64_t HOUR_MS = INT64_C(3600) * 1000;
static const int64_t LATEST_MS = INT64_C(253402300799000); // 9999

int prices_start(struct engine *e)
{
    e->prices = calloc(e->site->n_tariffs + 1, sizeof *e->prices);
    if (e->prices == NULL)
        return AEMS_E_NOMEM;
    for (size_t t = 0; t < e->site->n_tariffs; t++) {
        e->prices[t].prices = calloc(PRICE_BOOK_MAX, sizeof *e->prices[t].prices);
        if (e->prices[t].prices == NULL)
            return AEMS_E_NOMEM;
    }
    return 0;
}

void prices_free(struct engine *e)
{
    for (size_t t = 0; e->prices != NULL && t < e->site->n_tariffs; t++)
        free(e->prices[t].prices);
    free(e->prices);
}

// ---- taking them in -------------------------------------------------------------------------------------------------

static bool point_is_sound(struct engine *e, const struct site_price_point *points, size_t i)
{
    const struct site_price_point *p = &points[i];
    if (p->from_utc_ms < 0 || p->from_utc_ms > LATEST_MS)
        refuse(e, "point %zu: not a time of our days", i + 1);
    else if (i > 0 && p->from_utc_ms <= points[i - 1].from_utc_ms)
        refuse(e, "point %zu: not after the one before it", i + 1);
    else if (!in_range(p->import_price_per_kwh, -LARGEST_PRICE, LARGEST_PRICE))
        refuse(e, "point %zu: import price: not between -1e6 and 1e6 per kWh", i + 1);
    else if (!in_range(p->export_price_per_kwh, -LARGEST_PRICE, LARGEST_PRICE))
        refuse(e, "point %zu: export price: not between -1e6 and 1e6 per kWh", i + 1);
    else if (!(p->co2_g_per_kwh <= LARGEST_CO2_G) || !isfinite(p->co2_g_per_kwh))
        refuse(e, "point %zu: CO2: not up to 1e6 g/kWh", i + 1);
    else
        return true;
    return false;
}

static int64_t last_until_ms(const struct site_price_point *points, size_t count)
{
    int64_t length = count > 1 ? points[count - 1].from_utc_ms - points[count - 2].from_utc_ms : HOUR_MS;
    return points[count - 1].from_utc_ms + length;
}

static struct known_price from_point(const struct site_price_point *p, int64_t until_utc_ms)
{
    return (struct known_price){.from_utc_ms = p->from_utc_ms,
                                .until_utc_ms = until_utc_ms,
                                .import_price_per_kwh = p->import_price_per_kwh,
                                .export_price_per_kwh = p->export_price_per_kwh,
                                .co2_g_per_kwh = p->co2_g_per_kwh,
                                .lacks_import = p->lacks_import,
                                .lacks_export = p->lacks_export};
}

struct merging {
    struct known_price *prices; // room for everything that may come
    size_t count;
    int64_t now_utc_ms; // what ended before is forgotten
};

static void add(struct merging *m, struct known_price p, int64_t from_utc_ms, int64_t until_utc_ms)
{
    p.from_utc_ms = p.from_utc_ms > from_utc_ms ? p.from_utc_ms : from_utc_ms;
    p.until_utc_ms = p.until_utc_ms < until_utc_ms ? p.until_utc_ms : until_utc_ms;
    if (p.until_utc_ms > p.from_utc_ms && p.until_utc_ms > m->now_utc_ms)
        m->prices[m->count++] = p;
}

// What was known before and after the new prices stays.
static void merge(struct merging *m, const struct price_book *book, const struct site_price_point *points, size_t count)
{
    int64_t from = points[0].from_utc_ms, until = last_until_ms(points, count);
    for (size_t i = 0; i < book->count; i++)
        add(m, book->prices[i], INT64_MIN, from);
    for (size_t i = 0; i < count; i++)
        add(m, from_point(&points[i], i + 1 < count ? points[i + 1].from_utc_ms : until), INT64_MIN, INT64_MAX);
    for (size_t i = 0; i < book->count; i++)
        add(m, book->prices[i], until, INT64_MAX);
}

static int take(struct engine *e, int tariff, const struct event *event)
{
    struct price_book *book = &e->prices[tariff];
    size_t room = 2 * book->count + event->prices.count;
    struct merging m = {.prices = calloc(room, sizeof *m.prices), .now_utc_ms = event->at.utc_ms};
    if (m.prices == NULL)
        return AEMS_E_NOMEM;
    merge(&m, book, event->prices.points, event->prices.count);
    bool fits = m.count <= PRICE_BOOK_MAX;
    for (size_t i = 0; fits && i < m.count; i++)
        book->prices[i] = m.prices[i];
    book->count = fits ? m.count : book->count;
    free(m.prices);
    if (!fits)
        refuse(e, "more than %d prices ahead", (int)PRICE_BOOK_MAX);
    return fits ? 0 : AEMS_E_REFUSED;
}

int prices_consume(struct engine *e, const struct event *event)
{
    int tariff = event->prices.tariff;
    size_t count = event->prices.count;
    if (tariff < 0 || (size_t)tariff >= e->site->n_tariffs)
        return AEMS_E_RANGE;
    if (count < 1 || count > SITE_MAX_PRICES || event->prices.points == NULL) {
        refuse(e, "expected 1 to %d points", (int)SITE_MAX_PRICES);
        return AEMS_E_REFUSED;
    }
    for (size_t i = 0; i < count; i++)
        if (!point_is_sound(e, event->prices.points, i))
            return AEMS_E_REFUSED;
    if (last_until_ms(event->prices.points, count) <= event->at.utc_ms) {
        refuse(e, "the prices are all of the past");
        return AEMS_E_REFUSED;
    }
    int result = take(e, tariff, event);
    if (result < 0)
        return result;
    queue_add(&e->queue, TASK_SAVE_PRICES, tariff);
    planning_request(e);
    return 0;
}

static bool known_is_sound(const struct known_price *p, int64_t after_utc_ms)
{
    return p->from_utc_ms >= after_utc_ms && p->until_utc_ms > p->from_utc_ms && p->until_utc_ms <= 2 * LATEST_MS &&
           in_range(p->import_price_per_kwh, -LARGEST_PRICE, LARGEST_PRICE) &&
           in_range(p->export_price_per_kwh, -LARGEST_PRICE, LARGEST_PRICE) && isfinite(p->co2_g_per_kwh) &&
           p->co2_g_per_kwh <= LARGEST_CO2_G;
}

int prices_restore(struct engine *e, int tariff, const struct known_price *prices, size_t count, int64_t now_utc_ms)
{
    struct price_book *book = &e->prices[tariff];
    if (count > PRICE_BOOK_MAX)
        return AEMS_E_FORMAT;
    for (size_t i = 0; i < count; i++)
        if (!known_is_sound(&prices[i], i > 0 ? prices[i - 1].until_utc_ms : 0))
            return AEMS_E_FORMAT;
    book->count = 0;
    for (size_t i = 0; i < count; i++)
        if (prices[i].until_utc_ms > now_utc_ms)
            book->prices[book->count++] = prices[i];
    return 0;
}

// ---- what holds -----------------------------------------------------------------------------------------------------

static const struct known_price *known_at(const struct engine *e, int tariff, int64_t utc_ms)
{
    if (tariff < 0)
        return NULL;
    const struct price_book *book = &e->prices[tariff];
    size_t low = 0, high = book->count; // the first that ends after the instant
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (book->prices[middle].until_utc_ms <= utc_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low < book->count && book->prices[low].from_utc_ms <= utc_ms ? &book->prices[low] : NULL;
}

// What a source knows of a grid connection, or of a community.
static struct engine_price from_source(const struct price_source *s, int number, int64_t utc_ms)
{
    struct engine_price p = {NAN, NAN, NAN};
    if (s->at != NULL)
        s->at(s->context, number, utc_ms, &p);
    return p;
}

void engine_set_price_source(struct engine *e, engine_price_fn *source, void *context)
{
    e->grid_prices = (struct price_source){source, context};
}

void engine_set_community_price_source(struct engine *e, engine_price_fn *source, void *context)
{
    e->community_prices = (struct price_source){source, context};
}

static bool is_price(double value)
{
    return in_range(value, -LARGEST_PRICE, LARGEST_PRICE);
}

static double import_price(const struct engine *e, const struct price_source *source, int number, int tariff,
                           int64_t utc_ms)
{
    double known = from_source(source, number, utc_ms).import_price_per_kwh;
    if (is_price(known))
        return known;
    const struct known_price *p = known_at(e, tariff, utc_ms);
    return p != NULL && !p->lacks_import ? p->import_price_per_kwh
                                         : tariff_import_price_per_kwh(e->site, tariff, utc_ms);
}

static double export_price(const struct engine *e, const struct price_source *source, int number, int tariff,
                           int64_t utc_ms)
{
    double known = from_source(source, number, utc_ms).export_price_per_kwh;
    if (is_price(known))
        return known;
    const struct known_price *p = known_at(e, tariff, utc_ms);
    return p != NULL && !p->lacks_export ? p->export_price_per_kwh
                                         : tariff_export_price_per_kwh(e->site, tariff, utc_ms);
}

double grid_import_price_per_kwh(const struct engine *e, int grid, int64_t utc_ms)
{
    double asked = dr_price(e, grid, DR_PRICE, utc_ms); // an event is before all that was known
    return is_price(asked) ? asked : import_price(e, &e->grid_prices, grid, e->site->grids[grid].tariff, utc_ms);
}

double grid_export_price_per_kwh(const struct engine *e, int grid, int64_t utc_ms)
{
    double asked = dr_price(e, grid, DR_EXPORT_PRICE, utc_ms);
    return is_price(asked) ? asked : export_price(e, &e->grid_prices, grid, e->site->grids[grid].tariff, utc_ms);
}

double community_import_price_per_kwh(const struct engine *e, int community, int64_t utc_ms)
{
    return import_price(e, &e->community_prices, community, e->site->communities[community].tariff, utc_ms);
}

double community_export_price_per_kwh(const struct engine *e, int community, int64_t utc_ms)
{
    return export_price(e, &e->community_prices, community, e->site->communities[community].tariff, utc_ms);
}

double grid_co2_kg_per_kwh(const struct engine *e, int grid, int64_t utc_ms)
{
    double asked = dr_price(e, grid, DR_GHG, utc_ms), known = from_source(&e->grid_prices, grid, utc_ms).co2_g_per_kwh;
    if (in_range(asked, 0, LARGEST_CO2_G))
        return asked / 1000;
    if (in_range(known, 0, LARGEST_CO2_G))
        return known / 1000;
    const struct known_price *p = known_at(e, e->site->grids[grid].tariff, utc_ms);
    bool told = p != NULL && p->co2_g_per_kwh >= 0;
    return (told ? p->co2_g_per_kwh : tariff_co2_g_per_kwh(e->site, grid, utc_ms)) / 1000;
}
