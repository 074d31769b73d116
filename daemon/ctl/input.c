// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/ctl.h"

enum { MAX_FILE_BYTES = 1 << 20 };

static const char *what_is_wrong(const FILE *file, const struct text *t)
{
    if (file == NULL)
        return strerror(errno);
    return t->length > MAX_FILE_BYTES ? "is larger than 1 MiB" : "cannot be read";
}

bool ctl_read_file(const char *path, struct text *ret_text)
{
    char piece[4096];
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    size_t n = 0;
    while (file != NULL && ret_text->length <= MAX_FILE_BYTES && (n = fread(piece, 1, sizeof(piece) - 1, file)) > 0) {
        piece[n] = '\0';
        text_append(ret_text, piece);
    }
    bool done = file != NULL && !ferror(file) && !ret_text->failed && ret_text->length <= MAX_FILE_BYTES;
    if (!done)
        fprintf(stderr, "aemsctl: %s: %s\n", standard ? "standard input" : path, what_is_wrong(file, ret_text));
    if (file != NULL && !standard)
        fclose(file);
    return done;
}
