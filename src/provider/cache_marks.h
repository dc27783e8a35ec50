// Which of the breakpoints a prompt asks for are sent: the provider takes four.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "prompt/prompt.h"

namespace baton {

// Whether a breakpoint stands after `blocks[at]`: its own, or that of empty blocks behind it, which
// are not sent.
bool is_marked(const std::vector<PromptBlock>& blocks, std::size_t at);

// Whether the last block of `user` is marked for the call's own next turn: it counts as a turn.
bool ends_with_own_mark(const Prompt& prompt);

// Asked once for each marked part, in the order of the prompt: shared blocks first, then turns.
class CacheMarks {
 public:
  explicit CacheMarks(const Prompt& prompt);

  bool keep_shared() { return ++shared_seen_ <= shared_first_ || shared_seen_ == shared_; }
  bool keep_turn() { return ++turns_seen_ > turns_dropped_; }
  bool any_shared() const { return shared_ > 0; }
  bool shared_done() const { return shared_seen_ == shared_; }  // the last one has been passed

 private:
  std::size_t shared_ = 0;
  std::size_t shared_first_ = 0;   // so many from the begin are kept, and the last
  std::size_t turns_dropped_ = 0;  // so many from the begin
  std::size_t shared_seen_ = 0;
  std::size_t turns_seen_ = 0;
};

// `,"cache_control":{…}` of a mark that lives as long as `ttl` says.
std::string_view cache_control(CacheTtl ttl);

// Appends `reply`, a JSON array of content blocks, with a mark on its last block that can carry
// one.
void append_marked_reply(std::string& out, std::string_view reply, CacheTtl ttl);

}  // namespace baton
