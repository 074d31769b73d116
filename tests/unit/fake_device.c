// SPDX-License-Identifier: GPL-3.0-or-later
#include "fake_device.h"

#include <arpa/inet.h>
#include <check.h>
#include <modbus.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REGISTERS = 65536, HEADER = 7, TICK_MS = 10 };

struct fake_device {
    pthread_mutex_t lock;
    pthread_t thread;
    bool ending, paused, closed;
    modbus_t *context;
    int port, listener, connection;
    modbus_mapping_t *mapping;
    int writes[REGISTERS];
    uint64_t last_write_ms;
    enum fake_fault fault;
    int fault_unit, exception, delay_ms;
};

static uint64_t mono_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool is_wanted(struct fake_device *f)
{
    pthread_mutex_lock(&f->lock);
    bool wanted = !f->ending && !f->paused;
    pthread_mutex_unlock(&f->lock);
    return wanted;
}

static void wait_ms(struct fake_device *f, int ms)
{
    for (uint64_t end = mono_ms() + (uint64_t)ms; mono_ms() < end && is_wanted(f);)
        poll(NULL, 0, ms < TICK_MS ? ms : TICK_MS);
}

static int listen_on(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    return fd;
}

static int port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t length = sizeof(address);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}

// ---- one request --------------------------------------------------------------------------------------------------

static int get16(const uint8_t *bytes)
{
    return bytes[0] << 8 | bytes[1];
}

// A proper answer to a read, sent piece by piece.
static void drip(struct fake_device *f, const uint8_t *query, int delay_ms, int most)
{
    uint8_t reply[MODBUS_TCP_MAX_ADU_LENGTH];
    int address = get16(query + HEADER + 1), count = get16(query + HEADER + 3);
    memcpy(reply, query, HEADER + 1);
    reply[4] = 0;
    reply[5] = (uint8_t)(3 + 2 * count);
    reply[HEADER + 1] = (uint8_t)(2 * count);
    for (int i = 0; i < count; i++) {
        reply[HEADER + 2 + 2 * i] = (uint8_t)(f->mapping->tab_registers[address + i] >> 8);
        reply[HEADER + 3 + 2 * i] = (uint8_t)f->mapping->tab_registers[address + i];
    }
    int length = HEADER + 2 + 2 * count;
    for (int i = 0; i < length && i < most && is_wanted(f); i++) {
        if (send(f->connection, &reply[i], 1, MSG_NOSIGNAL) != 1)
            return;
        wait_ms(f, delay_ms);
    }
}

static void reply(struct fake_device *f, const uint8_t *query, int length)
{
    pthread_mutex_lock(&f->lock);
    modbus_reply(f->context, query, length, f->mapping);
    pthread_mutex_unlock(&f->lock);
}

static bool is_write(const uint8_t *query)
{
    return query[HEADER] == 5 || query[HEADER] == 6 || query[HEADER] == 16;
}

static void note_write(struct fake_device *f, const uint8_t *query)
{
    if (!is_write(query))
        return;
    pthread_mutex_lock(&f->lock);
    f->writes[get16(query + HEADER + 1)]++;
    f->last_write_ms = mono_ms();
    pthread_mutex_unlock(&f->lock);
}

static void forget_write(struct fake_device *f, uint8_t *query, int length)
{
    uint16_t before[4];
    int address = get16(query + HEADER + 1);
    pthread_mutex_lock(&f->lock);
    memcpy(before, f->mapping->tab_registers + address, sizeof(before));
    modbus_reply(f->context, query, length, f->mapping);
    if (is_write(query))
        memcpy(f->mapping->tab_registers + address, before, sizeof(before));
    pthread_mutex_unlock(&f->lock);
}

// False: hang up.
static bool misbehave(struct fake_device *f, enum fake_fault fault, int delay_ms, uint8_t *query, int length)
{
    static const uint8_t extra[] = {1, 2, 3, 4, 5};
    static const char page[] = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n";
    switch (fault) {
    case FAKE_SILENT:
        return true;
    case FAKE_EXCEPTION:
        modbus_reply_exception(f->context, query, (unsigned)f->exception);
        return true;
    case FAKE_LATE:
        wait_ms(f, delay_ms);
        break;
    case FAKE_DRIP:
        drip(f, query, delay_ms, 1000);
        return true;
    case FAKE_HALF:
        drip(f, query, 0, 10);
        return false;
    case FAKE_WRONG_UNIT:
        query[HEADER - 1] = 9;
        break;
    case FAKE_FALSE_ECHO:
        if (query[HEADER] == 6)
            query[HEADER + 4] ^= 1;
        break;
    case FAKE_IGNORES:
        forget_write(f, query, length);
        return true;
    case FAKE_EXTRA_BYTES:
        reply(f, query, length);
        return send(f->connection, extra, sizeof(extra), MSG_NOSIGNAL) > 0;
    case FAKE_HANGS_UP:
        return false;
    case FAKE_WEB_PAGE:
        return send(f->connection, page, sizeof(page) - 1, MSG_NOSIGNAL) > 0;
    case FAKE_HEALTHY:
        break;
    }
    reply(f, query, length);
    return true;
}

static bool serve(struct fake_device *f)
{
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    int length = modbus_receive(f->context, query);
    if (length < 0)
        return false;
    note_write(f, query);
    pthread_mutex_lock(&f->lock);
    bool hit = f->fault_unit == 0 || query[HEADER - 1] == f->fault_unit;
    enum fake_fault fault = hit ? f->fault : FAKE_HEALTHY;
    int delay_ms = f->delay_ms;
    pthread_mutex_unlock(&f->lock);
    return misbehave(f, fault, delay_ms, query, length);
}

// ---- the thread ---------------------------------------------------------------------------------------------------

static void hang_up(struct fake_device *f)
{
    if (f->connection >= 0)
        close(f->connection);
    f->connection = -1;
}

static void attend(struct fake_device *f)
{
    struct pollfd fd = {.fd = f->connection >= 0 ? f->connection : f->listener, .events = POLLIN};
    if (poll(&fd, 1, TICK_MS) <= 0)
        return;
    if (f->connection < 0) {
        f->connection = accept(f->listener, NULL, NULL);
        modbus_set_socket(f->context, f->connection);
    } else if (!serve(f)) {
        hang_up(f);
    }
}

static void *run(void *user)
{
    struct fake_device *f = user;
    for (;;) {
        pthread_mutex_lock(&f->lock);
        bool ending = f->ending, paused = f->paused;
        pthread_mutex_unlock(&f->lock);
        if (ending || paused) {
            hang_up(f);
            if (f->listener >= 0)
                close(f->listener);
            f->listener = -1;
            pthread_mutex_lock(&f->lock);
            f->closed = true;
            pthread_mutex_unlock(&f->lock);
        }
        if (ending)
            return NULL;
        if (paused) {
            poll(NULL, 0, TICK_MS);
            continue;
        }
        if (f->listener < 0)
            f->listener = listen_on(f->port);
        attend(f);
    }
}

struct fake_device *fake_device_start(void)
{
    struct fake_device *f = calloc(1, sizeof(*f));
    ck_assert_ptr_nonnull(f);
    pthread_mutex_init(&f->lock, NULL);
    f->connection = -1;
    f->listener = listen_on(0);
    f->port = port_of(f->listener);
    f->context = modbus_new_tcp("127.0.0.1", f->port);
    f->mapping = modbus_mapping_new(REGISTERS, REGISTERS, REGISTERS, REGISTERS);
    ck_assert(f->context && f->mapping);
    ck_assert_int_eq(pthread_create(&f->thread, NULL, run, f), 0);
    return f;
}

void fake_device_stop(struct fake_device *f)
{
    pthread_mutex_lock(&f->lock);
    f->ending = true;
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    modbus_free(f->context);
    modbus_mapping_free(f->mapping);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

int fake_device_port(const struct fake_device *f)
{
    return f->port;
}

void fake_device_pause(struct fake_device *f)
{
    pthread_mutex_lock(&f->lock);
    f->paused = true;
    f->closed = false;
    pthread_mutex_unlock(&f->lock);
    for (bool closed = false; !closed;) {
        poll(NULL, 0, 1);
        pthread_mutex_lock(&f->lock);
        closed = f->closed;
        pthread_mutex_unlock(&f->lock);
    }
}

void fake_device_resume(struct fake_device *f)
{
    pthread_mutex_lock(&f->lock);
    f->paused = false;
    pthread_mutex_unlock(&f->lock);
}

void fake_device_fault(struct fake_device *f, enum fake_fault fault, int unit, int exception, int delay_ms)
{
    pthread_mutex_lock(&f->lock);
    f->fault = fault;
    f->fault_unit = unit;
    f->exception = exception;
    f->delay_ms = delay_ms;
    pthread_mutex_unlock(&f->lock);
}

void fake_device_set(struct fake_device *f, int address, uint16_t value)
{
    pthread_mutex_lock(&f->lock);
    f->mapping->tab_registers[address] = value;
    f->mapping->tab_input_registers[address] = value;
    pthread_mutex_unlock(&f->lock);
}

uint16_t fake_device_get(struct fake_device *f, int address)
{
    pthread_mutex_lock(&f->lock);
    uint16_t value = f->mapping->tab_registers[address];
    pthread_mutex_unlock(&f->lock);
    return value;
}

void fake_device_set_input(struct fake_device *f, int address, bool on)
{
    pthread_mutex_lock(&f->lock);
    f->mapping->tab_input_bits[address] = on;
    pthread_mutex_unlock(&f->lock);
}

bool fake_device_coil(struct fake_device *f, int address)
{
    pthread_mutex_lock(&f->lock);
    bool on = f->mapping->tab_bits[address] != 0;
    pthread_mutex_unlock(&f->lock);
    return on;
}

int fake_device_writes(struct fake_device *f, int address)
{
    pthread_mutex_lock(&f->lock);
    int n = f->writes[address];
    pthread_mutex_unlock(&f->lock);
    return n;
}

uint64_t fake_device_last_write_ms(struct fake_device *f)
{
    pthread_mutex_lock(&f->lock);
    uint64_t ms = f->last_write_ms;
    pthread_mutex_unlock(&f->lock);
    return ms;
}
