#include "simulation/answers.h"

#include <fmt/format.h>

namespace baton::sim {
namespace {

std::string usage_json(const Usage& usage, std::int64_t output) {
  const std::int64_t writes = usage.cache_write_5m.count() + usage.cache_write_1h.count();
  return fmt::format(
      R"({{"input_tokens":{},"cache_creation_input_tokens":{},"cache_read_input_tokens":{},)"
      R"("cache_creation":{{"ephemeral_5m_input_tokens":{},"ephemeral_1h_input_tokens":{}}},)"
      R"("output_tokens":{}}})",
      usage.input.count(), writes, usage.cache_read.count(), usage.cache_write_5m.count(),
      usage.cache_write_1h.count(), output);
}

constexpr std::string_view kToolBlock =
    R"({"type":"tool_use","id":"toolu_1","name":"look","input":{}})";

void append_event(std::string& out, std::string_view name, std::string_view data) {
  fmt::format_to(std::back_inserter(out), "event: {}\ndata: {}\n\n", name, data);
}

}  // namespace

std::string as_stream(const Answer& answer) {
  std::string out;
  out.reserve(1024);
  append_event(out, "message_start",
               fmt::format(R"({{"type":"message_start","message":{{"model":"{}","usage":{}}}}})",
                           answer.model, usage_json(answer.usage, 1)));
  append_event(
      out, "content_block_start",
      R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})");
  append_event(
      out, "content_block_delta",
      fmt::format(
          R"({{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{}"}}}})",
          answer.text));
  append_event(out, "content_block_stop", R"({"type":"content_block_stop","index":0})");
  if (answer.asks_for_tools) {
    append_event(out, "content_block_start",
                 fmt::format(R"({{"type":"content_block_start","index":1,"content_block":{}}})",
                             kToolBlock));
    append_event(out, "content_block_stop", R"({"type":"content_block_stop","index":1})");
  }
  const std::string counts = answer.tells_usage ? fmt::format(R"(,"usage":{{"output_tokens":{}}})",
                                                              answer.usage.output.count())
                                                : std::string();
  append_event(out, "message_delta",
               fmt::format(R"({{"type":"message_delta","delta":{{"stop_reason":"{}"}}{}}})",
                           answer.stop, counts));
  append_event(out, "message_stop", R"({"type":"message_stop"})");
  return out;
}

std::string as_message(const Answer& answer) {
  return fmt::format(R"({{"type":"message","model":"{}","content":[{{"type":"text","text":"{}"}}],)"
                     R"("stop_reason":"{}","usage":{}}})",
                     answer.model, answer.text, answer.stop,
                     usage_json(answer.usage, answer.usage.output.count()));
}

std::string error_body(std::string_view type, std::string_view message) {
  return fmt::format(R"({{"type":"error","error":{{"type":"{}","message":"{}"}}}})", type, message);
}

}  // namespace baton::sim
