// JournalBooks: what a journal holds, as values: told step by step, or read from the store.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "store/journal.h"

namespace baton::disk {

// One append, or one allotment.
struct Step {
  RunId run;
  std::vector<Event> events{};
  std::vector<Blob> blobs{};
  std::optional<std::pair<DayCap, Money>> asked{};
};

struct JournalBooks {
  std::map<RunId, std::vector<Event>> events;
  std::set<BlobId> texts;
  std::map<std::tuple<std::string, std::string, RunId>, Money> shares;  // by project, day and run
  bool operator==(const JournalBooks&) const = default;

  // What a sound journal does with it; what it grants.
  Money tell(const Step& step);
  Money promised(const std::string& project, const std::string& day) const;
};

// Everything there is, each event and text read back through `journal` and its hash checked.
Result<JournalBooks> read_books(Journal& journal, const std::filesystem::path& database);

// For people: in what they differ.
std::string difference(const JournalBooks& expected, const JournalBooks& found);

}  // namespace baton::disk
