// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "replay/reading.h"

enum { ONE_HOUR_MS = 3600000 };

struct place_of_row {
    int64_t utc_ms;
    size_t row; // as read
};

static int by_time_then_row(const void *left, const void *right)
{
    const struct place_of_row *a = left, *b = right;
    int order = (a->utc_ms > b->utc_ms) - (a->utc_ms < b->utc_ms);
    return order != 0 ? order : (a->row > b->row) - (a->row < b->row);
}

static void count_reordered(struct reading *r)
{
    const int64_t *utc_ms = r->data->utc_ms;
    int64_t latest = INT64_MIN;
    for (size_t i = 0; i < r->data->n_rows; i++) {
        if (utc_ms[i] < latest && r->data->told.reordered++ == 0)
            r->first_reordered = r->lines[i];
        latest = utc_ms[i] > latest ? utc_ms[i] : latest;
    }
}

static bool is_ascending(const struct replay_data *data)
{
    for (size_t i = 1; i < data->n_rows; i++)
        if (data->utc_ms[i] <= data->utc_ms[i - 1])
            return false;
    return true;
}

// Keeps the last row of each instant; how many are left.
static size_t drop_former(struct reading *r, struct place_of_row *order, size_t n)
{
    char time[RFC3339_SIZE];
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (i + 1 == n || order[i].utc_ms != order[i + 1].utc_ms) {
            order[kept++] = order[i];
            continue;
        }
        rfc3339_format(order[i].utc_ms, time);
        r->data->told.refused++;
        reading_refuse(r, r->lines[order[i].row], 1, "%s stands in line %d again, which counts: row refused", time,
                       r->lines[order[i + 1].row]);
    }
    return kept;
}

static int sort(struct reading *r)
{
    struct replay_data *data = r->data;
    struct place_of_row *order = calloc(data->n_rows, sizeof(*order));
    double *values = calloc(data->n_rows, sizeof(*values));
    if (order == NULL || values == NULL) {
        free(order);
        free(values);
        return AEMS_E_NOMEM;
    }
    for (size_t i = 0; i < data->n_rows; i++)
        order[i] = (struct place_of_row){data->utc_ms[i], i};
    qsort(order, data->n_rows, sizeof(*order), by_time_then_row);
    size_t kept = drop_former(r, order, data->n_rows);
    for (size_t c = 0; c < data->n_columns; c++) {
        for (size_t i = 0; i < kept; i++)
            values[i] = data->columns[c].values[order[i].row];
        memcpy(data->columns[c].values, values, kept * sizeof(*values));
    }
    for (size_t i = 0; i < kept; i++)
        data->utc_ms[i] = order[i].utc_ms;
    data->n_rows = kept;
    free(order);
    free(values);
    return 0;
}

// ---- the step -----------------------------------------------------------------------------------------------------

static int by_size(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

// The most frequent of ascending numbers; of those that are equally so the smallest.
static int64_t most_frequent(const int64_t *numbers, size_t n)
{
    int64_t best = numbers[0];
    for (size_t i = 0, most = 0; i < n;) {
        size_t same = i + 1;
        while (same < n && numbers[same] == numbers[i])
            same++;
        if (same - i > most) {
            most = same - i;
            best = numbers[i];
        }
        i = same;
    }
    return best;
}

static void count_gaps(struct reading *r)
{
    struct replay_data *data = r->data;
    int64_t longest_ms = 0;
    size_t at = 0;
    char time[RFC3339_SIZE];
    for (size_t i = 0; i + 1 < data->n_rows; i++) {
        int64_t distance_ms = data->utc_ms[i + 1] - data->utc_ms[i];
        data->told.gaps += distance_ms > data->step_ms;
        if (distance_ms > longest_ms) {
            longest_ms = distance_ms;
            at = i;
        }
    }
    if (data->told.gaps == 0)
        return;
    rfc3339_format(data->utc_ms[at], time);
    diagnostics_add(
        r->d, SEVERITY_WARNING, (struct place){r->name, 0, 0},
        "%zu gap%s of more than a step of %.10g s, where the row before holds; the longest is %.10g h after %s",
        data->told.gaps, data->told.gaps == 1 ? "" : "s", (double)data->step_ms / 1000,
        (double)longest_ms / ONE_HOUR_MS, time);
}

static int find_step(struct reading *r)
{
    struct replay_data *data = r->data;
    data->step_ms = ONE_HOUR_MS;
    if (data->n_rows > 1) {
        size_t n = data->n_rows - 1;
        int64_t *distances = calloc(n, sizeof(*distances));
        if (distances == NULL)
            return AEMS_E_NOMEM;
        for (size_t i = 0; i < n; i++)
            distances[i] = data->utc_ms[i + 1] - data->utc_ms[i];
        qsort(distances, n, sizeof(*distances), by_size);
        data->step_ms = most_frequent(distances, n);
        free(distances);
    }
    data->end_utc_ms = data->utc_ms[data->n_rows - 1] + data->step_ms;
    return 0;
}

int reading_arrange(struct reading *r)
{
    count_reordered(r);
    int code = is_ascending(r->data) ? 0 : sort(r);
    if (code == 0)
        code = find_step(r);
    if (code == 0)
        count_gaps(r);
    return code;
}
