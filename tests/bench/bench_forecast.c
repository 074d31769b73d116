// SPDX-License-Identifier: GPL-3.0-or-later
// Forecasts of homes that are on record: ten homes of the CityLearn challenge of 2022, a year of hours.
//
//     bench_forecast FOLDER    with Building_1.csv to Building_10.csv
//
// The homes' hours are learned one after the other, as they ended; each hour is forecast a day before (24 h before its
// end), and 1, 3 and 6 hours before. Nothing but the area's own past is known: no temperature, no weather. The first
// fourteen days are left out of all columns alike. Persistence is the better, for each home, of the same hour of
// yesterday and of last week; of PV it is yesterday.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/local_time.h"
#include "base/number.h"
#include "forecast/forecast.h"

enum { HOMES = 10, FIRST_HOMES = 5, HOURS = 8760, WARM_UP = 14 * 24, LEADS = 4, MISSING = 77 };

static const int64_t HOUR_MS = 3600000, FIRST_UTC_MS = INT64_C(1470034800000); // 2016-07-31T23:00:00-08:00
static const double peak_w[HOMES] = {4e3, 4e3, 4e3, 5e3, 4e3, 4e3, 4e3, 4e3, 4e3, 5e3};
static const int lead_h[LEADS] = {1, 3, 6, 24};

static double load_w[HOMES][HOURS], pv_w[HOMES][HOURS];
static bool holiday[HOURS];

struct tally {
    double mae[LEADS], yesterday, week, bias, level, band, pinball;
    int n;
};

// ---- the record -----------------------------------------------------------------------------------------------------

static int find_column(char *header, const char *name)
{
    int i = 0;
    for (char *cell = strtok(header, ",\r\n"); cell != NULL; cell = strtok(NULL, ",\r\n"), i++)
        if (strcmp(cell, name) == 0)
            return i;
    return -1;
}

static double cell_of(const char *line, int column)
{
    for (; column > 0 && line != NULL; column--) {
        line = strchr(line, ',');
        line = line != NULL ? line + 1 : NULL;
    }
    return line != NULL ? strtod(line, NULL) : NAN;
}

static bool read_home(const char *folder, int home)
{
    char path[4096], line[1024], header[1024];
    snprintf(path, sizeof path, "%s/Building_%d.csv", folder, home + 1);
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(header, sizeof header, file) == NULL) {
        printf("%s: cannot be read\n", path);
        if (file != NULL)
            fclose(file);
        return false;
    }
    char again[sizeof header], once_more[sizeof header];
    strcpy(again, header);
    strcpy(once_more, header);
    int load = find_column(header, "non_shiftable_load"), pv = find_column(again, "solar_generation");
    int day = find_column(once_more, "day_type"), n = 0;
    for (; n < HOURS && fgets(line, sizeof line, file) != NULL; n++) {
        load_w[home][n] = cell_of(line, load) * 1e3;
        pv_w[home][n] = cell_of(line, pv) * peak_w[home] / 1e3;
        holiday[n] = cell_of(line, day) == 8;
        if (!in_range(load_w[home][n], 0, 1e5) || !in_range(pv_w[home][n], -1e3, 1e5))
            break;
    }
    fclose(file);
    if (n < HOURS)
        printf("%s: row %d cannot be used\n", path, n + 1);
    return n == HOURS;
}

// ---- the area -------------------------------------------------------------------------------------------------------

static int64_t start_ms(int hour)
{
    return FIRST_UTC_MS + hour * HOUR_MS;
}

static struct site *make_site(void)
{
    static struct site_load loads[HOMES];
    static struct site_pv pvs[HOMES];
    static int32_t holidays[366];
    static struct site site;
    site = (struct site){.latitude_deg = 34.1,
                         .longitude_deg = -117.4,
                         .loads = loads,
                         .n_loads = HOMES,
                         .pvs = pvs,
                         .n_pvs = HOMES,
                         .holidays = holidays};
    for (int i = 0; i < HOMES; i++) {
        loads[i] = (struct site_load){.shape = SHAPE_HOME, .average_w = 1e3, .peak_w = 2e3};
        pvs[i] = (struct site_pv){.peak_power_w = peak_w[i], .tilt_deg = 30, .azimuth_deg = 180};
    }
    for (int t = 0; t < HOURS && site.n_holidays < 366; t++) {
        struct local_time l = local_time_at(start_ms(t));
        int32_t date = l.year * 10000 + l.month * 100 + l.day;
        if (holiday[t] && (site.n_holidays == 0 || holidays[site.n_holidays - 1] != date))
            holidays[site.n_holidays++] = date;
    }
    return &site;
}

// ---- judging --------------------------------------------------------------------------------------------------------

static void count(struct tally *t, const double *measured, const double *forecast, const double *quantile, int hour)
{
    double x = measured[hour];
    for (int lead = 0; lead < LEADS; lead++)
        t->mae[lead] += fabs(forecast[lead] - x);
    t->bias += forecast[LEADS - 1] - x;
    t->yesterday += fabs(measured[hour - 24] - x);
    t->week += fabs(measured[hour - 168] - x);
    t->band += x >= quantile[FORECAST_P10] && x <= quantile[FORECAST_P90];
    t->level += x;
    t->n++;
}

struct waiting {
    double value[LEADS], quantile[FORECAST_QUANTILES];
};

typedef double forecast_fn(const struct forecast *, int, int64_t, int64_t, int64_t);
typedef void quantiles_fn(const struct forecast *, int, int64_t, int64_t, int64_t, double *);

// All that is forecast at the start of `hour`.
static void look_ahead(const struct forecast *f, int home, int hour, struct waiting *waiting, forecast_fn *forecast,
                       quantiles_fn *quantiles)
{
    for (int lead = 0; lead < LEADS; lead++) {
        int of = hour + lead_h[lead] - 1;
        if (of >= HOURS)
            continue;
        waiting[of].value[lead] = forecast(f, home, start_ms(hour), start_ms(of), start_ms(of + 1));
        if (lead == LEADS - 1)
            quantiles(f, home, start_ms(hour), start_ms(of), start_ms(of + 1), waiting[of].quantile);
    }
}

static void live(struct forecast *f, struct tally *loads, struct tally *pvs)
{
    static struct waiting load[HOMES][HOURS], pv[HOMES][HOURS];
    for (int hour = 0; hour < HOURS; hour++)
        for (int i = 0; i < HOMES; i++) {
            look_ahead(f, i, hour, load[i], forecast_load_w, forecast_load_quantiles_w);
            look_ahead(f, i, hour, pv[i], forecast_pv_w, forecast_pv_quantiles_w);
            if (hour >= WARM_UP) {
                count(&loads[i], load_w[i], load[i][hour].value, load[i][hour].quantile, hour);
                if (pv_w[i][hour] > 0 || pv_w[i][hour - 24] > 0)
                    count(&pvs[i], pv_w[i], pv[i][hour].value, pv[i][hour].quantile, hour);
            }
            forecast_learn_load(f, i, start_ms(hour), start_ms(hour + 1), load_w[i][hour]);
            forecast_learn_pv(f, i, start_ms(hour), start_ms(hour + 1), pv_w[i][hour]);
        }
}

static double persistence(const struct tally *t, bool pv)
{
    return pv ? t->yesterday : fmin(t->yesterday, t->week);
}

static void print_table(const char *title, const struct tally *tallies, bool pv)
{
    printf("%s, mean absolute error in W, a day ahead\n", title);
    printf(
        "  home    mean  forecast  yesterday  last week   ratio    bias   band | ratio to persistence 1 h 3 h 6 h\n");
    for (int i = 0; i < HOMES; i++) {
        const struct tally *t = &tallies[i];
        double n = t->n, p = persistence(t, pv);
        printf("  %4d  %6.0f  %8.0f  %9.0f  %9.0f  %6.3f  %6.0f  %4.1f %% | %24.3f %.3f %.3f\n", i + 1, t->level / n,
               t->mae[3] / n, t->yesterday / n, t->week / n, t->mae[3] / p, t->bias / n, 100 * t->band / n,
               t->mae[0] / p, t->mae[1] / p, t->mae[2] / p);
    }
}

// Means over homes [from, to).
static void sum_up(const struct tally *tallies, bool pv, int from, int to, double *ret_ratio, double *ret_band)
{
    *ret_ratio = *ret_band = 0;
    for (int i = from; i < to; i++) {
        *ret_ratio += tallies[i].mae[LEADS - 1] / persistence(&tallies[i], pv) / (to - from);
        *ret_band += 100 * tallies[i].band / tallies[i].n / (to - from);
    }
}

int main(int argc, char **argv)
{
    static struct tally loads[HOMES], pvs[HOMES];
    struct forecast *f;
    struct timespec from, to;
    if (argc != 2 || local_time_set_zone("Etc/GMT+8") < 0)
        return 2;
    for (int i = 0; i < HOMES; i++)
        if (!read_home(argv[1], i)) {
            printf("forecast: no data. They are those of the CityLearn Challenge 2022, phases 1 to 3\n"
                   "(https://www.citylearn.net, data set citylearn_challenge_2022_phase_all): put Building_1.csv to\n"
                   "Building_10.csv into $AEMS_BENCH_DATA/citylearn2022.\n");
            return MISSING;
        }
    if (forecast_new(make_site(), &f) < 0)
        return 2;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    live(f, loads, pvs);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    forecast_free(f);
    print_table("Load", loads, false);
    print_table("PV", pvs, true);
    double load, band, pv, pv_band, load_others, band_others, pv_others, pv_band_others;
    sum_up(loads, false, 0, FIRST_HOMES, &load, &band);
    sum_up(pvs, true, 0, FIRST_HOMES, &pv, &pv_band);
    sum_up(loads, false, FIRST_HOMES, HOMES, &load_others, &band_others);
    sum_up(pvs, true, FIRST_HOMES, HOMES, &pv_others, &pv_band_others);
    printf("homes 6-10: load_mae_vs_persistence=%.3f load_band_percent=%.1f pv_mae_vs_persistence=%.3f "
           "pv_band_percent=%.1f\n",
           load_others, band_others, pv_others, pv_band_others);
    printf("forecast: load_mae_vs_persistence=%.3f load_band_percent=%.1f pv_mae_vs_persistence=%.3f "
           "pv_band_percent=%.1f cpu_s=%.1f\n",
           load, band, pv, pv_band, (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) * 1e-9);
    return load <= 0.85 && pv <= 0.9 && in_range(band, 75, 85) ? 0 : 1;
}
