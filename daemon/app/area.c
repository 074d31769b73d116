// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/area.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/tree.h"
#include "daemon/app/judge.h"

struct loading {
    struct app_area *area;
    const char *config, *folders;
    const struct conf_tree *tree; // for the places of messages
    struct diagnostics *d;
};

enum { PROFILES_MAX = 128 }; // that are considered for a slip of the pen

// The names of all profiles in a folder, owned by the caller.
static void collect_names(const char *folder, char *names[static PROFILES_MAX], size_t *count)
{
    static const char suffix[] = ".yaml";
    DIR *d = opendir(folder);
    const struct dirent *entry;
    while (d != NULL && *count < PROFILES_MAX && (entry = readdir(d)) != NULL) {
        size_t length = strlen(entry->d_name);
        if (length < sizeof(suffix) || strcmp(entry->d_name + length - strlen(suffix), suffix) != 0)
            continue;
        char *name = strndup(entry->d_name, length - strlen(suffix));
        if (name != NULL)
            names[(*count)++] = name;
    }
    if (d != NULL)
        closedir(d);
}

static void add_not_found(struct loading *l, const char *device, const char *name)
{
    char *names[PROFILES_MAX], *folders = strdup(l->folders), *rest = NULL;
    size_t count = 0;
    for (char *f = folders != NULL ? strtok_r(folders, ":", &rest) : NULL; f != NULL; f = strtok_r(NULL, ":", &rest))
        collect_names(f, names, &count);
    const char *near = text_nearest(name, (const char *const *)names, count);
    diagnostics_add(l->d, SEVERITY_ERROR, app_device_place(l->tree, l->config, device, "profile"),
                    "devices.%s.profile: \"%s\": expected a profile in %s%s%s%s", device, name, l->folders,
                    near != NULL ? "; did you mean \"" : "", near != NULL ? near : "", near != NULL ? "\"?" : "");
    while (count > 0)
        free(names[--count]);
    free(folders);
}

// Loads one profile, or says why that cannot be.
static void try_profile(struct loading *l, const char *device, const char *name, struct profile **ret_profile)
{
    size_t errors = l->d->errors;
    int r = profile_load(name, l->folders, l->d, ret_profile);
    if (r == AEMS_E_NOT_FOUND && l->d->errors == errors)
        add_not_found(l, device, name);
    else if (r == AEMS_E_RANGE && l->d->errors == errors)
        diagnostics_add(l->d, SEVERITY_ERROR, app_device_place(l->tree, l->config, device, "profile"),
                        "devices.%s.profile: \"%s\": expected a channel that the profile has, NAME:1 being the first",
                        device, name);
    else if (r < 0 && l->d->errors == errors)
        diagnostics_add(l->d, SEVERITY_ERROR, app_device_place(l->tree, l->config, device, "profile"),
                        "devices.%s.profile: \"%s\": %s; searched in %s", device, name, aems_error_text(r), l->folders);
}

static void load_profile(struct loading *l, size_t device)
{
    const struct site_device *this = &l->area->site->devices[device];
    struct profile *p = NULL;
    for (size_t other = 0; other < device; other++) {
        if (strcmp(l->area->site->devices[other].profile, this->profile) == 0) {
            l->area->profiles[device] = l->area->profiles[other];
            return;
        }
    }
    try_profile(l, this->id, this->profile, &p);
    if (p == NULL)
        return;
    l->area->loaded[l->area->n_loaded++] = p;
    l->area->profiles[device] = p;
}

static void load_profiles(struct loading *l)
{
    const struct site *site = l->area->site;
    for (size_t i = 0; i < site->n_devices; i++)
        load_profile(l, i);
    app_judge_devices(site, l->area->profiles, l->tree, l->config, l->d);
    for (size_t i = 0; i < site->n_devices; i++) {
        const struct profile *p = l->area->profiles[i];
        if (p != NULL)
            l->area->devices[i] = (struct engine_device){.kind = p->kind,
                                                         .can_write = profile_can_write(p),
                                                         .device_reverts = p->device_reverts,
                                                         .refresh_ms = p->refresh_ms};
    }
}

// After a configuration with errors: the profiles that it names are judged all the same, so that an operator hears of
// everything at once.
static void judge_named_profiles(struct loading *l)
{
    const struct conf_node *devices = l->tree != NULL ? conf_node_get(l->tree->root, "devices") : NULL;
    const char *last = "";
    for (size_t i = 0; devices != NULL && devices->kind == CONF_MAP && i < devices->count; i++) {
        const struct conf_node *device = devices->pairs[i].value;
        const struct conf_node *name = device->kind == CONF_MAP ? conf_node_get(device, "profile") : NULL;
        struct profile *p = NULL;
        if (name == NULL || name->kind != CONF_SCALAR || name->tag != NULL || strcmp(name->scalar, last) == 0)
            continue;
        last = name->scalar;
        try_profile(l, devices->pairs[i].key, name->scalar, &p);
        profile_free(p);
    }
}

// For the records. One that cannot be read again is no error here: the recorder says so.
static void keep_text(struct loading *l)
{
    struct diagnostics said = {0};
    if (conf_write_text(l->tree, &said, &l->area->configuration) < 0)
        l->area->configuration = NULL;
    diagnostics_free(&said);
}

static int allocate(struct app_area *area)
{
    size_t n = area->site->n_devices + 1;
    area->profiles = calloc(n, sizeof(*area->profiles));
    area->devices = calloc(n, sizeof(*area->devices));
    area->loaded = calloc(n, sizeof(*area->loaded));
    return area->profiles != NULL && area->devices != NULL && area->loaded != NULL ? 0 : AEMS_E_NOMEM;
}

static int load(struct app_area *area, const char *config, const char *folders, struct diagnostics *d)
{
    // Read once more for its places only: what it has to say is said by conf_load.
    struct diagnostics said = {0};
    struct conf_tree tree = {0};
    int has_tree = conf_tree_read(config, &said, &tree);
    struct loading l = {area, config, folders, has_tree == 0 ? &tree : NULL, d};
    int r = conf_load(config, d, &area->site);
    if (r == 0)
        r = allocate(area);
    if (r == 0)
        load_profiles(&l);
    if (r == 0 && has_tree == 0 && area->site->record.enabled)
        keep_text(&l);
    else if (r == AEMS_E_FORMAT)
        judge_named_profiles(&l);
    if (has_tree == 0)
        conf_tree_free(&tree);
    diagnostics_free(&said);
    return r == 0 && diagnostics_has_errors(d) ? AEMS_E_FORMAT : r;
}

int app_area_load(const char *config, const char *folders, struct diagnostics *d, struct app_area **ret_area)
{
    struct app_area *area = calloc(1, sizeof(*area));
    if (area == NULL)
        return AEMS_E_NOMEM;
    area->holders = 1;
    int r = load(area, config, folders, d);
    if (r < 0) {
        app_area_release(area);
        return r;
    }
    *ret_area = area;
    return 0;
}

struct app_area *app_area_hold(struct app_area *a)
{
    a->holders++;
    return a;
}

void app_area_release(struct app_area *a)
{
    if (a == NULL || --a->holders > 0)
        return;
    for (size_t i = 0; i < a->n_loaded; i++)
        profile_free(a->loaded[i]);
    free(a->loaded);
    free(a->configuration);
    free(a->profiles);
    free(a->devices);
    site_free(a->site);
    free(a);
}

void app_area_log(const struct diagnostics *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct diagnostic *item = &d->items[i];
        log_line(item->severity == SEVERITY_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "%s:%d:%d: %s", item->file,
                 item->line, item->column, item->text);
    }
}
