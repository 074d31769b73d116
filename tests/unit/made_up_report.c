// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the files of a made-up replay, for a browser to open: made_up_report FOLDER DAYS STEP_MIN AREA-NAME
// CONTROLLER...; the report is about the last controller.
#include <stdio.h>
#include <stdlib.h>

#include "made_up_replay.h"
#include "replay/report.h"

static FILE *create(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *stream = fopen(path, "w");
    if (stream == NULL)
        perror(path), exit(EXIT_FAILURE);
    return stream;
}

static void replay(struct replay_report *report, struct site *site, const struct replay_report_about *about,
                   enum replay_controller controller, FILE *steps)
{
    struct made_up m;
    made_up_start(&m, site, controller, about->from_utc_ms, about->step_ms);
    while (made_up_step(&m, about->to_utc_ms))
        if (replay_report_add(report, controller, &m.step) < 0 ||
            (controller == about->asked && replay_steps_row(site, &m.step, steps) < 0))
            abort();
    if (replay_report_close(report, controller, &m.figures, NULL) < 0)
        abort();
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: made_up_report FOLDER DAYS STEP_MIN AREA-NAME CONTROLLER...\n");
        return EXIT_FAILURE;
    }
    struct site *site = made_up_site(argv[4]);
    struct replay_data data = {.told = {.rows = 1000, .refused = 2, .gaps = 1}};
    struct replay_report_about about = {.version = "made up",
                                        .data_name = "made_up.csv",
                                        .forecast = "daemon",
                                        .seed = 7,
                                        .asked = replay_controller_by_name(argv[argc - 1]),
                                        .n_controllers = argc - 5,
                                        .from_utc_ms = MADE_UP_FROM,
                                        .to_utc_ms =
                                            MADE_UP_FROM + (atoi(argv[2]) * 24 - 1) * HOUR_MS, // clocks go forward
                                        .step_ms = atoi(argv[3]) * HOUR_MS / 60,
                                        .data = &data};
    struct replay_report *report = NULL;
    if (replay_report_new(site, &about, &report) < 0)
        return EXIT_FAILURE;
    FILE *steps = create(argv[1], "steps.csv"), *json = create(argv[1], "report.json");
    FILE *page = create(argv[1], "report.html");
    replay_steps_header(site, steps);
    for (int i = 5; i < argc; i++)
        replay(report, site, &about, replay_controller_by_name(argv[i]), steps);
    bool failed = replay_report_json(report, json) < 0 || replay_report_html(report, page) < 0;
    FILE *const written[] = {steps, json, page};
    for (int i = 0; i < 3; i++)
        if (fclose(written[i]) != 0)
            failed = true;
    replay_report_free(report);
    site_free(site);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
