// SPDX-License-Identifier: GPL-3.0-or-later
// Records as recorded data: for a file, and for replaying them with another configuration.
#include "daemon/ctl/records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/local_time.h"
#include "conf/conf.h"
#include "replay/record_export.h"

static const char *const CSV_NAME = "the records";

static int sorry(const char *what, const char *why)
{
    fprintf(stderr, "aemsctl: %s: %s\n", what, why);
    return CTL_FAILED;
}

int records_read(const char *path, void **ret_data, size_t *ret_length)
{
    struct stat status;
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return sorry(path, strerror(errno));
    bool good = fstat(fileno(stream), &status) == 0 && S_ISREG(status.st_mode);
    void *data = good ? malloc((size_t)status.st_size + 1) : NULL;
    size_t length = data != NULL ? fread(data, 1, (size_t)status.st_size, stream) : 0;
    bool failed = ferror(stream) != 0;
    fclose(stream);
    if (data == NULL || failed) {
        free(data);
        return sorry(path, good ? "cannot be read" : "expected a file");
    }
    *ret_data = data;
    *ret_length = length;
    return CTL_OK;
}

// ---- taking records in ----------------------------------------------------------------------------------------------

static int add_file(struct record_export *x, const char *path)
{
    struct repeat_figures figures;
    void *data = NULL;
    size_t length = 0;
    int status = records_read(path, &data, &length);
    if (status != CTL_OK)
        return status;
    int code = record_export_add(x, data, length, &figures);
    free(data);
    return code < 0 ? sorry(path, figures.why[0] != '\0' ? figures.why : aems_error_text(code)) : CTL_OK;
}

static int add_files(struct record_export *x, const char *first, const char *const *others, size_t n)
{
    int status = first != NULL ? add_file(x, first) : CTL_OK;
    for (size_t i = 0; i < n && status == CTL_OK; i++)
        status = add_file(x, others[i]);
    return status;
}

// ---- another configuration ------------------------------------------------------------------------------------------

static int site_of_record(const char *path, struct site **ret_site)
{
    struct record_reader *reader = NULL;
    struct record_entry *entry;
    struct diagnostics d = {0};
    void *data = NULL;
    size_t length = 0;
    int status = records_read(path, &data, &length);
    if (status != CTL_OK)
        return status;
    int code = record_reader_new(data, length, &reader);
    if (code == 0 && (record_next(reader, &entry) != 1 || entry->kind != RECORD_BEGIN))
        code = AEMS_E_FORMAT;
    if (code == 0)
        code = conf_load_text(path, entry->begin.configuration, strlen(entry->begin.configuration), &d, ret_site);
    if (diagnostics_has_errors(&d))
        diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    record_reader_free(reader);
    free(data);
    return code < 0 ? sorry(path, code == AEMS_E_FORMAT ? "no record with a sound beginning" : aems_error_text(code))
                    : CTL_OK;
}

static void tell_odd(const struct record_export *x, const struct site *site, bool missing, const char *what)
{
    const char *name;
    for (size_t i = 0; *(name = record_export_odd(x, site, missing, i)) != '\0'; i++)
        fprintf(stderr, "aemsctl: %s: %s\n", name, what);
}

static void tell_flows(const struct record_export *x, const struct site *site)
{
    struct record_flows f;
    record_export_flows(x, &f);
    fprintf(stderr, "recorded: import %.1f kWh, export %.1f kWh, peak %.1f kW, energy cost %.2f %s", f.import_kwh,
            f.export_kwh, f.peak_import_kw, f.energy_cost, site->currency);
    if (f.unknown_hours > 0)
        fprintf(stderr, "; unknown for %.2f h", f.unknown_hours);
    fputc('\n', stderr);
}

static int read_back(const struct record_export *x, const struct site *site, struct replay_data **ret_data)
{
    struct diagnostics d = {0};
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    int code = out != NULL ? record_export_write(x, site, out) : AEMS_E_NOMEM;
    if (out != NULL && fclose(out) != 0)
        code = AEMS_E_NOMEM;
    FILE *in = code == 0 ? fmemopen(text, length, "r") : NULL;
    if (code == 0)
        code = in != NULL ? replay_data_read(in, CSV_NAME, site, &d, ret_data) : AEMS_E_NOMEM;
    if (in != NULL)
        fclose(in);
    free(text);
    diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    return code < 0 ? sorry(CSV_NAME, code == AEMS_E_NOT_FOUND ? "nothing in them" : aems_error_text(code)) : CTL_OK;
}

static int to_data(struct record_export *x, const struct ctl_options *o, struct site **io_site,
                   struct replay_data **ret_data)
{
    int status = *io_site == NULL ? site_of_record(o->record, io_site) : CTL_OK;
    if (status == CTL_OK)
        status = add_files(x, o->record, o->words, o->n_words);
    if (status != CTL_OK)
        return status;
    if (local_time_set_zone((*io_site)->timezone) < 0) // the records had theirs
        return sorry((*io_site)->timezone, "this machine does not know the time zone");
    tell_odd(x, *io_site, true, "nothing of it was recorded: the configuration's own standard stands in");
    tell_odd(x, *io_site, false, "recorded, but not part of this configuration");
    tell_flows(x, *io_site);
    return read_back(x, *io_site, ret_data);
}

int records_data(const struct ctl_options *o, struct site **io_site, struct replay_data **ret_data)
{
    struct record_export *x = NULL;
    if (record_export_new(&x) < 0)
        return sorry("records", aems_error_text(AEMS_E_NOMEM));
    int status = to_data(x, o, io_site, ret_data);
    record_export_free(x);
    return status;
}

// ---- aemsctl record export ------------------------------------------------------------------------------------------

static const char *stream_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard output" : path;
}

static int write_csv(const struct record_export *x, const char *path)
{
    FILE *stream = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    if (stream == NULL)
        return sorry(path, strerror(errno));
    int code = record_export_write(x, NULL, stream);
    if ((stream == stdout ? fflush(stream) : fclose(stream)) != 0 && code == 0)
        code = AEMS_E_IO;
    if (code == AEMS_E_IO)
        return sorry(stream_name(path), strerror(errno));
    return code < 0 ? sorry("record", "there is nothing in the records") : CTL_OK;
}

static int run(const struct ctl_options *o)
{
    struct record_export *x = NULL;
    if (strcmp(o->words[0], "export") != 0) {
        fprintf(stderr, "aemsctl: record %.40s: expected record export\n", o->words[0]);
        return CTL_USAGE;
    }
    if (record_export_new(&x) < 0)
        return sorry("record", aems_error_text(AEMS_E_NOMEM));
    int status = add_files(x, NULL, o->words + 1, o->n_words - 1);
    if (status == CTL_OK)
        status = write_csv(x, o->out != NULL ? o->out : "-");
    record_export_free(x);
    return status;
}

const struct ctl_command ctl_record = {
    .name = "record",
    .summary = "records of the daemon as recorded data",
    .usage = "record export FILE... [--out CSV]",
    .options = " out ",
    .min_words = 2,
    .max_words = 10000,
    .run = run,
};
