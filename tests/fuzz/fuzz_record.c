// SPDX-License-Identifier: GPL-3.0-or-later
// Records as a spoilt disk or a curious hand may leave them: any file, any entries behind a sound beginning, and any
// memory of the engine. Each is read to its end or refused, and what it says is done again without harm.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "replay/repeat.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const char area[] = "area: {id: a, latitude: 35, longitude: 140, timezone: Asia/Tokyo}\n"
                           "buses: {b: {}}\n"
                           "tariffs: {t: {import: [{price: 30 /kWh}]}}\n"
                           "grids: {pcc: {bus: b, import_limit: 100 kW, export_limit: 50 kW, tariff: t}}\n"
                           "pv: {p: {bus: b, peak_power: 30 kW, curtailable: true}}\n"
                           "batteries: {s: {bus: b, capacity: 100 kWh, max_charge: 50 kW, max_discharge: 50 kW}}\n"
                           "chargers: {c: {bus: b, max_charge: 22 kW}}\n"
                           "loads: {l: {bus: b, shape: office, average: 20 kW, peak: 40 kW}}\n"
                           "modbus: {m: {tcp: \"127.0.0.1:502\"}}\n"
                           "devices:\n"
                           "  d0: {link: m, unit: 1, profile: x, asset: pcc}\n"
                           "  d1: {link: m, unit: 2, profile: x, asset: p, control: true}\n"
                           "  d2: {link: m, unit: 3, profile: x, asset: s, control: true}\n"
                           "  d3: {link: m, unit: 4, profile: x, asset: c, control: true}\n";

static const struct engine_device devices[] = {{.kind = PROFILE_METER},
                                               {.kind = PROFILE_PV, .can_write = true},
                                               {.kind = PROFILE_BATTERY, .can_write = true},
                                               {.kind = PROFILE_CHARGER, .can_write = true}};
static const struct instant begun = {INT64_C(1767628740000), 1000};

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

// What a record begins with: head and devices, then the engine's memory. Once for all runs.
static void make_beginning(struct bytes *ret_head, struct bytes *ret_memory)
{
    struct diagnostics d = {0};
    struct site *site = NULL;
    struct engine *engine = NULL;
    struct record_writer *w = NULL;
    const struct record_begin begin = {.program = "x", .area = "a", .at = begun, .speed = 1};
    if (conf_load_text("area", area, strlen(area), &d, &site) < 0)
        diagnostics_print(&d, stderr);
    require(site != NULL && site->n_devices == sizeof devices / sizeof *devices, "the site");
    require(engine_new(site, devices, begun, &engine) == 0 && record_writer_new(site, &w) == 0, "no memory");
    require(record_begin(w, &begin, area, devices, engine) == 0, "no beginning");
    require(engine_image(engine, ret_memory) == 0, "no image");
    struct bytes *raw = record_written(w);
    bytes_put(ret_head, raw->data, raw->length - ret_memory->length); // up to the image itself
    record_writer_free(w);
    engine_free(engine);
    site_free(site);
    diagnostics_free(&d);
}

static void repeat(const struct bytes *file)
{
    static struct repeat_figures f;
    if (repeat_record(file->data, file->length, NULL, &f) == 0)
        require(f.bytes <= file->length, "more was read than there is");
}

static void pack_and_repeat(const struct bytes *raw)
{
    struct record_packer *p = NULL;
    struct bytes file = {0};
    require(record_packer_new(&p) == 0 && record_pack(p, raw->data, raw->length, &file) == 0, "no memory");
    repeat(&file);
    bytes_free(&file);
    record_packer_free(p);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static struct bytes head, memory;
    struct bytes raw = {0};
    if (head.length == 0)
        make_beginning(&head, &memory);
    unsigned mode = size > 0 ? data[0] % 4 : 0;
    const unsigned char *rest = size > 0 ? data + 1 : data;
    size_t n = size > 0 ? size - 1 : 0;
    if (mode == 0) { // a file
        bytes_put(&raw, RECORD_MARK, RECORD_MARK_SIZE);
        bytes_put(&raw, rest, n);
        repeat(&raw);
    } else if (mode == 1 && n > 2) { // a memory with some bytes changed
        bytes_put(&raw, head.data, head.length);
        bytes_put(&raw, memory.data, memory.length);
        size_t at = head.length + (rest[0] | (size_t)rest[1] << 8) % memory.length;
        for (size_t i = 2; i < n && at < raw.length; i++)
            raw.data[at++] ^= rest[i];
        bytes_put(&raw, "\x10\x02\x10\x02", 4); // ticks
        pack_and_repeat(&raw);
    } else { // entries
        bytes_put(&raw, head.data, head.length);
        bytes_put(&raw, memory.data, memory.length);
        bytes_put(&raw, rest, n);
        pack_and_repeat(&raw);
    }
    bytes_free(&raw);
    return 0;
}
