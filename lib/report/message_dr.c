// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"
#include "report/messages.h"
#include "report/pack.h"
#include "report/payload.h"

const char *dr_state_name(enum dr_state state)
{
    static const char *const names[DR_STATE_COUNT] = {
        [DR_RECEIVED] = "received", [DR_REFUSED] = "refused",     [DR_SCHEDULED] = "scheduled",
        [DR_ACTIVE] = "active",     [DR_COMPLETED] = "completed", [DR_CANCELLED] = "cancelled",
    };
    return names[state];
}

static json_t *pack_instant(int64_t utc_ms)
{
    if (utc_ms == 0)
        return json_null();
    return pack_time(utc_ms);
}

int message_dr_status(const struct dr_status *status, struct instant now, char **ret_json)
{
    json_t *reference = status->reference_w >= 0 ? pack_number(status->reference_w) : json_null();
    return pack_finish(json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:o}", "t", pack_time(now.utc_ms), "id", status->id,
                                 "state", dr_state_name(status->state), "why", status->why, "from",
                                 pack_instant(status->from_utc_ms), "until", pack_instant(status->until_utc_ms),
                                 "reference_w", reference),
                       ret_json);
}

int message_read_heartbeat(const struct site *s, const char *payload, size_t length, struct instant now, char *ret_why,
                           size_t size)
{
    struct payload_reader r = {s, now, ret_why, size};
    json_t *json;
    if (length == 0 || length > HEARTBEAT_MAX_BYTES)
        return payload_complain(&r, AEMS_E_FORMAT, "%zu bytes: expected 1 to %d", length, HEARTBEAT_MAX_BYTES);
    int result = payload_object(&r, payload, length, &json);
    if (result < 0)
        return result;
    result = payload_keys(&r, json, " t ");
    if (result == 0)
        result = payload_age(&r, json, HEARTBEAT_MAX_AGE_S);
    json_decref(json);
    return result;
}
