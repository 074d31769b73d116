// SPDX-License-Identifier: GPL-3.0-or-later
// The calls of the control socket. A request is an object with `call`; a reply has `ok` and the result or `error`.
//
//     {"call":"status"}                                                   {"ok":true,"status":{...,"daemon":{...}}}
//     {"call":"plan"}                                                     {"ok":true,"plan":{...}}
//     {"call":"buildings"}                                                {"ok":true,"buildings":{...}}
//     {"call":"setpoint","asset":"b1","power_w":-50000,"valid_for_s":900} {"ok":true}
//     {"call":"automatic","asset":"b1"}, {"call":"replan"}                {"ok":false,"error":"..."}
//     {"call":"dr_list"}                                                  {"ok":true,"area":{...},"events":[{...}]}
//     {"call":"dr_send","payload":"{...}"}, {"call":"dr_cancel","id":"e1"} {"ok":true,"id":"e1","t_utc_ms":...}: judged
//                                          and on its way to the disk; dr_list tells when it is in force
//     {"call":"outage"}                               {"ok":true,"outage":{...},"journal":[{...}]}: the last entries
//     {"call":"outage_journal","before":512}          {"ok":true,"journal":[{...}]}: 500 before that number
//     {"call":"outage_plan"}                          {"ok":true,"rehearsal":{...}}: what would be switched
//     {"call":"outage_drill","for_s":600}             the same, and buildings are told; nothing is switched
#pragma once

#include "daemon/app/commands.h"
#include "daemon/app/dr_desk.h"
#include "daemon/app/notices.h"
#include "daemon/app/replies.h"

struct calls {
    struct driver *driver;
    struct commands *commands;
    struct replies *replies;
    uint64_t started_mono_ms;
    struct dr_desk *desk;
    struct notices *notices;
};

// A ctl_answer_fn; `user` is a struct calls.
char *calls_answer(void *user, const char *line, size_t length);
