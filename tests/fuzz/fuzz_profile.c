// SPDX-License-Identifier: GPL-3.0-or-later
// Any text is a profile or refused with a message; what is taken keeps the device's limits and reads back what it
// writes.
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "modbus/block.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_blocks(const struct profile *p)
{
    struct register_block *blocks = NULL;
    size_t n = 0, covered = 0;
    if (blocks_plan(p, &blocks, &n) < 0)
        return;
    for (size_t i = 0; i < n; i++) {
        require(blocks[i].count >= 1 && blocks[i].count <= p->max_read && blocks[i].count <= PROFILE_MAX_BLOCK);
        require(blocks[i].address >= 0 && blocks[i].address + blocks[i].count <= 65536);
    }
    for (size_t k = 0; k < p->n_points; k++) {
        const struct profile_point *point = &p->points[k];
        int end = point->address + register_count(point->type);
        for (size_t i = 0; i < n; i++) {
            if (blocks[i].function == point->function && point->address >= blocks[i].address &&
                end <= blocks[i].address + blocks[i].count) {
                covered++;
                break;
            }
        }
    }
    require(covered == p->n_points);
    free(blocks);
}

static void check_writes(const struct profile *p)
{
    static const double setpoints[] = {0, -1, 5000, -1e9, 1e300};
    struct register_write writes[PROFILE_MAX_STEPS];
    for (size_t i = 0; i < sizeof(setpoints) / sizeof(setpoints[0]); i++) {
        if (writes_encode(p, p->set, p->n_set, setpoints[i], 1e4, 30, 7, writes) < 0)
            continue;
        for (size_t k = 0; k < p->n_set; k++) {
            require(writes[k].function == 6 || writes[k].function == 16);
            require(writes[k].count >= 1 && writes[k].count <= 4 && writes[k].address + writes[k].count <= 65536);
        }
        double power_w = 0;
        if (p->readback.present && readback_decode(p, writes[p->readback.point_write].registers, 1e4, &power_w) == 0)
            require(isfinite(power_w));
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct diagnostics d = {0};
    struct profile *p = NULL;
    int r = profile_load_text("fuzz.yaml", (const char *)data, size, &d, &p);
    require((r == 0) == (p != NULL));
    require(r != AEMS_E_FORMAT || d.errors > 0);
    if (p) {
        check_blocks(p);
        check_writes(p);
    }
    profile_free(p);
    diagnostics_free(&d);
    return 0;
}
