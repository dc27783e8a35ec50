// What a sandbox may use, set on the process all others come from while it waits to begin.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "base/result.h"
#include "sandbox/sandbox.h"

namespace baton {

// A control group of its own for one sandbox: memory and processes of everything in it together.
// It goes with its owner. Not every user may make one; set_limits() and MemoryWatch
// are for all.
class ControlGroup {
 public:
  // None where this user may not make one that limits both.
  static std::optional<ControlGroup> create(const SandboxJob& job);
  // Those that processes of ours left behind, which nothing is in any more.
  static void remove_empty();

  ControlGroup(ControlGroup&& other) noexcept : folders_(std::exchange(other.folders_, {})) {}
  ControlGroup& operator=(ControlGroup&& other) noexcept {
    std::swap(folders_, other.folders_);
    return *this;
  }
  // Requires: everything in it has ended.
  ~ControlGroup();

  bool add(pid_t process) const;
  // Whether something in it was killed for want of memory.
  bool ran_out_of_memory() const;

 private:
  explicit ControlGroup(std::vector<std::filesystem::path> folders)
      : folders_(std::move(folders)) {}

  std::vector<std::filesystem::path> folders_;  // one (version 2), or one a controller (version 1)
};

// All but memory, which only a control group bounds (or a MemoryWatch).
Status set_limits(pid_t process, const SandboxJob& job);

}  // namespace baton
