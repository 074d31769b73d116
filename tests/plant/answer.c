// SPDX-License-Identifier: GPL-3.0-or-later
#include "answer.h"

#include <string.h>

static void put_frame(const struct frame *f, bool rtu, struct answer *a)
{
    a->length = rtu ? frame_put_rtu(f, a->bytes) : frame_put_tcp(f, a->bytes);
}

// Faults of the line, on a reply that is ready to go.
static void spoil(struct plant_device *d, struct answer *a, uint64_t mono_ms)
{
    static const uint8_t junk[3] = {0xA5, 0x5A, 0xFF};
    struct fault f = plant_device_fault(d);
    if (f.kind == FAULT_LATE) {
        a->due_ms = mono_ms + (uint64_t)f.argument;
    } else if (f.kind == FAULT_DRIP) {
        a->drip_ms = (unsigned)f.argument;
    } else if (f.kind == FAULT_PARTIAL) {
        a->length /= 2;
    } else if (f.kind == FAULT_EXTRA) {
        memcpy(a->bytes + a->length, junk, sizeof junk);
        a->length += sizeof junk;
    }
}

static void tell_write(struct area *area, int device, const struct pdu_write *w, const struct pdu *reply,
                       uint64_t mono_ms)
{
    if (w->count == 0)
        return;
    area_obey(area, device);
    if (!(reply->bytes[0] & 0x80))
        area_switch(area, device, mono_ms);
    area_tell(area, &(struct area_event){.what = "write",
                                         .device = device,
                                         .mono_ms = mono_ms,
                                         .function = w->function,
                                         .address = w->address,
                                         .count = w->count,
                                         .registers = w->registers,
                                         .exception = reply->bytes[0] & 0x80 ? reply->bytes[1] : 0});
}

static void note_read(struct area *area, int device, const struct pdu *request, uint64_t mono_ms)
{
    const uint8_t *b = request->bytes;
    if (request->length == 5 && (b[0] >= 1 && b[0] <= 4))
        area_note_answer(area, device, b[0], b[1] << 8 | b[2], b[3] << 8 | b[4], mono_ms);
}

// True when the device says nothing at all (or nothing sensible) to this request; the answer is then complete.
static bool stays_away(struct plant_device *d, struct answer *a)
{
    struct fault f = plant_device_fault(d);
    if (f.kind == FAULT_RESET) {
        a->reset = true;
        plant_device_use_fault(d);
        return true;
    }
    return f.kind == FAULT_SILENT || f.kind == FAULT_REBOOT || f.kind == FAULT_REFUSE;
}

void answer_request(struct area *area, int link, bool rtu, const struct frame *request, uint64_t mono_ms,
                    struct answer *ret_answer)
{
    *ret_answer = (struct answer){.due_ms = mono_ms};
    struct frame reply = {.transaction = request->transaction, .unit = request->unit};
    const uint8_t *asked = request->pdu.bytes;
    int address = request->pdu.length >= 3 ? asked[1] << 8 | asked[2] : -1;
    int device = area_device_at(area, link, request->unit, request->pdu.length > 0 ? asked[0] : 0, address);
    if (device < 0) {
        pdu_exception(&request->pdu, EXCEPTION_GATEWAY, &reply.pdu);
        if (!rtu) // nobody answers for another on a serial line
            put_frame(&reply, rtu, ret_answer);
        return;
    }
    struct plant_device *d = area->devices[device];
    if (stays_away(d, ret_answer))
        return;
    struct fault f = plant_device_fault(d);
    if (f.kind == FAULT_EXCEPTION) {
        pdu_exception(&request->pdu, (int)f.argument, &reply.pdu);
    } else {
        struct pdu_write write;
        area_show(area, device, area->last_mono_ms);
        pdu_answer(d, &request->pdu, mono_ms, &reply.pdu, &write);
        tell_write(area, device, &write, &reply.pdu, mono_ms);
        note_read(area, device, &request->pdu, mono_ms);
    }
    if (f.kind == FAULT_WRONG_UNIT)
        reply.unit = reply.unit % 247 + 1;
    put_frame(&reply, rtu, ret_answer);
    spoil(d, ret_answer, mono_ms);
}
