// SPDX-License-Identifier: GPL-3.0-or-later
// Values -> registers: the other direction of lib/modbus's blocks_decode, as a device does it.
#pragma once

#include "image.h"
#include "modbus/profile.h"

// The raw bits of a value in the words and bytes of `order`; the reverse of registers_raw.
void registers_from_raw(enum register_type type, enum word_order order, uint64_t raw, uint16_t *ret_registers);

// Writes what never changes: into every scale register the finest power of ten that shows the largest numbers of a
// device of this rating, the rating itself where the profile reads it, and the registers that the profile expects.
void encode_nameplate(const struct profile *p, double rating_w, struct image *image);

// Writes the value of point `i`, over its two registers where it is a sum of magnitudes. What does not fit the type is
// cut off at its end; energy counters run over.
void encode_point(const struct profile *p, size_t i, double value, struct image *image);

// Writes "no value" to point `i`: the profile's own pattern, else the type's in SunSpec.
void encode_missing(const struct profile *p, size_t i, struct image *image);
