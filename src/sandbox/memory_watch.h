// MemoryWatch: what the processes of a sandbox use, where no control group bounds it.
//
// Looked at now and then: it finds a greedy command within a moment, not at the byte. A limit of
// the kernel's for each process would be no bound for all of them, and would keep programs built
// with sanitizers from starting: they reserve terabytes that they never touch.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>

namespace baton {

class MemoryWatch {
 public:
  static constexpr std::chrono::milliseconds kEvery{50};

  MemoryWatch(pid_t root, std::size_t limit) : root_(root), limit_(limit) {}

  // Whether `root` and all that came from it use more than the limit, memory they share counted
  // once. Looks only if the last look is long enough ago.
  bool is_exceeded();

 private:
  using Clock = std::chrono::steady_clock;

  pid_t root_;
  std::size_t limit_;
  Clock::time_point next_ = Clock::now();
};

}  // namespace baton
