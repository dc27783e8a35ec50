#include "mock_api/answer_maker.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/json_fields.h"
#include "mock_api/request_fields.h"
#include "mock_api/schema_answer.h"
#include "mock_api/tokenizer.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;

void append_text(std::string& out, const json::value* content) {
  if (content == nullptr) return;
  if (const json::string* text = content->if_string()) {
    out += std::string_view(*text);
    out += '\n';
    return;
  }
  const json::array* blocks = content->if_array();
  if (blocks == nullptr) return;
  for (const json::value& value : *blocks) {
    const json::object* block = value.if_object();
    if (block == nullptr) continue;
    const std::string_view type = text_at(*block, "type");
    if (type == "text") append_text(out, block->if_contains("text"));
    if (type == "tool_result") {
      const json::value* inner = block->if_contains("content");
      if (inner == nullptr || inner->is_string()) {
        append_text(out, inner);
      } else if (const json::array* parts = inner->if_array()) {
        for (const json::value& part : *parts) {
          if (part.is_object()) append_text(out, part.get_object().if_contains("text"));
        }
      }
    }
  }
}

const json::object* last_user_message(const json::object& body) {
  const json::array* messages = array_at(body, "messages");
  if (messages == nullptr) return nullptr;
  for (auto message = messages->rbegin(); message != messages->rend(); ++message) {
    const json::object* object = message->if_object();
    if (object != nullptr && text_at(*object, "role") == "user") return object;
  }
  return nullptr;
}

// The tool that tool_choice forces; null if none is forced.
const json::object* forced_tool(const json::object& body) {
  const json::object* choice = object_at(body, "tool_choice");
  const json::array* tools = array_at(body, "tools");
  if (choice == nullptr || tools == nullptr) return nullptr;
  const std::string_view type = text_at(*choice, "type");
  for (const json::value& value : *tools) {
    const json::object* tool = value.if_object();
    if (tool == nullptr || !tool->contains("input_schema")) continue;
    if (type == "any") return tool;
    if (type == "tool" && text_at(*tool, "name") == text_at(*choice, "name")) return tool;
  }
  return nullptr;
}

Answer scripted_answer(const ScriptedAnswer& scripted) {
  Answer answer{.text = scripted.text.value_or(""), .tool_name = scripted.tool_name};
  if (!answer.tool_name.empty()) answer.stop_reason = "tool_use";
  if (!scripted.stop_reason.empty()) answer.stop_reason = scripted.stop_reason;
  answer.refusal_category = scripted.refusal_category;
  return answer;
}

std::string short_text(int deltas) {
  if (deltas <= 0) return "Understood. This is the stand-in's answer; no model was asked.";
  std::string text;
  for (int i = 0; i < deltas; ++i) text += fmt::format("word {:05} ", i);
  return text;
}

bool has_tasks(const json::value& answer) {
  return answer.is_object() && answer.get_object().contains("tasks");
}

}  // namespace

std::string question_of(const json::object& body) {
  std::string text;
  const json::object* message = last_user_message(body);
  if (message != nullptr) append_text(text, message->if_contains("content"));
  return text;
}

std::string background_of(const json::object& body) {
  std::string text;
  append_text(text, body.if_contains("system"));
  const json::object* last = last_user_message(body);
  const json::array* messages = array_at(body, "messages");
  if (messages == nullptr) return text;
  for (const json::value& message : *messages) {
    const json::object* object = message.if_object();
    if (object != nullptr && object != last) append_text(text, object->if_contains("content"));
  }
  return text;
}

bool thinks(const json::object& body, const Model& model) {
  const json::object* thinking = object_at(body, "thinking");
  if (thinking == nullptr) return model.thinking.on_by_default;
  const std::string_view type = text_at(*thinking, "type");
  return type == "adaptive" || type == "enabled";
}

Answer make_answer(const json::object& body, const ScriptedAnswer* scripted, const Options& options,
                   std::uint64_t seed) {
  const bool scripted_content =
      scripted != nullptr &&
      (scripted->text || !scripted->tool_name.empty() || scripted->stop_reason == "refusal");
  if (scripted_content) return scripted_answer(*scripted);

  Answer answer;
  const json::object* tool = forced_tool(body);
  const json::value* schema = output_schema(body);
  if (tool != nullptr || schema != nullptr) {
    const std::string question = question_of(body);
    const std::string background = background_of(body);
    const json::value& wanted = tool == nullptr ? *schema : *tool->if_contains("input_schema");
    const json::value value = answer_for(wanted, {.question = question, .background = background},
                                         {.seed = seed, .plan_tasks = options.plan_tasks});
    answer.text = json::serialize(value);
    answer.is_plan = has_tasks(value);
    if (tool != nullptr) {
      answer.tool_name = text_at(*tool, "name");
      answer.stop_reason = "tool_use";
    }
  } else {
    answer.text = short_text(options.deltas);
  }
  if (scripted != nullptr && !scripted->stop_reason.empty()) {
    answer.stop_reason = scripted->stop_reason;
  }
  return answer;
}

Answer limited(Answer answer, const json::object& body, const Model& model, std::int64_t max_tokens,
               const Options& options) {
  const json::array* stops = array_at(body, "stop_sequences");
  if (stops != nullptr && answer.tool_name.empty()) {
    for (const json::value& stop : *stops) {
      if (!stop.is_string() || stop.get_string().empty()) continue;
      const std::string_view sequence = stop.get_string();
      const std::size_t at = answer.text.find(sequence);
      if (at == answer.text.npos) continue;
      answer.text.resize(at);
      answer.stop_reason = "stop_sequence";
      answer.stop_sequence = sequence;
    }
  }
  const bool forced_plan = answer.is_plan && options.plan_tasks > 0;
  if (forced_plan || tokens_in(model, answer.text.size()) <= max_tokens) return answer;
  std::size_t end = bytes_within(model, max_tokens);
  while (end > 0 && (static_cast<unsigned char>(answer.text[end]) & 0xC0) == 0x80) --end;
  answer.text.resize(end);
  // A plain response holds a tool's input as JSON, so it cannot show a part of it.
  if (!answer.tool_name.empty() && !bool_at(body, "stream").value_or(false)) answer.text = "{}";
  answer.stop_reason = "max_tokens";
  answer.stop_sequence.clear();
  return answer;
}

}  // namespace baton::mock_api
