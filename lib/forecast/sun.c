// SPDX-License-Identifier: GPL-3.0-or-later
#include "forecast/sun.h"

#include <math.h>

#include "base/number.h"

static const double rad_per_deg = 0.017453292519943295;

static double sin_deg(double angle_deg)
{
    return sin(angle_deg * rad_per_deg);
}

static double cos_deg(double angle_deg)
{
    return cos(angle_deg * rad_per_deg);
}

static double asin_deg(double x)
{
    return asin(clamp(x, -1, 1)) / rad_per_deg;
}

// 0 <= result < 360.
static double wrap_deg(double angle_deg)
{
    double rest = fmod(angle_deg, 360);
    return rest < 0 ? rest + 360 : rest;
}

struct sun_on_sky {
    double declination_deg;
    double equation_of_time_min; // apparent minus mean solar time
};

// The formulas of NOAA's solar calculator (Meeus), for `century`: Julian centuries since J2000.
static struct sun_on_sky sun_on_sky(double century)
{
    double mean_longitude_deg = wrap_deg(280.46646 + century * (36000.76983 + century * 0.0003032));
    double mean_anomaly_deg = 357.52911 + century * (35999.05029 - century * 0.0001537);
    double eccentricity = 0.016708634 - century * (0.000042037 + century * 0.0000001267);
    double centre_deg = sin_deg(mean_anomaly_deg) * (1.914602 - century * (0.004817 + century * 0.000014)) +
                        sin_deg(2 * mean_anomaly_deg) * (0.019993 - century * 0.000101) +
                        sin_deg(3 * mean_anomaly_deg) * 0.000289;
    double node_deg = 125.04 - 1934.136 * century;
    double longitude_deg = mean_longitude_deg + centre_deg - 0.00569 - 0.00478 * sin_deg(node_deg);
    double obliquity_deg = 23.43929 - century * 0.0130042 + 0.00256 * cos_deg(node_deg);

    double y = tan(obliquity_deg / 2 * rad_per_deg);
    y *= y;
    double e = eccentricity;
    double time_rad = y * sin_deg(2 * mean_longitude_deg) - 2 * e * sin_deg(mean_anomaly_deg) +
                      4 * e * y * sin_deg(mean_anomaly_deg) * cos_deg(2 * mean_longitude_deg) -
                      y * y / 2 * sin_deg(4 * mean_longitude_deg) - 1.25 * e * e * sin_deg(2 * mean_anomaly_deg);
    return (struct sun_on_sky){
        .declination_deg = asin_deg(sin_deg(obliquity_deg) * sin_deg(longitude_deg)),
        .equation_of_time_min = 4 * time_rad / rad_per_deg,
    };
}

struct sun_position sun_position_at(int64_t utc_ms, double latitude_deg, double longitude_deg)
{
    double days = (double)utc_ms / 86400e3;                       // since 1970-01-01T00:00Z
    struct sun_on_sky sun = sun_on_sky((days - 10957.5) / 36525); // J2000 is noon of 2000-01-01
    double utc_min = (days - floor(days)) * 1440;
    double hour_angle_deg = wrap_deg((utc_min + sun.equation_of_time_min) / 4 + longitude_deg) - 180;

    double sin_elevation = sin_deg(latitude_deg) * sin_deg(sun.declination_deg) +
                           cos_deg(latitude_deg) * cos_deg(sun.declination_deg) * cos_deg(hour_angle_deg);
    double east = -cos_deg(sun.declination_deg) * sin_deg(hour_angle_deg);
    double north = cos_deg(latitude_deg) * sin_deg(sun.declination_deg) -
                   sin_deg(latitude_deg) * cos_deg(sun.declination_deg) * cos_deg(hour_angle_deg);
    return (struct sun_position){
        .elevation_deg = asin_deg(sin_elevation),
        .azimuth_deg = wrap_deg(atan2(east, north) / rad_per_deg),
    };
}

// ---- clear sky ------------------------------------------------------------------------------------------------------

// Global irradiance on flat ground after Haurwitz (1945), W/m2.
static double clear_ground_w_per_m2(double sin_elevation)
{
    return 1098 * sin_elevation * exp(-0.059 / sin_elevation);
}

// Share of the diffuse light in a clear sky: about an eighth with the sun high, more as its path through the air grows.
static double clear_diffuse_share(double sin_elevation)
{
    return clamp(0.08 + 0.04 / sin_elevation, 0, 1);
}

struct sun_sky sun_clear_sky_at(int64_t utc_ms, double latitude_deg, double longitude_deg)
{
    struct sun_sky sky = {.sun = sun_position_at(utc_ms, latitude_deg, longitude_deg)};
    if (!(sky.sun.elevation_deg > 0))
        return sky;
    double sin_elevation = sin_deg(sky.sun.elevation_deg);
    sky.ground_w_per_m2 = clear_ground_w_per_m2(sin_elevation);
    sky.diffuse_w_per_m2 = sky.ground_w_per_m2 * clear_diffuse_share(sin_elevation);
    // Near the horizon the beam's strength is a small number divided by a small one: bounded by what space sends.
    sky.beam_w_per_m2 = clamp((sky.ground_w_per_m2 - sky.diffuse_w_per_m2) / sin_elevation, 0, 1361);
    return sky;
}

double sun_plant_frac(const struct sun_sky *sky, double tilt_deg, double azimuth_deg)
{
    static const double peak_w_per_m2 = 1000; // at which a plant is rated
    static const double ground_reflection = 0.2;
    double elevation_deg = sky->sun.elevation_deg;
    if (!(elevation_deg > 0))
        return 0;
    double cos_incidence = sin_deg(elevation_deg) * cos_deg(tilt_deg) +
                           cos_deg(elevation_deg) * sin_deg(tilt_deg) * cos_deg(sky->sun.azimuth_deg - azimuth_deg);
    double tilted = sky->beam_w_per_m2 * fmax(cos_incidence, 0) + sky->diffuse_w_per_m2 * (1 + cos_deg(tilt_deg)) / 2 +
                    sky->ground_w_per_m2 * ground_reflection * (1 - cos_deg(tilt_deg)) / 2;
    return clamp(tilted / peak_w_per_m2, 0, 1.1);
}

double sun_clear_sky_frac(int64_t utc_ms, double latitude_deg, double longitude_deg, double tilt_deg,
                          double azimuth_deg)
{
    struct sun_sky sky = sun_clear_sky_at(utc_ms, latitude_deg, longitude_deg);
    return sun_plant_frac(&sky, tilt_deg, azimuth_deg);
}
