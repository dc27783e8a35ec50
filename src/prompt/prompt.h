// Prompt: what a model is shown, as a value, in the order that caches want: tools, system, then
// what calls share, then what is this call's own, then the turns so far. Byte-stable: nothing in it
// depends on the clock or on an id.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/tokens.h"

namespace baton {

// How long what is marked stays readable, from the start of each request that wrote or read it.
enum class CacheTtl { k5Minutes, k1Hour };

struct PromptBlock {
  std::string text;
  bool cache_mark = false;  // a breakpoint stands after this block: what is up to here is shared

  bool operator==(const PromptBlock&) const = default;
};

// One answer of the model and what it was told in return, in an attempt that went on. Both are JSON
// arrays of content blocks: the answer's as the provider sent them, unchanged (it checks what it
// gets back).
struct PromptTurn {
  std::string answer;
  std::string reply;
  bool cache_mark = false;  // a breakpoint on the last block of the reply

  bool operator==(const PromptTurn&) const = default;
};

struct Prompt {
  std::string tools;  // JSON array of tool definitions; empty: none
  std::vector<PromptBlock> system;
  std::vector<PromptBlock> user;
  std::vector<PromptTurn> turns;
  Tokens most;  // that it may be: beyond it, results of old turns are cleared; 0: the window alone
  std::string schema;  // JSON Schema (text) the answer must follow; empty: free text
  int uses = 1;        // calls that are expected to share what is marked, this one included
  Millis gap;          // expected between two of them: from the start of one to that of the next
  CacheTtl ttl = CacheTtl::k5Minutes;  // of its marks
  // The mark on the last block of `user` is for this call's own next turn: no sibling reads it.
  bool own_mark = false;

  bool cache_marked() const {
    const auto marked = [](const auto& part) { return part.cache_mark; };
    return std::any_of(system.begin(), system.end(), marked) ||
           std::any_of(user.begin(), user.end(), marked) ||
           std::any_of(turns.begin(), turns.end(), marked);
  }
  bool operator==(const Prompt&) const = default;
};

// About how many tokens `bytes` of text are, for planning: never for a promise of money.
constexpr Tokens estimated_tokens(std::size_t bytes, int tokenizer_percent = 100) {
  return Tokens(static_cast<std::int64_t>(bytes / 4 + 1) * tokenizer_percent / 100);
}

}  // namespace baton
