// SPDX-License-Identifier: GPL-3.0-or-later
// Values of demand response that the table's plain types do not cover.
#include <string.h>

#include "conf/reader.h"
#include "conf/site_options.h"

static const int64_t FOREVER_MS = INT64_C(253402300799000); // DR_FOREVER_MS
static const int64_t MS_PER_DAY = INT64_C(24) * 3600 * 1000;

static bool says(const struct conf_node *node, const char *word)
{
    return node->kind == CONF_SCALAR && node->tag == NULL && strcmp(node->scalar, word) == 0;
}

void site_read_limit(struct conf_reader *reader, const struct conf_option *option, const char *path,
                     const struct conf_node *node, void *target)
{
    const struct conf_option power = {.type = CONF_POWER, .low = option->low, .high = option->high};
    if (says(node, "none"))
        *(double *)target = SITE_NO_LIMIT_W;
    else
        conf_read_value(reader, &power, path, node, target);
}

void site_read_keep(struct conf_reader *reader, const struct conf_option *option, const char *path,
                    const struct conf_node *node, void *target)
{
    const struct conf_option choice = {.type = CONF_CHOICE, .choices = option->choices};
    int chosen = 0;
    if (conf_read_value(reader, &choice, path, node, &chosen))
        *(bool *)target = chosen == 1;
}

// ---- keys -----------------------------------------------------------------------------------------------------------

// 43 characters of 6 bits are 2 more than the 256 of a key: the last one's are 0, so that a key has one text only.
static bool is_public_key(const char *text)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    enum { CHARACTERS = 43 };
    if (strlen(text) != CHARACTERS || strspn(text, alphabet) != CHARACTERS)
        return false;
    return (strchr(alphabet, text[CHARACTERS - 1]) - alphabet) % 4 == 0;
}

void site_read_public_key(struct conf_reader *reader, const struct conf_option *option, const char *path,
                          const struct conf_node *node, void *target)
{
    static const char expected[] = "the 43 characters of an Ed25519 public key in base64url";
    const char *text = conf_scalar(reader, path, node, expected);
    if (text == NULL)
        return;
    if (is_public_key(text))
        memcpy(target, text, strlen(text) + 1);
    else
        conf_error(reader, node, path, "expected %s", expected);
    (void)option;
}

static int64_t days_since_1970(int32_t date)
{
    int64_t year = date / 10000, month = date / 100 % 100, day = date % 100;
    year -= month <= 2; // the leap day ends a year that begins in March
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719468;
}

// An instant, or the beginning of the day, UTC, that `days` after the one that is named.
static void read_day_or_instant(struct conf_reader *reader, const char *path, const struct conf_node *node, int days,
                                int64_t *ret_utc_ms)
{
    static const struct conf_option instant = {.type = CONF_INSTANT}, day = {.type = CONF_DATE};
    int32_t date = 0;
    bool is_day = node->kind == CONF_SCALAR && node->scalar != NULL && strchr(node->scalar, 'T') == NULL &&
                  strchr(node->scalar, 't') == NULL;
    if (!is_day)
        conf_read_value(reader, &instant, path, node, ret_utc_ms);
    else if (conf_read_value(reader, &day, path, node, &date))
        *ret_utc_ms = (days_since_1970(date) + days) * MS_PER_DAY;
}

void site_read_from(struct conf_reader *reader, const struct conf_option *option, const char *path,
                    const struct conf_node *node, void *target)
{
    (void)option;
    read_day_or_instant(reader, path, node, 0, target);
}

void site_read_until(struct conf_reader *reader, const struct conf_option *option, const char *path,
                     const struct conf_node *node, void *target)
{
    (void)option;
    if (says(node, "never"))
        *(int64_t *)target = FOREVER_MS;
    else
        read_day_or_instant(reader, path, node, 1, target);
}
