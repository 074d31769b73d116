// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/dr_trays.h"

#include <stdlib.h>
#include <string.h>

void dr_trays_start(struct dr_trays *t)
{
    *t = (struct dr_trays){0};
    for (size_t i = 0; i < DR_TRAYS; i++) {
        TAILQ_INIT(&t->trays[i].letters);
        t->trays[i].tokens = DR_BURST;
    }
}

static size_t weight(const struct dr_letter *letter)
{
    return DR_LETTER_MIN + letter->length;
}

static struct dr_letter *take_from(struct dr_trays *t, struct dr_tray *tray, bool newest)
{
    struct dr_letter *letter = newest ? TAILQ_LAST(&tray->letters, dr_letters) : TAILQ_FIRST(&tray->letters);
    if (letter == NULL)
        return NULL;
    TAILQ_REMOVE(&tray->letters, letter, next);
    tray->count--;
    tray->bytes -= weight(letter);
    t->count--;
    t->bytes -= weight(letter);
    return letter;
}

void dr_trays_clear(struct dr_trays *t)
{
    for (size_t i = 0; i < DR_TRAYS; i++)
        for (struct dr_letter *letter; (letter = take_from(t, &t->trays[i], false)) != NULL;)
            free(letter);
}

struct dr_letter *dr_letter_new(const char *topic, const char *payload, size_t length)
{
    size_t topic_size = strlen(topic) + 1;
    struct dr_letter *letter = malloc(sizeof(*letter) + topic_size + length + 1);
    if (letter == NULL)
        return NULL;
    *letter = (struct dr_letter){.length = length};
    letter->topic = (char *)(letter + 1);
    letter->payload = letter->topic + topic_size;
    memcpy(letter->topic, topic, topic_size);
    memcpy(letter->payload, payload, length);
    letter->payload[length] = '\0';
    return letter;
}

int dr_tray_of(int sender)
{
    return sender < 0 ? DR_TRAY_NOBODY : DR_TRAY_FIRST + sender % (DR_TRAYS - DR_TRAY_FIRST);
}

struct dr_letter *dr_trays_put(struct dr_trays *t, int tray, struct dr_letter *letter)
{
    struct dr_tray *own = &t->trays[tray], *fullest = own;
    TAILQ_INSERT_TAIL(&own->letters, letter, next);
    own->count++;
    own->bytes += weight(letter);
    t->count++;
    t->bytes += weight(letter);
    if (t->bytes <= DR_TRAYS_MAX_BYTES)
        return NULL;
    for (size_t i = 0; i < DR_TRAYS; i++)
        if (t->trays[i].bytes > fullest->bytes)
            fullest = &t->trays[i];
    return take_from(t, fullest, false);
}

static bool has_token(struct dr_tray *tray, uint64_t now_mono_ms)
{
    uint64_t passed_ms = now_mono_ms > tray->tokens_mono_ms ? now_mono_ms - tray->tokens_mono_ms : 0;
    tray->tokens += (double)passed_ms / 1000 * DR_PER_SECOND;
    tray->tokens_mono_ms = now_mono_ms;
    if (tray->tokens > DR_BURST)
        tray->tokens = DR_BURST;
    return tray->tokens >= 1;
}

static bool is_swamped(const struct dr_tray *tray, uint64_t now_mono_ms)
{
    return tray->forged >= DR_FORGED_MANY && now_mono_ms - tray->forged_mono_ms < 1000;
}

struct dr_letter *dr_trays_take(struct dr_trays *t, uint64_t now_mono_ms, int *ret_tray)
{
    for (size_t i = 0; i < DR_TRAYS && t->count > 0; i++) {
        size_t at = (t->next + i) % DR_TRAYS;
        struct dr_tray *tray = &t->trays[at];
        if (tray->count == 0 || !has_token(tray, now_mono_ms))
            continue;
        tray->newest_next = is_swamped(tray, now_mono_ms) && !tray->newest_next;
        t->next = at + 1;
        *ret_tray = (int)at;
        return take_from(t, tray, tray->newest_next);
    }
    return NULL;
}

void dr_trays_forged(struct dr_trays *t, int tray, uint64_t now_mono_ms)
{
    struct dr_tray *own = &t->trays[tray];
    if (now_mono_ms - own->forged_mono_ms >= 1000) {
        own->forged = 0;
        own->forged_mono_ms = now_mono_ms;
    }
    own->forged++;
}

void dr_trays_good(struct dr_trays *t, int tray)
{
    t->trays[tray].tokens -= 1;
}
