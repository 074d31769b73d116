// SPDX-License-Identifier: GPL-3.0-or-later
// The calling end of the control socket.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"
#include "conf/tree.h"
#include "daemon/ctl/ctl.h"

enum {
    CALL_TIMEOUT_S = 10,
    MAX_REPLY_BYTES = 64 << 20,
    MAX_REQUEST_BYTES = 256 << 10, // CTL_MAX_REQUEST_BYTES of the daemon, which cuts off what is longer
};

static bool socket_of_config(const char *config, char *ret_path, size_t size)
{
    struct diagnostics d = {0};
    struct conf_tree tree = {0};
    bool found = false;
    if (conf_tree_read(config, &d, &tree) == 0) {
        const struct conf_node *control = conf_node_get(tree.root, "control");
        const struct conf_node *socket =
            control != NULL && control->kind == CONF_MAP ? conf_node_get(control, "socket") : NULL;
        found = socket != NULL && socket->kind == CONF_SCALAR && socket->tag == NULL &&
                text_copy(ret_path, size, socket->scalar) == 0;
        conf_tree_free(&tree);
    }
    diagnostics_free(&d);
    return found;
}

void ctl_socket_path(const struct ctl_options *o, char *ret_path, size_t size)
{
    const char *config = o->config != NULL ? o->config : AEMS_CONFIG_FILE;
    if (o->socket != NULL)
        snprintf(ret_path, size, "%s", o->socket);
    else if (!socket_of_config(config, ret_path, size))
        snprintf(ret_path, size, "%s", AEMS_SOCKET);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval timeout = {.tv_sec = CALL_TIMEOUT_S};
    if (text_copy(address.sun_path, sizeof(address.sun_path), path) < 0) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static bool send_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = send(fd, data, length, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        length -= (size_t)n;
    }
    return true;
}

// Reads until the daemon closes.
static bool receive_all(int fd, struct text *reply)
{
    char piece[16384];
    for (;;) {
        ssize_t n = recv(fd, piece, sizeof(piece) - 1, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 && reply->length > 0 && !reply->failed;
        piece[n] = '\0';
        text_append(reply, piece);
        if (reply->length > MAX_REPLY_BYTES)
            return false;
    }
}

static json_t *exchange(int fd, const char *line)
{
    struct text reply = {0};
    json_t *value = NULL;
    if (send_all(fd, line, strlen(line)) && send_all(fd, "\n", 1) && receive_all(fd, &reply))
        value = json_loadb(reply.data, reply.length, 0, NULL);
    text_free(&reply);
    return value;
}

static int judge_reply(json_t *reply, json_t **ret_reply)
{
    if (json_is_true(json_object_get(reply, "ok"))) {
        *ret_reply = reply;
        return CTL_OK;
    }
    const char *error = json_string_value(json_object_get(reply, "error"));
    fprintf(stderr, "aemsctl: %s\n", error != NULL ? error : "the daemon's reply makes no sense");
    json_decref(reply);
    return CTL_FAILED;
}

int ctl_call(const struct ctl_options *o, json_t *request, json_t **ret_reply)
{
    char path[256];
    ctl_socket_path(o, path, sizeof(path));
    char *line = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    if (line != NULL && strlen(line) >= MAX_REQUEST_BYTES) {
        fprintf(stderr, "aemsctl: %zu KiB are more than the daemon takes at once, %d KiB\n", strlen(line) / 1024,
                MAX_REQUEST_BYTES / 1024);
        free(line);
        return CTL_FAILED;
    }
    int fd = line != NULL ? connect_to(path) : -1;
    if (fd < 0) {
        fprintf(stderr, "aemsctl: no daemon answers at %s: %s\n", path, strerror(errno));
        free(line);
        return CTL_UNREACHABLE;
    }
    json_t *reply = exchange(fd, line);
    free(line);
    close(fd);
    if (reply == NULL) {
        fprintf(stderr, "aemsctl: the daemon at %s did not answer\n", path);
        return CTL_UNREACHABLE;
    }
    return judge_reply(reply, ret_reply);
}

int ctl_print_json(const json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    putchar('\n');
    return CTL_OK;
}
