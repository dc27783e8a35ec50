// Prompt: what a model is shown, as a value, in the order that caches want: system, then what calls
// share, then what is this call's own. Byte-stable: nothing in it depends on the clock or on an id.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/tokens.h"

namespace baton {

struct PromptBlock {
  std::string text;
  bool cache_mark = false;  // a breakpoint stands after this block: what is up to here is shared

  bool operator==(const PromptBlock&) const = default;
};

struct Prompt {
  std::vector<PromptBlock> system;
  std::vector<PromptBlock> user;
  std::string schema;  // JSON Schema (text) the answer must follow; empty: free text

  bool cache_marked() const {
    const auto marked = [](const PromptBlock& block) { return block.cache_mark; };
    return std::any_of(system.begin(), system.end(), marked) ||
           std::any_of(user.begin(), user.end(), marked);
  }
  bool operator==(const Prompt&) const = default;
};

// About how many tokens `bytes` of text are, for planning: never for a promise of money.
constexpr Tokens estimated_tokens(std::size_t bytes, int tokenizer_percent = 100) {
  return Tokens(static_cast<std::int64_t>(bytes / 4 + 1) * tokenizer_percent / 100);
}

}  // namespace baton
