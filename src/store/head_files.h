// heads/RUN: how far a run's journal had come and what the run may have cost by then, kept apart
// from the database, so that a tail that was cut off whole (an old copy put back, a log file
// deleted) is seen. The hash chain alone cannot show that: what is left of it is sound.
//
// A head is written after the commit it tells of and is not forced to the disk: after a power cut
// it may be older than the database, or empty, which proves nothing. It can never be newer than
// what was once durable, so a head ahead of the database proves that events were lost.
//
// heads/LATEST names the run whose head was written last. Of a journal that was put back as it was
// earlier, that run's end is missing, whatever else is: one look tells.
#pragma once

#include <filesystem>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/money.h"
#include "base/result.h"
#include "store/file.h"

namespace baton {

struct Head {
  std::int64_t sequence = 0;
  std::string hash;                // hex
  std::optional<Money> committed;  // charged and held by then; none: written before format 4

  bool operator==(const Head&) const = default;
};

// One thread at a time.
class HeadFiles {
 public:
  explicit HeadFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // A head that cannot be written is left behind: it may lag, and what it would have guarded is
  // durable already.
  void write(const RunId& run, const Head& head);
  // Which head was written last, in heads/LATEST: the one to look at first.
  void name_latest(const RunId& run);

 private:
  struct Open {
    std::string name;
    Fd file;
  };
  void write(const std::string& name, std::string_view text);
  const Fd* file_of(const std::string& name);

  std::filesystem::path folder_;
  std::list<Open> open_;  // latest used first
  std::map<std::string, std::list<Open>::iterator> by_name_;
};

// As the file holds it.
std::string head_text(const Head& head);

// No head: there is none, or a power cut left it empty. kInput if it is no head at all, or not as
// it was written.
Result<std::optional<Head>> read_head(const std::filesystem::path& file);

// Whose head was written last; none: it is not known.
std::optional<RunId> latest_run(const std::filesystem::path& heads);

}  // namespace baton
