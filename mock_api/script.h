// Scripted answers: a JSON file of rules; the first one that matches a request answers it. The
// format is described in docs/mock-api.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mock_api/answer.h"

namespace baton::mock_api {

// What a rule lays down; what it leaves open is decided as without a script.
struct ScriptedAnswer {
  std::optional<ApiError> error;
  std::optional<std::string> text;
  std::string tool_name;
  std::vector<ToolCall> more_calls;  // beside that tool's, in the same turn
  int tool_turns = 0;                // 0: as the option says
  std::int64_t output_tokens = 0;    // 0: as the option says
  std::string stop_reason;
  std::optional<std::string> refusal_category;
  std::optional<Millis> latency;
  std::optional<Millis> stream_length;
  int deltas = 0;
  Delivery::Break breaks = Delivery::Break::kNone;
  std::optional<double> break_at;
  std::string event_error_type;
};

struct ScriptQuery {
  std::string_view model;
  std::string_view prompt;   // system prompt and messages
  std::int64_t request = 0;  // its number, from 1; 0: an item of a batch
  bool streamed = false;
  bool batch = false;
  std::int64_t tool_results = 0;  // in the whole conversation
};

class Script {
 public:
  Script();
  ~Script();
  Script(Script&&) noexcept;
  Script& operator=(Script&&) noexcept;

  static Result<Script> parse(std::string_view json);

  bool empty() const;
  // The answer of the first rule that matches and has uses left; null: the script is silent.
  const ScriptedAnswer* next(const ScriptQuery& query);

 private:
  struct Rule;
  struct Rules;
  std::unique_ptr<Rules> rules_;
};

}  // namespace baton::mock_api
