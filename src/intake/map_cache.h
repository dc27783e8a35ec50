// What is known of the texts of repositories, kept in one file of the cache folder.
//
// A convenience, never an authority: a file that is missing, damaged or of another version holds
// nothing, entries that do not match their check sum are not there, and what cannot be written is
// found out again next time. Written whole beside the old one, then put in its place, so that
// several processes may use it at once: the last one wins.
//
//   magic  (key size, value size, check sum, key, value)...
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace baton {

class MapCache {
 public:
  static MapCache load(const std::filesystem::path& folder);

  // Lives as long as the cache.
  std::optional<std::string_view> find(std::string_view key) const;
  std::size_t size() const { return entries_.size(); }

  // Replaces the file by `entries`, followed by what else was loaded, up to the size limit: what
  // was not asked for longest goes first.
  void save(const std::vector<std::pair<std::string, std::string>>& entries) const;

 private:
  std::filesystem::path folder_;
  std::string bytes_;
  std::vector<std::string_view> in_order_;                          // whole entries
  std::unordered_map<std::string_view, std::string_view> entries_;  // key: value with its check sum
};

}  // namespace baton
