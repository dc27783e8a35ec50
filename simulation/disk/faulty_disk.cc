#include "disk/faulty_disk.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "base/chance.h"

namespace baton::disk {
namespace {

void put(std::string& image, std::size_t offset, std::string_view bytes) {
  if (image.size() < offset + bytes.size()) image.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), image.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

std::uint64_t Dice::draw() {
  return mix(seed_, drawn_++);
}

void FaultyDisk::plan(const Plan& plan) {
  const std::lock_guard lock(mutex_);
  plan_ = plan;
}

// ---- faults ----

// Counted before it is done: the operation at which power ends is half done, or not at all.
bool FaultyDisk::begin_operation() {
  if (state_ != State::kOn) return false;
  ++counts_.operations;
  cut_now_ = plan_.cut_at > 0 && --plan_.cut_at == 0;
  return true;
}

bool FaultyDisk::fails(int& left, int& counted) {
  if (left == 0 || --left > 0) return false;
  if (plan_.stays) left = 1;
  ++counted;
  return true;
}

// ---- the folder ----

FilePtr FaultyDisk::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second;
}

FilePtr FaultyDisk::make(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return entries_[name] = std::make_shared<DiskFile>();
}

Fault FaultyDisk::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (!begin_operation()) return Fault::kOff;
  entries_.erase(name);
  if (!cut_now_) return Fault::kNone;
  state_ = State::kCut;
  return Fault::kOff;
}

Fault FaultyDisk::sync_folder() {
  const std::lock_guard lock(mutex_);
  if (!begin_operation()) return Fault::kOff;
  if (cut_now_) {
    state_ = State::kCut;
    return Fault::kOff;
  }
  synced_entries_ = entries_;
  return Fault::kNone;
}

// ---- files ----

std::size_t FaultyDisk::size_of(const DiskFile& file) const {
  const std::lock_guard lock(mutex_);
  return file.seen_.size();
}

Fault FaultyDisk::read(const DiskFile& file, std::size_t offset, char* to, std::size_t length) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kOn) return Fault::kOff;
  if (fails(plan_.read_fails_at, counts_.failed_reads)) return Fault::kBroken;
  const std::size_t there = offset < file.seen_.size() ? file.seen_.size() - offset : 0;
  const std::size_t got = std::min(there, length);
  std::memcpy(to, file.seen_.data() + std::min(offset, file.seen_.size()), got);
  std::memset(to + got, 0, length - got);
  return Fault::kNone;
}

Fault FaultyDisk::write(DiskFile& file, std::size_t offset, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (!begin_operation()) return Fault::kOff;
  const bool failed = fails(plan_.write_fails_at, counts_.failed_writes);
  if (failed)
    bytes =
        bytes.substr(0, static_cast<std::size_t>(dice_.below(static_cast<int>(bytes.size()) + 1)));
  put(file.seen_, offset, bytes);
  file.unsynced_.push_back({.offset = offset, .bytes = std::string(bytes), .cut_to = {}});
  if (cut_now_) {
    state_ = State::kCut;
    return Fault::kOff;
  }
  if (!failed) return Fault::kNone;
  return plan_.no_space ? Fault::kNoSpace : Fault::kBroken;
}

Fault FaultyDisk::truncate(DiskFile& file, std::size_t size) {
  const std::lock_guard lock(mutex_);
  if (!begin_operation()) return Fault::kOff;
  file.seen_.resize(size);
  file.unsynced_.push_back({.bytes = {}, .cut_to = size});
  if (!cut_now_) return Fault::kNone;
  state_ = State::kCut;
  return Fault::kOff;
}

Fault FaultyDisk::sync(DiskFile& file) {
  const std::lock_guard lock(mutex_);
  if (!begin_operation()) return Fault::kOff;
  if (cut_now_) {
    state_ = State::kCut;
    return Fault::kOff;
  }
  if (fails(plan_.sync_fails_at, counts_.failed_syncs)) {
    for (DiskFile::Change& change : file.unsynced_) change.forsaken = true;
    return Fault::kBroken;
  }
  // What was forsaken stays so, unless it is written again: sectors go to the platter whole, with
  // everything that is seen in them.
  std::vector<DiskFile::Change> forsaken;
  for (DiskFile::Change& change : file.unsynced_) {
    if (change.forsaken) {
      forsaken.push_back(std::move(change));
    } else if (change.cut_to) {
      file.platter_.resize(*change.cut_to);
      forsaken.clear();
    } else {
      const std::size_t first = change.offset / kSector * kSector;
      const std::size_t end =
          std::min((change.offset + change.bytes.size() + kSector - 1) / kSector * kSector,
                   file.seen_.size());
      if (first < end)
        put(file.platter_, first, std::string_view(file.seen_).substr(first, end - first));
    }
  }
  file.unsynced_ = std::move(forsaken);
  return Fault::kNone;
}

// ---- the world ----

void FaultyDisk::cut_power() {
  const std::lock_guard lock(mutex_);
  state_ = State::kCut;
}

void FaultyDisk::let_go() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::kOn) state_ = State::kLetGo;
}

void FaultyDisk::restart() {
  const std::lock_guard lock(mutex_);
  plan_ = {};
  if (std::exchange(state_, State::kOn) != State::kCut) return;
  ++counts_.cuts;
  // A folder that was not synced shows one of its two states, name by name.
  std::map<std::string, FilePtr> left = synced_entries_;
  std::set<std::string> names;
  for (const auto& [name, file] : entries_) names.insert(name);
  for (const auto& [name, file] : synced_entries_) names.insert(name);
  const auto fate = static_cast<Fate>(dice_.below(5));
  for (const std::string& name : names) {
    const auto now = entries_.find(name);
    const auto then = synced_entries_.find(name);
    const FilePtr current = now == entries_.end() ? nullptr : now->second;
    const FilePtr synced = then == synced_entries_.end() ? nullptr : then->second;
    const FilePtr chosen = current == synced || dice_.one_in(2) ? current : synced;
    left.erase(name);
    if (chosen != nullptr) left[name] = chosen;
  }
  for (const auto& [name, file] : left) settle(*file, fate);
  entries_ = synced_entries_ = std::move(left);
}

void FaultyDisk::settle(DiskFile& file, Fate fate) {
  const int writes = static_cast<int>(file.unsynced_.size());
  const int first_lost = writes == 0 ? 0 : dice_.below(writes + 1);
  for (int i = 0; i < writes; ++i) {
    const DiskFile::Change& change = file.unsynced_[static_cast<std::size_t>(i)];
    const bool all = fate == Fate::kAllKept || (fate == Fate::kFirstKept && i < first_lost);
    const bool drawn = fate == Fate::kEachWrite || (fate == Fate::kEachSector && change.cut_to);
    if (fate != Fate::kEachSector || change.cut_to) {
      const bool kept = all || (drawn && dice_.one_in(2));
      ++(kept ? counts_.kept : counts_.lost);
      if (kept && change.cut_to) file.platter_.resize(*change.cut_to);
      if (kept && !change.cut_to) put(file.platter_, change.offset, change.bytes);
      continue;
    }
    int sectors_kept = 0;
    int sectors = 0;
    for (std::size_t at = 0; at < change.bytes.size(); ++sectors) {
      const std::size_t to_end = kSector - (change.offset + at) % kSector;
      const std::string_view sector = std::string_view(change.bytes).substr(at, to_end);
      if (dice_.one_in(2)) {
        put(file.platter_, change.offset + at, sector);
        ++sectors_kept;
      }
      at += sector.size();
    }
    if (sectors_kept > 0 && sectors_kept < sectors) ++counts_.torn;
    ++(sectors_kept == sectors ? counts_.kept : counts_.lost);
  }
  file.seen_ = file.platter_;
  file.unsynced_.clear();
}

bool FaultyDisk::is_on() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::kOn;
}

FaultyDisk::Counts FaultyDisk::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace baton::disk
