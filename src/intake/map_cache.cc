#include "intake/map_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <unordered_set>

#include "base/fd.h"
#include "base/file_bytes.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

// Told apart by it: another version, another byte order. To be changed with what is kept or how it
// is found out.
constexpr std::string_view kMagic = "baton map 1\n";
constexpr const char* kFile = "tree-map.cache";
constexpr std::size_t kMostBytes = 128 << 20;

struct Head {
  std::uint32_t key_size = 0;
  std::uint32_t value_size = 0;
  std::uint64_t sum = 0;
};

std::uint64_t sum_of(std::string_view key, std::string_view value) {
  std::uint64_t sum = 14'695'981'039'346'656'037U;
  const auto mix = [&sum](std::uint64_t word) {
    sum = (sum ^ word) * 1'099'511'628'211U;
    sum ^= sum >> 32;
  };
  for (std::string_view bytes : {key, value}) {
    mix(bytes.size());
    for (std::uint64_t word = 0; !bytes.empty(); word = 0) {
      const std::size_t size = std::min(sizeof word, bytes.size());
      std::memcpy(&word, bytes.data(), size);
      mix(word);
      bytes.remove_prefix(size);
    }
  }
  return sum;
}

std::string read_file(const fs::path& file) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat facts {};
  if (!fd.ok() || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return "";
  if (static_cast<std::size_t>(facts.st_size) > kMostBytes + kMagic.size()) return "";
  std::string bytes(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(fd.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace

MapCache MapCache::load(const fs::path& folder) {
  MapCache cache;
  cache.folder_ = folder;
  cache.bytes_ = read_file(folder / kFile);
  std::string_view rest = cache.bytes_;
  if (!rest.starts_with(kMagic)) return cache;
  rest.remove_prefix(kMagic.size());
  while (rest.size() >= sizeof(Head)) {
    Head head;
    std::memcpy(&head, rest.data(), sizeof head);
    const std::size_t size = sizeof head + std::size_t{head.key_size} + head.value_size;
    if (size > rest.size()) break;
    const std::string_view key = rest.substr(sizeof head, head.key_size);
    cache.in_order_.push_back(rest.substr(0, size));
    cache.entries_.emplace(key, cache.in_order_.back());
    rest.remove_prefix(size);
  }
  return cache;
}

std::optional<std::string_view> MapCache::find(std::string_view key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  Head head;
  std::memcpy(&head, found->second.data(), sizeof head);
  const std::string_view value = found->second.substr(sizeof head + key.size());
  if (sum_of(key, value) != head.sum) return std::nullopt;
  return value;
}

void MapCache::save(const std::vector<std::pair<std::string, std::string>>& entries) const {
  std::string bytes(kMagic);
  std::unordered_set<std::string_view> written;
  const auto add = [&](std::string_view key, std::size_t size, const auto& append) {
    if (bytes.size() + size > kMostBytes || !written.insert(key).second) return;
    append();
  };
  for (const auto& [key, value] : entries) {
    const Head head{static_cast<std::uint32_t>(key.size()),
                    static_cast<std::uint32_t>(value.size()), sum_of(key, value)};
    add(key, sizeof head + key.size() + value.size(), [&, &k = key, &v = value] {
      bytes.append(reinterpret_cast<const char*>(&head), sizeof head).append(k).append(v);
    });
  }
  for (const std::string_view entry : in_order_) {
    Head head;
    std::memcpy(&head, entry.data(), sizeof head);
    const std::string_view key = entry.substr(sizeof head, head.key_size);
    add(key, entry.size(), [&] { bytes += entry; });
  }

  std::error_code error;
  fs::create_directories(folder_, error);
  std::string fresh = (folder_ / fmt::format("{}.XXXXXX", kFile)).string();
  const Fd fd(::mkostemp(fresh.data(), O_CLOEXEC));
  if (!fd.ok()) return;
  if (!write_all(fd.get(), bytes) || ::rename(fresh.c_str(), (folder_ / kFile).c_str()) != 0) {
    ::unlink(fresh.c_str());
  }
}

}  // namespace baton
