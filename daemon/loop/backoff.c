// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/loop/backoff.h"

#include <sys/random.h>

uint32_t backoff_next(struct backoff *b)
{
    uint32_t present_ms = b->next_ms != 0 ? b->next_ms : b->first_ms;
    uint32_t half_ms = present_ms / 2, chance = 0;
    if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance))
        chance = 0;
    b->next_ms = present_ms < b->max_ms / 2 ? present_ms * 2 : b->max_ms;
    return present_ms - (half_ms > 0 ? chance % (half_ms + 1) : 0);
}

void backoff_reset(struct backoff *b)
{
    b->next_ms = 0;
}
