#include "provider/cache_marks.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/json_fields.h"
#include "provider/json_reader.h"

namespace baton {
namespace {

constexpr std::size_t kMostMarks = 4;
constexpr std::size_t kTurnMarks = 2;

std::size_t marked_blocks(const std::vector<PromptBlock>& blocks) {
  std::size_t marked = 0;
  for (std::size_t at = 0; at < blocks.size(); ++at) marked += is_marked(blocks, at) ? 1 : 0;
  return marked;
}

// Past the end of the string that begins with the quote at `at`.
std::size_t after_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return std::min(at + 1, json.size());
}

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The objects that are elements of the array, as they stand in its text.
std::vector<Span> elements_of(std::string_view array) {
  std::vector<Span> elements;
  int depth = 0;
  for (std::size_t at = 0; at < array.size();) {
    const char c = array[at];
    if (c == '"') {
      at = after_string(array, at);
      continue;
    }
    if ((c == '{' || c == '[') && ++depth == 2) elements.push_back({at, at});
    if (c == '}' || c == ']') {
      if (depth-- == 2) elements.back().end = at + 1;
    }
    ++at;
  }
  if (!elements.empty() && elements.back().end == elements.back().begin) elements.pop_back();
  return elements;
}

bool can_carry_mark(std::string_view element) {
  const boost::json::value* block = json_reader().read(element);
  const std::string_view type = text_at(block, "type");
  if (type == "text") return !text_at(block, "text").empty();
  return type == "tool_result" || type == "image" || type == "document" || type == "search_result";
}

}  // namespace

bool is_marked(const std::vector<PromptBlock>& blocks, std::size_t at) {
  if (blocks[at].text.empty()) return false;
  bool marked = blocks[at].cache_mark;
  while (++at < blocks.size() && blocks[at].text.empty()) marked |= blocks[at].cache_mark;
  return marked;
}

bool ends_with_own_mark(const Prompt& prompt) {
  return prompt.own_mark && !prompt.user.empty() && !prompt.user.back().text.empty() &&
         prompt.user.back().cache_mark;
}

CacheMarks::CacheMarks(const Prompt& prompt)
    : shared_(marked_blocks(prompt.system) + marked_blocks(prompt.user)) {
  auto turns = static_cast<std::size_t>(
      std::count_if(prompt.turns.begin(), prompt.turns.end(),
                    [](const PromptTurn& turn) { return turn.cache_mark; }));
  if (ends_with_own_mark(prompt)) {
    --shared_;
    ++turns;
  }
  const std::size_t free = kMostMarks - std::min(shared_, kMostMarks);
  const std::size_t turns_kept = std::min(turns, std::max(kTurnMarks, free));
  turns_dropped_ = turns - turns_kept;
  shared_first_ = std::max<std::size_t>(kMostMarks - turns_kept, 1) - 1;
}

std::string_view cache_control(CacheTtl ttl) {
  return ttl == CacheTtl::k1Hour ? R"(,"cache_control":{"type":"ephemeral","ttl":"1h"})"
                                 : R"(,"cache_control":{"type":"ephemeral"})";
}

void append_marked_reply(std::string& out, std::string_view reply, CacheTtl ttl) {
  const std::vector<Span> elements = elements_of(reply);
  const auto last = std::find_if(elements.rbegin(), elements.rend(), [&](const Span& element) {
    return can_carry_mark(reply.substr(element.begin, element.end - element.begin));
  });
  if (last == elements.rend()) {
    out += reply;
    return;
  }
  out += reply.substr(0, last->end - 1);
  out += cache_control(ttl);
  out += reply.substr(last->end - 1);
}

}  // namespace baton
