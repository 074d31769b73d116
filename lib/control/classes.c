// SPDX-License-Identifier: GPL-3.0-or-later
// Assets of equal value share what is to be done: each in proportion to its room, so that none of them takes turns with
// another when their values or the load change by a little. Starts and stops go by number for the same reason.
#include <math.h>

#include "base/number.h"
#include "control/bus.h"

int class_size(const struct regulation *r, const int *list, int n, int sign)
{
    const struct regulate_asset *a = r->assets;
    double first = sign > 0 ? a[list[0]].more_cost_per_kwh : a[list[0]].less_saving_per_kwh;
    int size = 1;
    for (; size < n; size++) {
        double price = sign > 0 ? a[list[size]].more_cost_per_kwh : a[list[size]].less_saving_per_kwh;
        if (fabs(price - first) > price_band(price, first))
            break;
    }
    return size;
}

// ---- in proportion --------------------------------------------------------------------------------------------------

// What everybody's room adds up to, in all and for each group; those behind a full group do not count.
static double add_wishes(struct regulation *r, const int *list, const double *rooms, int n, int sign)
{
    double sum_w = 0;
    for (int k = 0; k < n; k++)
        for (int g = r->members[list[k]].group; g >= 0; g = r->groups[g].within)
            r->groups[g].wish_w = 0;
    for (int k = 0; k < n; k++) {
        int group = r->members[list[k]].group;
        if (group_room_w(r, group, sign) < CRUMB_W)
            continue;
        sum_w += rooms[k];
        for (int g = group; g >= 0; g = r->groups[g].within)
            r->groups[g].wish_w += rooms[k];
    }
    return sum_w;
}

// The share of their wishes that every group can bear.
static double bearable_share(const struct regulation *r, const int *list, int n, int sign)
{
    double share = 1;
    for (int k = 0; k < n; k++)
        for (int g = r->members[list[k]].group; g >= r->first_group; g = r->groups[g].within) {
            if (r->groups[g].wish_w > 0)
                share = fmin(share, fmax(group_own_room_w(&r->groups[g], sign), 0) / r->groups[g].wish_w);
        }
    return share;
}

static void shift_all(struct regulation *r, const int *list, const double *rooms, int n, double share, int sign)
{
    bool may[SITE_MAX_ASSETS]; // asked before anybody moves
    for (int k = 0; k < n; k++)
        may[k] = group_room_w(r, r->members[list[k]].group, sign) >= CRUMB_W;
    for (int k = 0; k < n; k++)
        if (may[k] && rooms[k] > 0)
            member_shift(r, list[k], sign * share * rooms[k]);
}

double class_fill(struct regulation *r, const int *list, const double *rooms, int n, double need_w, int sign)
{
    double moved_w = 0, given = 0; // given: of everybody's room
    // Every round but the last fills a group.
    for (size_t round = 0; round <= r->n_groups && given < 1 && need_w - moved_w > CRUMB_W; round++) {
        double sum_w = add_wishes(r, list, rooms, n, sign);
        if (sum_w <= 0)
            break;
        double share = fmin(fmin(1 - given, (need_w - moved_w) / sum_w), bearable_share(r, list, n, sign));
        shift_all(r, list, rooms, n, share, sign);
        moved_w += share * sum_w;
        given += share;
    }
    return moved_w;
}

// ---- starts and stops -----------------------------------------------------------------------------------------------

struct jumps {
    const int *list;
    int n;
    const struct demand *demand;
    double moved_w;
};

static bool is_worth(const struct jumps *j, double change_w, bool as_now)
{
    const struct demand *d = j->demand;
    double after_w = j->moved_w + change_w, left_w = d->need_w - j->moved_w;
    if (d->hard_w - j->moved_w > BALANCE_TOLERANCE_W)
        return after_w <= d->most_hard_w;
    return after_w <= d->most_w && left_w > BALANCE_TOLERANCE_W &&
           left_w >= (as_now ? STAY_SHARE : CHANGE_SHARE) * change_w;
}

static void try_jump(struct regulation *r, struct jumps *j, int i, bool as_now, bool start)
{
    const struct member *m = &r->members[i];
    double target_w;
    if (!member_jump(r, i, j->demand->sign, &target_w))
        return;
    double change_w = fabs(target_w - m->power_w);
    bool starts = target_w != 0;
    if (starts != start || (starts == m->running) != as_now || !is_worth(j, change_w, as_now) ||
        (group_room_w(r, m->group, j->demand->sign) < change_w && (starts || !j->demand->of_group)))
        return;
    j->moved_w += change_w;
    member_shift(r, i, target_w - m->power_w);
}

// First those whom it leaves as they are now. The first by number starts first and stops last.
static void jump_some(struct regulation *r, struct jumps *j)
{
    for (int as_now = 1; as_now >= 0; as_now--) {
        for (int k = j->n - 1; k >= 0; k--)
            try_jump(r, j, j->list[k], as_now, false);
        for (int k = 0; k < j->n; k++)
            try_jump(r, j, j->list[k], as_now, true);
    }
}

static bool any_jumps(const struct regulation *r, const int *list, int n)
{
    for (int k = 0; k < n; k++)
        if (r->members[list[k]].on_w > 0)
            return true;
    return false;
}

static void sort_by_number(int *list, int n)
{
    for (int k = 1; k < n; k++) {
        int moving = list[k], to = k;
        for (; to > 0 && list[to - 1] > moving; to--)
            list[to] = list[to - 1];
        list[to] = moving;
    }
}

// A stop or start overshoots: those of the class that had given way for it get back what is too much.
static double give_back(struct regulation *r, const int *list, const double *before_w, int n, double over_w, int sign)
{
    double rooms[SITE_MAX_ASSETS];
    for (int k = 0; k < n; k++) {
        double gone_w = sign * (r->members[list[k]].power_w - before_w[k]);
        rooms[k] = fmin(fmax(gone_w, 0), member_room_w(r, list[k], -sign));
    }
    return class_fill(r, list, rooms, n, over_w, -sign);
}

static double fill_rooms(struct regulation *r, const int *list, int n, double need_w, int sign)
{
    double rooms[SITE_MAX_ASSETS];
    for (int k = 0; k < n; k++)
        rooms[k] = member_room_w(r, list[k], sign);
    return class_fill(r, list, rooms, n, need_w, sign);
}

double class_take(struct regulation *r, const int *list, int n, const struct demand *d)
{
    double need_w = d->need_w;
    int sign = d->sign;
    if (n < 1)
        return 0;
    double moved_w = fill_rooms(r, list, n, need_w, sign);
    if (need_w - moved_w <= BALANCE_TOLERANCE_W || !any_jumps(r, list, n))
        return moved_w;
    int sorted[SITE_MAX_ASSETS];
    double before_w[SITE_MAX_ASSETS];
    for (int k = 0; k < n; k++)
        sorted[k] = list[k];
    sort_by_number(sorted, n);
    for (int k = 0; k < n; k++)
        before_w[k] = r->members[sorted[k]].start_w;
    struct jumps j = {sorted, n, d, moved_w};
    jump_some(r, &j);
    if (j.moved_w == moved_w)
        return moved_w;
    moved_w = j.moved_w;
    if (need_w - moved_w > BALANCE_TOLERANCE_W)
        moved_w += fill_rooms(r, sorted, n, need_w - moved_w, sign);
    else if (moved_w - need_w > BALANCE_TOLERANCE_W)
        moved_w -= give_back(r, sorted, before_w, n, moved_w - need_w, sign);
    return moved_w;
}
