// SPDX-License-Identifier: GPL-3.0-or-later
// Random linear programs that have an optimum: stores over time with loads, prices and a peak, and sparse ones without
// any structure.
#pragma once

#include <check.h>
#include <math.h>
#include <stdio.h>

#include "solver/solver.h"

struct random_lp {
    uint64_t dice;
    struct lp *lp;
};

static inline double random_between(struct random_lp *r, double low, double high)
{
    r->dice ^= r->dice << 13;
    r->dice ^= r->dice >> 7;
    r->dice ^= r->dice << 17;
    return low + (high - low) * (double)(r->dice % 1000001) / 1e6;
}

static inline int random_column(struct random_lp *r, char family, double lower, double upper, double cost)
{
    char name[32];
    snprintf(name, sizeof(name), "v%c%zu", family, lp_columns(r->lp));
    int j = lp_add_column(r->lp, lower, upper, cost, name);
    ck_assert_int_ge(j, 0);
    return j;
}

static inline int random_row(struct random_lp *r, char family, double lower, double upper)
{
    char name[32];
    snprintf(name, sizeof(name), "v%c%zu", family, lp_rows(r->lp));
    int i = lp_add_row(r->lp, lower, upper, name);
    ck_assert_int_ge(i, 0);
    return i;
}

static inline void random_entry(struct random_lp *r, int row, int column, double value)
{
    ck_assert_int_eq(lp_add(r->lp, row, column, value), 0);
}

// `stores` stores behind one connection whose highest import over `steps` steps costs extra.
static inline struct lp *random_store_lp(uint64_t seed, int stores, int steps)
{
    struct random_lp r = {.dice = seed * 0x9e3779b97f4a7c15u + 1};
    ck_assert_int_eq(lp_new(&r.lp), 0);
    int peak = random_column(&r, 'p', 0, LP_INFINITY, random_between(&r, 0, 3)), balance = 0;
    for (int k = 0; k < steps; k++) {
        double load = random_between(&r, 5, 60);
        int row = random_row(&r, 'b', load, load), top = random_row(&r, 't', -LP_INFINITY, random_between(&r, 0, 40));
        int import = random_column(&r, 'i', 0, 500, random_between(&r, -0.1, 1));
        int export = random_column(&r, 'e', 0, 30, random_between(&r, 0.11, 0.2));
        balance = k == 0 ? row : balance;
        random_entry(&r, row, import, 1);
        random_entry(&r, row, export, -1);
        random_entry(&r, top, import, 1);
        random_entry(&r, top, peak, -1);
    }
    for (int s = 0; s < stores; s++) {
        double size = random_between(&r, 10, 100), power = random_between(&r, 2, 30);
        int before = -1;
        for (int k = 0; k < steps; k++) {
            int energy = random_column(&r, 'E', 0, size, k == steps - 1 ? -random_between(&r, 0, 0.5) : 0);
            int charge = random_column(&r, 'c', 0, power, random_between(&r, 0.15, 0.2));
            int discharge = random_column(&r, 'd', 0, power, random_between(&r, 0.01, 0.02));
            int row = random_row(&r, 's', k == 0 ? size / 2 : 0, k == 0 ? size / 2 : 0);
            random_entry(&r, row, energy, 1);
            random_entry(&r, row, charge, -0.95);
            random_entry(&r, row, discharge, 1.05);
            if (before >= 0)
                random_entry(&r, row, before, -1);
            random_entry(&r, balance + 2 * k, charge, -1);
            random_entry(&r, balance + 2 * k, discharge, 1);
            before = energy;
        }
    }
    return r.lp;
}

// Rows of every kind through a point inside the bounds, so that there is a solution; every column is bounded.
static inline struct lp *random_sparse_lp(uint64_t seed, int columns, int rows)
{
    struct random_lp r = {.dice = seed * 0x9e3779b97f4a7c15u + 2};
    double inside[400], activity;
    ck_assert_int_le(columns, 400);
    ck_assert_int_eq(lp_new(&r.lp), 0);
    for (int j = 0; j < columns; j++) {
        double low = random_between(&r, -10, 5), width = j % 7 == 0 ? 0 : random_between(&r, 0.5, 20);
        random_column(&r, 'x', low, low + width, random_between(&r, -2, 2));
        inside[j] = low + width * random_between(&r, 0.1, 0.9);
    }
    for (int i = 0; i < rows; i++) {
        int row = random_row(&r, 'r', -LP_INFINITY, LP_INFINITY);
        activity = 0;
        for (int e = 0; e < 5; e++) {
            int j = (int)random_between(&r, 0, columns - 1);
            double value = random_between(&r, -3, 3);
            random_entry(&r, row, j, value);
            activity += value * inside[j];
        }
        double below = i % 4 == 1 ? LP_INFINITY : i % 4 == 0 ? 0 : random_between(&r, 0, 5);
        double above = i % 4 == 2 ? LP_INFINITY : i % 4 == 0 ? 0 : random_between(&r, 0, 5);
        ck_assert_int_eq(lp_set_row_bounds(r.lp, row, below >= LP_INFINITY ? -LP_INFINITY : activity - below,
                                           above >= LP_INFINITY ? LP_INFINITY : activity + above),
                         0);
    }
    return r.lp;
}
