#include "sandbox/memory_watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

namespace baton {
namespace {

namespace fs = std::filesystem;

// More than any process limit: a tree that grows while it is walked is not followed for ever.
constexpr std::size_t kMostProcesses = 100'000;

// Orphans become children of the first process inside, so nothing leaves the tree.
std::vector<pid_t> tree_of(pid_t root) {
  std::vector<pid_t> found = {root};
  for (std::size_t i = 0; i < found.size() && found.size() < kMostProcesses; ++i) {
    std::error_code gone;
    for (const auto& thread :
         fs::directory_iterator(fmt::format("/proc/{}/task", found[i]), gone)) {
      std::ifstream children(thread.path() / "children");
      for (pid_t child = 0; children >> child;) found.push_back(child);
    }
  }
  return found;
}

std::size_t resident_bytes(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/statm", process));
  std::size_t all = 0;
  std::size_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Of pages that several processes have, each its part; this costs more to ask than
// resident_bytes().
std::size_t proportional_bytes(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", process));
  for (std::string word; file >> word;) {
    std::size_t kilobytes = 0;
    if (word == "Pss:" && file >> kilobytes) return kilobytes << 10;
  }
  return 0;
}

template <typename Bytes>
std::size_t sum(const std::vector<pid_t>& processes, Bytes bytes) {
  std::size_t total = 0;
  for (const pid_t process : processes) total += bytes(process);
  return total;
}

}  // namespace

bool MemoryWatch::is_exceeded() {
  if (Clock::now() < next_) return false;
  const std::vector<pid_t> processes = tree_of(root_);
  const bool exceeded =
      sum(processes, resident_bytes) > limit_ && sum(processes, proportional_bytes) > limit_;
  next_ = Clock::now() + kEvery;
  return exceeded;
}

}  // namespace baton
