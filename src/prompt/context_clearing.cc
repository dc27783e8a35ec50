#include "prompt/context_clearing.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/json_fields.h"

namespace baton {
namespace json = boost::json;
namespace {

constexpr std::size_t kTurnsThatStay = 2;
// A stride goes down to this share of the limit.
constexpr std::int64_t kStridePercent = 60;

std::size_t bytes_before_turns(const Prompt& prompt) {
  std::size_t bytes = prompt.tools.size() + prompt.schema.size();
  for (const PromptBlock& block : prompt.system) bytes += block.text.size();
  for (const PromptBlock& block : prompt.user) bytes += block.text.size();
  return bytes;
}

// A reply whose tool results have become lines.
std::string cleared(const std::string& reply) {
  boost::system::error_code failed;
  json::value blocks = json::parse(reply, failed);
  if (failed || !blocks.is_array()) return reply;
  for (json::value& block : blocks.get_array()) {
    if (text_at(block, "type") != "tool_result") continue;
    json::object& result = block.get_object();
    const json::value* content = result.if_contains("content");
    const std::size_t bytes = content == nullptr ? 0 : json::serialize(*content).size();
    result["content"] =
        fmt::format("[cleared: {} bytes; call the tool again if you need it]", bytes);
  }
  std::string shorter = json::serialize(blocks);
  return shorter.size() < reply.size() ? shorter : reply;
}

}  // namespace

Tokens context_limit(const Prompt& prompt, Tokens window) {
  const Tokens usable(window.count() * 4 / 5);
  return prompt.most == Tokens() ? usable : std::min(prompt.most, usable);
}

std::size_t clear_old_results(Prompt& prompt, Tokens limit, int tokenizer_percent) {
  const auto tokens = [&](std::size_t bytes) { return estimated_tokens(bytes, tokenizer_percent); };
  const Tokens low(limit.count() * kStridePercent / 100);
  std::size_t size = bytes_before_turns(prompt);
  std::size_t removed = 0;
  std::size_t next = 0;  // the first turn that is not cleared
  // As the turns came, so that each finds what was cleared before it as it was left then.
  for (std::size_t i = 0; i < prompt.turns.size(); ++i) {
    size += prompt.turns[i].answer.size() + prompt.turns[i].reply.size();
    if (tokens(size) <= limit) continue;
    for (; next + kTurnsThatStay <= i && tokens(size) > low; ++next) {
      std::string shorter = cleared(prompt.turns[next].reply);
      const std::size_t less = prompt.turns[next].reply.size() - shorter.size();
      prompt.turns[next].reply = std::move(shorter);
      size -= less;
      removed += less;
    }
  }
  return removed;
}

}  // namespace baton
