// Salvage: what is sound in a journal that is damaged, each part told by its own hashes.
//
// Nothing here fails: what cannot be read is not there. Pages that SQLite refuses are read around,
// from both ends of a table and row by row in between.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/run_state.h"
#include "store/head_files.h"
#include "store/journal.h"
#include "store/run_account.h"
#include "store/sqlite.h"

namespace baton {

struct StoredEvent {
  std::string type;
  std::string body;
};

// A run from its first event to its last sound one.
struct SoundRun {
  RunId run;
  std::vector<StoredEvent> events;
  RunAccount account;
  RunState state;
  RunSummary summary;
  std::set<BlobId> texts;  // that the events name
  std::int64_t lost = 0;   // events that are known to have followed
  // What these may have been billed, beyond what the sound ones account for; none: not known.
  std::optional<Money> at_risk;
  bool inside = false;  // damaged in the middle: more than a lost end
  std::string note;     // what is wrong with its head; empty: nothing
};

struct StoredBlob {
  std::string_view id;
  std::int64_t coding = 0;
  std::int64_t size = 0;
  std::string_view data;
};

struct ShareOfDay {
  std::string project, day, run;
  Money share;
};

class Salvage {
 public:
  // `database` may be of any kind and state; `heads` is the folder of the head files.
  Salvage(Database& database, std::filesystem::path heads)
      : database_(database), heads_(std::move(heads)) {}

  // That anything knows of: a row, an event, a head.
  std::set<RunId> runs() const;
  SoundRun read(const RunId& run) const;
  // Each text whose hash fits, once.
  void each_text(const std::function<void(const StoredBlob&)>& see) const;
  std::vector<ShareOfDay> day_shares() const;
  std::set<BlobId> lost_texts() const;

 private:
  struct Later;
  void read_sound(SoundRun& run, Later& later) const;
  void read_backwards(const SoundRun& run, Later& later) const;
  std::optional<std::int64_t> listed_events(const RunId& run) const;
  void weigh(SoundRun& run, const Later& later) const;

  Database& database_;
  std::filesystem::path heads_;
};

// The run as far as `count` events, which are sound.
SoundRun first_events(const SoundRun& run, std::size_t count);

}  // namespace baton
