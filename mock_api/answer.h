// What the model will say to a request, and how it will arrive: decided before the first byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "mock_api/api_error.h"
#include "mock_api/tokenizer.h"

namespace baton::mock_api {

struct ToolCall {
  std::string name;
  std::string input;  // JSON
};

struct Answer {
  std::string text;       // of the text block; or, with a tool, its input as JSON
  std::string tool_name;  // not empty: the answer is a tool_use block
  // Calls made in the same turn; a stream sends each in one piece, after the first call.
  std::vector<ToolCall> more_calls;
  std::string stop_reason = "end_turn";
  std::string stop_sequence;  // the one that stopped it; empty: none
  bool is_plan = false;       // has `tasks`
  std::int64_t tokens = 0;    // what it counts as; 0: by its text
  // A refusal's category; set only with stop_reason "refusal".
  std::optional<std::string> refusal_category;

  // Not every count is that of some text: an answer of a given size counts as what it was to be.
  std::int64_t counted(const Model& model) const {
    if (tokens > 0) return tokens;
    std::int64_t sum = tokens_in(model, text.size());
    for (const ToolCall& call : more_calls) sum += tokens_in(model, call.input.size());
    return sum;
  }
};

// How an answer is delivered, and where it breaks.
struct Delivery {
  Millis latency;        // before the response begins
  Millis stream_length;  // over which the pieces are spread
  int deltas = 0;        // 0: by the text's length
  enum class Break { kNone, kCut, kErrorEvent, kMalformed };
  Break breaks = Break::kNone;
  double break_at = 0.5;  // how far the answer comes before that, as a part of its pieces
  std::string event_error_type = "overloaded_error";
};

}  // namespace baton::mock_api
