// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/bus/modbus_link.h"

#include <errno.h>
#include <modbus.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/bus/tcp_connect.h"
#include "daemon/loop/clock.h"
#include "modbus/message.h"

enum { TCP_HEADER = 6, CRC_SIZE = 2, CONNECT_LEAST_MS = 1000, CONNECT_MOST_MS = 5000 };

struct modbus_link {
    struct site_link config;
    bool serial;
    int cancel_fd;
    atomic_bool cancelled;

    pthread_mutex_t lock; // of `socket` against interruption
    int socket;           // of an open TCP connection, else -1

    modbus_t *context; // NULL while closed
    uint16_t transaction;
    bool unsettled; // serial: a late reply may still come
    uint64_t quiet_until_ms;
};

int modbus_link_new(const struct site_link *link, struct modbus_link **ret_link)
{
    struct modbus_link *l = calloc(1, sizeof(*l));
    if (!l)
        return AEMS_E_NOMEM;
    l->config = *link;
    l->serial = *link->host == '\0';
    l->socket = -1;
    l->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->cancel_fd < 0) {
        free(l);
        return AEMS_E_IO;
    }
    pthread_mutex_init(&l->lock, NULL);
    atomic_init(&l->cancelled, false);
    *ret_link = l;
    return 0;
}

void modbus_link_free(struct modbus_link *l)
{
    if (!l)
        return;
    modbus_link_close(l);
    close(l->cancel_fd);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

// ---- errors -------------------------------------------------------------------------------------------------------

static enum link_status fail(struct link_error *e, enum link_status status, const char *text)
{
    *e = (struct link_error){.status = status};
    snprintf(e->text, sizeof(e->text), "%s", text);
    return status;
}

static enum link_status fail_errno(const struct modbus_link *l, struct link_error *e, int error)
{
    char text[96];
    if (atomic_load(&l->cancelled))
        return fail(e, LINK_CANCELLED, "cancelled");
    if (error == ETIMEDOUT || error == EAGAIN) {
        snprintf(text, sizeof(text), "no answer within %d ms", l->config.response_timeout_ms);
        return fail(e, LINK_SILENT, text);
    }
    if (error >= MODBUS_ENOBASE)
        return fail(e, LINK_NONSENSE, modbus_strerror(error));
    return fail(e, LINK_LOST, strerror_r(error, text, sizeof(text)));
}

// ---- opening and closing ------------------------------------------------------------------------------------------

void modbus_link_pause(struct modbus_link *l, int ms)
{
    struct pollfd cancel = {.fd = l->cancel_fd, .events = POLLIN};
    if (ms > 0)
        poll(&cancel, 1, ms);
}

static void set_socket(struct modbus_link *l, int fd)
{
    pthread_mutex_lock(&l->lock);
    l->socket = fd;
    pthread_mutex_unlock(&l->lock);
}

static enum link_status open_tcp(struct modbus_link *l, struct link_error *e)
{
    char why[96];
    int timeout_ms = l->config.response_timeout_ms;
    timeout_ms = timeout_ms < CONNECT_LEAST_MS ? CONNECT_LEAST_MS : timeout_ms;
    timeout_ms = timeout_ms > CONNECT_MOST_MS ? CONNECT_MOST_MS : timeout_ms;
    int fd = tcp_connect(l->config.host, l->config.port, timeout_ms, l->cancel_fd, why, sizeof(why));
    if (fd < 0)
        return fail(e, atomic_load(&l->cancelled) ? LINK_CANCELLED : LINK_LOST, why);
    // libmodbus waits with select, which writes beyond its set for larger descriptors.
    l->context = fd < FD_SETSIZE ? modbus_new_tcp("127.0.0.1", l->config.port) : NULL;
    if (!l->context || modbus_set_socket(l->context, fd) < 0) {
        close(fd);
        modbus_free(l->context);
        l->context = NULL;
        return fail(e, LINK_LOST, fd < FD_SETSIZE ? "out of memory" : "too many open files");
    }
    set_socket(l, fd);
    return LINK_OK;
}

static enum link_status open_serial(struct modbus_link *l, struct link_error *e)
{
    l->context = modbus_new_rtu(l->config.serial, l->config.baud, l->config.parity, 8, l->config.stop_bits);
    if (!l->context)
        return fail_errno(l, e, errno);
    if (modbus_connect(l->context) < 0) {
        enum link_status status = fail_errno(l, e, errno);
        modbus_free(l->context);
        l->context = NULL;
        e->status = status == LINK_CANCELLED ? status : LINK_LOST;
        return e->status;
    }
    l->unsettled = true;
    return LINK_OK;
}

enum link_status modbus_link_open(struct modbus_link *l, struct link_error *ret_error)
{
    *ret_error = (struct link_error){.status = LINK_OK};
    modbus_link_close(l);
    if (atomic_load(&l->cancelled))
        return fail(ret_error, LINK_CANCELLED, "cancelled");
    enum link_status status = l->serial ? open_serial(l, ret_error) : open_tcp(l, ret_error);
    if (status != LINK_OK)
        return status;
    int timeout_ms = l->config.response_timeout_ms > 0 ? l->config.response_timeout_ms : 500;
    modbus_set_response_timeout(l->context, (uint32_t)timeout_ms / 1000, (uint32_t)timeout_ms % 1000 * 1000);
    modbus_set_byte_timeout(l->context, 0, 0); // the response time-out holds for the whole reply then
    modbus_link_pause(l, l->config.connect_delay_ms);
    return LINK_OK;
}

void modbus_link_close(struct modbus_link *l)
{
    if (!l->context)
        return;
    pthread_mutex_lock(&l->lock);
    l->socket = -1;
    modbus_close(l->context);
    pthread_mutex_unlock(&l->lock);
    modbus_free(l->context);
    l->context = NULL;
}

bool modbus_link_is_open(const struct modbus_link *l)
{
    return l->context != NULL;
}

bool modbus_link_alive(struct modbus_link *l)
{
    uint8_t dropped[256];
    if (!l->context)
        return false;
    if (l->serial)
        return true; // flushed before each request
    for (;;) {
        ssize_t n = recv(l->socket, dropped, sizeof(dropped), MSG_DONTWAIT);
        if (n > 0 || (n < 0 && errno == EINTR))
            continue;
        if (n < 0 && errno == EAGAIN)
            return true;
        modbus_link_close(l);
        return false;
    }
}

void modbus_link_interrupt(struct modbus_link *l)
{
    pthread_mutex_lock(&l->lock);
    if (l->socket >= 0)
        shutdown(l->socket, SHUT_RDWR);
    pthread_mutex_unlock(&l->lock);
}

void modbus_link_cancel(struct modbus_link *l)
{
    uint64_t one = 1;
    atomic_store(&l->cancelled, true);
    if (write(l->cancel_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
        abort(); // an eventfd of our own takes eight bytes
    modbus_link_interrupt(l);
}

// ---- one request --------------------------------------------------------------------------------------------------

// What is left of an earlier exchange must not be taken for the answer to the next one.
static void settle(struct modbus_link *l)
{
    uint64_t now_ms = clock_mono_ms();
    if (l->unsettled)
        modbus_link_pause(l, l->config.response_timeout_ms);
    else if (now_ms < l->quiet_until_ms)
        modbus_link_pause(l, (int)(l->quiet_until_ms - now_ms));
    l->unsettled = false;
    if (l->serial)
        modbus_flush(l->context);
}

// libmodbus sends raw requests with transaction 0 always: on TCP the header is written here, so that it can be checked.
static int send_tcp(struct modbus_link *l, const uint8_t *request, size_t length)
{
    uint8_t frame[TCP_HEADER + MESSAGE_REQUEST_MAX] = {0};
    l->transaction++;
    frame[0] = (uint8_t)(l->transaction >> 8);
    frame[1] = (uint8_t)l->transaction;
    frame[5] = (uint8_t)length;
    memcpy(&frame[TCP_HEADER], request, length);
    ssize_t n = send(l->socket, frame, TCP_HEADER + length, MSG_NOSIGNAL);
    if (n >= 0 && (size_t)n != TCP_HEADER + length)
        errno = EPIPE;
    return n == (ssize_t)(TCP_HEADER + length) ? 0 : -1;
}

static int send_request(struct modbus_link *l, const uint8_t *request, size_t length)
{
    if (!l->serial)
        return send_tcp(l, request, length);
    modbus_set_slave(l->context, request[0]);
    return modbus_send_raw_request(l->context, request, (int)length) < 0 ? -1 : 0;
}

static bool header_fits(const struct modbus_link *l, const uint8_t *reply, int length)
{
    return reply[0] == l->transaction >> 8 && reply[1] == (l->transaction & 0xFF) && reply[2] == 0 && reply[3] == 0 &&
           (reply[4] << 8 | reply[5]) == length - TCP_HEADER;
}

// A web page behind a wrong port, for example: Modbus has zeros there.
static bool is_other_protocol(const uint8_t *reply)
{
    return reply[2] != 0 || reply[3] != 0;
}

static enum link_status judge(const uint8_t *request, size_t request_length, const uint8_t *reply, size_t length,
                              uint16_t *ret_registers, struct link_error *e)
{
    char text[96];
    int exception = 0;
    switch (message_judge(request, request_length, reply, length, ret_registers, &exception)) {
    case REPLY_GOOD:
        return LINK_OK;
    case REPLY_EXCEPTION:
        snprintf(text, sizeof(text), "exception %d (%s)", exception, message_exception_text(exception));
        fail(e, LINK_EXCEPTION, text);
        e->exception = exception;
        return LINK_EXCEPTION;
    case REPLY_FOREIGN:
        snprintf(text, sizeof(text), "unit %d answered", length > 0 ? reply[0] : 0);
        return fail(e, LINK_NONSENSE, text);
    case REPLY_FALSE_ECHO:
        return fail(e, LINK_NONSENSE, "another register or value was confirmed");
    case REPLY_MALFORMED:
        break;
    }
    return fail(e, LINK_NONSENSE, "malformed reply");
}

static enum link_status receive(struct modbus_link *l, const uint8_t *request, size_t request_length,
                                uint16_t *ret_registers, struct link_error *e)
{
    uint8_t reply[MODBUS_TCP_MAX_ADU_LENGTH];
    int skip = l->serial ? 0 : TCP_HEADER, trail = l->serial ? CRC_SIZE : 0;
    int length = modbus_receive_confirmation(l->context, reply);
    if (length < 0)
        return fail_errno(l, e, errno);
    if (length < skip + trail + 1)
        return fail(e, LINK_NONSENSE, "another unit answered");
    if (!l->serial && is_other_protocol(reply))
        return fail(e, LINK_NONSENSE, "what answers there is not Modbus: is the port right?");
    if (!l->serial && !header_fits(l, reply, length))
        return fail(e, LINK_NONSENSE, "a reply to another request");
    return judge(request, request_length, reply + skip, (size_t)(length - skip - trail), ret_registers, e);
}

static enum link_status exchange(struct modbus_link *l, const uint8_t *request, size_t length, uint16_t *ret_registers,
                                 struct link_error *e)
{
    *e = (struct link_error){.status = LINK_OK};
    if (atomic_load(&l->cancelled))
        return fail(e, LINK_CANCELLED, "cancelled");
    if (!l->context)
        return fail(e, LINK_LOST, "not connected");
    settle(l);
    enum link_status status =
        send_request(l, request, length) < 0 ? fail_errno(l, e, errno) : receive(l, request, length, ret_registers, e);
    l->quiet_until_ms = clock_mono_ms() + (uint64_t)l->config.request_delay_ms;
    if (status == LINK_OK || status == LINK_EXCEPTION)
        return status;
    if (l->serial && status != LINK_LOST)
        l->unsettled = true;
    else
        modbus_link_close(l);
    return status;
}

enum link_status modbus_link_read(struct modbus_link *l, int unit, const struct register_block *block,
                                  uint16_t *ret_registers, struct link_error *ret_error)
{
    uint8_t request[MESSAGE_REQUEST_MAX];
    return exchange(l, request, message_read_request(unit, block, request), ret_registers, ret_error);
}

enum link_status modbus_link_write(struct modbus_link *l, int unit, const struct register_write *w,
                                   struct link_error *ret_error)
{
    uint8_t request[MESSAGE_REQUEST_MAX];
    return exchange(l, request, message_write_request(unit, w, request), NULL, ret_error);
}
