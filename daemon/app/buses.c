// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/buses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "daemon/loop/clock.h"

struct running { // one bus and the area it was started with
    struct buses *owner;
    struct modbus_bus *bus;
    struct app_area *area; // held
    size_t link;           // in `area`
    int *present;          // device number in `area` -> in the present area, -1: gone
};

struct device_home {
    struct running *running; // NULL: no bus serves it
    int device;              // its number there
};

struct buses {
    struct loop *loop;
    struct app_area *area; // held
    bus_report_fn *report;
    void *user;
    struct running **running; // owned
    size_t count;
    struct device_home *homes; // of the present site's devices
};

// ---- sameness -----------------------------------------------------------------------------------------------------

static const char *switch_of(const struct site *s, const struct site_device *d)
{
    return d->of_switch >= 0 && (size_t)d->of_switch < s->n_switches ? s->switches[d->of_switch].id : "";
}

static const char *island_of(const struct site *s, const struct site_device *d)
{
    return d->of_island >= 0 && (size_t)d->of_island < s->n_islands ? s->islands[d->of_island].id : "";
}

// A sensor, a switch and a witness of the grid have no asset.
static bool same_purpose(const struct site *s, const struct site_device *x, const struct site *t,
                         const struct site_device *y)
{
    const struct site_asset *a = site_device_asset(s, x), *b = site_device_asset(t, y);
    if ((a == NULL) != (b == NULL) || strcmp(switch_of(s, x), switch_of(t, y)) != 0 ||
        strcmp(island_of(s, x), island_of(t, y)) != 0)
        return false;
    return a == NULL || (strcmp(a->id, b->id) == 0 && a->kind == b->kind && a->min_power_w == b->min_power_w &&
                         a->max_power_w == b->max_power_w);
}

static bool same_device(const struct app_area *a, size_t device_a, const struct app_area *b, size_t device_b)
{
    struct site_device x = a->site->devices[device_a], y = b->site->devices[device_b];
    bool same = same_purpose(a->site, &x, b->site, &y);
    // Numbers may shift; what they stand for was compared.
    x.link = y.link = x.asset = y.asset = x.of_switch = y.of_switch = x.of_island = y.of_island = 0;
    return same && memcmp(&x, &y, sizeof(x)) == 0 && profile_equal(a->profiles[device_a], b->profiles[device_b]);
}

static size_t next_on_link(const struct site *s, size_t link, size_t from)
{
    while (from < s->n_devices && (size_t)s->devices[from].link != link)
        from++;
    return from;
}

bool buses_same_link(const struct app_area *a, size_t link_a, const struct app_area *b, size_t link_b)
{
    if (memcmp(&a->site->links[link_a], &b->site->links[link_b], sizeof(struct site_link)) != 0 ||
        memcmp(&a->site->control, &b->site->control, sizeof(a->site->control)) != 0)
        return false;
    size_t i = next_on_link(a->site, link_a, 0), k = next_on_link(b->site, link_b, 0);
    while (i < a->site->n_devices && k < b->site->n_devices) {
        if (!same_device(a, i, b, k))
            return false;
        i = next_on_link(a->site, link_a, i + 1);
        k = next_on_link(b->site, link_b, k + 1);
    }
    return i == a->site->n_devices && k == b->site->n_devices;
}

// ---- one bus ------------------------------------------------------------------------------------------------------

static void on_report(void *user, const struct bus_report *report)
{
    const struct running *r = user;
    struct bus_report translated = *report;
    translated.device = r->present[report->device];
    if (translated.device >= 0)
        r->owner->report(r->owner->user, &translated);
}

static void running_free(struct running *r, int deadline_ms)
{
    if (r == NULL)
        return;
    if (r->bus != NULL)
        modbus_bus_stop(r->bus, deadline_ms);
    app_area_release(r->area);
    free(r->present);
    free(r);
}

static int running_add(struct buses *b, size_t link, struct running **ret_running)
{
    struct running *r = calloc(1, sizeof(*r));
    if (r == NULL)
        return AEMS_E_NOMEM;
    r->owner = b;
    r->area = app_area_hold(b->area);
    r->link = link;
    r->present = calloc(b->area->site->n_devices + 1, sizeof(*r->present));
    int code = r->present != NULL
                   ? modbus_bus_start(b->loop, b->area->site, (int)link, b->area->profiles, on_report, r, &r->bus)
                   : AEMS_E_NOMEM;
    if (code < 0) {
        running_free(r, 0);
        return code;
    }
    b->running[b->count++] = r;
    *ret_running = r;
    return 0;
}

// ---- all of them --------------------------------------------------------------------------------------------------

static struct running *find_running(const struct buses *b, const struct app_area *area, size_t link)
{
    for (size_t i = 0; i < b->count; i++) {
        if (buses_same_link(b->running[i]->area, b->running[i]->link, area, link))
            return b->running[i];
    }
    return NULL;
}

// Pairs the devices of a bus with those of the present site: the same order on both sides.
static void settle(struct buses *b, struct running *r, size_t link)
{
    const struct site *then = r->area->site, *now = b->area->site;
    for (size_t i = 0; i < then->n_devices; i++)
        r->present[i] = -1;
    size_t k = next_on_link(now, link, 0);
    for (size_t i = next_on_link(then, r->link, 0); i < then->n_devices; i = next_on_link(then, r->link, i + 1)) {
        r->present[i] = (int)k;
        b->homes[k] = (struct device_home){r, (int)i};
        k = next_on_link(now, link, k + 1);
    }
}

static int start_missing(struct buses *b, char *ret_why, size_t size)
{
    const struct site *s = b->area->site;
    int result = 0;
    for (size_t link = 0; link < s->n_links; link++) {
        if (next_on_link(s, link, 0) == s->n_devices)
            continue;
        struct running *r = find_running(b, b->area, link);
        int code = r == NULL ? running_add(b, link, &r) : 0;
        if (code < 0) {
            snprintf(ret_why, size, "modbus.%s cannot be started: %s", s->links[link].id, aems_error_text(code));
            result = code;
            continue;
        }
        settle(b, r, link);
    }
    return result;
}

int buses_start(struct loop *loop, struct app_area *area, bus_report_fn *report, void *user, struct buses **ret_buses,
                char *ret_why, size_t size)
{
    struct buses *b = calloc(1, sizeof(*b));
    if (b == NULL)
        return AEMS_E_NOMEM;
    *b = (struct buses){.loop = loop, .area = app_area_hold(area), .report = report, .user = user};
    b->running = calloc(area->site->n_links + 1, sizeof(*b->running));
    b->homes = calloc(area->site->n_devices + 1, sizeof(*b->homes));
    int r = b->running != NULL && b->homes != NULL ? start_missing(b, ret_why, size) : AEMS_E_NOMEM;
    if (r < 0) {
        buses_stop(b, 0);
        return r;
    }
    *ret_buses = b;
    return 0;
}

static bool is_wanted(const struct running *r, const struct app_area *area)
{
    for (size_t link = 0; link < area->site->n_links; link++) {
        if (buses_same_link(r->area, r->link, area, link))
            return true;
    }
    return false;
}

// Ends running[0..count): all are told first, so that they release their devices side by side.
static void stop_all(struct running **running, size_t count, int deadline_ms)
{
    uint64_t end = clock_mono_ms() + (uint64_t)deadline_ms;
    for (size_t i = 0; i < count; i++)
        modbus_bus_begin_stop(running[i]->bus);
    for (size_t i = 0; i < count; i++) {
        uint64_t now = clock_mono_ms();
        running_free(running[i], now < end ? (int)(end - now) : 0);
    }
}

static void stop_unwanted(struct buses *b, const struct app_area *area, int deadline_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->count; i++) { // those that stay go to the front
        struct running *r = b->running[i];
        if (is_wanted(r, area)) {
            b->running[i] = b->running[kept];
            b->running[kept++] = r;
        }
    }
    stop_all(b->running + kept, b->count - kept, deadline_ms);
    b->count = kept;
}

int buses_change(struct buses *b, struct app_area *area, int deadline_ms, char *ret_why, size_t size)
{
    ret_why[0] = '\0';
    struct running **running = calloc(b->count + area->site->n_links + 1, sizeof(*running));
    struct device_home *homes = calloc(area->site->n_devices + 1, sizeof(*homes));
    if (running == NULL || homes == NULL) {
        free(running);
        free(homes);
        return AEMS_E_NOMEM;
    }
    stop_unwanted(b, area, deadline_ms);
    memcpy(running, b->running, b->count * sizeof(*running));
    free(b->running);
    free(b->homes);
    b->running = running;
    b->homes = homes;
    app_area_release(b->area);
    b->area = app_area_hold(area);
    start_missing(b, ret_why, size);
    return 0;
}

void buses_write(struct buses *b, int device, double power_w, int lease_ms)
{
    struct device_home home = b->homes[device];
    if (home.running != NULL)
        modbus_bus_write(home.running->bus, home.device, power_w, lease_ms);
}

void buses_release(struct buses *b, int device)
{
    struct device_home home = b->homes[device];
    if (home.running != NULL)
        modbus_bus_release(home.running->bus, home.device);
}

void buses_stop(struct buses *b, int deadline_ms)
{
    if (b == NULL)
        return;
    stop_all(b->running, b->count, deadline_ms);
    app_area_release(b->area);
    free(b->running);
    free(b->homes);
    free(b);
}
