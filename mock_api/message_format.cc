#include "mock_api/message_format.h"

#include <fmt/format.h>

#include "base/json_string.h"

namespace baton::mock_api {
namespace {

constexpr std::string_view kThinkingBlock = R"({"type":"thinking","thinking":"","signature":")";

bool has_thinking(const MessageHead& head) {
  return head.usage.thinking > 0;
}

std::string usage_json(const MessageHead& head, std::int64_t output_tokens) {
  const Usage& usage = head.usage;
  const std::string details =
      has_thinking(head) ? fmt::format(R"({{"thinking_tokens":{}}})", usage.thinking) : "null";
  return fmt::format(
      R"({{"input_tokens":{},"cache_creation_input_tokens":{},"cache_read_input_tokens":{},)"
      R"("cache_creation":{{"ephemeral_5m_input_tokens":{},"ephemeral_1h_input_tokens":{}}},)"
      R"("output_tokens":{},"output_tokens_details":{},"server_tool_use":null,)"
      R"("service_tier":"{}","inference_geo":"{}","speed":"{}"}})",
      usage.input, usage.write_5m + usage.write_1h, usage.read, usage.write_5m, usage.write_1h,
      output_tokens, details, head.batch ? "batch" : "standard",
      head.us_geography ? "us" : "global", head.fast ? "fast" : "standard");
}

std::string stop_json(const Answer& answer) {
  std::string details = "null";
  if (answer.stop_reason == "refusal") {
    const std::string category = answer.refusal_category.value_or("");
    details = fmt::format(R"({{"type":"refusal","category":{},"explanation":null}})",
                          category.empty() ? "null" : json_string(category));
  }
  return fmt::format(
      R"("stop_reason":{},"stop_sequence":{},"stop_details":{})", json_string(answer.stop_reason),
      answer.stop_sequence.empty() ? "null" : json_string(answer.stop_sequence), details);
}

std::string id_of_call(const MessageHead& head, std::size_t number) {
  return number == 0 ? head.tool_id : fmt::format("{}x{}", head.tool_id, number);
}

std::string call_json(std::string_view id, std::string_view name, std::string_view input) {
  return fmt::format(
      R"({{"type":"tool_use","id":"{}","name":{},"input":{},"caller":{{"type":"direct"}}}})", id,
      json_string(name), input);
}

std::string content_json(const MessageHead& head, const Answer& answer) {
  std::string blocks;
  if (has_thinking(head)) blocks = fmt::format("{}{}\"}}", kThinkingBlock, kSignature);
  if (answer.text.empty()) return blocks;
  if (!blocks.empty()) blocks += ',';
  if (answer.tool_name.empty()) {
    blocks += R"({"type":"text","text":)";
    append_json_string(blocks, answer.text);
    blocks += R"(,"citations":null})";
  } else {
    blocks += call_json(head.tool_id, answer.tool_name, answer.text);
  }
  for (std::size_t i = 0; i < answer.more_calls.size(); ++i) {
    const ToolCall& call = answer.more_calls[i];
    blocks += ',';
    blocks += call_json(id_of_call(head, i + 1), call.name, call.input);
  }
  return blocks;
}

std::string block_start(int index, std::string_view block) {
  return event("content_block_start",
               fmt::format(R"({{"type":"content_block_start","index":{},"content_block":{}}})",
                           index, block));
}

std::string block_stop(int index) {
  return event("content_block_stop",
               fmt::format(R"({{"type":"content_block_stop","index":{}}})", index));
}

int answer_index(const MessageHead& head) {
  return has_thinking(head) ? 1 : 0;
}

}  // namespace

std::string event(std::string_view name, std::string_view data) {
  return fmt::format("event: {}\ndata: {}\n\n", name, data);
}

std::string message_json(const MessageHead& head, const Answer& answer) {
  return fmt::format(
      R"({{"id":"{}","type":"message","role":"assistant","model":"{}","content":[{}],{},)"
      R"("container":null,"usage":{}}})",
      head.id, head.model, content_json(head, answer), stop_json(answer),
      usage_json(head, head.usage.output));
}

std::string opening_events(const MessageHead& head, const Answer& answer) {
  std::string out = event(
      "message_start",
      fmt::format(
          R"({{"type":"message_start","message":{{"id":"{}","type":"message","role":"assistant",)"
          R"("model":"{}","content":[],"stop_reason":null,"stop_sequence":null,)"
          R"("stop_details":null,"container":null,"usage":{}}}}})",
          head.id, head.model, usage_json(head, std::min<std::int64_t>(1, head.usage.output))));
  if (has_thinking(head)) {
    out += event("content_block_start",
                 fmt::format(R"({{"type":"content_block_start","index":0,"content_block":{}"}}}})",
                             kThinkingBlock));
    out += event(
        "content_block_delta",
        fmt::format(
            R"({{"type":"content_block_delta","index":0,"delta":{{"type":"signature_delta","signature":"{}"}}}})",
            kSignature));
    out += event("content_block_stop", R"({"type":"content_block_stop","index":0})");
  }
  if (!answer.text.empty()) {
    const std::string block = answer.tool_name.empty()
                                  ? R"({"type":"text","text":"","citations":null})"
                                  : call_json(head.tool_id, answer.tool_name, "{}");
    out += block_start(answer_index(head), block);
  }
  return out + event("ping", R"({"type":"ping"})");
}

std::string delta_event(const MessageHead& head, const Answer& answer, std::string_view piece) {
  std::string out =
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":";
  out += answer_index(head) == 0 ? '0' : '1';
  out += answer.tool_name.empty() ? R"(,"delta":{"type":"text_delta","text":)"
                                  : R"(,"delta":{"type":"input_json_delta","partial_json":)";
  append_json_string(out, piece);
  out += "}}\n\n";
  return out;
}

std::string closing_events(const MessageHead& head, const Answer& answer) {
  std::string out;
  if (!answer.text.empty()) {
    out += block_stop(answer_index(head));
  }
  for (std::size_t i = 0; i < answer.more_calls.size(); ++i) {
    const ToolCall& call = answer.more_calls[i];
    const int index = answer_index(head) + 1 + static_cast<int>(i);
    out += block_start(index, call_json(id_of_call(head, i + 1), call.name, "{}"));
    out += event("content_block_delta",
                 fmt::format(R"({{"type":"content_block_delta","index":{},"delta":{{)"
                             R"("type":"input_json_delta","partial_json":{}}}}})",
                             index, json_string(call.input)));
    out += block_stop(index);
  }
  const Usage& usage = head.usage;
  out += event(
      "message_delta",
      fmt::format(
          R"({{"type":"message_delta","delta":{{{},"container":null}},"usage":{{"input_tokens":{},)"
          R"("cache_creation_input_tokens":{},"cache_read_input_tokens":{},"output_tokens":{},)"
          R"("output_tokens_details":null,"server_tool_use":null}}}})",
          stop_json(answer), usage.input, usage.write_5m + usage.write_1h, usage.read,
          usage.output));
  return out + event("message_stop", R"({"type":"message_stop"})");
}

}  // namespace baton::mock_api
