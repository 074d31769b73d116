// SPDX-License-Identifier: GPL-3.0-or-later
// Counts the program's allocations, with and without the address sanitizer. Include once, in the test's only file.
#pragma once

#include <stddef.h>

static volatile size_t allocation_count;

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COUNT_BY_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define COUNT_BY_SANITIZER 1
#endif

#ifdef COUNT_BY_SANITIZER
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));

static void count_malloc(const volatile void *block, size_t size)
{
    (void)block;
    (void)size;
    allocation_count++;
}

static void count_free(const volatile void *block)
{
    (void)block;
}

static void allocations_watch(void)
{
    __sanitizer_install_malloc_and_free_hooks(count_malloc, count_free);
}
#else
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t size);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *block, size_t size);

void *malloc(size_t size)
{
    allocation_count++;
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    allocation_count++;
    return __libc_calloc(n, size);
}

void *realloc(void *block, size_t size)
{
    allocation_count++;
    return __libc_realloc(block, size);
}

static void allocations_watch(void)
{
}
#endif
