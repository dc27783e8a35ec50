#include "intake/tree_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "intake/blob_texts.h"
#include "intake/git.h"
#include "intake/map_cache.h"
#include "intake/tags.h"

namespace baton {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxFiles = 200'000;
constexpr std::size_t kMaxTexts = 100'000;
constexpr std::int64_t kMaxTextBytes = 1 << 20;
constexpr std::int64_t kMaxTextBytesInAll = 256 << 20;
constexpr std::chrono::seconds kMostTime(60);

// What one run of git and of ctags is given: enough to make their starts not count, little enough
// that both processors have work to the end.
constexpr std::size_t kTextsOfAChunk = 500;
constexpr std::int64_t kBytesOfAChunk = 2 << 20;
constexpr std::size_t kMostThreads = 4;

// ---- the files of the commit ----

struct Entry {
  std::string id;   // of the blob; empty: a submodule
  std::string key;  // what is known of it is known by
  bool link = false;
};

// Facts depend on the text and on what its name says about its language.
std::string key_of(std::string_view id, std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  const bool by_extension = dot != name.npos && name != "CMakeLists.txt";
  const std::string_view suffix = by_extension ? name.substr(dot) : name;
  return std::string(id).append(suffix.substr(0, 64));
}

// The name that stands for all names of the key.
std::string name_of_key(const Entry& entry) {
  const std::string_view suffix = std::string_view(entry.key).substr(entry.id.size());
  return (suffix.starts_with('.') ? "file" : "") + std::string(suffix);
}

struct Listing {
  TreeScan scan;
  std::vector<Entry> entries;  // of scan.facts
};

Result<Listing> list(const fs::path& repository, const std::string& commit) {
  Result<std::string> output = git_output(repository, "list the files of " + commit,
                                          {"ls-tree", "-r", "-z", "--full-tree", commit});
  if (!output) return output.error();
  Listing listing;
  std::unordered_map<std::string, std::size_t> places;
  std::string_view rest = *output;
  for (std::size_t count = 0; !rest.empty(); ++count) {  // "100644 blob <id>\tpath\0"
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t tab = line.find('\t');
    if (tab == line.npos) continue;
    if (count == kMaxFiles) {
      listing.scan.notes.push_back(fmt::format(
          "only the first {} of {} files", kMaxFiles,
          kMaxFiles + 1 + static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '\0'))));
      break;
    }
    const std::string_view path = line.substr(tab + 1);
    Entry entry{.id = std::string(line.substr(0, tab).substr(line.substr(0, tab).rfind(' ') + 1)),
                .key = "",
                .link = line.starts_with("120000")};
    if (line.starts_with("160000")) entry.id.clear();
    entry.key = entry.link ? entry.id + "/link" : key_of(entry.id, path);
    const auto [place, fresh] = places.try_emplace(entry.key, listing.entries.size());
    if (fresh) {
      BlobFacts facts;
      if (!entry.id.empty() && !entry.link) facts.kind = kind_by_name(path);
      listing.scan.facts.push_back(std::move(facts));
      listing.entries.push_back(std::move(entry));
    }
    listing.scan.files.push_back({std::string(path), place->second});
  }
  return listing;
}

// ---- looking into texts ----

using Chunk = std::vector<std::size_t>;  // places of facts

class Reader {
 public:
  Reader(const fs::path& repository, Listing& listing)
      : repository_(repository),
        facts_(listing.scan.facts),
        entries_(listing.entries),
        known_(facts_.size(), 1) {}

  // Chunks share no place, so several threads may read at once.
  void read_all(const std::vector<Chunk>& chunks) {
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (std::size_t i = next++; i < chunks.size(); i = next++) read(chunks[i]);
    };
    const std::size_t processors = std::max(std::thread::hardware_concurrency(), 1U);
    const std::size_t workers = std::min<std::size_t>({chunks.size(), processors, kMostThreads});
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < workers; ++i) others.emplace_back(work);
    work();
    for (std::thread& other : others) other.join();
  }

  std::vector<char>& known() { return known_; }  // 0: not looked into, though it should have been
  bool ctags_missing() const { return ctags_missing_; }

 private:
  void read(const Chunk& chunk) {
    for (const std::size_t place : chunk) known_[place] = 0;
    if (Clock::now() >= end_) return;
    std::vector<std::string> ids;
    for (const std::size_t place : chunk) ids.push_back(entries_[place].id);
    const Result<BlobTexts> texts = BlobTexts::read(repository_, ids);
    if (!texts) return;
    Chunk places;
    std::vector<SourceText> sources;
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      const std::optional<std::string_view> text = (*texts)[i];
      if (!text) continue;
      look_into(facts_[chunk[i]], *text);
      known_[chunk[i]] = 1;
      if (facts_[chunk[i]].kind != BlobFacts::Kind::kText) continue;
      places.push_back(chunk[i]);
      sources.push_back({name_of_key(entries_[chunk[i]]), *text});
    }
    add_symbols(places, sources);
  }

  static void look_into(BlobFacts& facts, std::string_view text) {
    if (text.substr(0, 8000).find('\0') != text.npos) {
      facts.kind = BlobFacts::Kind::kBinary;
      return;
    }
    facts.lines =
        std::count(text.begin(), text.end(), '\n') + (text.empty() || text.ends_with('\n') ? 0 : 1);
    facts.names = identifiers_of(text);
  }

  // One text that ctags breaks on must cost only its own symbols: a chunk that fails is halved
  // until it is found.
  void add_symbols(const Chunk& places, const std::vector<SourceText>& sources) {
    if (places.empty()) return;
    std::size_t bytes = 0;
    for (const SourceText& source : sources) bytes += source.text.size();
    const std::chrono::milliseconds enough(3000 + bytes / 1024);  // thirty times what it takes
    Result<std::vector<std::vector<Symbol>>> symbols = symbols_of(sources, enough);
    if (symbols) {
      for (std::size_t i = 0; i < places.size(); ++i) {
        facts_[places[i]].symbols = std::move((*symbols)[i]);
      }
      return;
    }
    const bool missing = symbols.error().kind == ErrorKind::kNotFound;
    if (missing) ctags_missing_ = true;
    if (missing || Clock::now() >= end_) {
      for (const std::size_t place : places) known_[place] = 0;
      return;
    }
    if (places.size() == 1) return;  // known to have none that could be found
    const auto half = static_cast<std::ptrdiff_t>(places.size() / 2);
    add_symbols({places.begin(), places.begin() + half}, {sources.begin(), sources.begin() + half});
    add_symbols({places.begin() + half, places.end()}, {sources.begin() + half, sources.end()});
  }

  const fs::path& repository_;
  std::vector<BlobFacts>& facts_;
  const std::vector<Entry>& entries_;
  std::vector<char> known_;  // bytes, not bits: threads write beside each other
  std::atomic<bool> ctags_missing_ = false;
  const Clock::time_point end_ = Clock::now() + kMostTime;
};

std::vector<Chunk> chunks_of(const std::vector<BlobFacts>& facts, const Chunk& places) {
  std::vector<Chunk> chunks;
  std::int64_t bytes = kBytesOfAChunk;
  for (const std::size_t place : places) {
    if (bytes >= kBytesOfAChunk || chunks.back().size() >= kTextsOfAChunk) {
      chunks.emplace_back();
      bytes = 0;
    }
    chunks.back().push_back(place);
    bytes += facts[place].bytes;
  }
  return chunks;
}

// ---- what is known and what is not ----

// Fills in what the cache knows; the places of the rest.
Chunk recall(const MapCache& cache, Listing& listing) {
  Chunk rest;
  for (std::size_t i = 0; i < listing.entries.size(); ++i) {
    if (listing.entries[i].id.empty()) continue;
    const std::optional<std::string_view> kept = cache.find(listing.entries[i].key);
    std::optional<BlobFacts> facts = kept ? decode_blob_facts(*kept) : std::nullopt;
    if (facts) {
      listing.scan.facts[i] = std::move(*facts);
    } else {
      rest.push_back(i);
    }
  }
  return rest;
}

Status find_sizes(const fs::path& repository, Listing& listing, const Chunk& places) {
  std::vector<std::string> ids;
  for (const std::size_t place : places) ids.push_back(listing.entries[place].id);
  if (places.empty()) return {};
  const Result<std::vector<std::int64_t>> sizes = blob_sizes(repository, ids);
  if (!sizes) return sizes.error();
  for (std::size_t i = 0; i < places.size(); ++i) {
    BlobFacts& facts = listing.scan.facts[places[i]];
    facts.bytes = (*sizes)[i];
    if (facts.bytes > kMaxTextBytes && facts.kind == BlobFacts::Kind::kText) {
      facts.kind = BlobFacts::Kind::kPlain;
    }
  }
  return {};
}

struct Selection {
  Chunk read;      // now
  Chunk left_out;  // by the limits
};

// Over all texts, not only those to be read now: else it would depend on the cache.
Selection within_limits(const Listing& listing, const std::vector<char>& fresh) {
  Selection selection;
  std::size_t texts = 0;
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < listing.entries.size(); ++i) {
    const Entry& entry = listing.entries[i];
    const BlobFacts& facts = listing.scan.facts[i];
    if (entry.id.empty() || entry.link || facts.bytes > kMaxTextBytes) continue;
    if (kind_by_name(name_of_key(entry)) != BlobFacts::Kind::kText) continue;
    if (texts == kMaxTexts || bytes + facts.bytes > kMaxTextBytesInAll) {
      selection.left_out.push_back(i);
      continue;
    }
    ++texts;
    bytes += facts.bytes;
    if (fresh[i] != 0) selection.read.push_back(i);
  }
  return selection;
}

void keep(const MapCache& cache, const Listing& listing, const std::vector<char>& known) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (std::size_t i = 0; i < listing.entries.size(); ++i) {
    if (listing.entries[i].id.empty() || known[i] == 0) continue;
    entries.emplace_back(listing.entries[i].key, encode(listing.scan.facts[i]));
  }
  cache.save(entries);
}

void forget(BlobFacts& facts) {
  facts = {.bytes = facts.bytes, .lines = 0, .symbols = {}, .names = {}};
}

}  // namespace

Result<TreeScan> scan_tree(const fs::path& repository, const std::string& commit,
                           const fs::path& cache_folder) {
  Result<Listing> listing = list(repository, commit);
  if (!listing) return listing.error();
  TreeScan& scan = listing->scan;
  const MapCache cache = MapCache::load(cache_folder);
  const Chunk fresh = recall(cache, *listing);
  if (Status found = find_sizes(repository, *listing, fresh); !found) return found.error();

  std::vector<char> is_fresh(scan.facts.size(), 0);  // bytes, not bits: see Reader
  for (const std::size_t place : fresh) is_fresh[place] = 1;
  const Selection selection = within_limits(*listing, is_fresh);
  Reader reader(repository, *listing);
  reader.read_all(chunks_of(scan.facts, selection.read));

  std::vector<char>& known = reader.known();
  if (reader.ctags_missing()) {
    scan.notes.push_back("no symbols: ctags is not installed (universal-ctags)");
  } else if (const auto missed = std::count(known.begin(), known.end(), 0); missed > 0) {
    scan.notes.push_back(
        fmt::format("{} texts could not be looked into: not there, or no time was left", missed));
  }
  for (const std::size_t place : selection.left_out) {
    known[place] = 0;
    forget(scan.facts[place]);
  }
  if (!selection.left_out.empty()) {
    scan.notes.push_back(
        fmt::format("{} texts were not looked into: the map reads at most {} texts and {} MiB",
                    selection.left_out.size(), kMaxTexts, kMaxTextBytesInAll >> 20));
  }
  const bool learned =
      std::any_of(fresh.begin(), fresh.end(), [&](std::size_t place) { return known[place] != 0; });
  if (learned) keep(cache, *listing, known);
  return std::move(scan);
}

}  // namespace baton
