/* Durations in nanoseconds, in 32 buckets for each power of two. */
#include <stdint.h>
#include <string.h>

enum { EACH = 32, BUCKETS = 64 * EACH };

static uint64_t histogram[BUCKETS];

static void forgetLatencies(void) { memset(histogram, 0, sizeof histogram); }

static void record(int64_t duration) {
  uint64_t value = duration < EACH ? EACH : (uint64_t)duration;
  int power = 63 - __builtin_clzll(value);
  histogram[power * EACH + ((value >> (power - 5)) & (EACH - 1))]++;
}

/* In microseconds. */
static double quantile(double share) {
  uint64_t total = 0, below = 0;
  for (int i = 0; i < BUCKETS; i++) total += histogram[i];
  for (int i = 0; i < BUCKETS; i++) {
    below += histogram[i];
    if (below > 0 && below >= share * total) return (double)((uint64_t)(EACH + i % EACH) << (i / EACH)) / EACH / 1000;
  }
  return 0;
}
