// JournalHistory: the lives of processes that keep the real journal on a FaultyDisk.
//
//   life: open ─► look (is everything there?) ─► append, allot, read, … ─► end, kill or power cut
//
// What must hold, however a life ends:
//  * what stands on the disk is what was answered, or that and the one group that was not answered:
//    in the order it was given, whole, its texts and its shares of the day with it;
//  * verify() finds nothing, so no head leads and every chain is whole;
//  * nothing is refused without a fault, and after a failed commit nothing is accepted;
//  * shares of a day never pass its cap.
//
// The same seed plays the same history, to the last operation of the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "disk/faulty_disk.h"

namespace baton::disk {

struct HistoryCounts {
  int lives = 0, answered = 0, ends = 0, kills = 0, cuts = 0, failed_opens = 0, failed_groups = 0,
      unanswered_kept = 0, unanswered_lost = 0, checkpoints = 0;
  FaultyDisk::Counts disk;
  bool operator==(const HistoryCounts&) const = default;
  HistoryCounts& operator+=(const HistoryCounts& more);
};

// What was broken, and in which life; none: everything was kept. `folder` is for the files that are
// not SQLite's, which stay whole.
std::optional<std::string> play_history(std::uint64_t seed, const std::filesystem::path& folder,
                                        HistoryCounts& counts);

}  // namespace baton::disk
