// SPDX-License-Identifier: GPL-3.0-or-later
// Values that the table's plain types do not cover.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf/price_series.h"
#include "conf/reader.h"
#include "conf/site_options.h"
#include "conf/tree_internal.h"

// The tree takes includes out of files; here one is left that came from memory.
void site_read_include(struct conf_reader *reader, const struct conf_option *option, const char *path,
                       const struct conf_node *node, void *target)
{
    (void)option;
    (void)target;
    conf_error(reader, node, path, "expected in a file only");
}

void site_read_start(struct conf_reader *reader, const struct conf_option *option, const char *path,
                     const struct conf_node *node, void *target)
{
    static const struct conf_option instant = {.type = CONF_INSTANT};
    (void)option;
    if (node->kind == CONF_SCALAR && node->tag == NULL && strcmp(node->scalar, "now") == 0)
        *(int64_t *)target = -1;
    else
        conf_read_value(reader, &instant, path, node, target);
}

void site_read_parity(struct conf_reader *reader, const struct conf_option *option, const char *path,
                      const struct conf_node *node, void *target)
{
    struct conf_option choice = {.type = CONF_CHOICE, .choices = option->choices};
    int chosen = 0;
    if (conf_read_value(reader, &choice, path, node, &chosen))
        *(char *)target = "NEO"[chosen];
}

void site_read_safe_power(struct conf_reader *reader, const struct conf_option *option, const char *path,
                          const struct conf_node *node, void *target)
{
    static const struct conf_option power = {.type = CONF_POWER};
    struct site_device *device = target;
    (void)option;
    device->has_safe_power = conf_read_value(reader, &power, path, node, &device->safe_power_w);
}

// Where the port of HOST:PORT, [V6]:PORT begins; NULL when there is none.
static const char *find_port(const char *endpoint, size_t *ret_host_length)
{
    const char *bracket = endpoint[0] == '[' ? strchr(endpoint, ']') : NULL;
    const char *colon = strchr(bracket != NULL ? bracket : endpoint, ':');
    *ret_host_length = colon != NULL ? (size_t)(colon - endpoint) : strlen(endpoint);
    return colon != NULL ? colon + 1 : NULL;
}

static bool parse_port(const char *text, int *ret_port)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != '\0')
        return false;
    *ret_port = atoi(text);
    return *ret_port >= 1 && *ret_port <= 65535;
}

static bool is_host(const char *host, size_t length)
{
    if (length == 0 || length >= SITE_TEXT_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)host[i] <= ' ' || host[i] == '/' || host[i] == 127)
            return false;
    return true;
}

void site_read_endpoint(struct conf_reader *reader, const struct conf_option *option, const char *path,
                        const struct conf_node *node, void *target)
{
    static const char expected[] = "an address such as \"10.0.0.5:502\"";
    struct site_link *link = target;
    (void)option;
    const char *text = conf_scalar(reader, path, node, expected);
    if (text == NULL)
        return;
    size_t length;
    int port = 502;
    const char *port_text = find_port(text, &length);
    const char *host = text;
    if (text[0] == '[' && length >= 2 && text[length - 1] == ']') {
        host++;
        length -= 2;
    }
    if (!is_host(host, length) || host[0] == '[' || (port_text != NULL && !parse_port(port_text, &port))) {
        conf_error(reader, node, path, "expected %s", expected);
        return;
    }
    memcpy(link->host, host, length);
    link->host[length] = '\0';
    link->port = port;
}

// ---- price series -------------------------------------------------------------------------------------------------

static void read_series_bytes(struct conf_reader *reader, const char *file, const char *bytes, size_t length,
                              struct site_tariff *tariff)
{
    int code = price_series_parse(file, bytes, length, reader->d, &tariff->series, &tariff->n_series);
    reader->failed |= code == AEMS_E_NOMEM;
    reader->flawed |= code < 0;
}

void site_read_price_series(struct conf_reader *reader, const struct conf_option *option, const char *path,
                            const struct conf_node *node, void *target)
{
    (void)option;
    const char *name = conf_scalar(reader, path, node, "the name of a CSV file such as day-ahead.csv");
    if (name == NULL)
        return;
    if (strchr(name, '\n') != NULL) { // the series itself
        read_series_bytes(reader, node->place.file, name, strlen(name), target);
        return;
    }
    char *file = reader_beside(node, name), *bytes = NULL;
    size_t length = 0;
    int code = file != NULL ? tree_read_bytes(file, &bytes, &length) : AEMS_E_NOMEM;
    if (code == AEMS_E_NOMEM)
        reader->failed = true;
    else if (code < 0)
        conf_error(reader, node, path, "expected a file that can be read, but \"%s\": %s", file,
                   code == AEMS_E_IO ? strerror(errno) : "not a regular file of moderate size");
    else
        read_series_bytes(reader, file, bytes, length, target);
    free(bytes);
    free(file);
}
