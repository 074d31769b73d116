// SPDX-License-Identifier: GPL-3.0-or-later
// Chunks: one deflate stream over the whole file, flushed at the end of each, so that small chunks still know what the
// former ones were like.
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "replay/record.h"
#include "replay/record_unpack.h"

enum { CHUNK_HEAD = 12, LEVEL = 6, GROWTH = 64 << 10 };

// ---- packing --------------------------------------------------------------------------------------------------------

struct record_packer {
    z_stream stream;
    bool marked;
};

int record_packer_new(struct record_packer **ret_packer)
{
    struct record_packer *p = calloc(1, sizeof *p);
    if (p == NULL || deflateInit2(&p->stream, LEVEL, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(p);
        return AEMS_E_NOMEM;
    }
    *ret_packer = p;
    return 0;
}

void record_packer_free(struct record_packer *p)
{
    if (p == NULL)
        return;
    deflateEnd(&p->stream);
    free(p);
}

static int deflate_all(z_stream *s, const void *raw, size_t length, struct bytes *out)
{
    uint8_t piece[16384];
    s->next_in = (Bytef *)(uintptr_t)raw;
    s->avail_in = (uInt)length;
    do {
        s->next_out = piece;
        s->avail_out = sizeof piece;
        if (deflate(s, Z_SYNC_FLUSH) == Z_STREAM_ERROR)
            return AEMS_E_NOMEM;
        bytes_put(out, piece, sizeof piece - s->avail_out);
    } while (s->avail_out == 0);
    return out->failed ? AEMS_E_NOMEM : 0;
}

int record_pack(struct record_packer *p, const void *raw, size_t length, struct bytes *chunk)
{
    struct bytes packed = {0};
    if (length > RECORD_CHUNK_MAX)
        return AEMS_E_LIMIT;
    int code = deflate_all(&p->stream, raw, length, &packed);
    if (code == 0) {
        if (!p->marked)
            bytes_put(chunk, RECORD_MARK, RECORD_MARK_SIZE);
        p->marked = true;
        bytes_put_u32(chunk, (uint32_t)packed.length);
        bytes_put_u32(chunk, (uint32_t)length);
        bytes_put_u32(chunk, (uint32_t)crc32(0, packed.data, (uInt)packed.length));
        bytes_put(chunk, packed.data, packed.length);
        code = chunk->failed ? AEMS_E_NOMEM : 0;
    }
    bytes_free(&packed);
    return code;
}

// ---- and back -------------------------------------------------------------------------------------------------------

struct unpacker {
    z_stream stream;
    struct bytes_in in;
    const uint8_t *begin;
    uint8_t *raw; // of the present chunk
    size_t capacity;
    bool over;
};

int unpacker_new(const void *data, size_t length, struct unpacker **ret_unpacker)
{
    if (length < RECORD_MARK_SIZE || memcmp(data, RECORD_MARK, RECORD_MARK_SIZE) != 0)
        return AEMS_E_FORMAT;
    struct unpacker *u = calloc(1, sizeof *u);
    if (u == NULL || inflateInit2(&u->stream, -MAX_WBITS) != Z_OK) {
        free(u);
        return AEMS_E_NOMEM;
    }
    u->in = bytes_in_of(data, length);
    u->begin = u->in.at;
    u->in.at += RECORD_MARK_SIZE;
    *ret_unpacker = u;
    return 0;
}

void unpacker_free(struct unpacker *u)
{
    if (u == NULL)
        return;
    inflateEnd(&u->stream);
    free(u->raw);
    free(u);
}

size_t unpacker_position(const struct unpacker *u)
{
    return (size_t)(u->in.at - u->begin);
}

// Grows with what really comes out, whatever the head promises.
static bool grow(struct unpacker *u, size_t used, size_t promised)
{
    if (used < u->capacity)
        return true;
    size_t capacity = 2 * u->capacity > GROWTH ? 2 * u->capacity : GROWTH;
    if (capacity > promised + 1)
        capacity = promised + 1;
    uint8_t *raw = realloc(u->raw, capacity > used ? capacity : used + 1);
    if (raw == NULL)
        return false;
    u->raw = raw;
    u->capacity = capacity > used ? capacity : used + 1;
    return true;
}

static enum unpacked inflate_all(struct unpacker *u, const uint8_t *packed, size_t length, size_t promised)
{
    size_t used = 0;
    int status = Z_OK;
    u->stream.next_in = (Bytef *)(uintptr_t)packed;
    u->stream.avail_in = (uInt)length;
    do {
        if (used > promised)
            return UNPACKED_DAMAGED;
        if (!grow(u, used, promised))
            return UNPACKED_NO_MEMORY;
        u->stream.next_out = u->raw + used;
        u->stream.avail_out = (uInt)(u->capacity - used);
        status = inflate(&u->stream, Z_SYNC_FLUSH);
        used = u->capacity - u->stream.avail_out;
    } while (status == Z_OK && (u->stream.avail_in > 0 || u->stream.avail_out == 0));
    if (status == Z_MEM_ERROR)
        return UNPACKED_NO_MEMORY;
    bool sound = status == Z_OK || (status == Z_BUF_ERROR && u->stream.avail_in == 0);
    return sound && used == promised ? UNPACKED_CHUNK : UNPACKED_DAMAGED;
}

enum unpacked unpacker_next(struct unpacker *u, const uint8_t **ret_raw, size_t *ret_length)
{
    struct bytes_in in = u->in;
    if (u->over || in.at == in.end)
        return UNPACKED_END;
    u->over = true; // unless this one is good
    uint32_t length = bytes_take_u32(&in), promised = bytes_take_u32(&in), crc = bytes_take_u32(&in);
    const uint8_t *packed = bytes_take(&in, length);
    if (packed == NULL)
        return UNPACKED_CUT;
    if (promised > RECORD_CHUNK_MAX || crc != (uint32_t)crc32(0, packed, length))
        return UNPACKED_DAMAGED;
    enum unpacked found = inflate_all(u, packed, length, promised);
    if (found != UNPACKED_CHUNK)
        return found;
    u->in = in;
    u->over = false;
    *ret_raw = u->raw;
    *ret_length = promised;
    return UNPACKED_CHUNK;
}
