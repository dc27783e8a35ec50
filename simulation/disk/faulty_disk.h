// FaultyDisk: files in memory on a disk that may lose power, fill up or break.
//
// Each file has what is on the platter and, in their order, the writes that are not synced yet; a
// reader sees both. A power cut decides the fate of every sector of every such write by a draw:
// kept, lost, or kept although an earlier one is lost. The folder works likewise: what was made or
// removed is certain only after sync_folder().
//
//   write ─► unsynced ──sync()──► on the platter            (survives everything)
//                └──── sync() fails ─► forsaken             (still read, never synced any more)
//
// The last is what Linux does: after a failed fsync the pages count as clean, and a second fsync
// that succeeds has not written them.
//
// Everything drawn comes from the seed and the order of the operations. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::disk {

inline constexpr std::size_t kSector = 512;  // what is written whole or not at all

// Numbers from a seed, one after the other.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : seed_(seed) {}
  std::uint64_t draw();
  int below(int bound) { return static_cast<int>(draw() % static_cast<std::uint64_t>(bound)); }
  int between(int first, int last) { return first + below(last - first + 1); }
  bool one_in(int n) { return below(n) == 0; }

 private:
  std::uint64_t seed_;
  std::uint64_t drawn_ = 0;
};

enum class Fault { kNone, kNoSpace, kBroken, kOff };

// One file's bytes. Made by a FaultyDisk, which guards it.
class DiskFile {
 private:
  friend class FaultyDisk;
  struct Change {
    std::size_t offset = 0;
    std::string bytes;
    std::optional<std::size_t> cut_to;  // a truncation: nothing is written
    bool forsaken = false;
  };
  std::string platter_;
  std::vector<Change> unsynced_;
  std::string seen_;  // the platter with all of `unsynced_` on it
};
using FilePtr = std::shared_ptr<DiskFile>;

class FaultyDisk {
 public:
  explicit FaultyDisk(std::uint64_t seed) : dice_(seed) {}

  // What goes wrong, counted in operations of its kind from now on (the first is 1; 0: none does).
  struct Plan {
    int cut_at = 0;          // power ends in the middle of this operation, whatever it is
    int write_fails_at = 0;  // for want of space, if `no_space`, and then after writing a part
    int sync_fails_at = 0;
    int read_fails_at = 0;
    bool no_space = false;
    bool stays = false;  // what failed once fails from then on
  };
  void plan(const Plan& plan);

  // ---- for the file system's user; each answers kOff after a power cut ----
  FilePtr find(const std::string& name) const;  // null: there is none
  FilePtr make(const std::string& name);        // a new one, empty, in place of any other
  Fault remove(const std::string& name);
  std::size_t size_of(const DiskFile& file) const;
  Fault read(const DiskFile& file, std::size_t offset, char* to, std::size_t length);
  Fault write(DiskFile& file, std::size_t offset, std::string_view bytes);
  Fault truncate(DiskFile& file, std::size_t size);
  Fault sync(DiskFile& file);
  Fault sync_folder();

  // ---- for whoever plays the world ----
  void cut_power();
  // The process is gone; what it wrote is still read by the next one, synced or not.
  void let_go();
  // With power again. After a power cut, what was not synced has met its fate.
  void restart();
  bool is_on() const;

  struct Counts {
    int operations = 0, cuts = 0, kept = 0, lost = 0, torn = 0, failed_writes = 0, failed_syncs = 0,
        failed_reads = 0;
    bool operator==(const Counts&) const = default;
  };
  Counts counts() const;

 private:
  enum class State { kOn, kCut, kLetGo };
  enum class Fate { kAllLost, kAllKept, kFirstKept, kEachWrite, kEachSector };

  bool begin_operation();  // false: there is no power
  bool fails(int& left, int& counted);
  void settle(DiskFile& file, Fate fate);

  mutable std::mutex mutex_;
  Dice dice_;
  Plan plan_;
  State state_ = State::kOn;
  bool cut_now_ = false;  // this operation is the last one
  std::map<std::string, FilePtr> entries_;
  std::map<std::string, FilePtr> synced_entries_;
  Counts counts_;
};

}  // namespace baton::disk
