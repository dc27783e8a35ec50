#include "base/embedded.h"

#include <algorithm>
#include <utility>

namespace baton {

// Written by cmake/embed.cmake.
const std::vector<std::pair<std::string_view, std::string_view>>& embedded_table();

std::optional<std::string_view> embedded_file(std::string_view path) {
  for (const auto& [name, bytes] : embedded_table()) {
    if (name == path) return bytes;
  }
  return std::nullopt;
}

std::vector<std::string_view> embedded_files(std::string_view folder) {
  std::vector<std::string_view> names;
  for (const auto& [name, bytes] : embedded_table()) {
    if (name.substr(0, folder.size()) == folder) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace baton
