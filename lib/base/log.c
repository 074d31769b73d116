// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"

// A line is cut at what a pipe with any room takes at once.
enum { MESSAGE_SIZE = 2048, PREFIX_LENGTH = 3, LINE_SIZE = PIPE_BUF - PREFIX_LENGTH };

// The one piece of state that belongs to the process as a whole, like stderr itself.
static atomic_int most_verbose_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level most_verbose)
{
    atomic_store(&most_verbose_level, (int)most_verbose);
}

// A pipe takes up to PIPE_BUF bytes in one piece; what a full or broken stderr refuses is lost, never waited for: a
// reader that has stopped must not stop control. stderr stays blocking, since others may share its description.
static void write_once(const char *line, size_t length)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
    ssize_t written;
    if (poll(&room, 1, 0) <= 0)
        return;
    do
        written = write(STDERR_FILENO, line, length);
    while (written < 0 && errno == EINTR);
}

void log_line(enum log_level level, const char *format, ...)
{
    if ((int)level > atomic_load(&most_verbose_level))
        return;
    int saved_errno = errno;
    char message[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (length < 0)
        snprintf(message, sizeof message, "(a message that could not be formatted)");

    // Outside text reaches messages: escaped, it cannot end this line and begin one of its own.
    char line[PREFIX_LENGTH + LINE_SIZE];
    snprintf(line, sizeof line, "<%d>", (int)level % 8);
    size_t used = PREFIX_LENGTH + text_escape(line + PREFIX_LENGTH, LINE_SIZE - 1, message);
    line[used++] = '\n';
    write_once(line, used);
    errno = saved_errno;
}
