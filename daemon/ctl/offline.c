// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/offline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/local_time.h"
#include "conf/conf.h"

static int sorry(const char *what, const char *why)
{
    fprintf(stderr, "aemsctl: %s: %s\n", what, why);
    return CTL_FAILED;
}

int offline_site(const struct ctl_options *o, struct site **ret_site)
{
    const char *config = o->config != NULL ? o->config : AEMS_CONFIG_FILE;
    struct diagnostics d = {0};
    struct site *site = NULL;
    int code = conf_load(config, &d, &site);
    if (diagnostics_has_errors(&d))
        diagnostics_print(&d, stderr);
    else if (code < 0)
        sorry(config, aems_error_text(code));
    diagnostics_free(&d);
    if (code < 0)
        return CTL_FAILED;
    code = local_time_set_zone(site->timezone);
    if (code < 0) {
        sorry(site->timezone, aems_error_text(code));
        site_free(site);
        return CTL_FAILED;
    }
    *ret_site = site;
    return CTL_OK;
}

struct engine_device *offline_devices(const struct site *site)
{
    struct engine_device *devices = calloc(site->n_devices + 1, sizeof(*devices));
    for (size_t i = 0; devices != NULL && i < site->n_devices; i++)
        devices[i] = (struct engine_device){.kind = profile_kind_of_device(site, &site->devices[i]),
                                            .can_write = site->devices[i].control};
    return devices;
}

int offline_data(const char *path, const struct site *site, struct replay_data **ret_data)
{
    struct diagnostics d = {0};
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return sorry(path, strerror(errno));
    int code = replay_data_read(stream, path, site, &d, ret_data);
    fclose(stream);
    diagnostics_print(&d, stderr);
    if (code < 0 && !diagnostics_has_errors(&d))
        sorry(path, aems_error_text(code));
    diagnostics_free(&d);
    return code < 0 ? CTL_FAILED : CTL_OK;
}
