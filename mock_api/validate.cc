#include "mock_api/validate.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <set>

#include "base/json_fields.h"
#include "mock_api/request_fields.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;
using Refusal = std::optional<ApiError>;

constexpr std::string_view kNewVersion = "2026-10-21";

bool known_field(std::string_view name, Endpoint endpoint) {
  static const std::set<std::string_view> both = {
      "model",       "messages",           "system",        "tools", "tool_choice",
      "thinking",    "output_config",      "cache_control", "speed", "output_format",
      "mcp_servers", "context_management", "betas"};
  static const std::set<std::string_view> messages_only = {
      "max_tokens", "stop_sequences", "stream",    "metadata",    "service_tier", "inference_geo",
      "container",  "diagnostics",    "fallbacks", "temperature", "top_p",        "top_k"};
  return both.contains(name) ||
         (endpoint != Endpoint::kCountTokens && messages_only.contains(name));
}

Refusal check_fields(const json::object& body, Endpoint endpoint, std::string_view version) {
  for (const auto& [name, value] : body) {
    const bool sampling = name == "temperature" || name == "top_p" || name == "top_k";
    if (sampling && version == kNewVersion) {
      return invalid(fmt::format("{}: Extra inputs are not permitted", std::string_view(name)));
    }
    if (!known_field(name, endpoint)) {
      return invalid(fmt::format("{}: Extra inputs are not permitted", std::string_view(name)));
    }
  }
  return std::nullopt;
}

Refusal check_sampling(const json::object& body, const Model& model) {
  if (model.sampling) return std::nullopt;
  if (body.contains("top_k")) {
    return invalid(fmt::format("top_k: not supported for {}", model.id));
  }
  if (const json::value* value = body.if_contains("temperature")) {
    if (!value->is_number() || value->to_number<double>() != 1.0) {
      return invalid(fmt::format("temperature: only 1.0 is supported for {}", model.id));
    }
  }
  if (const json::value* value = body.if_contains("top_p")) {
    if (!value->is_number() || value->to_number<double>() < 0.99) {
      return invalid(fmt::format("top_p: must be at least 0.99 for {}", model.id));
    }
  }
  return std::nullopt;
}

Refusal check_max_tokens(const json::object& body, const Model& model) {
  if (!body.contains("max_tokens")) return invalid("max_tokens: Field required");
  const std::optional<std::int64_t> limit = integer_at(body, "max_tokens");
  if (!limit) return invalid("max_tokens: Input should be a valid integer");
  if (*limit < 0) return invalid("max_tokens: Input should be greater than or equal to 0");
  if (*limit > model.max_output) {
    return invalid(fmt::format(
        "max_tokens: {} > {}, which is the maximum allowed number of output tokens for {}", *limit,
        model.max_output, model.id));
  }
  return std::nullopt;
}

bool high_effort(const json::object& body) {
  const json::object* config = object_at(body, "output_config");
  if (config == nullptr) return false;
  const std::string_view effort = text_at(*config, "effort");
  return effort == "xhigh" || effort == "max";
}

Refusal check_thinking(const json::object& body, const Model& model) {
  const json::value* value = body.if_contains("thinking");
  if (value == nullptr) return std::nullopt;
  const json::object* thinking = value->if_object();
  if (thinking == nullptr) return invalid("thinking: Input should be an object");
  const std::string_view type = text_at(*thinking, "type");
  const ThinkingModes& modes = model.thinking;
  if (type == "adaptive") {
    if (!modes.adaptive) {
      return invalid(fmt::format("adaptive thinking is not supported on {}", model.id));
    }
  } else if (type == "between_tools") {
    if (!modes.between_tools) {
      return invalid(fmt::format("thinking.type.between_tools is not supported for {}", model.id));
    }
  } else if (type == "disabled") {
    if (!modes.disabled || (model.id == "claude-opus-5" && high_effort(body))) {
      return invalid(fmt::format("thinking cannot be disabled for {}", model.id));
    }
  } else if (type == "enabled") {
    if (!modes.enabled) {
      return invalid(fmt::format("thinking.type.enabled is not supported for {}", model.id));
    }
    const std::optional<std::int64_t> budget = integer_at(*thinking, "budget_tokens");
    if (!budget) return invalid("thinking.enabled.budget_tokens: Field required");
    if (*budget < 1024) {
      return invalid("thinking.enabled.budget_tokens: Input should be at least 1024");
    }
    const std::optional<std::int64_t> limit = integer_at(body, "max_tokens");
    if (limit && *budget >= *limit) {
      return invalid("`max_tokens` must be greater than `thinking.budget_tokens`");
    }
  } else {
    return invalid(
        "thinking.type: Input should be 'adaptive', 'enabled', 'disabled' or 'between_tools'");
  }
  return std::nullopt;
}

Refusal check_tools(const json::object& body) {
  const json::value* value = body.if_contains("tools");
  if (value == nullptr) return std::nullopt;
  const json::array* tools = value->if_array();
  if (tools == nullptr) return invalid("tools: Input should be a valid list");
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < tools->size(); ++i) {
    const json::object* tool = (*tools)[i].if_object();
    if (tool == nullptr) return invalid(fmt::format("tools.{}: Input should be an object", i));
    const std::string_view name = text_at(*tool, "name");
    if (name.empty()) return invalid(fmt::format("tools.{}.name: Field required", i));
    if (!names.insert(name).second) return invalid("tools: Tool names must be unique.");
    const std::string_view type = text_at(*tool, "type");
    if (!type.empty() && type != "custom") continue;  // a server tool brings its own schema
    const json::object* schema = object_at(*tool, "input_schema");
    if (schema == nullptr || text_at(*schema, "type") != "object") {
      return invalid(fmt::format("tools.{}.custom.input_schema.type: Field required", i));
    }
    if (bool_at(*tool, "strict").value_or(false)) {
      if (Refusal wrong = refusal_of_schema(*tool->if_contains("input_schema"))) return wrong;
    }
  }
  const json::object* choice = object_at(body, "tool_choice");
  if (choice != nullptr && text_at(*choice, "type") == "tool" &&
      !names.contains(text_at(*choice, "name"))) {
    return invalid(fmt::format("Tool '{}' not found in provided tools", text_at(*choice, "name")));
  }
  return std::nullopt;
}

Refusal check_tool_choice(const json::object& body, const Model& model) {
  const json::object* choice = object_at(body, "tool_choice");
  if (choice == nullptr) return std::nullopt;
  const std::string_view type = text_at(*choice, "type");
  if (type != "auto" && type != "any" && type != "tool" && type != "none") {
    return invalid("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'");
  }
  if (type == "auto" || type == "none") return std::nullopt;
  if (!body.contains("tools")) return invalid("tool_choice may only be specified with tools");
  if (!model.forced_tools) {
    return invalid(fmt::format("tool_choice.{} is not supported for {}", type, model.id));
  }
  const json::object* thinking = object_at(body, "thinking");
  if (thinking != nullptr && text_at(*thinking, "type") == "enabled") {
    return invalid("Thinking may not be enabled when tool_choice forces tool use.");
  }
  return std::nullopt;
}

Refusal check_output(const json::object& body) {
  if (const json::object* config = object_at(body, "output_config")) {
    static const std::set<std::string_view> efforts = {"low", "medium", "high", "xhigh", "max"};
    const json::value* effort = config->if_contains("effort");
    if (effort != nullptr && !effort->is_null() && !efforts.contains(text_at(*config, "effort"))) {
      return invalid(
          "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'");
    }
    const json::object* format = object_at(*config, "format");
    if (format != nullptr && text_at(*format, "type") != "json_schema") {
      return invalid("output_config.format.type: Input should be 'json_schema'");
    }
    if (format != nullptr && !format->contains("schema")) {
      return invalid("output_config.format.schema: Field required");
    }
  }
  const json::value* schema = output_schema(body);
  return schema == nullptr ? std::nullopt : refusal_of_schema(*schema);
}

// max_tokens 0 only warms the cache, so it cannot go with what needs an answer.
Refusal check_prewarm(const json::object& body) {
  if (integer_at(body, "max_tokens") != 0) return std::nullopt;
  if (bool_at(body, "stream").value_or(false))
    return invalid("max_tokens: 0 is not supported with stream");
  const json::object* thinking = object_at(body, "thinking");
  if (thinking != nullptr && text_at(*thinking, "type") == "enabled") {
    return invalid("max_tokens: 0 is not supported with thinking.type.enabled");
  }
  if (output_schema(body) != nullptr) {
    return invalid("max_tokens: 0 is not supported with output_config.format");
  }
  const json::object* choice = object_at(body, "tool_choice");
  if (choice != nullptr &&
      (text_at(*choice, "type") == "any" || text_at(*choice, "type") == "tool")) {
    return invalid("max_tokens: 0 is not supported with a forced tool_choice");
  }
  return std::nullopt;
}

// What makes no sense where nobody waits for the answer.
Refusal check_batch_item(const json::object& body) {
  if (bool_at(body, "stream").value_or(false)) return invalid("stream: not supported in a batch");
  if (value_at(body, "speed") != nullptr) return invalid("speed: not supported in a batch");
  if (integer_at(body, "max_tokens") == 0) {
    return invalid("max_tokens: 0 is not supported in a batch");
  }
  return std::nullopt;
}

Refusal check_region_and_speed(const json::object& body, const Model& model) {
  const std::string_view geography = text_at(body, "inference_geo");
  if (!geography.empty() && geography != "global" && geography != "us") {
    return invalid("inference_geo: Input should be 'global' or 'us'");
  }
  if (geography == "us" && !model.us_geography) {
    return invalid(fmt::format("inference_geo: not supported for {}", model.id));
  }
  if (text_at(body, "speed") == "fast" && model.id == "claude-opus-4-7") {
    return invalid(fmt::format("speed: fast is not supported for {}", model.id));
  }
  return std::nullopt;
}

}  // namespace

std::optional<ApiError> refusal(const json::object& body, Endpoint endpoint,
                                std::string_view version) {
  if (Refusal wrong = check_fields(body, endpoint, version)) return wrong;
  const json::value* name = body.if_contains("model");
  if (name == nullptr) return invalid("model: Field required");
  const Model* model = find_model(text_at(body, "model"));
  if (model == nullptr) {
    return ApiError{.status = 404,
                    .type = "not_found_error",
                    .message = fmt::format("model: {}", text_at(body, "model"))};
  }
  if (endpoint == Endpoint::kBatchItem) {
    if (Refusal wrong = check_batch_item(body)) return wrong;
  }
  if (endpoint != Endpoint::kCountTokens) {
    if (Refusal wrong = check_max_tokens(body, *model)) return wrong;
    if (Refusal wrong = check_sampling(body, *model)) return wrong;
    if (Refusal wrong = check_prewarm(body)) return wrong;
  }
  if (Refusal wrong = refusal_of_messages(body, *model, version)) return wrong;
  if (Refusal wrong = check_thinking(body, *model)) return wrong;
  if (Refusal wrong = check_tools(body)) return wrong;
  if (Refusal wrong = check_tool_choice(body, *model)) return wrong;
  if (Refusal wrong = check_output(body)) return wrong;
  if (Refusal wrong = check_region_and_speed(body, *model)) return wrong;
  return refusal_of_cache_marks(body);
}

std::optional<ApiError> too_long(const Model& model, std::int64_t prompt_tokens) {
  if (prompt_tokens <= model.context) return std::nullopt;
  return invalid(
      fmt::format("prompt is too long: {} tokens > {} maximum", prompt_tokens, model.context));
}

}  // namespace baton::mock_api
