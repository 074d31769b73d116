// SPDX-License-Identifier: GPL-3.0-or-later
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/local_time.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/status_view.h"

static int lines_of(const char *text)
{
    int lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

// Repaints in place, line by line, so that nothing flickers; what does not fit on the screen is left out, and said.
static void paint(const char *text, const struct style *style)
{
    int lines = lines_of(text), room = style->height - 1;
    int shown = lines <= room ? lines : room - 1;
    fputs("\033[H", stdout);
    for (int i = 0; i < shown; i++) {
        size_t length = strcspn(text, "\n");
        fwrite(text, 1, length, stdout);
        fputs("\033[K\n", stdout);
        text += length + 1;
    }
    if (shown < lines)
        printf("%s%d more lines in a higher window\033[K\n", style->unicode ? "\xE2\x80\xA6 " : "... ", lines - shown);
    fputs("\033[J", stdout);
    fflush(stdout);
}

static int show_json(const struct ctl_options *o, const json_t *status)
{
    if (!o->watch)
        return ctl_print_json(status);
    json_dumpf(status, stdout, JSON_COMPACT); // one line a second
    putchar('\n');
    fflush(stdout);
    return CTL_OK;
}

static int show(const struct ctl_options *o, const struct style *style, const json_t *status)
{
    struct text out = {0};
    const char *zone = json_string_value(json_object_get(status, "timezone"));
    if (o->json)
        return show_json(o, status);
    if (zone != NULL)
        local_time_set_zone(zone);
    status_view(status, style, o->all, &out);
    if (!out.failed && o->watch && style->height > 0)
        paint(out.data, style);
    else if (!out.failed)
        fputs(out.data, stdout);
    fflush(stdout);
    int r = out.failed ? CTL_FAILED : CTL_OK;
    text_free(&out);
    return r;
}

static int show_once(const struct ctl_options *o, const struct style *style)
{
    json_t *reply = NULL;
    int r = ctl_call(o, json_pack("{s:s}", "call", "status"), &reply);
    if (r == CTL_OK)
        r = show(o, style, json_object_get(reply, "status"));
    json_decref(reply);
    return r;
}

// Goes on when the daemon is away: it may be on its way back.
static int watch(const struct ctl_options *o)
{
    const struct timespec second = {.tv_sec = 1};
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGINT);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL);
    struct style style = style_of(stdout);
    bool screen = style.height > 0 && !o->json;
    if (screen)
        fputs("\033[?1049h\033[?25l\033[?7l", stdout); // another screen, without a cursor, long lines cut
    do {
        style = style_of(stdout); // the window may have changed
        show_once(o, &style);
    } while (sigtimedwait(&end, NULL, &second) < 0 && !ferror(stdout));
    if (screen)
        fputs("\033[?7h\033[?25h\033[?1049l", stdout);
    return CTL_OK;
}

static int run(const struct ctl_options *o)
{
    if (o->watch)
        return watch(o);
    struct style style = style_of(stdout);
    return show_once(o, &style);
}

const struct ctl_command ctl_status = {
    .name = "status",
    .summary = "the area at a glance",
    .usage = "status [--all] [--watch] [--json]",
    .options = " all watch json ",
    .run = run,
};
