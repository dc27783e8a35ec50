// The content blocks of one answer, put together so that they can be sent back: thinking with its
// signature, tool calls with their whole input, what we do not know as it came. Text itself is kept
// by the reply, in one piece; here only stands where in it each block begins.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/call_outcome.h"

namespace baton {

class AnswerContent {
 public:
  // A block begins when `text_size` bytes of text are there. False once all blocks, without their
  // text, pass the limit.
  [[nodiscard]] bool begin(const boost::json::object* block, std::size_t text_size);
  // A delta of `kind`, other than text, of the block that began last. What does not fit its kind of
  // block is not kept. False as above.
  [[nodiscard]] bool add(std::string_view kind, const boost::json::object* delta);

  // The blocks as a JSON array; empty if they are one block of text, or none. Left out are blocks
  // that the provider would refuse: text of nothing but space, and tool calls that were cut. Uses
  // json_reader().
  std::string to_json(std::string_view text) const;
  // Uses json_reader().
  std::vector<ToolUse> tool_uses() const;

 private:
  enum class Kind { kText, kThinking, kToolUse, kOther };
  struct Block {
    Kind kind = Kind::kOther;
    std::size_t text_begin = 0;
    std::string head;  // `{"type":"tool_use","id":"…"`: what no delta changes
    bool has_input = false;
    std::string grown;  // the input's JSON, or the thinking
    std::string signature;
    std::string id;
    std::string name;
  };

  static void begin_fields(Block& out, const boost::json::object& block);
  static bool is_whole(const Block& block);
  static void append_block(std::string& out, const Block& block);
  bool take(std::size_t bytes);

  std::vector<Block> blocks_;
  std::size_t bytes_ = 0;
};

}  // namespace baton
