#include "worktree/object_id.h"

#include <fmt/format.h>

#include "base/text.h"

namespace baton {

bool is_object_id(std::string_view text) {
  constexpr std::size_t kSha1 = 40;
  constexpr std::size_t kSha256 = 64;
  return (text.size() == kSha1 || text.size() == kSha256) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Status check_object_id(std::string_view what, std::string_view id) {
  if (is_object_id(id)) return {};
  return input_error(
      fmt::format("\"{}\" is not the full id of a {}", shorten(for_terminal(id), 100), what));
}

std::string one_line(std::string output) {
  if (output.ends_with('\n')) output.pop_back();
  return output;
}

}  // namespace baton
