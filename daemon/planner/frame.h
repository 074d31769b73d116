// SPDX-License-Identifier: GPL-3.0-or-later
// Frames between the daemon and the planner process: a 4-byte big-endian length, then that many bytes (JSON text).
//
//     struct frame_reader r = {0};
//     // whenever bytes came, from a non-blocking fd or an event loop:
//     while (n > 0) {
//         int done = frame_reader_feed(&r, &bytes, &n);
//         if (done < 0)
//             ...; // the peer does not keep to the format: end it
//         if (done == 1)
//             use(r.payload, r.length);
//     }
//     frame_reader_free(&r);
#pragma once

#include <stddef.h>

enum { FRAME_HEADER_BYTES = 4, FRAME_MAX_BYTES = 64 << 20 };

struct frame_reader { // zero-initialise
    unsigned char header[FRAME_HEADER_BYTES];
    size_t header_got;
    char *payload; // owned by the reader, NUL-terminated; valid after a complete frame until the next feed
    size_t length; // of the payload, got so far
    size_t expected, capacity;
};

// Takes bytes from `*bytes` and moves `*bytes` and `*count` on. 1: a frame is complete (bytes of the next one are left
// where they are); 0: all bytes are taken and more are needed; AEMS_E_LIMIT: the frame is longer than FRAME_MAX_BYTES;
// AEMS_E_NOMEM. After an error the stream is lost.
int frame_reader_feed(struct frame_reader *r, const char **bytes, size_t *count);

// One read(2) from an fd that may be non-blocking, at most up to the end of the frame. 1: a frame is complete; 0: not
// yet, or EAGAIN; AEMS_E_NOT_FOUND: the peer closed between frames; AEMS_E_FORMAT: it closed within one; AEMS_E_IO (see
// errno), AEMS_E_LIMIT, AEMS_E_NOMEM.
int frame_reader_read(struct frame_reader *r, int fd);
void frame_reader_free(struct frame_reader *r); // leaves an empty reader

// Length prefix of a payload, for those who write by themselves. AEMS_E_LIMIT.
int frame_header(size_t length, unsigned char ret_header[static FRAME_HEADER_BYTES]);

// Writes a whole frame, waiting in poll(2) while a non-blocking fd is full. AEMS_E_IO (see errno), AEMS_E_LIMIT.
int frame_write(int fd, const char *payload, size_t length);
