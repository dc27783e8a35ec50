// Patterns for paths, as people write them: `*` and `?` within a name, `[a-z]`, `{a,b}`, and `**`
// for any number of folders.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton {

class Glob {
 public:
  // kInput: a bracket or brace that is not closed, a pattern that is too long (1000 bytes) or
  // stands for too many (64).
  static Result<Glob> parse(std::string_view pattern);

  // Time grows with pattern × path, whatever they are. A pattern without '/' matches names in every
  // folder.
  bool matches(std::string_view path) const;

 private:
  std::vector<std::vector<std::string>> alternatives_;  // each as the names between its slashes
};

}  // namespace baton
