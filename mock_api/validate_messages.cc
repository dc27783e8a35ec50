// The rules of `messages` and of cache marks.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>

#include "base/json_fields.h"
#include "mock_api/message_format.h"
#include "mock_api/validate.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;
using Refusal = std::optional<ApiError>;

constexpr std::size_t kMaxMessages = 100'000;

Refusal check_block(const json::object& block, std::string_view role, const std::string& where,
                    std::string_view version) {
  const std::string_view type = text_at(block, "type");
  if (type.empty()) return invalid(where + ".type: Field required");
  if (type == "text") {
    if (!block.contains("text")) return invalid(where + ".text: Field required");
    const bool empty = text_at(block, "text").empty();
    if (empty && block.contains("cache_control")) {
      return invalid(where + ": cache_control cannot be set for empty text blocks");
    }
    if (empty) return invalid(where + ": text content blocks must be non-empty");
    const json::array* citations = array_at(block, "citations");
    if (version == "2026-10-21" && role == "user" && citations != nullptr && !citations->empty()) {
      return invalid(where + ".citations: not permitted in user messages");
    }
  }
  if (type == "document" && role == "assistant" && version == "2026-10-21") {
    return invalid(where + ": document blocks are not permitted in assistant messages");
  }
  if ((type == "thinking" || type == "redacted_thinking") && block.contains("cache_control")) {
    return invalid(where + ".cache_control: Extra inputs are not permitted");
  }
  if (type == "thinking" && text_at(block, "signature") != kSignature) {
    return invalid(where + ": Invalid `signature` in `thinking` block");
  }
  if (type == "tool_use") {
    for (const char* field : {"id", "name"}) {
      if (text_at(block, field).empty()) {
        return invalid(fmt::format("{}.tool_use.{}: Field required", where, field));
      }
    }
    if (object_at(block, "input") == nullptr) {
      return invalid(where + ".tool_use.input: Input should be a valid dictionary");
    }
  }
  if (type == "tool_result" && text_at(block, "tool_use_id").empty()) {
    return invalid(where + ".tool_result.tool_use_id: Field required");
  }
  return std::nullopt;
}

// Calls and results, message by message: neighbours of one role are one turn, and the turn after an
// assistant's begins with one result for each of its calls.
class ToolPairs {
 public:
  Refusal see(std::string_view role, const json::array* blocks, std::size_t index) {
    if (role != role_) {
      if (role_ != "assistant" || role != "user") {
        if (Refusal wrong = unanswered()) return wrong;
        calls_.clear();
      }
      role_ = role;
      others_ = false;
    }
    if (blocks == nullptr) {
      others_ = true;
      return std::nullopt;
    }
    for (std::size_t i = 0; i < blocks->size(); ++i) {
      const json::object* block = (*blocks)[i].if_object();
      if (block == nullptr) continue;
      if (Refusal wrong = see(*block, fmt::format("messages.{}.content.{}", index, i), index)) {
        return wrong;
      }
    }
    return std::nullopt;
  }

  Refusal unanswered() const {
    std::vector<std::string_view> open;
    for (const auto& [id, answered] : calls_) {
      if (!answered) open.push_back(id);
    }
    if (open.empty()) return std::nullopt;
    return invalid(
        fmt::format("messages.{}: `tool_use` ids were found without `tool_result` blocks "
                    "immediately after: {}. Each `tool_use` block must have a corresponding "
                    "`tool_result` block in the next message.",
                    called_in_, fmt::join(open, ", ")));
  }

  bool any() const { return any_; }

 private:
  Refusal see(const json::object& block, const std::string& where, std::size_t index) {
    const std::string_view type = text_at(block, "type");
    any_ = any_ || type == "tool_use" || type == "tool_result";
    if (type == "tool_use" && role_ == "assistant") {
      called_in_ = index;
      if (!calls_.emplace(text_at(block, "id"), false).second) {
        return invalid(where + ": `tool_use` ids must be unique");
      }
    } else if (type == "tool_result") {
      return answer(text_at(block, "tool_use_id"), where);
    }
    others_ = others_ || type != "tool_result";
    return std::nullopt;
  }

  Refusal answer(std::string_view id, const std::string& where) {
    const auto call = calls_.find(id);
    if (call == calls_.end() || role_ != "user") {
      return invalid(
          fmt::format("{}: unexpected `tool_use_id` found in `tool_result` blocks: {}. "
                      "Each `tool_result` block must have a corresponding `tool_use` "
                      "block in the previous message.",
                      where, id));
    }
    if (call->second) {
      return invalid(fmt::format(
          "{}: each tool_use must have a single result. Found multiple `tool_result` blocks with "
          "id: {}",
          where, id));
    }
    if (others_) return invalid(where + ": tool_result blocks must come before other content");
    call->second = true;
    return std::nullopt;
  }

  std::string role_;
  std::map<std::string, bool, std::less<>> calls_;  // of the turn before; true: it has its result
  std::size_t called_in_ = 0;
  bool others_ = false;  // the turn has had something else than results
  bool any_ = false;
};

Refusal check_content(const json::object& message, std::string_view role, const std::string& where,
                      std::string_view version) {
  const json::value* content = message.if_contains("content");
  if (content == nullptr) return invalid(where + ".content: Field required");
  if (const json::string* text = content->if_string()) {
    if (text->empty()) return invalid(where + ": text content blocks must be non-empty");
    return std::nullopt;
  }
  const json::array* blocks = content->if_array();
  if (blocks == nullptr) return invalid(where + ".content: Input should be a valid list");
  for (std::size_t i = 0; i < blocks->size(); ++i) {
    const std::string block_name = fmt::format("{}.content.{}", where, i);
    const json::object* block = (*blocks)[i].if_object();
    if (block == nullptr) return invalid(block_name + ": Input should be an object");
    if (Refusal wrong = check_block(*block, role, block_name, version)) return wrong;
  }
  return std::nullopt;
}

// Walks every place a mark may stand, in the order of the prompt.
template <typename Visit>
void for_each_block(const json::object& body, const Visit& visit) {
  each_object_at(body, "tools", visit);
  each_object_at(body, "system", visit);
  each_object_at(body, "messages",
                 [&](const json::object& message) { each_object_at(message, "content", visit); });
}

}  // namespace

std::optional<ApiError> refusal_of_messages(const json::object& body, const Model& model,
                                            std::string_view version) {
  const json::value* field = body.if_contains("messages");
  if (field == nullptr) return invalid("messages: Field required");
  const json::array* messages = field->if_array();
  if (messages == nullptr) return invalid("messages: Input should be a valid list");
  if (messages->empty()) return invalid("messages: at least one message is required");
  if (messages->size() > kMaxMessages) {
    return invalid("messages: List should have at most 100000 items");
  }
  ToolPairs pairs;
  std::string_view role;
  for (std::size_t i = 0; i < messages->size(); ++i) {
    const std::string where = fmt::format("messages.{}", i);
    const json::object* message = (*messages)[i].if_object();
    if (message == nullptr) return invalid(where + ": Input should be an object");
    role = text_at(*message, "role");
    if (role != "user" && role != "assistant" && role != "system") {
      return invalid(where + ".role: Input should be 'user', 'assistant' or 'system'");
    }
    if (Refusal wrong = check_content(*message, role, where, version)) return wrong;
    const json::array* blocks = array_at(*message, "content");
    if (Refusal wrong = pairs.see(role, blocks, i)) return wrong;
  }
  if (Refusal wrong = pairs.unanswered()) return wrong;
  if (pairs.any() && !body.contains("tools")) {
    return invalid("Requests which include `tool_use` or `tool_result` blocks must define tools.");
  }
  if (role == "assistant" && !model.prefill) {
    return invalid(
        "This model does not support assistant message prefill. The conversation must "
        "end with a user message.");
  }
  return std::nullopt;
}

std::optional<ApiError> refusal_of_cache_marks(const json::object& body) {
  int marks = 0;
  bool short_seen = false;
  Refusal wrong;
  std::string_view last_mark;  // of the last block; empty: unmarked
  const auto check = [&](const json::object& carrier) {
    last_mark = {};
    const json::value* value = carrier.if_contains("cache_control");
    if (value == nullptr || value->is_null() || wrong) return;
    const json::object* control = value->if_object();
    if (control == nullptr || text_at(*control, "type") != "ephemeral") {
      wrong = invalid("cache_control.type: Input should be 'ephemeral'");
      return;
    }
    const bool named = control->contains("ttl");
    const std::string_view ttl = named ? text_at(*control, "ttl") : "5m";
    if (ttl != "5m" && ttl != "1h") {
      wrong = invalid("cache_control.ephemeral.ttl: Input should be '5m' or '1h'");
      return;
    }
    ++marks;
    last_mark = ttl;
    if (ttl == "5m") short_seen = true;
    if (ttl == "1h" && short_seen) {
      wrong = invalid(
          "cache_control.ttl: a ttl='1h' cache_control block must not come after a "
          "ttl='5m' cache_control block");
    }
  };
  for_each_block(body, check);
  const std::string_view last_block = last_mark;
  if (!wrong && body.contains("cache_control")) {
    check(body);
    if (!wrong && !last_block.empty()) {
      if (last_block != last_mark) {
        return invalid("cache_control: the last block already has a different ttl");
      }
      --marks;  // the same mark twice is one
    }
  }
  if (wrong) return wrong;
  if (marks > 4) {
    return invalid(
        fmt::format("A maximum of 4 blocks with cache_control may be provided. Found {}.", marks));
  }
  return std::nullopt;
}

}  // namespace baton::mock_api
