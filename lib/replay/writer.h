// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers and JSON on a stream, the same bytes under every locale. Errors stay with the stream: ask ferror at the end.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// With exactly so many decimals, 0-9, and never "-0"; false and nothing written when it is not finite or 1e15 or more.
bool write_fixed(FILE *stream, double value, int decimals);

// Members of objects are given with their key, elements of arrays with NULL. Texts may come from anywhere: what is no
// UTF-8 becomes U+FFFD, and `<`, `>` and `&` are escaped, so that the result can stand inside a page's script element.
struct json_writer {
    FILE *stream;
    bool pretty; // a line each, indented
    int depth;
    bool begun; // something stands at this depth already
};

void out_open(struct json_writer *w, const char *key, char bracket);                // '{' or '['
void out_close(struct json_writer *w, char bracket);                                // '}' or ']'
void out_fixed(struct json_writer *w, const char *key, double value, int decimals); // null where write_fixed fails
void out_whole(struct json_writer *w, const char *key, int64_t value);
void out_count(struct json_writer *w, const char *key, uint64_t value);
void out_text(struct json_writer *w, const char *key, const char *text);
void out_null(struct json_writer *w, const char *key);
