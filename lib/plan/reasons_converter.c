// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/reasons.h"

struct reason reason_of_converter(const struct look *l, size_t i, size_t asset, size_t k)
{
    (void)asset; // not in the model yet: it rests
    return (struct reason){.kind = REASON_NONE, .price_per_kwh = look_price(l, l->m->p->converters[i].from, k)};
}
