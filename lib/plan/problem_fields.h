// SPDX-License-Identifier: GPL-3.0-or-later
// What a problem consists of: one table a kind of asset, one row a member. Memory, JSON and the judgement of a problem
// all follow these tables, so that a new member is one row. For the files of this room.
#pragma once

#include "plan/problem_alloc.h"

enum field_type {
    FIELD_ID,           // char[SITE_ID_MAX]
    FIELD_KIND,         // enum asset_kind, from low to high
    FIELD_BUS,          // int, a bus
    FIELD_BUS_OR_NONE,  // int, -1 none
    FIELD_GROUP,        // int, a group or -1
    FIELD_COMMUNITY,    // int, a community or -1
    FIELD_BOOL,         // bool
    FIELD_INTEGER,      // int
    FIELD_NUMBER,       // double
    FIELD_SERIES,       // double *, one a step
    FIELD_TIER,         // enum load_tier
    FIELD_TIER_NUMBERS, // double[TIER_COUNT]
    FIELD_TIER_BOOLS,   // bool[TIER_COUNT]
    FIELD_CURVE,        // struct plan_curve
    FIELD_SESSIONS,     // struct plan_session[PLAN_MAX_SESSIONS], with the int before it as their number
};

struct plan_field {
    const char *name;
    enum field_type type;
    size_t offset;
    double low, high; // of numbers, inclusive
    double initial;
};

struct plan_section {
    const char *name;                // in JSON and in messages
    size_t array, count;             // members of struct plan_problem
    size_t size;                     // member of struct plan_sizes
    size_t stride;                   // of the array
    const struct plan_field *fields; // ends with a row without name
};

enum { PLAN_SECTIONS = 11, PLAN_SECTION_OFFERS = 10 };
extern const struct plan_section plan_sections[PLAN_SECTIONS];

// Series of a scenario: which array, of which section's assets, and their range.
struct plan_course {
    const char *name;
    size_t offset; // of the double * in struct plan_scenario
    size_t count;  // member of struct plan_problem: how many assets
    double low, high;
};

enum { PLAN_COURSES = 6 };
extern const struct plan_course plan_courses[PLAN_COURSES];

static inline size_t plan_section_count(const struct plan_problem *p, const struct plan_section *s)
{
    return *(const size_t *)((const char *)p + s->count);
}

// The asset's struct; plan_field_at: its member. Both borrowed.
void *plan_section_item(const struct plan_problem *p, const struct plan_section *s, size_t index);
static inline void *plan_field_at(void *item, const struct plan_field *f)
{
    return (char *)item + f->offset;
}

double **plan_course_at(struct plan_scenario *s, const struct plan_course *c);
size_t plan_course_assets(const struct plan_problem *p, const struct plan_course *c);
