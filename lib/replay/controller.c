// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "replay/replay.h"

static const char *const NAMES[REPLAY_CONTROLLER_COUNT] = {
    [REPLAY_NONE] = "none",       [REPLAY_RULE] = "rule",
    [REPLAY_DAEMON] = "daemon",   [REPLAY_PERSISTENCE] = "persistence",
    [REPLAY_PERFECT] = "perfect", [REPLAY_SCHEDULE] = "schedule",
};

const char *replay_controller_name(enum replay_controller controller)
{
    return NAMES[controller];
}

enum replay_controller replay_controller_by_name(const char *name)
{
    int c = 0;
    while (c < REPLAY_CONTROLLER_COUNT && strcmp(NAMES[c], name) != 0)
        c++;
    return (enum replay_controller)c;
}
