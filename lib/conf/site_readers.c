// SPDX-License-Identifier: GPL-3.0-or-later
// Values that the table's plain types do not cover, and values that follow from others.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/measure.h"
#include "conf/reader.h"
#include "conf/site_options.h"

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

// ---- derived ------------------------------------------------------------------------------------------------------

static int compare_dates(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

static void sort_holidays(struct site *s)
{
    size_t kept = 0;
    if (s->n_holidays > 0)
        qsort(s->holidays, s->n_holidays, sizeof(*s->holidays), compare_dates);
    for (size_t i = 0; i < s->n_holidays; i++)
        if (i == 0 || s->holidays[i] != s->holidays[i - 1])
            s->holidays[kept++] = s->holidays[i];
    s->n_holidays = kept;
}

static void derive_load(struct site_load *load)
{
    static const double usual[TIER_COUNT] = {0.2, 0.2, 0.5, 0.1};
    double sum = 0;
    for (int tier = 0; tier < TIER_COUNT; tier++)
        sum += load->tier_share[tier];
    if (sum <= 0)
        memcpy(load->tier_share, usual, sizeof(usual));
}

static void derive_mqtt(struct site *s)
{
    struct site_mqtt *mqtt = &s->mqtt;
    if (mqtt->port == 0)
        mqtt->port = mqtt->tls ? 8883 : 1883;
    if (mqtt->client_id[0] == '\0')
        snprintf(mqtt->client_id, sizeof(mqtt->client_id), "aems-%.42s", s->id);
}

void site_derive(struct site *s)
{
    if (s->name[0] == '\0')
        text_copy(s->name, sizeof(s->name), s->id);
    sort_holidays(s);
    derive_mqtt(s);
    for (size_t i = 0; i < s->n_loads; i++)
        derive_load(&s->loads[i]);
    for (size_t i = 0; i < s->n_batteries; i++)
        if (s->batteries[i].reserve_frac <= 0)
            s->batteries[i].reserve_frac = s->batteries[i].soc_min_frac;
}
