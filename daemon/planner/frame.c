// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/planner/frame.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void begin_frame(struct frame_reader *r)
{
    r->header_got = 0;
    r->length = 0;
    r->expected = 0;
}

static bool complete(const struct frame_reader *r)
{
    return r->header_got == FRAME_HEADER_BYTES && r->length == r->expected;
}

// The buffer grows with what has come, not with what was announced: a lying header costs nothing.
static int reserve(struct frame_reader *r, size_t length)
{
    if (length + 1 <= r->capacity)
        return 0;
    size_t capacity = r->capacity ? r->capacity : 4096;
    while (capacity < length + 1)
        capacity *= 2;
    char *payload = realloc(r->payload, capacity);
    if (!payload)
        return AEMS_E_NOMEM;
    r->payload = payload;
    r->capacity = capacity;
    return 0;
}

static int end_header(struct frame_reader *r)
{
    r->expected = (size_t)r->header[0] << 24 | (size_t)r->header[1] << 16 | (size_t)r->header[2] << 8 | r->header[3];
    if (r->expected > FRAME_MAX_BYTES)
        return AEMS_E_LIMIT;
    int rc = reserve(r, 0);
    if (rc == 0)
        r->payload[0] = '\0';
    return rc;
}

static int take_payload(struct frame_reader *r, const char *bytes, size_t n)
{
    int rc = reserve(r, r->length + n);
    if (rc < 0)
        return rc;
    memcpy(r->payload + r->length, bytes, n);
    r->length += n;
    r->payload[r->length] = '\0';
    return 0;
}

int frame_reader_feed(struct frame_reader *r, const char **bytes, size_t *count)
{
    if (complete(r))
        begin_frame(r);
    while (*count > 0 || complete(r)) {
        if (complete(r))
            return 1;
        bool in_header = r->header_got < FRAME_HEADER_BYTES;
        size_t wanted = in_header ? FRAME_HEADER_BYTES - r->header_got : r->expected - r->length;
        size_t n = smaller(wanted, *count);
        int rc = 0;
        if (in_header) {
            memcpy(r->header + r->header_got, *bytes, n);
            r->header_got += n;
            if (r->header_got == FRAME_HEADER_BYTES)
                rc = end_header(r);
        } else {
            rc = take_payload(r, *bytes, n);
        }
        if (rc < 0)
            return rc;
        *bytes += n;
        *count -= n;
    }
    return 0;
}

int frame_reader_read(struct frame_reader *r, int fd)
{
    char buffer[65536];
    if (complete(r))
        begin_frame(r);
    bool in_header = r->header_got < FRAME_HEADER_BYTES;
    size_t wanted = in_header ? FRAME_HEADER_BYTES - r->header_got : r->expected - r->length;
    ssize_t got = read(fd, buffer, smaller(wanted, sizeof(buffer)));
    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : AEMS_E_IO;
    if (got == 0)
        return r->header_got == 0 ? AEMS_E_NOT_FOUND : AEMS_E_FORMAT;
    const char *bytes = buffer;
    size_t count = (size_t)got;
    return frame_reader_feed(r, &bytes, &count);
}

void frame_reader_free(struct frame_reader *r)
{
    free(r->payload);
    *r = (struct frame_reader){0};
}

int frame_header(size_t length, unsigned char ret_header[static FRAME_HEADER_BYTES])
{
    if (length > FRAME_MAX_BYTES)
        return AEMS_E_LIMIT;
    for (int i = 0; i < FRAME_HEADER_BYTES; i++)
        ret_header[i] = (unsigned char)(length >> (24 - 8 * i));
    return 0;
}

static int write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t n = write(fd, bytes, count);
        if (n > 0) {
            bytes += n;
            count -= (size_t)n;
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
            return AEMS_E_IO;
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        if (poll(&wait, 1, -1) < 0 && errno != EINTR)
            return AEMS_E_IO;
    }
    return 0;
}

int frame_write(int fd, const char *payload, size_t length)
{
    unsigned char header[FRAME_HEADER_BYTES];
    int rc = frame_header(length, header);
    if (rc == 0)
        rc = write_all(fd, (const char *)header, sizeof(header));
    return rc < 0 ? rc : write_all(fd, payload, length);
}
