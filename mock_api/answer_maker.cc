#include "mock_api/answer_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/chance.h"
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

bool has_tasks(const json::value& answer) {
  return answer.is_object() && answer.get_object().contains("tasks");
}

// The client tools of the request: a server tool brings no schema.
std::vector<const json::object*> client_tools(const json::object& body) {
  std::vector<const json::object*> tools;
  const json::array* listed = array_at(body, "tools");
  if (listed == nullptr) return tools;
  for (const json::value& value : *listed) {
    const json::object* tool = value.if_object();
    if (tool != nullptr && object_at(*tool, "input_schema") != nullptr) tools.push_back(tool);
  }
  return tools;
}

const json::object* tool_named(const json::object& body, std::string_view name) {
  for (const json::object* tool : client_tools(body)) {
    if (text_at(*tool, "name") == name) return tool;
  }
  return nullptr;
}

// The assistant's turns so far that called tools.
std::int64_t turns_with_calls(const json::object& body) {
  std::int64_t turns = 0;
  each_object_at(body, "messages", [&turns](const json::object& message) {
    bool calls = false;
    each_object_at(message, "content", [&calls](const json::object& block) {
      calls = calls || text_at(block, "type") == "tool_use";
    });
    if (calls) ++turns;
  });
  return turns;
}

// The tools to call now: the one that tool_choice forces, or, as long as the loop lasts, one after
// the other.
std::vector<const json::object*> tools_to_call(const json::object& body, std::int64_t turns,
                                               int calls) {
  const std::vector<const json::object*> tools = client_tools(body);
  if (tools.empty()) return {};
  const json::object* choice = object_at(body, "tool_choice");
  const std::string_view type = text_at(choice, "type");
  if (type == "none") return {};
  const bool one = bool_at(choice, "disable_parallel_tool_use").value_or(false);
  const auto count = static_cast<std::size_t>(one ? 1 : calls);
  if (type == "tool") {
    const json::object* named = tool_named(body, text_at(*choice, "name"));
    if (named == nullptr) return {};
    return std::vector<const json::object*>(count, named);
  }
  const std::int64_t done = turns_with_calls(body);
  if (type != "any" && done >= turns - 1) return {};
  std::vector<const json::object*> chosen;
  for (std::size_t i = 0; i < count; ++i) {
    chosen.push_back(tools[(static_cast<std::size_t>(done) * count + i) % tools.size()]);
  }
  return chosen;
}

Answer answer_by_schema(const json::object& body, const json::value& schema, const Options& options,
                        std::uint64_t seed) {
  const std::string question = question_of(body);
  const std::string background = background_of(body);
  const json::value value = answer_for(schema, {.question = question, .background = background},
                                       {.seed = seed, .plan_tasks = options.plan_tasks});
  return {.text = json::serialize(value), .is_plan = has_tasks(value)};
}

Answer call_of(const json::object& tool, const json::object& body, const Options& options,
               std::uint64_t seed) {
  Answer answer = answer_by_schema(body, *tool.if_contains("input_schema"), options, seed);
  answer.tool_name = text_at(tool, "name");
  answer.stop_reason = "tool_use";
  return answer;
}

// What the script lays down, as far as it does; without words, the answer is still to be made.
std::optional<Answer> scripted_answer(const ScriptedAnswer& scripted, const json::object& body,
                                      const Options& options, std::uint64_t seed) {
  const json::object* tool = tool_named(body, scripted.tool_name);
  if (!scripted.tool_name.empty() && !scripted.text && tool != nullptr) {
    Answer answer = call_of(*tool, body, options, seed);
    answer.more_calls = scripted.more_calls;
    return answer;
  }
  if (!scripted.text && scripted.tool_name.empty() && scripted.stop_reason != "refusal") {
    return std::nullopt;
  }
  Answer answer{.text = scripted.text.value_or(""), .tool_name = scripted.tool_name};
  answer.more_calls = scripted.more_calls;
  if (!answer.tool_name.empty()) {
    if (answer.text.empty()) answer.text = "{}";
    answer.stop_reason = "tool_use";
  }
  answer.refusal_category = scripted.refusal_category;
  return answer;
}

// The longest beginning of `text` of at most `bytes` that cuts no character in two.
std::size_t whole_characters(std::string_view text, std::size_t bytes) {
  std::size_t end = std::min(bytes, text.size());
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return end;
}

std::string short_text(int deltas) {
  if (deltas <= 0) return "Understood. This is the stand-in's answer; no model was asked.";
  std::string text;
  for (int i = 0; i < deltas; ++i) text += fmt::format("word {:05} ", i);
  return text;
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

std::int64_t tool_results_in(const json::object& body) {
  std::int64_t count = 0;
  each_object_at(body, "messages", [&count](const json::object& message) {
    each_object_at(message, "content", [&count](const json::object& block) {
      if (text_at(block, "type") == "tool_result") ++count;
    });
  });
  return count;
}

bool thinks(const json::object& body, const Model& model) {
  const json::object* thinking = object_at(body, "thinking");
  if (thinking == nullptr) return model.thinking.on_by_default;
  const std::string_view type = text_at(*thinking, "type");
  return type == "adaptive" || type == "enabled";
}

Answer make_answer(const json::object& body, const ScriptedAnswer* scripted, const Options& options,
                   std::uint64_t seed) {
  const bool loops = scripted != nullptr && scripted->tool_turns > 0;
  const std::vector<const json::object*> tools =
      tools_to_call(body, loops ? scripted->tool_turns : options.tool_turns, options.tool_calls);
  if (scripted != nullptr && !(loops && !tools.empty())) {
    if (auto answer = scripted_answer(*scripted, body, options, seed)) {
      if (!scripted->stop_reason.empty()) answer->stop_reason = scripted->stop_reason;
      return *answer;
    }
  }
  Answer answer;
  if (!tools.empty()) {
    answer = call_of(*tools[0], body, options, seed);
    for (std::size_t i = 1; i < tools.size(); ++i) {
      Answer more = call_of(*tools[i], body, options, mix(seed, i));
      answer.more_calls.push_back({.name = more.tool_name, .input = std::move(more.text)});
    }
  } else if (const json::value* schema = output_schema(body)) {
    answer = answer_by_schema(body, *schema, options, seed);
  } else {
    answer.text = short_text(options.deltas);
  }
  if (scripted != nullptr && !scripted->stop_reason.empty()) {
    answer.stop_reason = scripted->stop_reason;
  }
  return answer;
}

Answer sized(Answer answer, const json::object& body, const Model& model, std::int64_t tokens) {
  const std::size_t bytes = bytes_within(model, tokens);
  const bool is_json = !answer.tool_name.empty() || output_schema(body) != nullptr;
  if (is_json) {
    // Blanks after a value are part of its text and change nothing of it.
    if (answer.text.size() < bytes) answer.text.resize(bytes, ' ');
  } else {
    for (std::size_t word = 0; answer.text.size() < bytes; ++word) {
      answer.text += fmt::format(" word {:05}", word % 100'000);
    }
    answer.text.resize(whole_characters(answer.text, bytes));
  }
  answer.tokens = tokens;
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
      answer.tokens = 0;
    }
  }
  if (max_tokens <= 0) {
    return {.stop_reason = "max_tokens"};
  }
  const bool forced_plan = answer.is_plan && options.plan_tasks > 0;
  if (forced_plan || answer.counted(model) <= max_tokens) return answer;
  if (answer.tokens > 0) answer.tokens = max_tokens;
  answer.more_calls.clear();
  answer.text.resize(whole_characters(answer.text, bytes_within(model, max_tokens)));
  // A plain response holds a tool's input as JSON, so it cannot show a part of it.
  if (!answer.tool_name.empty() && !bool_at(body, "stream").value_or(false)) answer.text = "{}";
  answer.stop_reason = "max_tokens";
  answer.stop_sequence.clear();
  return answer;
}

}  // namespace baton::mock_api
