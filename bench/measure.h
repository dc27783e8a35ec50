// What the benchmarks of the stores share: a stopwatch for wall time and CPU, and how a rate is
// told.
#pragma once

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <string_view>

namespace baton::bench {

using Clock = std::chrono::steady_clock;

inline double cpu_seconds() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Runs from its making.
class Stopwatch {
 public:
  double wall() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }
  double cpu() const { return cpu_seconds() - cpu_; }
  Clock::time_point after(double seconds) const {
    return begin_ +
           std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }

 private:
  Clock::time_point begin_ = Clock::now();
  double cpu_ = cpu_seconds();
};

inline void print_rate(std::string_view store, std::string_view workload, int callers,
                       std::int64_t count, const Stopwatch& watch) {
  const double wall = watch.wall();
  const double cpu = watch.cpu();
  fmt::print(
      R"({{"store": "{}", "workload": "{}", "callers": {}, "rate": {:.0f}, "cpu_us": {:.1f}}})"
      "\n",
      store, workload, callers, static_cast<double>(count) / wall,
      cpu * 1e6 / static_cast<double>(count));
}

}  // namespace baton::bench
