// SPDX-License-Identifier: GPL-3.0-or-later
// Requests as they come in over the control socket.
#include <stdint.h>

#include "../unit/calls_world.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct calls_world world;
    if (world.driver.engine == NULL) {
        log_set_level(LOG_LEVEL_ERROR);
        if (calls_world_make(&world) < 0)
            abort();
    }
    char *line = malloc(size + 1);
    if (line == NULL)
        return 0;
    memcpy(line, data, size);
    line[size] = '\0';
    char *reply = calls_answer(&world.calls, line, size);
    if (reply == NULL || strchr(reply, '\n') != NULL)
        abort();
    free(reply);
    free(line);
    return 0;
}
