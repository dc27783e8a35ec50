// SpareRoom: the room on the disk that is kept free so that what was promised can be settled.
//
//   free >= 32 MiB   all is well
//   below that       no run begins anything new: what is in flight ends, and the run pauses
//   below 16 MiB     an append that promises money (CallReserved) is refused
//   no room at all   the ballast (4 MiB, a file of the state folder) makes way for settlements
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace baton {

inline constexpr std::uint64_t kMiB = 1024 * 1024;
inline constexpr std::uint64_t kRoomToBegin = 32 * kMiB;
inline constexpr std::uint64_t kRoomToPromise = 16 * kMiB;
inline constexpr std::uint64_t kBallast = 4 * kMiB;

// Bytes that this user may still write to the disk of the folder.
using FreeSpace = std::function<std::uint64_t(const std::filesystem::path& folder)>;
// As the system tells it; the largest number if it does not.
std::uint64_t free_space(const std::filesystem::path& folder);

// Any thread.
class SpareRoom {
 public:
  SpareRoom(std::filesystem::path folder, FreeSpace free)
      : folder_(std::move(folder)), free_(std::move(free)) {}

  bool is_short_to_begin() const { return free_(folder_) < kRoomToBegin; }
  bool is_short_to_promise() const { return free_(folder_) < kRoomToPromise; }

  // Puts the ballast in its place, if there is room for it.
  void load();
  // Takes it away. False: there was none.
  bool drop();

 private:
  std::filesystem::path ballast() const { return folder_ / "ballast"; }

  std::filesystem::path folder_;
  FreeSpace free_;
};

}  // namespace baton
