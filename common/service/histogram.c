/* histogram.c: the boundaries and the arithmetic. */
#include "common/service/histogram.h"

static const struct bucket scheduling_attempt_buckets[] = {{1000, "0.001"},    {2000, "0.002"},    {4000, "0.004"},     {8000, "0.008"},
                                                           {16000, "0.016"},   {32000, "0.032"},   {64000, "0.064"},    {128000, "0.128"},
                                                           {256000, "0.256"},  {512000, "0.512"},  {1024000, "1.024"},  {2048000, "2.048"},
                                                           {4096000, "4.096"}, {8192000, "8.192"}, {16384000, "16.384"}};
static const struct bucket pod_scheduling_buckets[] = {
    {10000, "0.01"},       {20000, "0.02"},       {40000, "0.04"},         {80000, "0.08"},         {160000, "0.16"},
    {320000, "0.32"},      {640000, "0.64"},      {1280000, "1.28"},       {2560000, "2.56"},       {5120000, "5.12"},
    {10240000, "10.24"},   {20480000, "20.48"},   {40960000, "40.96"},     {81920000, "81.92"},     {163840000, "163.84"},
    {327680000, "327.68"}, {655360000, "655.36"}, {1310720000, "1310.72"}, {2621440000, "2621.44"}, {5242880000, "5242.88"}};
static const struct bucket attempts_buckets[] = {{1, "1"}, {2, "2"}, {4, "4"}, {8, "8"}, {16, "16"}};
static const struct bucket victims_buckets[] = {{1, "1"}, {2, "2"}, {4, "4"}, {8, "8"}, {16, "16"}, {32, "32"}, {64, "64"}};
static const struct bucket request_duration_buckets[] = {{5000, "0.005"}, {25000, "0.025"}, {100000, "0.1"},  {250000, "0.25"},
                                                         {500000, "0.5"}, {1000000, "1"},   {2000000, "2"},   {4000000, "4"},
                                                         {8000000, "8"},  {15000000, "15"}, {30000000, "30"}, {60000000, "60"}};
static const struct bucket size_buckets[] = {{64, "64"},
                                             {256, "256"},
                                             {512, "512"},
                                             {1024, "1024"},
                                             {4096, "4096"},
                                             {16384, "16384"},
                                             {65536, "65536"},
                                             {262144, "262144"},
                                             {1048576, "1.048576e+06"},
                                             {4194304, "4.194304e+06"},
                                             {16777216, "1.6777216e+07"}};

#define SHAPE(buckets, scale)                                                                                                              \
    {                                                                                                                                      \
        buckets, sizeof buckets / sizeof buckets[0], scale                                                                                 \
    }

const struct histogram_shape scheduling_attempt_shape = SHAPE(scheduling_attempt_buckets, 1000000);
const struct histogram_shape pod_scheduling_shape = SHAPE(pod_scheduling_buckets, 1000000);
const struct histogram_shape attempts_shape = SHAPE(attempts_buckets, 1);
const struct histogram_shape victims_shape = SHAPE(victims_buckets, 1);
const struct histogram_shape request_duration_shape = SHAPE(request_duration_buckets, 1000000);
const struct histogram_shape size_shape = SHAPE(size_buckets, 1);

void histogram_observe(struct histogram *histogram, const struct histogram_shape *shape, uint64_t value)
{
    size_t i = 0;

    while (i < shape->bucket_count && value > shape->buckets[i].most)
        i++;
    histogram->count[i]++;
    histogram->sum += value;
}

uint64_t histogram_total(const struct histogram *histogram, const struct histogram_shape *shape)
{
    uint64_t total = 0;
    size_t i;

    for (i = 0; i <= shape->bucket_count; i++)
        total += histogram->count[i];
    return total;
}

int histogram_render_scaled(uint64_t value, uint64_t scale, struct buffer *out, struct error *err)
{
    uint64_t rest = value % scale;

    if (buffer_printf(out, err, "%llu", (unsigned long long)(value / scale)) < 0)
        return -1;
    if (!rest)
        return 0;
    if (buffer_add_string(out, ".", err) < 0)
        return -1;
    for (scale /= 10; rest; rest %= scale, scale /= 10)
        if (buffer_printf(out, err, "%d", (int)(rest / scale)) < 0)
            return -1;
    return 0;
}

/* one of the lines NAME_sum and NAME_count, up to the value */
static int render_head(const char *name, const char *suffix, const char *labels, struct buffer *out, struct error *err)
{
    if (*labels)
        return buffer_printf(out, err, "%s_%s{%s} ", name, suffix, labels);
    return buffer_printf(out, err, "%s_%s ", name, suffix);
}

int histogram_render(const struct histogram *histogram, const struct histogram_shape *shape, const char *name, const char *labels,
                     struct buffer *out, struct error *err)
{
    const char *comma = *labels ? "," : "";
    uint64_t total = 0;
    size_t i;

    for (i = 0; i <= shape->bucket_count; i++) {
        const char *label = i < shape->bucket_count ? shape->buckets[i].label : "+Inf";

        total += histogram->count[i];
        if (buffer_printf(out, err, "%s_bucket{%s%sle=\"%s\"} %llu\n", name, labels, comma, label, (unsigned long long)total) < 0)
            return -1;
    }
    if (render_head(name, "sum", labels, out, err) < 0 || histogram_render_scaled(histogram->sum, shape->scale, out, err) < 0 ||
        buffer_add_string(out, "\n", err) < 0 || render_head(name, "count", labels, out, err) < 0)
        return -1;
    return buffer_printf(out, err, "%llu\n", (unsigned long long)total);
}
