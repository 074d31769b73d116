// SPDX-License-Identifier: GPL-3.0-or-later
#include "modbus/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "conf/tree.h"
#include "modbus/profile_internal.h"

static int read_profile(const struct conf_node *root, const char *file, struct diagnostics *d,
                        struct profile **ret_profile)
{
    struct profile *p = calloc(1, sizeof(*p));
    if (!p)
        return AEMS_E_NOMEM;
    text_copy(p->file, sizeof(p->file), file);
    size_t errors = d->errors;
    int r = conf_read(root, profile_options, d, p);
    if (r >= 0) {
        profile_complete(root, p);
        profile_judge(root, p, d);
        if (d->failed)
            r = AEMS_E_NOMEM;
        else if (d->errors > errors)
            r = AEMS_E_FORMAT;
    }
    if (r < 0) {
        profile_free(p);
        return r;
    }
    *ret_profile = p;
    return 0;
}

// Looks for NAME.yaml in each folder.
static int find_file(const char *name, const char *folders, char *ret_path, size_t size)
{
    if (strchr(name, '/'))
        return access(name, R_OK) == 0 ? text_copy(ret_path, size, name) : AEMS_E_NOT_FOUND;
    for (const char *folder = folders; folder && *folder;) {
        size_t length = strcspn(folder, ":");
        int n = snprintf(ret_path, size, "%.*s/%s.yaml", (int)length, folder, name);
        if (length > 0 && n > 0 && (size_t)n < size && access(ret_path, R_OK) == 0)
            return 0;
        folder += length + (folder[length] == ':');
    }
    return AEMS_E_NOT_FOUND;
}

// NAME:3 -> NAME and 3; 0 where no channel is named.
static int split_channel(const char *name_or_path, char *ret_name, size_t size)
{
    const char *colon = strrchr(name_or_path, ':');
    size_t digits = colon != NULL ? strspn(colon + 1, "0123456789") : 0;
    bool named = digits >= 1 && digits <= 3 && colon[1 + digits] == '\0';
    size_t length = named ? (size_t)(colon - name_or_path) : strlen(name_or_path);
    if (length >= size)
        return AEMS_E_LIMIT;
    memcpy(ret_name, name_or_path, length);
    ret_name[length] = '\0';
    return named ? atoi(colon + 1) : 0;
}

static void shift_points(struct profile_point *points, size_t n, int by)
{
    for (size_t i = 0; i < n; i++)
        points[i].address += by;
}

static void shift_writes(struct profile_write *writes, size_t n, int by)
{
    for (size_t i = 0; i < n; i++)
        writes[i].address += by;
}

static int choose_channel(struct profile *p, int channel)
{
    if (channel > p->channels)
        return AEMS_E_RANGE;
    int by = channel > 0 ? channel - 1 : 0;
    p->channel = channel;
    shift_points(p->points, p->n_points, by);
    shift_points(p->parts, p->n_parts, by);
    shift_writes(p->set, p->n_set, by);
    shift_writes(p->refresh, p->n_refresh, by);
    shift_writes(p->release, p->n_release, by);
    return 0;
}

int profile_load(const char *name_or_path, const char *folders, struct diagnostics *d, struct profile **ret_profile)
{
    char path[4096], name[4096];
    int channel = split_channel(name_or_path, name, sizeof(name));
    if (channel < 0 || find_file(name, folders, path, sizeof(path)) < 0)
        return AEMS_E_NOT_FOUND;
    struct conf_tree tree = {0};
    int r = conf_tree_read_file(path, d, &tree);
    if (r < 0)
        return r;
    struct profile *p = NULL;
    r = read_profile(tree.root, path, d, &p);
    conf_tree_free(&tree);
    if (r == 0)
        r = choose_channel(p, channel);
    if (r < 0) {
        profile_free(p);
        return r;
    }
    *ret_profile = p;
    return 0;
}

int profile_load_text(const char *name, const char *text, size_t length, struct diagnostics *d,
                      struct profile **ret_profile)
{
    struct conf_tree tree = {0};
    int r = conf_tree_read_text(name, text, length, d, &tree);
    if (r < 0)
        return r;
    r = read_profile(tree.root, name, d, ret_profile);
    conf_tree_free(&tree);
    return r;
}

void profile_free(struct profile *p)
{
    if (!p)
        return;
    free(p->points);
    free(p->parts);
    free(p->expectations);
    free(p->set);
    free(p->refresh);
    free(p->release);
    free(p);
}

enum profile_kind profile_kind_of_asset(enum asset_kind asset)
{
    static const enum profile_kind kinds[ASSET_KIND_COUNT] = {
        [ASSET_GRID] = PROFILE_METER,          [ASSET_PV] = PROFILE_PV,
        [ASSET_BATTERY] = PROFILE_BATTERY,     [ASSET_STORE] = PROFILE_STORE,
        [ASSET_CHARGER] = PROFILE_CHARGER,     [ASSET_FLEXIBLE] = PROFILE_CHARGER,
        [ASSET_LOAD] = PROFILE_LOAD,           [ASSET_GENERATOR] = PROFILE_GENERATOR,
        [ASSET_CONVERTER] = PROFILE_CONVERTER, [ASSET_TIE] = PROFILE_TIE,
    };
    return kinds[asset];
}

enum profile_kind profile_kind_of_device(const struct site *s, const struct site_device *device)
{
    const struct site_asset *asset = site_device_asset(s, device);
    bool is_switch = device->of_switch >= 0 && (size_t)device->of_switch < s->n_switches;
    return asset != NULL ? profile_kind_of_asset(asset->kind) : is_switch ? PROFILE_SWITCH : PROFILE_SENSOR;
}

bool profile_can_write(const struct profile *p)
{
    return p->n_set > 0;
}

const struct profile_point *profile_find_point(const struct profile *p, enum quantity q)
{
    for (size_t i = 0; i < p->n_points; i++) {
        if (p->points[i].quantity == q)
            return &p->points[i];
    }
    return NULL;
}

static bool same_bytes(const void *a, size_t n_a, const void *b, size_t n_b, size_t size)
{
    return n_a == n_b && (n_a == 0 || memcmp(a, b, n_a * size) == 0);
}

#define SAME(a, b, list, n) same_bytes((a)->list, (a)->n, (b)->list, (b)->n, sizeof(*(a)->list))

// Members come from zeroed memory, so that padding compares as well; a doubtful "no" costs a bus one restart.
bool profile_equal(const struct profile *a, const struct profile *b)
{
    struct profile x, y;
    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    x.points = y.points = x.parts = y.parts = NULL;
    x.expectations = y.expectations = NULL;
    x.set = y.set = x.refresh = y.refresh = x.release = y.release = NULL;
    return memcmp(&x, &y, sizeof(x)) == 0 && SAME(a, b, points, n_points) && SAME(a, b, parts, n_parts) &&
           SAME(a, b, expectations, n_expectations) && SAME(a, b, set, n_set) && SAME(a, b, refresh, n_refresh) &&
           SAME(a, b, release, n_release);
}
