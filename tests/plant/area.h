// SPDX-License-Identifier: GPL-3.0-or-later
// The simulated area as a whole: physics, devices and the clock that drives them.
#pragma once

#include "device.h"
#include "simulate/model.h"

struct area_event {   // something that a test may wait for
    const char *what; // "write", "revert", "fault"
    int device;
    uint64_t mono_ms;
    int function, address, count; // of a write
    const uint16_t *registers;
    int exception; // a write that was turned down
};

typedef void area_event_fn(void *user, const struct area_event *event);

// What a test measures delays by, monotonic ms; 0: not yet.
struct area_island {
    uint64_t lost_ms;  // first step without the grid
    uint64_t shown_ms; // first answer of a meter or witness that says so
};

struct area_switch {
    bool told_closed;
    uint64_t told_ms; // when a write arrived that told it something else than before
};

struct area {
    const struct site *site;         // borrowed
    const struct profile **profiles; // one a device; owned through `loaded`
    struct profile **loaded;         // each profile once
    size_t n_loaded;
    struct plant_device **devices; // one a device
    struct plant_model *model;
    struct area_island *islands;  // as site->islands
    struct area_switch *switches; // as site->switches
    double speed;                 // UTC seconds per monotonic second
    int64_t start_utc_ms;
    uint64_t start_mono_ms;
    uint64_t last_mono_ms;   // latest step
    area_event_fn *on_event; // may be NULL
    void *user;
};

struct area_options {
    const char *profile_folders; // colon-separated
    uint64_t seed;
    double speed;
    int64_t start_utc_ms;
    uint64_t start_mono_ms;
};

// Borrows `site`. AEMS_E_FORMAT (a profile, see `d`), AEMS_E_NOT_FOUND, AEMS_E_NOMEM.
int area_open(const struct site *site, const struct area_options *options, struct diagnostics *d,
              struct area *ret_area);
void area_close(struct area *a);

struct instant area_instant(const struct area *a, uint64_t mono_ms);
void area_set_speed(struct area *a, double speed, uint64_t mono_ms); // UTC goes on without a jump

// Moves the physics on, and drops setpoints that nobody renewed.
void area_step(struct area *a, uint64_t mono_ms);

int area_find_device(const struct area *a, const char *id); // -1: none
// Of several devices under one unit, as the relays of a board are, the one that has the register; -1: no such unit.
int area_device_at(const struct area *a, int link, int unit, int function, int address);
void area_show(struct area *a, int device, uint64_t mono_ms); // fills the device's registers
void area_obey(struct area *a, int device);                   // hands the device's command to its asset
// A contactor moves when it is told, and stays so.
void area_switch(struct area *a, int device, uint64_t mono_ms);
void area_note_answer(struct area *a, int device, int function, int address, int count, uint64_t mono_ms);
void area_tell(struct area *a, const struct area_event *event);
