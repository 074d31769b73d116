// SPDX-License-Identifier: GPL-3.0-or-later
// In which order to eliminate, so that a symmetric matrix fills up little: for the files of this room.
#pragma once

// A pattern of n rows, both triangles, without the diagonal: the neighbours of row i are adjacent[start[i]] ..
// adjacent[start[i + 1] - 1]. Writes the rows in the order of elimination. AEMS_E_NOMEM.
int order_least_degree(int n, const int *start, const int *adjacent, int *ret_order);
