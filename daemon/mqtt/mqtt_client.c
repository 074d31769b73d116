// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/mqtt/mqtt_client.h"

#include <errno.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/number.h"
#include "base/text.h"
#include "daemon/loop/clock.h"
#include "daemon/mqtt/mqtt_inbox.h"

enum {
    CONNECT_TIMEOUT_MS = 10000, // from the first packet to the broker's answer, TLS included
    TICK_MS = 500,
    FAREWELL_MS = 250,
    READS_PER_TURN = 50,
    UNFLUSHED_MAX = 1000,   // QoS 0 messages that wait for the socket
    PACKET_OVERHEAD = 8192, // of topic and header beside the payload
    REFUSALS_LOGGED = 3     // a tick; of a flood the others are only counted
};

enum phase {
    PHASE_RESOLVING, // the thread has the connection
    PHASE_REACHING,  // TCP
    PHASE_GREETING,  // TLS and CONNECT
    PHASE_OPEN,
    PHASE_ENDED,
};

struct mqtt_client {
    struct mosquitto *m;
    struct loop *loop;
    char host[SITE_TEXT_MAX];
    int port, keepalive_s;
    size_t max_payload;
    bool version_5;
    char error[200]; // libmosquitto's last words
    int rc, rc_errno;

    pthread_t thread;
    bool has_thread;       // to be joined
    pthread_mutex_t mutex; // guards:
    bool resolving;        // the thread runs
    bool abandoned;        // ... and frees the client

    struct loop_waker *waker;
    struct loop_timer *tick;
    struct loop_watch *watch;
    int fd; // a duplicate: libmosquitto closes its own whenever it likes, which a watch must not see
    struct mqtt_client_events events;
    enum phase phase;
    uint64_t deadline_ms; // of the greeting
    int connack;          // the broker's answer, -1: none yet
    bool acknowledged;
    struct mqtt_inbox inbox;
    int refused; // messages since the last tick
    int busy;    // in callbacks; a close waits for their end
    bool closing;

    int unflushed[UNFLUSHED_MAX]; // ring of message ids in the order of sending
    int unflushed_first, n_unflushed;
    int publishing; // message id of the QoS 0 call under way, 0: none
    bool published; // it went out at once
};

// ---- what libmosquitto tells --------------------------------------------------------------------------------------

static void on_log(struct mosquitto *m, void *user, int level, const char *text)
{
    (void)m;
    struct mqtt_client *c = user;
    if (level == MOSQ_LOG_ERR && strlen(c->error) + strlen(text) + 3 < sizeof(c->error)) {
        strcat(c->error, c->error[0] != '\0' ? "; " : "");
        strcat(c->error, text);
    }
}

static void on_connack(struct mosquitto *m, void *user, int code, int flags, const mosquitto_property *properties)
{
    (void)m;
    (void)flags;
    (void)properties;
    ((struct mqtt_client *)user)->connack = code;
}

static void on_publish_in(struct mosquitto *m, void *user, const struct mosquitto_message *message,
                          const mosquitto_property *properties)
{
    (void)m;
    (void)properties;
    struct mqtt_client *c = user;
    int r = AEMS_E_LIMIT;
    if (message->payloadlen >= 0 && (size_t)message->payloadlen <= c->max_payload)
        r = mqtt_inbox_add(&c->inbox, message->topic, message->payload, (size_t)message->payloadlen, message->retain);
    if (r != 0 && c->refused++ < REFUSALS_LOGGED)
        log_warning("mqtt: %.80s: a message of %d bytes is refused: %s", message->topic, message->payloadlen,
                    aems_error_text(r));
}

static void sum_up_refusals(struct mqtt_client *c)
{
    if (c->refused > REFUSALS_LOGGED)
        log_warning("mqtt: %d more messages refused", c->refused - REFUSALS_LOGGED);
    c->refused = 0;
}

// For QoS 0 this says that the socket has it, for QoS 1 that the broker has. Ids come round after 65,535 messages, so
// one alone does not tell which: QoS 0 messages leave in the order of their calls.
static void on_publish_out(struct mosquitto *m, void *user, int mid, int reason, const mosquitto_property *properties)
{
    (void)m;
    (void)properties;
    struct mqtt_client *c = user;
    if (c->publishing != 0 && mid == c->publishing) {
        c->published = true;
        return;
    }
    if (c->n_unflushed > 0 && c->unflushed[c->unflushed_first] == mid) {
        c->unflushed_first = (c->unflushed_first + 1) % UNFLUSHED_MAX;
        c->n_unflushed--;
        return;
    }
    c->acknowledged = true;
    c->events.on_acknowledged(c->events.user, mid, reason >= 0x80 ? mosquitto_reason_string(reason) : NULL);
}

static void on_suback(struct mosquitto *m, void *user, int mid, int count, const int *granted,
                      const mosquitto_property *properties)
{
    (void)m;
    (void)user;
    (void)mid;
    (void)properties;
    for (int i = 0; i < count; i++)
        if (granted[i] >= 0x80)
            log_error("mqtt: the broker refuses a subscription: %s", mosquitto_reason_string(granted[i]));
}

// ---- the end ------------------------------------------------------------------------------------------------------

static void destroy(struct mqtt_client *c)
{
    for (struct mqtt_inbound *x; (x = mqtt_inbox_take(&c->inbox)) != NULL;)
        mqtt_inbound_free(x);
    mosquitto_destroy(c->m);
    pthread_mutex_destroy(&c->mutex);
    free(c);
}

static void stop_watching(struct mqtt_client *c)
{
    loop_watch_free(c->watch);
    c->watch = NULL;
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

static void end(struct mqtt_client *c, const char *why)
{
    if (c->phase == PHASE_ENDED)
        return;
    bool wrong_version = c->connack == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION || c->connack == 1; // in 5, in 3.1.1
    bool no_answer = c->phase == PHASE_GREETING && c->connack < 0 && c->error[0] == '\0';
    c->phase = PHASE_ENDED;
    stop_watching(c);
    loop_timer_stop(c->tick);
    c->events.on_end(c->events.user,
                     wrong_version ? MQTT_END_WRONG_VERSION
                     : no_answer   ? MQTT_END_NO_ANSWER
                                   : MQTT_END_LOST,
                     why);
}

static void end_by_rc(struct mqtt_client *c, int rc, int error)
{
    char why[400];
    if (c->connack > 0)
        snprintf(why, sizeof(why), "refused by the broker: %s",
                 c->version_5 ? mosquitto_reason_string(c->connack) : mosquitto_connack_string(c->connack));
    else if (c->error[0] != '\0')
        snprintf(why, sizeof(why), "%s", c->error);
    else if (rc == MOSQ_ERR_EAI)
        snprintf(why, sizeof(why), "%s: %s", c->host, gai_strerror(error));
    else if (rc == MOSQ_ERR_ERRNO)
        snprintf(why, sizeof(why), "%s", strerror(error));
    else if (rc == MOSQ_ERR_KEEPALIVE)
        snprintf(why, sizeof(why), "the broker does not answer");
    else
        snprintf(why, sizeof(why), "%s", rc != 0 ? mosquitto_strerror(rc) : "the connection is lost");
    end(c, why);
}

static void leave(struct mqtt_client *c)
{
    if (--c->busy == 0 && c->closing)
        destroy(c);
}

// ---- running ------------------------------------------------------------------------------------------------------

static void watch_for(struct mqtt_client *c)
{
    if (c->watch == NULL)
        return;
    int events = LOOP_READ;
    if (c->phase == PHASE_REACHING)
        events = LOOP_WRITE;
    // Not while greeting: libmosquitto keeps wanting to write then, though its few bytes are gone.
    if (c->phase == PHASE_OPEN && mosquitto_want_write(c->m))
        events |= LOOP_WRITE;
    loop_watch_events(c->watch, events);
}

static void deliver(struct mqtt_client *c)
{
    for (struct mqtt_inbound *x; (x = mqtt_inbox_take(&c->inbox)) != NULL;) {
        if (!c->closing)
            c->events.on_message(c->events.user, x->topic, x->payload, x->length, x->retained);
        mqtt_inbound_free(x);
    }
}

// After every call into libmosquitto: it may have lost its socket, or brought something.
static void settle(struct mqtt_client *c, int rc, int error)
{
    if (c->phase == PHASE_GREETING && c->connack == 0) {
        c->phase = PHASE_OPEN;
        c->events.on_open(c->events.user);
    }
    deliver(c);
    if (c->acknowledged && !c->closing) {
        c->acknowledged = false;
        c->events.on_progress(c->events.user);
    }
    if (c->closing)
        return;
    if (rc != 0 || mosquitto_socket(c->m) < 0)
        end_by_rc(c, rc, error);
    else
        watch_for(c);
}

// libmosquitto takes a connection that is closed during the TLS handshake for one that needs more time.
static bool closed_by_peer(struct mqtt_client *c)
{
    char byte;
    ssize_t n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
        return false;
    end(c, n == 0 ? "closed by the broker before it answered" : strerror(errno));
    return true;
}

static int read_some(struct mqtt_client *c)
{
    int rc = 0, more = 1;
    for (int i = 0; rc == 0 && more > 0 && i < READS_PER_TURN && c->inbox.count < MQTT_INBOX_MAX / 2; i++) {
        rc = mosquitto_loop_read(c->m, 1);
        if (mosquitto_socket(c->m) < 0 || ioctl(c->fd, FIONREAD, &more) != 0)
            break;
    }
    return rc;
}

static bool reached(struct mqtt_client *c)
{
    int error = 0;
    socklen_t size = sizeof(error);
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error == 0) {
        c->phase = PHASE_GREETING;
        return true;
    }
    end(c, strerror(error));
    return false;
}

static void on_ready(void *user, int events)
{
    struct mqtt_client *c = user;
    c->busy++;
    int rc = 0;
    bool going = c->phase != PHASE_REACHING || reached(c);
    if (going && c->phase == PHASE_GREETING && (events & LOOP_READ))
        going = !closed_by_peer(c);
    if (going) {
        if ((events & LOOP_READ) || c->phase == PHASE_GREETING)
            rc = read_some(c);
        int error = errno;
        if (rc == 0 && mosquitto_socket(c->m) >= 0) {
            rc = mosquitto_loop_write(c->m, 1);
            error = errno;
        }
        settle(c, rc, error);
    }
    leave(c);
}

static void on_tick(void *user)
{
    struct mqtt_client *c = user;
    c->busy++;
    sum_up_refusals(c);
    if (c->phase < PHASE_OPEN && clock_mono_ms() >= c->deadline_ms) {
        end(c, c->phase == PHASE_REACHING ? "the broker cannot be reached" : "no answer to the greeting");
    } else {
        int rc = c->phase == PHASE_OPEN ? mosquitto_loop_misc(c->m) : 0;
        int error = errno;
        if (rc == 0 && c->phase != PHASE_REACHING && mosquitto_socket(c->m) >= 0) {
            rc = mosquitto_loop_write(c->m, 1);
            error = errno;
        }
        c->acknowledged = c->phase == PHASE_OPEN;
        settle(c, rc, error);
    }
    leave(c);
}

// ---- the beginning ------------------------------------------------------------------------------------------------

static void *resolve_and_connect(void *user)
{
    struct mqtt_client *c = user;
    int rc = mosquitto_connect_bind_async(c->m, c->host, c->port, c->keepalive_s, NULL);
    int error = errno;
    pthread_mutex_lock(&c->mutex);
    c->rc = rc;
    c->rc_errno = error;
    c->resolving = false;
    bool abandoned = c->abandoned;
    if (!abandoned)
        loop_wake(c->waker);
    pthread_mutex_unlock(&c->mutex);
    if (abandoned)
        destroy(c);
    return NULL;
}

static bool start_watching(struct mqtt_client *c)
{
    int socket = mosquitto_socket(c->m);
    fcntl(socket, F_SETFD, FD_CLOEXEC); // a child that holds it would keep us alive for the broker
    c->fd = fcntl(socket, F_DUPFD_CLOEXEC, 0);
    return c->fd >= 0 && loop_watch_new(c->loop, c->fd, on_ready, c, &c->watch) == 0;
}

static void on_resolved(void *user)
{
    struct mqtt_client *c = user;
    if (c->phase != PHASE_RESOLVING)
        return;
    c->busy++;
    pthread_join(c->thread, NULL);
    c->has_thread = false;
    c->phase = PHASE_REACHING;
    c->deadline_ms = clock_mono_ms() + CONNECT_TIMEOUT_MS;
    if (c->rc > 0 || mosquitto_socket(c->m) < 0) {
        end_by_rc(c, c->rc, c->rc_errno);
    } else if (!start_watching(c)) {
        end(c, strerror(errno));
    } else {
        watch_for(c);
        loop_timer_start(c->tick, TICK_MS, TICK_MS);
    }
    leave(c);
}

static int start_thread(struct mqtt_client *c)
{
    sigset_t all, before;
    sigfillset(&all); // signals are for the loop's thread
    pthread_sigmask(SIG_SETMASK, &all, &before);
    c->resolving = true;
    int status = pthread_create(&c->thread, NULL, resolve_and_connect, c);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    c->has_thread = status == 0;
    if (status == 0)
        return 0;
    c->resolving = false;
    snprintf(c->error, sizeof(c->error), "no thread can be made: %s", strerror(status));
    return AEMS_E_IO;
}

static int code_of(struct mqtt_client *c, int rc, const char *what)
{
    if (rc == MOSQ_ERR_SUCCESS)
        return 0;
    if (c->error[0] == '\0')
        snprintf(c->error, sizeof(c->error), "%s: %s", what, mosquitto_strerror(rc));
    return rc == MOSQ_ERR_NOMEM ? AEMS_E_NOMEM : AEMS_E_IO;
}

static int set_tls(struct mqtt_client *c, const struct site_mqtt *settings)
{
    if (!settings->tls)
        return 0;
    bool own_ca = settings->ca_file[0] != '\0', own_cert = settings->cert_file[0] != '\0';
    int rc = mosquitto_tls_set(c->m, own_ca ? settings->ca_file : NULL, own_ca ? NULL : "/etc/ssl/certs",
                               own_cert ? settings->cert_file : NULL, own_cert ? settings->key_file : NULL, NULL);
    return code_of(c, rc, "TLS files");
}

// A broker of MQTT 5 does not even send what is larger. libmosquitto has no asynchronous call that takes properties,
// but it keeps those of a call that fails for want of a host.
static int set_largest_packet(struct mqtt_client *c)
{
    if (!c->version_5)
        return 0;
    mosquitto_property *properties = NULL;
    int rc = mosquitto_property_add_int32(&properties, MQTT_PROP_MAXIMUM_PACKET_SIZE,
                                          (uint32_t)(c->max_payload + PACKET_OVERHEAD));
    if (rc == MOSQ_ERR_SUCCESS)
        mosquitto_connect_bind_v5(c->m, NULL, c->port, c->keepalive_s, NULL, properties);
    mosquitto_property_free_all(&properties);
    return code_of(c, rc, "properties");
}

static int configure(struct mqtt_client *c, const struct site_mqtt *settings, const char *will_topic)
{
    mosquitto_log_callback_set(c->m, on_log);
    mosquitto_connect_v5_callback_set(c->m, on_connack);
    mosquitto_message_v5_callback_set(c->m, on_publish_in);
    mosquitto_publish_v5_callback_set(c->m, on_publish_out);
    mosquitto_subscribe_v5_callback_set(c->m, on_suback);
    mosquitto_int_option(c->m, MOSQ_OPT_TCP_NODELAY, 1);
    int version = c->version_5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311;
    int r = code_of(c, mosquitto_int_option(c->m, MOSQ_OPT_PROTOCOL_VERSION, version), "version");
    if (r == 0)
        r = code_of(c, mosquitto_will_set(c->m, will_topic, 7, "offline", 1, true), "last will");
    if (r == 0 && settings->username[0] != '\0')
        r = code_of(c, mosquitto_username_pw_set(c->m, settings->username, settings->password), "user");
    if (r == 0)
        r = set_tls(c, settings);
    return r == 0 ? set_largest_packet(c) : r;
}

static struct mqtt_client *client_new(struct loop *loop, const struct site_mqtt *settings, bool version_5,
                                      const struct mqtt_client_events *events)
{
    struct mqtt_client *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return NULL;
    *c = (struct mqtt_client){.loop = loop,
                              .port = settings->port,
                              .keepalive_s = (int)clamp(settings->keepalive_s, 5, 65535),
                              .max_payload = settings->max_payload_bytes > 0 ? (size_t)settings->max_payload_bytes : 0,
                              .version_5 = version_5,
                              .fd = -1,
                              .connack = -1,
                              .events = *events};
    mqtt_inbox_init(&c->inbox);
    pthread_mutex_init(&c->mutex, NULL);
    mosquitto_lib_init();
    c->m = mosquitto_new(settings->client_id[0] != '\0' ? settings->client_id : NULL, true, c);
    if (c->m != NULL && text_copy(c->host, sizeof(c->host), settings->host) == 0)
        return c;
    destroy(c);
    return NULL;
}

int mqtt_client_open(struct loop *loop, const struct site_mqtt *settings, bool version_5, const char *will_topic,
                     const struct mqtt_client_events *events, char *ret_why, size_t size,
                     struct mqtt_client **ret_client)
{
    struct mqtt_client *c = client_new(loop, settings, version_5, events);
    if (c == NULL) {
        snprintf(ret_why, size, "out of memory");
        return AEMS_E_NOMEM;
    }
    int r = configure(c, settings, will_topic);
    if (r == 0)
        r = loop_waker_new(loop, on_resolved, c, &c->waker);
    if (r == 0)
        r = loop_timer_new(loop, on_tick, c, &c->tick);
    if (r == 0)
        r = start_thread(c);
    if (r == 0) {
        *ret_client = c;
        return 0;
    }
    snprintf(ret_why, size, "%s", c->error[0] != '\0' ? c->error : aems_error_text(r));
    mqtt_client_close(c, false);
    return r;
}

// ---- calls of the owner -------------------------------------------------------------------------------------------

static int code_of_call(int rc)
{
    switch (rc) {
    case MOSQ_ERR_SUCCESS:
        return 0;
    case MOSQ_ERR_NOMEM:
        return AEMS_E_NOMEM;
    case MOSQ_ERR_OVERSIZE_PACKET:
    case MOSQ_ERR_PAYLOAD_SIZE:
    case MOSQ_ERR_INVAL:
    case MOSQ_ERR_MALFORMED_UTF8:
    case MOSQ_ERR_RETAIN_NOT_SUPPORTED:
    case MOSQ_ERR_QOS_NOT_SUPPORTED:
        return AEMS_E_RANGE;
    default:
        return AEMS_E_IO;
    }
}

int mqtt_client_subscribe(struct mqtt_client *c, const char *topic)
{
    int r = code_of_call(mosquitto_subscribe(c->m, NULL, topic, 1));
    watch_for(c);
    return r;
}

int mqtt_client_publish(struct mqtt_client *c, const char *topic, const char *payload, size_t length, int qos,
                        bool retain, int *ret_mid)
{
    if (c->phase != PHASE_OPEN)
        return AEMS_E_IO;
    if (qos == 0 && c->n_unflushed >= UNFLUSHED_MAX)
        return AEMS_E_LIMIT;
    if (length > MQTT_MAX_PAYLOAD)
        return AEMS_E_RANGE;
    int unused = 0;
    int *mid = qos == 0 ? &c->publishing : &unused; // libmosquitto sets it before it sends
    c->published = false;
    int rc = mosquitto_publish_v5(c->m, mid, topic, (int)length, payload, qos, retain, NULL);
    bool waiting = qos == 0 && rc == MOSQ_ERR_SUCCESS && !c->published;
    if (waiting)
        c->unflushed[(c->unflushed_first + c->n_unflushed++) % UNFLUSHED_MAX] = *mid;
    if (ret_mid != NULL)
        *ret_mid = *mid;
    c->publishing = 0;
    watch_for(c);
    return code_of_call(rc);
}

static void take_leave(struct mqtt_client *c)
{
    uint64_t end_ms = clock_mono_ms() + FAREWELL_MS;
    int rc = mosquitto_disconnect(c->m);
    while (rc == 0 && mosquitto_socket(c->m) >= 0 && mosquitto_want_write(c->m) && clock_mono_ms() < end_ms) {
        struct pollfd wait = {.fd = c->fd, .events = POLLOUT};
        poll(&wait, 1, 50);
        rc = mosquitto_loop_write(c->m, 1);
    }
}

void mqtt_client_close(struct mqtt_client *c, bool polite)
{
    if (c == NULL)
        return;
    if (polite && c->phase == PHASE_OPEN)
        take_leave(c);
    c->phase = PHASE_ENDED;
    c->closing = true;
    stop_watching(c);
    loop_timer_free(c->tick);
    pthread_mutex_lock(&c->mutex);
    c->abandoned = c->resolving;
    bool abandoned = c->abandoned;
    if (abandoned)
        pthread_detach(c->thread); // a name server may take its time; the thread frees the client
    loop_waker_free(c->waker);
    pthread_mutex_unlock(&c->mutex);
    if (abandoned)
        return;
    if (c->has_thread)
        pthread_join(c->thread, NULL);
    c->has_thread = false;
    if (c->busy == 0)
        destroy(c);
}
