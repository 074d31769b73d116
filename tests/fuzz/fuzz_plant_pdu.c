// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever a client sends: frames are taken or refused, and what is taken is answered.
#include <stdlib.h>

#include "pdu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(struct plant_device *d, struct frame *f)
{
    uint8_t bytes[ADU_MAX];
    struct pdu_write write;
    struct frame reply = {.unit = f->unit};
    pdu_answer(d, &f->pdu, 1, &reply.pdu, &write);
    if (reply.pdu.length == 0 || frame_put_tcp(&reply, bytes) > ADU_MAX || frame_put_rtu(&reply, bytes) > ADU_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct site_device of = {0};
    struct site_asset asset = {.kind = ASSET_BATTERY, .max_power_w = 1000};
    struct site site = {.assets = &asset, .n_assets = 1, .devices = &of, .n_devices = 1};
    struct profile_write set[] = {
        {.source = WRITE_SETPOINT,
         .type = REGISTER_INT32,
         .function = 16,
         .address = 2,
         .scale = 1,
         .scale_address = -1},
        {.source = WRITE_LEASE_S,
         .function = 6,
         .type = REGISTER_UINT16,
         .address = 8,
         .scale = 1,
         .scale_address = -1},
    };
    struct profile profile = {.kind = PROFILE_BATTERY,
                              .set = set,
                              .n_set = 2,
                              .max_read = 125,
                              .max_write = 123,
                              .max_gap = 8,
                              .serial_address = -1};
    struct plant_device *d;
    if (plant_device_new(&site, 0, &profile, &d) < 0)
        return 0;
    struct frame f;
    if (frame_take_tcp(data, size, &f) > 0)
        answer(d, &f);
    if (frame_take_rtu(data, size, &f) > 0)
        answer(d, &f);
    if (size > 0 && size <= PDU_MAX) { // without the checksum in the way
        f = (struct frame){.pdu.length = size};
        for (size_t i = 0; i < size; i++)
            f.pdu.bytes[i] = data[i];
        answer(d, &f);
    }
    plant_device_free(d);
    return 0;
}
