// SPDX-License-Identifier: GPL-3.0-or-later
// Reads from top to bottom: each step of app_run's table needs those above it, and is undone in the opposite order.
#include "daemon/app/app.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/local_time.h"
#include "base/log.h"
#include "daemon/app/area.h"
#include "daemon/app/calls.h"
#include "daemon/app/ctl_server.h"
#include "daemon/app/dr_desk.h"
#include "daemon/app/notices.h"
#include "daemon/app/notify.h"
#include "daemon/app/reload.h"
#include "daemon/app/replies.h"

enum {
    RELEASE_DEADLINE_MS = 3000,        // for all devices, at the end
    RELOAD_RELEASE_DEADLINE_MS = 1000, // for the devices of buses that go away in a reload
    STOP_DEADLINE_S = 5,               // for the whole end
};

struct app {
    const struct app_options *options;
    char *folders;
    struct app_area *area;
    struct clock_source clock;
    struct loop *loop;
    struct driver driver;
    struct commands commands;
    struct replies replies;
    struct notices notices;
    struct dr_desk *desk;
    struct calls calls;
    struct ctl_server *ctl;
    struct reload *reload;
    struct loop_timer *tick;
    struct loop_signal *on_hup, *on_term, *on_int;
    enum engine_mode told_mode; // last told to the service manager
    size_t told_alarms;
};

// Says why the start failed and returns `code`.
__attribute__((format(printf, 2, 3))) static int fail(int code, const char *format, ...)
{
    char text[384];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_error("%s", text);
    return code;
}

// ---- configuration and profiles -----------------------------------------------------------------------------------

static int start_area(struct app *app)
{
    struct diagnostics d = {0};
    app->folders = app_options_folders(app->options->config, app->options->profiles);
    int r = app->folders != NULL ? app_area_load(app->options->config, app->folders, &d, &app->area) : AEMS_E_NOMEM;
    app_area_log(&d);
    diagnostics_free(&d);
    if (r < 0)
        return fail(r, "%s is not good: %s", app->options->config, aems_error_text(r));
    return 0;
}

static void stop_area(struct app *app)
{
    app_area_release(app->area);
    free(app->folders);
}

// ---- clock and loop -----------------------------------------------------------------------------------------------

static int start_clock(struct app *app)
{
    const struct site *s = app->area->site;
    int r = local_time_set_zone(s->timezone);
    if (r < 0)
        return fail(r, "area.timezone: %s is not known to this machine", s->timezone);
    clock_start(&app->clock, s->simulation.speed, s->simulation.start_utc_ms);
    app->driver.clock = &app->clock;
    r = loop_new(&app->loop);
    return r < 0 ? fail(r, "no event loop: %s", aems_error_text(r)) : 0;
}

static void stop_clock(struct app *app)
{
    loop_free(app->loop);
}

static void on_end(void *user)
{
    struct app *app = user;
    loop_stop(app->loop);
}

// Heard until the very end: a second Ctrl-C must not cut the release of the devices short.
static int start_signals(struct app *app)
{
    int r = loop_signal_new(app->loop, SIGTERM, on_end, app, &app->on_term);
    if (r == 0)
        r = loop_signal_new(app->loop, SIGINT, on_end, app, &app->on_int);
    return r < 0 ? fail(r, "signals cannot be heard: %s", aems_error_text(r)) : 0;
}

static void stop_signals(struct app *app)
{
    loop_signal_free(app->on_int);
    loop_signal_free(app->on_term);
}

// ---- store and engine ---------------------------------------------------------------------------------------------

static int start_store(struct app *app)
{
    const char *directory = app->area->site->state_directory;
    int r = store_open(directory, &app->driver.store);
    if (r == AEMS_E_STATE)
        return fail(r, "another aemsd holds %s; one area has one controller", directory);
    if (r < 0)
        return fail(r, "%s cannot be used: %s", directory, aems_error_text(r));
    return 0;
}

static void stop_store(struct app *app)
{
    store_close(app->driver.store);
}

static int start_engine(struct app *app)
{
    int r = engine_new(app->area->site, app->area->devices, driver_now(&app->driver), &app->driver.engine);
    if (r < 0)
        return fail(r, "no engine: %s", aems_error_text(r));
    driver_restore(&app->driver);
    return 0;
}

static void stop_engine(struct app *app)
{
    engine_free(app->driver.engine);
}

// ---- record -------------------------------------------------------------------------------------------------------

static int start_record(struct app *app)
{
    int r = recorder_new(&app->driver.recorder);
    if (r < 0)
        return fail(r, "no recorder: %s", aems_error_text(r));
    recorder_begin(app->driver.recorder, app->area, app->driver.engine, driver_now(&app->driver), RECORD_STARTED);
    return 0;
}

static void stop_record(struct app *app)
{
    recorder_free(app->driver.recorder);
    app->driver.recorder = NULL;
}

// ---- buses and planner --------------------------------------------------------------------------------------------

static void on_bus_report(void *user, const struct bus_report *report)
{
    struct app *app = user;
    driver_bus_report(&app->driver, report);
}

static int start_buses(struct app *app)
{
    char why[192] = "out of memory";
    int r = buses_start(app->loop, app->area, on_bus_report, app, &app->driver.buses, why, sizeof(why));
    return r < 0 ? fail(r, "%s", why) : 0;
}

static void stop_buses(struct app *app)
{
    buses_stop(app->driver.buses, RELEASE_DEADLINE_MS);
    app->driver.buses = NULL;
}

static void on_schedule(void *user, struct schedule *schedule)
{
    struct app *app = user;
    driver_schedule(&app->driver, schedule);
}

static void on_plan_failed(void *user, const char *why)
{
    struct app *app = user;
    driver_plan_failed(&app->driver, why);
}

static int start_planner(struct app *app)
{
    const struct planner_callbacks callbacks = {on_schedule, on_plan_failed, app};
    if (access(app->options->planner, X_OK) < 0)
        return fail(AEMS_E_NOT_FOUND, "%s: %s", app->options->planner, strerror(errno));
    int r = planner_link_start(app->loop, app->options->planner, &callbacks, &app->driver.planner);
    return r < 0 ? fail(r, "%s cannot be started: %s", app->options->planner, aems_error_text(r)) : 0;
}

static void stop_planner(struct app *app)
{
    planner_link_stop(app->driver.planner);
}

// ---- messages -----------------------------------------------------------------------------------------------------

static void on_broker(void *user, bool connected, const char *why)
{
    struct app *app = user;
    struct instant now = driver_now(&app->driver);
    char text[192];
    dr_desk_broker(app->desk, connected);
    if (connected) {
        alarm_board_clear(app->driver.alarms, "mqtt", now);
        publisher_everything(app->driver.publisher, app->driver.engine, now);
        driver_tell_forecasts(&app->driver);
        return;
    }
    snprintf(text, sizeof(text), "no connection to the broker: %s; control goes on", why[0] != '\0' ? why : "closed");
    alarm_board_set(app->driver.alarms, "mqtt", ALARM_WARNING, text, now);
}

static void on_command(void *user, const struct mqtt_message *m)
{
    struct app *app = user;
    commands_mqtt(&app->commands, m);
}

static void on_prices(void *user, const struct mqtt_message *m)
{
    struct app *app = user;
    commands_prices(&app->commands, m);
}

static void on_warning(void *user, const struct mqtt_message *m)
{
    struct app *app = user;
    commands_warning(&app->commands, m);
}

static void on_weather(void *user, const struct mqtt_message *m)
{
    struct app *app = user;
    commands_weather(&app->commands, m);
}

static void on_reply(void *user, const struct mqtt_message *m)
{
    struct app *app = user;
    replies_mqtt(&app->replies, m);
}

static void on_response(void *user, const struct mqtt_message *m)
{
    struct app *app = user;
    dr_desk_message(app->desk, m);
}

static void judge_store(struct app *app)
{
    struct instant now = driver_now(&app->driver);
    enum store_health health = store_health(app->driver.store);
    if (health == STORE_MEMORY_ONLY)
        alarm_board_set(app->driver.alarms, "store", ALARM_CRITICAL,
                        "the disk cannot be written: a restart would lose peaks and energies; make room or mend it",
                        now);
    else
        alarm_board_clear(app->driver.alarms, "store", now);
    if (health == STORE_QUARANTINED)
        alarm_board_set(app->driver.alarms, "store-corrupt", ALARM_WARNING,
                        "the stored state was corrupt and set aside; this month's peak was begun anew", now);
}

static int start_desk(struct app *app)
{
    int r = dr_desk_new(app->loop, &app->driver, NULL, NULL, &app->desk);
    if (r < 0)
        return fail(r, "no desk for demand response: %s", aems_error_text(r));
    dr_desk_restore(app->desk);
    return 0;
}

static void stop_desk(struct app *app)
{
    dr_desk_free(app->desk);
    app->desk = NULL;
}

static int start_messages(struct app *app)
{
    const struct publisher_callbacks callbacks = {on_broker,  on_command, on_prices,   on_warning,
                                                  on_weather, on_reply,   on_response, app};
    int r = publisher_start(app->loop, app->area, app->driver.store, &callbacks, &app->driver.publisher);
    if (r == 0)
        r = alarm_board_new(app->driver.publisher, app->driver.store, &app->driver.alarms);
    if (r < 0)
        return fail(r, "mqtt cannot be started: %s", aems_error_text(r));
    alarm_board_forget_former(app->driver.alarms);
    return 0;
}

static void stop_messages(struct app *app)
{
    publisher_stop(app->driver.publisher);
    alarm_board_free(app->driver.alarms);
}

// ---- control socket -----------------------------------------------------------------------------------------------

// systemd makes the directory under a name of its own choosing for instances and users.
static void socket_path(const struct site *s, char ret_path[static SITE_TEXT_MAX])
{
    const char *runtime = getenv("RUNTIME_DIRECTORY");
    if (runtime != NULL && runtime[0] == '/' && strcmp(s->control.socket, AEMS_SOCKET) == 0)
        snprintf(ret_path, SITE_TEXT_MAX, "%s/control.sock", runtime);
    else
        snprintf(ret_path, SITE_TEXT_MAX, "%s", s->control.socket);
}

static int open_socket(struct app *app, const struct site *s, struct ctl_server **ret_server)
{
    char path[SITE_TEXT_MAX];
    socket_path(s, path);
    int r = ctl_server_start(app->loop, path, calls_answer, &app->calls, ret_server);
    const char *why = r == AEMS_E_IO      ? strerror(errno)
                      : r == AEMS_E_STATE ? "another process answers there"
                                          : aems_error_text(r);
    return r < 0 ? fail(r, "%s: no control socket here: %s", path, why) : 0;
}

static int start_control(struct app *app)
{
    app->commands.driver = &app->driver;
    app->replies.driver = &app->driver;
    app->notices.driver = &app->driver;
    app->calls = (struct calls){&app->driver, &app->commands, &app->replies, clock_mono_ms(), app->desk, &app->notices};
    return open_socket(app, app->area->site, &app->ctl);
}

static void stop_control(struct app *app)
{
    ctl_server_stop(app->ctl);
}

// ---- a new configuration ------------------------------------------------------------------------------------------

static const struct app_area *present_area(void *user)
{
    const struct app *app = user;
    return app->area;
}

// From here on nothing can be refused any more: what cannot be started is said and left out.
static void change_parts(struct app *app, struct app_area *area)
{
    char path[SITE_TEXT_MAX], former[SITE_TEXT_MAX];
    const struct planner_callbacks callbacks = {on_schedule, on_plan_failed, app};
    local_time_set_zone(area->site->timezone);
    // A plan that is under way is one of the former area.
    planner_link_stop(app->driver.planner);
    app->driver.planner = NULL;
    if (planner_link_start(app->loop, app->options->planner, &callbacks, &app->driver.planner) < 0)
        log_error("%s cannot be started: rules instead of plans", app->options->planner);
    if (publisher_change(app->driver.publisher, area) < 0)
        log_error("mqtt cannot be started again: nothing is published");
    socket_path(app->area->site, former);
    socket_path(area->site, path);
    if (strcmp(former, path) != 0) {
        struct ctl_server *ctl = NULL;
        if (open_socket(app, area->site, &ctl) == 0) {
            ctl_server_stop(app->ctl);
            app->ctl = ctl;
        }
    }
    loop_timer_start(app->tick, 0, (uint64_t)area->site->control.cycle_ms);
}

static int swap_area(void *user, struct app_area *area)
{
    struct app *app = user;
    struct instant now = driver_now(&app->driver);
    struct engine *engine = NULL;
    char why[192] = "";
    int r = engine_new(area->site, area->devices, now, &engine);
    if (r < 0)
        return r;
    r = buses_change(app->driver.buses, area, RELOAD_RELEASE_DEADLINE_MS, why, sizeof(why));
    if (r < 0) {
        engine_free(engine);
        return r;
    }
    if (why[0] != '\0')
        log_error("%s", why);
    engine_adopt(engine, app->driver.engine, now);
    alarm_board_clear_engine(app->driver.alarms, now);
    engine_free(app->driver.engine);
    app->driver.engine = engine;
    recorder_begin(app->driver.recorder, area, engine, now, RECORD_RELOADED);
    change_parts(app, area);
    app_area_release(app->area);
    app->area = app_area_hold(area);
    dr_desk_changed(app->desk);
    publisher_everything(app->driver.publisher, engine, now);
    driver_tell_forecasts(&app->driver);
    return 0;
}

static void on_hup(void *user)
{
    struct app *app = user;
    reload_request(app->reload);
}

static int start_reload(struct app *app)
{
    const struct reload_settings settings = {
        app->options->config, app->folders, app->options->planner, &app->clock, present_area, swap_area, app};
    int r = reload_new(app->loop, &settings, &app->reload);
    if (r == 0)
        r = loop_signal_new(app->loop, SIGHUP, on_hup, app, &app->on_hup);
    return r < 0 ? fail(r, "SIGHUP cannot be heard: %s", aems_error_text(r)) : 0;
}

static void stop_reload(struct app *app)
{
    loop_signal_free(app->on_hup);
    reload_free(app->reload);
}

// ---- control cycles -----------------------------------------------------------------------------------------------

static void tell_manager(struct app *app)
{
    enum engine_mode mode = engine_mode(app->driver.engine);
    size_t alarms = alarm_board_count(app->driver.alarms);
    char status[96];
    if (mode == app->told_mode && alarms == app->told_alarms)
        return;
    snprintf(status, sizeof(status), "%s: mode %s, %zu alarms", app->area->site->id, engine_mode_name(mode), alarms);
    notify_status(status);
    app->told_mode = mode;
    app->told_alarms = alarms;
}

static void on_tick(void *user)
{
    struct app *app = user;
    driver_tick(&app->driver);
    commands_tick(&app->commands, clock_mono_ms());
    replies_tick(&app->replies, clock_mono_ms());
    notices_tick(&app->notices, clock_mono_ms());
    dr_desk_tick(app->desk);
    judge_store(app);
    tell_manager(app);
    notify_watchdog();
}

static int start_cycles(struct app *app)
{
    int r = loop_timer_new(app->loop, on_tick, app, &app->tick);
    if (r < 0)
        return fail(r, "no control cycle: %s", aems_error_text(r));
    loop_timer_start(app->tick, 0, (uint64_t)app->area->site->control.cycle_ms);
    return 0;
}

// The devices first: whatever else is slow to end, they are free by then.
static void stop_cycles(struct app *app)
{
    loop_timer_free(app->tick);
    stop_buses(app);
    driver_save_all(&app->driver);
}

// ---- from top to bottom -------------------------------------------------------------------------------------------

static const struct {
    int (*start)(struct app *app);
    void (*stop)(struct app *app);
} parts[] = {
    // clang-format off
    {start_area, stop_area},         // configuration and profiles
    {start_clock, stop_clock},       // with the event loop
    {start_signals, stop_signals},
    {start_store, stop_store},       // holds the lock of this area
    {start_engine, stop_engine},     // with what it knew before
    {start_record, stop_record},     // from here on what it is told and decides is kept
    {start_buses, stop_buses},       // from here on devices are read
    {start_planner, stop_planner},
    {start_messages, stop_messages},
    {start_desk, stop_desk},         // hears the grid operator
    {start_control, stop_control},
    {start_reload, stop_reload},
    {start_cycles, stop_cycles},     // from here on devices are commanded
    // clang-format on
};

enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static void run(struct app *app)
{
    char status[96];
    snprintf(status, sizeof(status), "%s: running", app->area->site->id);
    log_notice("aemsd " AEMS_VERSION " controls %s: %zu assets, %zu devices", app->area->site->id,
               app->area->site->n_assets, app->area->site->n_devices);
    notify_ready(status);
    loop_run(app->loop);
    notify_stopping();
    log_notice("ending: all devices are released");
    // Should a disk or a library hang, the end comes all the same; devices that revert by themselves then do so.
    alarm(STOP_DEADLINE_S);
}

int app_run(const struct app_options *options)
{
    struct app app = {.options = options};
    int started = 0, r = 0;
    while (r == 0 && started < PARTS) {
        r = parts[started].start(&app);
        started++;
    }
    if (r == 0)
        run(&app);
    while (started > 0)
        parts[--started].stop(&app);
    return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
