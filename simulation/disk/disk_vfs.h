// DiskVfs: a FaultyDisk as SQLite's file system, the default one of this process while it lives.
//
// Everything a connection opens meanwhile is on that disk, whatever its path. Locks and the shared
// memory of a write-ahead log work between connections of this process, as the system's do between
// processes. SQLite's own random numbers (the salts of its logs) start anew with each object and
// come from the seed, so that a history is the same each time.
#pragma once

#include <cstdint>
#include <memory>

#include "disk/faulty_disk.h"

namespace baton::disk {

class DiskVfs {
 public:
  // `disk` outlives it. Requires: no other one lives, and no connection of an earlier one is open.
  DiskVfs(FaultyDisk& disk, std::uint64_t seed);
  // Requires: every connection opened meanwhile is closed.
  ~DiskVfs();
  DiskVfs(const DiskVfs&) = delete;
  DiskVfs& operator=(const DiskVfs&) = delete;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace baton::disk
