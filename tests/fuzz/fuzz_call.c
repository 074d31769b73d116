// SPDX-License-Identifier: GPL-3.0-or-later
// Requests as they come in over the control socket.
#include <stdint.h>

#include "../unit/calls_world.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The first byte chooses: the rest is a whole line, or one value in a call that is otherwise right, so that inputs get
// beyond the first brace.
static const char *const FRAMES[][2] = {
    {"", ""},
    {"{\"call\":\"", "\"}"},
    {"{\"call\":\"command\",\"id\":\"b1\",\"payload\":{", "}}"},
    {"{\"call\":\"prices\",\"tariff\":\"flat\",\"points\":[{", "}]}"},
    {"{\"call\":\"weather\",\"points\":[{", "}]}"},
    {"{\"call\":\"setpoint\",\"asset\":\"b1\",", "}"},
    {"{\"call\":\"plan\",", "}"},
    {"{\"call\":\"ledger\",", "}"},
    {"{\"call\":\"forecast\",", "}"},
    {"{\"call\":\"command\",\"id\":\"outage\",\"payload\":{\"action\":", "}}"},
    {"{\"call\":\"outage_journal\",\"before\":", "}"},
    {"{\"call\":\"outage_drill\",\"for_s\":", "}"},
};

enum { FRAMES_COUNT = sizeof FRAMES / sizeof *FRAMES };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct calls_world world;
    if (world.driver.engine == NULL) {
        log_set_level(LOG_LEVEL_ERROR);
        if (calls_world_make(&world) < 0)
            abort();
    }
    if (size < 1)
        return 0;
    const char *const *frame = FRAMES[data[0] % FRAMES_COUNT];
    size_t before = strlen(frame[0]), after = strlen(frame[1]), length = before + size - 1 + after;
    char *line = malloc(length + 1);
    if (line == NULL)
        return 0;
    memcpy(line, frame[0], before);
    memcpy(line + before, data + 1, size - 1);
    memcpy(line + before + size - 1, frame[1], after + 1);
    char *reply = calls_answer(&world.calls, line, length);
    if (reply == NULL || strchr(reply, '\n') != NULL)
        abort();
    free(reply);
    free(line);
    return 0;
}
