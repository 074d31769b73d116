// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording.h"

#include <stdlib.h>

#include "base/diagnostics.h"
#include "base/error.h"
#include "conf/conf.h"

static int read_configuration(const char *path, char **ret_text)
{
    struct diagnostics d = {0};
    struct conf_tree tree = {0};
    int status = conf_tree_read(path, &d, &tree);
    if (status == 0) {
        status = conf_write_text(&tree, &d, ret_text);
        conf_tree_free(&tree);
    }
    diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    return status;
}

int recording_start(struct recording *r, struct closed_loop *loop, const char *config_path, enum record_cause cause)
{
    *r = (struct recording){.loop = loop};
    int status = read_configuration(config_path, &r->configuration);
    if (status == 0)
        status = record_writer_new(closed_loop_site(loop), &r->writer);
    if (status == 0)
        status = record_packer_new(&r->packer);
    if (status == 0)
        status = closed_loop_record(loop, r->writer, r->configuration, cause);
    return status;
}

int recording_flush(struct recording *r)
{
    struct bytes *raw = record_written(r->writer);
    if (raw->failed)
        return AEMS_E_NOMEM;
    r->raw += raw->length;
    int status = record_pack(r->packer, raw->data, raw->length, &r->file);
    bytes_free(raw);
    return status;
}

int recording_run(struct recording *r, int64_t seconds, int64_t flush_s)
{
    int status = 0;
    for (int64_t done = 0; done < seconds && status == 0; done += flush_s) {
        closed_loop_run(r->loop, flush_s < seconds - done ? flush_s : seconds - done);
        status = recording_flush(r);
    }
    return status;
}

int recording_stop(struct recording *r, bool whole)
{
    (void)closed_loop_record(r->loop, NULL, NULL, RECORD_STARTED);
    if (!whole)
        return 0;
    record_end(r->writer);
    return recording_flush(r);
}

void recording_free(struct recording *r)
{
    record_writer_free(r->writer);
    record_packer_free(r->packer);
    free(r->configuration);
    bytes_free(&r->file);
    *r = (struct recording){0};
}
