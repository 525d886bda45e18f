#include "common/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t system_monotonic_us(const struct clock *clock)
{
    (void)clock;
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t system_wall_us(const struct clock *clock)
{
    (void)clock;
    return read_clock(CLOCK_REALTIME);
}

const struct clock *clock_system(void)
{
    static const struct clock clock = {NULL, system_monotonic_us, system_wall_us};

    return &clock;
}

void clock_format_rfc3339(int64_t wall_us, int digits, char *out)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm utc;
    size_t used;

    gmtime_r(&seconds, &utc);
    used = strftime(out, 24, "%Y-%m-%dT%H:%M:%S", &utc);
    if (digits)
        snprintf(out + used, 32 - used, ".%06dZ", (int)(wall_us % 1000000));
    else
        snprintf(out + used, 32 - used, "Z");
}

/* days since 1970-01-01 of a date of the Gregorian calendar (no timegm: it is not POSIX) */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    int64_t era, year_of_era, day_of_year;

    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

int clock_parse_rfc3339(const char *text, int64_t *wall_us)
{
    int year, month, day, hour, minute, second, read = 0, offset_hour = 0, offset_minute = 0;
    int64_t micros = 0, scale = 100000, offset = 0;

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &read) != 6 || !read)
        return -1;
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
        return -1;
    text += read;
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9'; text++, scale /= 10)
            micros += (*text - '0') * scale;
    if (*text == '+' || *text == '-') {
        if (sscanf(text + 1, "%2d:%2d", &offset_hour, &offset_minute) != 2)
            return -1;
        offset = (*text == '-' ? -1 : 1) * (offset_hour * 3600 + offset_minute * 60);
    } else if (*text != 'Z' && *text != 'z') {
        return -1;
    }
    *wall_us = ((days_from_civil(year, month, day) * 24 + hour) * 3600 + minute * 60 + second - offset) * 1000000 + micros;
    return 0;
}
