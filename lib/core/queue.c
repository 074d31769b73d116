// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

// A switch that was told to open by a program that died before it kept that would look like one that hands have opened.
static bool is_urgent(enum task_kind kind)
{
    return kind == TASK_WRITE || kind == TASK_RELEASE || kind == TASK_SAVE_OUTAGE;
}

static int ring_new(struct ring *r, size_t capacity)
{
    r->tasks = calloc(capacity + 1, sizeof *r->tasks);
    r->capacity = capacity + 1;
    return r->tasks != NULL ? 0 : AEMS_E_NOMEM;
}

int queue_new(struct queue *q, const size_t sizes[static TASK_KIND_COUNT])
{
    size_t urgent = 0, other = 0;
    *q = (struct queue){0};
    for (int kind = 0; kind < TASK_KIND_COUNT; kind++) {
        q->sizes[kind] = sizes[kind];
        q->waiting[kind] = calloc(sizes[kind] + 1, sizeof **q->waiting);
        if (q->waiting[kind] == NULL)
            return AEMS_E_NOMEM;
        if (is_urgent((enum task_kind)kind))
            urgent += sizes[kind];
        else
            other += sizes[kind];
    }
    int result = ring_new(&q->urgent, urgent);
    return result == 0 ? ring_new(&q->other, other) : result;
}

void queue_free(struct queue *q)
{
    for (int kind = 0; kind < TASK_KIND_COUNT; kind++)
        free(q->waiting[kind]);
    free(q->urgent.tasks);
    free(q->other.tasks);
    *q = (struct queue){0};
}

static bool stands_in(const struct ring *r, struct task t)
{
    for (size_t i = 0; i < r->count; i++) {
        struct task other = r->tasks[(r->head + i) % r->capacity];
        if (other.kind == t.kind && other.index == t.index)
            return true;
    }
    return false;
}

void queue_add(struct queue *q, enum task_kind kind, int index)
{
    if (index < 0 || (size_t)index >= q->sizes[kind] || q->waiting[kind][index])
        return;
    struct ring *r = is_urgent(kind) ? &q->urgent : &q->other;
    struct task task = {kind, index};
    q->waiting[kind][index] = true;
    // A dropped task keeps its place and becomes valid again; only the urgent ring knows dropping.
    if (is_urgent(kind) && stands_in(r, task))
        return;
    r->tasks[(r->head + r->count) % r->capacity] = task;
    r->count++;
}

void queue_drop(struct queue *q, enum task_kind kind, int index)
{
    if (index >= 0 && (size_t)index < q->sizes[kind])
        q->waiting[kind][index] = false;
}

static bool ring_take(struct ring *r, struct task *ret_task)
{
    if (r->count == 0)
        return false;
    *ret_task = r->tasks[r->head];
    r->head = (r->head + 1) % r->capacity;
    r->count--;
    return true;
}

bool queue_take(struct queue *q, struct task *ret_task)
{
    struct task task;
    while (ring_take(&q->urgent, &task) || ring_take(&q->other, &task)) {
        if (!q->waiting[task.kind][task.index])
            continue;
        q->waiting[task.kind][task.index] = false;
        *ret_task = task;
        return true;
    }
    return false;
}
