// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/new_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

static int make_folder(const char *path)
{
    struct stat status;
    if (mkdir(path, 0777) == 0)
        return 0;
    if (errno != EEXIST || stat(path, &status) < 0)
        return AEMS_E_IO;
    errno = ENOTDIR;
    return S_ISDIR(status.st_mode) ? 0 : AEMS_E_IO;
}

int new_files_folder(const char *folder)
{
    char path[PATH_MAX];
    if (text_copy(path, sizeof(path), folder) < 0) {
        errno = ENAMETOOLONG;
        return AEMS_E_IO;
    }
    for (char *slash = strchr(path + 1, '/'); *path != '\0' && slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int code = make_folder(path);
        *slash = '/';
        if (code < 0)
            return code;
    }
    return make_folder(path);
}

int new_files_open(struct new_files *f, const char *folder, const char *name, FILE **ret_stream)
{
    char *path = f->files[f->count].path, *part = f->files[f->count].part;
    if (f->count == NEW_FILES_MAX || snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX ||
        snprintf(part, PATH_MAX, "%s/.%s.XXXXXX", folder, name) >= PATH_MAX)
        return AEMS_E_LIMIT;
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode)) { // nothing can take its place: better known before
        errno = EISDIR;
        return AEMS_E_IO;
    }
    int fd = mkostemp(part, O_CLOEXEC);
    if (fd < 0)
        return AEMS_E_IO;
    mode_t mask = umask(0);
    umask(mask);
    fchmod(fd, 0666 & ~mask);
    FILE *stream = fdopen(fd, "w");
    if (stream == NULL) {
        close(fd);
        unlink(part);
        return AEMS_E_IO;
    }
    f->files[f->count++].stream = stream;
    *ret_stream = stream;
    return 0;
}

static int close_whole(FILE *stream)
{
    bool failed = ferror(stream) || fflush(stream) != 0 || fsync(fileno(stream)) != 0;
    return fclose(stream) != 0 || failed ? AEMS_E_IO : 0;
}

int new_files_keep(struct new_files *f)
{
    int code = 0;
    for (int i = 0; i < f->count; i++) {
        FILE *stream = f->files[i].stream;
        f->files[i].stream = NULL;
        if (stream != NULL && close_whole(stream) < 0)
            code = AEMS_E_IO;
    }
    for (int i = 0; i < f->count && code == 0; i++) {
        if (rename(f->files[i].part, f->files[i].path) < 0)
            code = AEMS_E_IO;
        else
            f->files[i].part[0] = '\0';
    }
    return code;
}

void new_files_drop(struct new_files *f)
{
    for (int i = 0; i < f->count; i++) {
        if (f->files[i].stream != NULL)
            fclose(f->files[i].stream);
        if (f->files[i].part[0] != '\0')
            unlink(f->files[i].part);
    }
    f->count = 0;
}
