// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/store/state_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/loop/clock.h"

int state_directory_make(const char *directory)
{
    char path[PATH_MAX];
    if (text_copy(path, sizeof(path), directory) != 0) {
        errno = ENAMETOOLONG;
        return AEMS_E_IO;
    }
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0750); // what is wrong shows at the last one
        *slash = '/';
    }
    return mkdir(path, 0750) == 0 || errno == EEXIST ? 0 : AEMS_E_IO;
}

int state_directory_lock(const char *directory, int *ret_fd)
{
    int r = state_directory_make(directory);
    if (r != 0)
        return r;
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/lock", directory);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return AEMS_E_IO;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return why == EWOULDBLOCK ? AEMS_E_STATE : AEMS_E_IO;
    }
    *ret_fd = fd;
    return 0;
}

int state_set_aside(const char *path)
{
    struct clock_source clock;
    clock_start(&clock, 1, -1);
    time_t now = (time_t)(clock_now(&clock).utc_ms / 1000);
    struct tm utc;
    char stamp[32] = "unknown";
    if (gmtime_r(&now, &utc) != NULL)
        strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
    static const char *const companions[] = {"-wal", "-shm", ""};
    int r = 0;
    for (size_t i = 0; i < 3; i++) {
        char from[PATH_MAX], to[PATH_MAX];
        snprintf(from, sizeof(from), "%s%s", path, companions[i]);
        snprintf(to, sizeof(to), "%s.corrupt-%s%s", path, stamp, companions[i]);
        if (rename(from, to) != 0 && errno != ENOENT)
            r = AEMS_E_IO;
    }
    if (r == 0)
        log_error("%s is corrupt: kept as %s.corrupt-%s, a new one is begun", path, path, stamp);
    return r;
}
