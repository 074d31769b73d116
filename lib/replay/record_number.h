// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers in a record: what devices say are counts of some decimal step, so that the change since the last one takes a
// byte or two; what is not takes all of its bits. Either way it comes back to the bit. For the record*.c files.
#pragma once

#include "base/bytes.h"

struct record_number { // the memory of one place; zero-initialise
    double last;
    int64_t count; // of the step, where `form` has one
    uint8_t form;
};

void record_put_number(struct bytes *b, struct record_number *n, double value);
double record_take_number(struct bytes_in *in, struct record_number *n);
