#include "report/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace baton {

std::string tasks_of(std::string_view source) {
  constexpr std::string_view kBetween = ", ";
  std::vector<std::string_view> tasks;
  while (!source.empty()) {
    const std::string_view one = source.substr(0, source.find(kBetween));
    source.remove_prefix(std::min(source.size(), one.size() + kBetween.size()));
    const std::string_view task = one.substr(0, one.find(' '));
    const bool new_one = std::find(tasks.begin(), tasks.end(), task) == tasks.end();
    if (!task.empty() && new_one) tasks.push_back(task);
  }
  return fmt::format("{}", fmt::join(tasks, kBetween));
}

}  // namespace baton
