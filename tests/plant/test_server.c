// SPDX-License-Identifier: GPL-3.0-or-later
// The program as a whole, over real sockets, with libmodbus as the client: argv[1] is aems-plant, argv[2] the profiles.
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <modbus.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/run_suite.h"

extern char **environ;

enum { PATIENCE_MS = 10000 };

static const char *program, *profiles; // set once by main

static const char area_text[] =
    "area: {id: hut, name: Hut, timezone: Asia/Tokyo, latitude: 35.89 deg, longitude: 139.95 deg, currency: JPY}\n"
    "mqtt: {enabled: false}\n"
    "simulation: {start: 2026-01-14T12:00:00+09:00}\n"
    "tariffs: {flat: {import: [{price: 30 /kWh}]}}\n"
    "buses: {home: {}}\n"
    "grids: {pcc: {bus: home, import_limit: 1 MW, export_limit: 0 kW, tariff: flat}}\n"
    "batteries: {b1: {bus: home, capacity: 1000 kWh, max_charge: 500 kW, max_discharge: 500 kW}}\n"
    "loads: {offices: {bus: home, shape: office, average: 600 kW, peak: 900 kW}}\n"
    "switches: {breaker: {}, lights: {load: offices, tier: ordinary, share: 40 %}, pumps: {load: offices, tier: "
    "important}}\n"
    "islands: {hut: {grid: pcc, forming: [b1], breaker: breaker, voltage: 230 V, frequency: 50 Hz}}\n"
    "modbus: {net: {tcp: \"192.0.2.5:502\"}, line: {serial: /dev/ttyUSB0, baud: 9600}}\n"
    "devices:\n"
    "  meter: {link: net, unit: 1, profile: generic-meter, asset: pcc}\n"
    "  inverter: {link: net, unit: 2, profile: generic-battery, asset: b1, control: true}\n"
    "  lights_relay: {link: net, unit: 3, profile: generic-switch, switch: lights, control: true}\n"
    "  grid_relay: {link: net, unit: 4, profile: generic-grid-relay, island: hut}\n"
    "  pump_relay: {link: net, unit: 5, profile: waveshare-relay-d:2, switch: pumps, control: true}\n"
    "  board_input: {link: net, unit: 5, profile: waveshare-relay-d-input:8, island: hut}\n"
    "  load_meter: {link: line, unit: 7, profile: carlo-gavazzi-em24, asset: offices}\n";

struct lines { // a descriptor read line by line
    int fd;
    size_t n;
    char bytes[16384];
};

struct rig {
    char folder[32], file[64], overlay[64], socket[64];
    pid_t pid;
    struct lines out, control;
    int port;
    char pty[64];
    modbus_t *net;
};

// ---- lines --------------------------------------------------------------------------------------------------------

static void read_line(struct lines *l, char *ret_line, size_t size)
{
    char *end;
    while (!(end = memchr(l->bytes, '\n', l->n))) {
        struct pollfd p = {.fd = l->fd, .events = POLLIN};
        ck_assert_msg(poll(&p, 1, PATIENCE_MS) == 1, "nothing came for %d ms", PATIENCE_MS);
        ssize_t n = read(l->fd, l->bytes + l->n, sizeof l->bytes - l->n);
        ck_assert_msg(n > 0, "the other end went away");
        l->n += (size_t)n;
    }
    size_t length = (size_t)(end - l->bytes);
    ck_assert_uint_lt(length, size);
    memcpy(ret_line, l->bytes, length);
    ret_line[length] = '\0';
    l->n -= length + 1;
    memmove(l->bytes, end + 1, l->n);
}

static json_t *read_json(struct rig *r)
{
    char line[16384];
    read_line(&r->control, line, sizeof line);
    json_t *answer = json_loads(line, 0, NULL);
    ck_assert_msg(answer != NULL, "no JSON: %s", line);
    return answer;
}

static json_t *ask(struct rig *r, const char *line)
{
    ck_assert_int_eq(write(r->control.fd, line, strlen(line)), (int)strlen(line));
    ck_assert_int_eq(write(r->control.fd, "\n", 1), 1);
    return read_json(r);
}

static void order(struct rig *r, const char *line)
{
    json_t *answer = ask(r, line);
    ck_assert_msg(json_is_true(json_object_get(answer, "ok")), "%s: %s", line,
                  json_string_value(json_object_get(answer, "error")));
    json_decref(answer);
}

// ---- set-up -------------------------------------------------------------------------------------------------------

static int connect_to(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void start(struct rig *r)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    const char *arguments[] = {program,    "-c",        r->file,   "--profiles", profiles, "--free-ports",
                               r->overlay, "--control", r->socket, "--seed",     "5",      "--die-with-parent",
                               NULL};
    ck_assert_int_eq(posix_spawn(&r->pid, program, &actions, NULL, (char *const *)arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    r->out.fd = ends[0];
}

static modbus_t *connect_tcp(struct rig *r)
{
    modbus_t *m = modbus_new_tcp("127.0.0.1", r->port);
    ck_assert_ptr_nonnull(m);
    modbus_set_response_timeout(m, 1, 0);
    ck_assert_int_eq(modbus_connect(m), 0);
    return m;
}

static struct rig *set_up(void)
{
    struct rig *r = calloc(1, sizeof *r);
    ck_assert_ptr_nonnull(r);
    snprintf(r->folder, sizeof r->folder, "/tmp/aems-plant-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(r->folder));
    snprintf(r->file, sizeof r->file, "%s/area.yaml", r->folder);
    snprintf(r->overlay, sizeof r->overlay, "%s/overlay.yaml", r->folder);
    snprintf(r->socket, sizeof r->socket, "%s/control", r->folder);
    FILE *f = fopen(r->file, "we");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(area_text, f), 0);
    fclose(f);
    start(r);
    char line[256];
    read_line(&r->out, line, sizeof line);
    ck_assert_int_eq(sscanf(line, "ready net 127.0.0.1:%d", &r->port), 1);
    read_line(&r->out, line, sizeof line);
    ck_assert_int_eq(sscanf(line, "ready line %63s", r->pty), 1);
    read_line(&r->out, line, sizeof line);
    ck_assert_str_eq(line, "ready");
    r->control.fd = connect_to(r->socket);
    r->net = connect_tcp(r);
    modbus_set_slave(r->net, 2);
    return r;
}

static int stop(struct rig *r)
{
    int status = -1;
    kill(r->pid, SIGTERM);
    ck_assert_int_eq(waitpid(r->pid, &status, 0), r->pid);
    return status;
}

static void tear_down(struct rig *r)
{
    int status = stop(r);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_int_ne(access(r->socket, F_OK), 0);
    modbus_close(r->net);
    modbus_free(r->net);
    close(r->control.fd);
    close(r->out.fd);
    unlink(r->file);
    unlink(r->overlay);
    ck_assert_int_eq(rmdir(r->folder), 0); // nothing was left behind
    free(r);
}

static int read_power(modbus_t *m)
{
    uint16_t registers[2];
    return modbus_read_registers(m, 100, 2, registers);
}

// ---- tests --------------------------------------------------------------------------------------------------------

START_TEST(devices_of_one_endpoint_are_told_apart_by_unit)
{
    struct rig *r = set_up();
    uint16_t serial[8];
    ck_assert_int_eq(modbus_read_registers(r->net, 120, 8, serial), 8);
    ck_assert_int_eq(serial[0], 'i' << 8 | 'n');
    modbus_set_slave(r->net, 1);
    ck_assert_int_eq(read_power(r->net), 2);
    modbus_set_slave(r->net, 9);
    ck_assert_int_eq(read_power(r->net), -1);
    ck_assert_int_eq(errno, EMBXGTAR);
    modbus_t *second = connect_tcp(r); // a second client does not disturb the first
    modbus_set_slave(second, 1);
    ck_assert_int_eq(read_power(second), 2);
    modbus_set_slave(r->net, 2);
    ck_assert_int_eq(read_power(r->net), 2);
    modbus_close(second);
    modbus_free(second);
    tear_down(r);
}
END_TEST

START_TEST(a_setpoint_that_is_written_is_traced_and_followed)
{
    struct rig *r = set_up();
    uint16_t setpoint[2] = {0, 20000};
    order(r, "trace");
    ck_assert_int_eq(modbus_write_register(r->net, 200, 30), 1); // watchdog
    json_decref(read_json(r));
    ck_assert_int_eq(modbus_write_registers(r->net, 202, 2, setpoint), 2);
    json_t *event = read_json(r);
    ck_assert_str_eq(json_string_value(json_object_get(event, "device")), "inverter");
    ck_assert_int_eq(json_integer_value(json_object_get(event, "register")), 202);
    ck_assert(json_is_true(json_object_get(event, "commanded")));
    ck_assert_double_eq(json_number_value(json_object_get(event, "setpoint_w")), 20e3);
    json_decref(event);
    order(r, "trace off");
    double power_w = 0;
    for (int i = 0; i < 2000 && power_w < 19000; i++) { // follows within a second or two of real time
        json_t *all = ask(r, "get");
        power_w = json_number_value(json_object_get(json_object_get(json_object_get(all, "assets"), "b1"), "power_w"));
        json_decref(all);
        poll(NULL, 0, 5);
    }
    ck_assert_double_ge(power_w, 19000);
    tear_down(r);
}
END_TEST

START_TEST(an_unrenewed_setpoint_is_dropped_by_the_device)
{
    struct rig *r = set_up();
    uint16_t setpoint[2] = {0, 20000};
    order(r, "trace");
    ck_assert_int_eq(modbus_write_register(r->net, 200, 1), 1); // one second
    ck_assert_int_eq(modbus_write_registers(r->net, 202, 2, setpoint), 2);
    json_decref(read_json(r));
    json_decref(read_json(r));
    json_t *event = read_json(r);
    ck_assert_str_eq(json_string_value(json_object_get(event, "event")), "revert");
    ck_assert(json_is_false(json_object_get(event, "commanded")));
    json_decref(event);
    tear_down(r);
}
END_TEST

START_TEST(faults_of_the_line_look_like_faults_to_a_client)
{
    struct rig *r = set_up();
    order(r, "fault inverter exception 6");
    ck_assert_int_eq(read_power(r->net), -1);
    ck_assert_int_eq(errno, EMBXSBUSY);
    order(r, "fault inverter silent");
    modbus_set_response_timeout(r->net, 0, 200000);
    ck_assert_int_eq(read_power(r->net), -1);
    ck_assert_int_eq(errno, ETIMEDOUT);
    order(r, "fault inverter drip 150"); // 13 bytes: 1.8 s
    modbus_set_byte_timeout(r->net, 0, 0);
    modbus_set_response_timeout(r->net, 0, 400000);
    ck_assert_int_eq(read_power(r->net), -1);
    modbus_close(r->net);
    order(r, "fault inverter late 300");
    ck_assert_int_eq(modbus_connect(r->net), 0);
    modbus_set_response_timeout(r->net, 5, 0);
    ck_assert_int_eq(read_power(r->net), 2);
    order(r, "clear all");
    ck_assert_int_eq(read_power(r->net), 2);
    tear_down(r);
}
END_TEST

START_TEST(a_link_can_be_reset_and_refused_and_comes_back_at_the_same_port)
{
    struct rig *r = set_up();
    order(r, "fault inverter reset");
    ck_assert_int_eq(read_power(r->net), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    modbus_close(r->net);
    ck_assert_int_eq(modbus_connect(r->net), 0);
    ck_assert_int_eq(read_power(r->net), 2);
    order(r, "fault inverter refuse");
    ck_assert_int_eq(read_power(r->net), -1);
    modbus_close(r->net);
    ck_assert_int_eq(modbus_connect(r->net), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    order(r, "clear inverter");
    ck_assert_int_eq(modbus_connect(r->net), 0);
    ck_assert_int_eq(read_power(r->net), 2);
    tear_down(r);
}
END_TEST

START_TEST(a_serial_link_speaks_rtu_over_a_pseudo_terminal)
{
    struct rig *r = set_up();
    uint16_t power[2];
    modbus_t *line = modbus_new_rtu(r->pty, 9600, 'N', 8, 1);
    ck_assert_ptr_nonnull(line);
    modbus_set_slave(line, 7);
    modbus_set_response_timeout(line, 5, 0);
    ck_assert_int_eq(modbus_connect(line), 0);
    ck_assert_int_eq(modbus_read_input_registers(line, 0x28, 2, power), 2);
    ck_assert_int_gt(power[0] | power[1], 0);
    modbus_set_slave(line, 8); // nobody
    modbus_set_response_timeout(line, 0, 200000);
    ck_assert_int_eq(modbus_read_input_registers(line, 0x28, 2, power), -1);
    ck_assert_int_eq(errno, ETIMEDOUT);
    modbus_close(line);
    modbus_free(line);
    tear_down(r);
}
END_TEST

static uint16_t read_one(struct rig *r, int unit, int address)
{
    uint16_t value = 0xFFFF;
    modbus_set_slave(r->net, unit);
    ck_assert_int_eq(modbus_read_registers(r->net, address, 1, &value), 1);
    return value;
}

static int64_t told(struct rig *r, const char *section, const char *id, const char *member)
{
    json_t *all = ask(r, "get");
    json_t *found = json_object_get(json_object_get(json_object_get(all, section), id), member);
    ck_assert_msg(found != NULL, "no %s of %s", member, id);
    int64_t value = json_is_boolean(found) ? json_is_true(found) : json_integer_value(found); // null: 0
    json_decref(all);
    return value;
}

START_TEST(a_grid_that_goes_away_is_seen_by_its_meter_and_relay_and_noted)
{
    struct rig *r = set_up();
    ck_assert_int_eq(read_one(r, 4, 100), 1);
    ck_assert_int_gt(read_one(r, 1, 102), 2200);
    ck_assert_int_eq(told(r, "islands", "hut", "shown_mono_ms"), 0);
    order(r, "load offices 10kW");
    order(r, "grid hut away");
    for (int i = 0; i < 2000 && read_one(r, 4, 100) != 0; i++)
        poll(NULL, 0, 5);
    ck_assert_int_eq(read_one(r, 1, 102), 0);
    ck_assert_int_eq(read_one(r, 1, 103), 0);
    int64_t lost = told(r, "islands", "hut", "lost_mono_ms"), shown = told(r, "islands", "hut", "shown_mono_ms");
    ck_assert_int_gt(lost, 0);
    ck_assert_int_ge(shown, lost);
    ck_assert_int_eq(told(r, "switches", "breaker", "closed"), 0);
    tear_down(r);
}
END_TEST

START_TEST(a_switch_is_told_over_modbus_and_shows_its_contact)
{
    struct rig *r = set_up();
    ck_assert_int_eq(read_one(r, 3, 100), 1);
    ck_assert_int_eq(told(r, "switches", "lights", "told_mono_ms"), 0);
    ck_assert_int_eq(modbus_write_register(r->net, 202, 0), 1);
    ck_assert_int_eq(read_one(r, 3, 100), 0);
    ck_assert_int_gt(told(r, "switches", "lights", "told_mono_ms"), 0);
    order(r, "stick lights on");
    ck_assert_int_eq(modbus_write_register(r->net, 202, 1), 1);
    ck_assert_int_eq(read_one(r, 3, 100), 0);
    order(r, "stick lights off");
    ck_assert_int_eq(modbus_write_register(r->net, 202, 1), 1);
    ck_assert_int_eq(read_one(r, 3, 100), 1);
    order(r, "fault lights_relay ignore");
    ck_assert_int_eq(modbus_write_register(r->net, 202, 0), 1);
    ck_assert_int_eq(read_one(r, 3, 100), 1);
    tear_down(r);
}
END_TEST

START_TEST(lines_that_make_no_sense_are_refused_with_a_reason)
{
    static const char *const wrong[] = {
        "hello",
        "load",
        "load nobody 3kW",
        "load offices 3",
        "load offices much",
        "set soc b1 2",
        "set soc b1 nan",
        "fault meter",
        "fault meter x",
        "fault x silent",
        "clear nobody",
        "speed -1",
        "grid hut gone",
        "grid b1 away",
        "supply hut 230",
        "stick roof on",
        "trip offices on",
        "protection hut",
        "switch lights shut",
    };
    struct rig *r = set_up();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_t *answer = ask(r, wrong[i]);
        ck_assert_msg(json_is_false(json_object_get(answer, "ok")), "taken: %s", wrong[i]);
        ck_assert_uint_gt(strlen(json_string_value(json_object_get(answer, "error"))), 8);
        json_decref(answer);
    }
    tear_down(r);
}
END_TEST

START_TEST(relays_and_inputs_of_one_board_stand_under_one_unit)
{
    struct rig *r = set_up();
    uint8_t bit = 9;
    modbus_set_slave(r->net, 5);
    ck_assert_int_eq(modbus_read_input_bits(r->net, 1, 1, &bit), 1); // the second relay's contact
    ck_assert_int_eq(bit, 1);
    ck_assert_int_eq(modbus_read_input_bits(r->net, 7, 1, &bit), 1); // the grid is there
    ck_assert_int_eq(bit, 1);
    ck_assert_int_eq(modbus_write_bit(r->net, 1, 0), 1);
    ck_assert_int_eq(told(r, "switches", "pumps", "told_closed"), 0);
    order(r, "grid hut away");
    for (int i = 0; i < 200 && bit == 1; i++) {
        ck_assert_int_eq(modbus_read_input_bits(r->net, 7, 1, &bit), 1);
        poll(NULL, 0, 10);
    }
    ck_assert_int_eq(bit, 0);
    ck_assert_int_eq(modbus_read_input_bits(r->net, 3, 1, &bit), -1); // nobody has that one
    tear_down(r);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc < 3)
        return EXIT_FAILURE;
    program = argv[1];
    profiles = argv[2];
    Suite *suite = suite_create("plant server");
    TCase *c = tcase_create("server");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, devices_of_one_endpoint_are_told_apart_by_unit);
    tcase_add_test(c, a_setpoint_that_is_written_is_traced_and_followed);
    tcase_add_test(c, an_unrenewed_setpoint_is_dropped_by_the_device);
    tcase_add_test(c, faults_of_the_line_look_like_faults_to_a_client);
    tcase_add_test(c, a_link_can_be_reset_and_refused_and_comes_back_at_the_same_port);
    tcase_add_test(c, a_serial_link_speaks_rtu_over_a_pseudo_terminal);
    tcase_add_test(c, a_grid_that_goes_away_is_seen_by_its_meter_and_relay_and_noted);
    tcase_add_test(c, a_switch_is_told_over_modbus_and_shows_its_contact);
    tcase_add_test(c, relays_and_inputs_of_one_board_stand_under_one_unit);
    tcase_add_test(c, lines_that_make_no_sense_are_refused_with_a_reason);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
