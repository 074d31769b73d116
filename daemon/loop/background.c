// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/loop/background.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/error.h"

struct background {
    void (*work)(void *user);
    void (*done)(void *user);
    void *user;
    struct loop_waker *waker;
    pthread_t thread;
    bool has_thread;
};

static void *run(void *user)
{
    struct background *b = user;
    b->work(b->user);
    loop_wake(b->waker);
    return NULL;
}

static void on_wake(void *user)
{
    struct background *b = user;
    if (b->has_thread)
        pthread_join(b->thread, NULL);
    b->has_thread = false;
    b->done(b->user);
}

int background_start(struct loop *l, void (*work)(void *user), void (*done)(void *user), void *user,
                     struct background **ret_background)
{
    struct background *b = calloc(1, sizeof(*b));
    if (b == NULL)
        return AEMS_E_NOMEM;
    *b = (struct background){.work = work, .done = done, .user = user};
    int r = loop_waker_new(l, on_wake, b, &b->waker);
    if (r != 0) {
        free(b);
        return r;
    }
    sigset_t all, before;
    sigfillset(&all); // signals are for the loop's thread
    pthread_sigmask(SIG_SETMASK, &all, &before);
    b->has_thread = pthread_create(&b->thread, NULL, run, b) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!b->has_thread)
        run(b);
    *ret_background = b;
    return 0;
}

void background_free(struct background *b)
{
    if (b == NULL)
        return;
    if (b->has_thread)
        pthread_join(b->thread, NULL);
    loop_waker_free(b->waker);
    free(b);
}
