// What runs left in the state folder: for people who want the space back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace baton {

struct LeftOver {
  std::filesystem::path path;  // STATE/worktrees/RUN
  std::uint64_t bytes = 0;     // of its files; symbolic links are not followed

  bool operator==(const LeftOver&) const = default;
};

// The folders of run repositories there are, by name. Whether a run still needs its own is for the
// caller to know.
std::vector<LeftOver> run_repositories(const std::filesystem::path& state_folder);

}  // namespace baton
