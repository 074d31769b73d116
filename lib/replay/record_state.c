// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "replay/record_internal.h"

const char *record_cause_name(enum record_cause cause)
{
    static const char *const names[RECORD_CAUSE_COUNT] = {
        [RECORD_STARTED] = "started",
        [RECORD_RELOADED] = "reloaded",
        [RECORD_NEW_DAY] = "new day",
        [RECORD_RESUMED] = "resumed",
    };
    return (unsigned)cause < RECORD_CAUSE_COUNT ? names[cause] : "unknown";
}

int record_state_init(struct record_state *s, size_t n_devices)
{
    *s = (struct record_state){.speed = 1, .n_devices = n_devices};
    s->devices = calloc(n_devices + 1, sizeof *s->devices);
    return s->devices != NULL ? 0 : AEMS_E_NOMEM;
}

void record_state_free(struct record_state *s)
{
    for (size_t i = 0; s->devices != NULL && i < s->n_devices; i++) {
        free(s->devices[i].layout);
        free(s->devices[i].values);
    }
    free(s->devices);
    *s = (struct record_state){0};
}

int64_t record_expected_utc_ms(const struct record_state *s, uint64_t mono_ms)
{
    double change_ms = (double)(int64_t)(mono_ms - s->last.mono_ms) * s->speed;
    bool sensible = fabs(change_ms) < 1e15;
    return (int64_t)((uint64_t)s->last.utc_ms + (sensible ? (uint64_t)llround(change_ms) : 0));
}

int record_set_layout(struct record_device *d, const uint8_t *layout, size_t n)
{
    uint8_t *copy = malloc(n + 1);
    struct record_number *values = calloc(n + 1, sizeof *values);
    if (copy == NULL || values == NULL) {
        free(copy);
        free(values);
        return AEMS_E_NOMEM;
    }
    memcpy(copy, layout, n);
    free(d->layout);
    free(d->values);
    d->layout = copy;
    d->values = values;
    d->n = n;
    return 0;
}

// FNV-1a: for comparing, not against anybody who wants to deceive.
uint64_t record_digest(const void *data, size_t length)
{
    const uint8_t *at = data;
    uint64_t digest = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < length; i++)
        digest = (digest ^ at[i]) * UINT64_C(1099511628211);
    return digest;
}

int record_problem_digest(const struct plan_problem *problem, uint64_t *ret_digest)
{
    char *text = NULL;
    int code = plan_problem_to_json(problem, &text);
    if (code < 0)
        return code;
    *ret_digest = record_digest(text, strlen(text));
    free(text);
    return 0;
}
