#include "mock_api/script.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <boost/json.hpp>
#include <set>

#include "base/json_fields.h"

namespace baton::mock_api {

namespace json = boost::json;

struct Script::Rule {
  std::string model;
  std::string contains;
  std::unique_ptr<RE2> regex;
  std::optional<std::int64_t> request;
  std::optional<bool> streamed;
  std::optional<bool> batch;
  std::optional<std::int64_t> tool_results;
  std::int64_t uses_left = -1;  // -1: any number
  ScriptedAnswer answer;

  bool matches(const ScriptQuery& query) const {
    if (uses_left == 0) return false;
    if (!model.empty() && model != query.model) return false;
    if (request && *request != query.request) return false;
    if (streamed && *streamed != query.streamed) return false;
    if (batch && *batch != query.batch) return false;
    if (tool_results && *tool_results != query.tool_results) return false;
    if (!contains.empty() && query.prompt.find(contains) == query.prompt.npos) return false;
    return !regex || RE2::PartialMatch({query.prompt.data(), query.prompt.size()}, *regex);
  }
};

struct Script::Rules {
  std::vector<Rule> list;
};

namespace {

std::optional<double> number_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

Status only_known(const json::object& object, const std::set<std::string_view>& known,
                  std::string_view where) {
  for (const auto& [name, value] : object) {
    if (!known.contains(name)) {
      return input_error(
          fmt::format("script: {}: unknown field '{}'", where, std::string_view(name)));
    }
  }
  return {};
}

ApiError error_from(const json::object& answer, int status) {
  ApiError error = plain_error(status);
  if (const json::object* given = object_at(answer, "error")) {
    if (!text_at(*given, "type").empty()) error.type = text_at(*given, "type");
    if (!text_at(*given, "message").empty()) error.message = text_at(*given, "message");
    error.code = text_at(*given, "code");
  }
  if (const auto seconds = integer_at(answer, "retry_after")) {
    error.retry_after = static_cast<int>(*seconds);
  }
  return error;
}

Status read_break(const json::object& answer, ScriptedAnswer& out, std::string_view where) {
  const json::value* kind = answer.if_contains("break");
  out.break_at = number_at(answer, "break_at");
  if (kind == nullptr) return {};
  const std::string_view name = text_at(answer, "break");
  if (name == "cut") {
    out.breaks = Delivery::Break::kCut;
  } else if (name == "malformed") {
    out.breaks = Delivery::Break::kMalformed;
  } else if (name.ends_with("_error")) {
    out.breaks = Delivery::Break::kErrorEvent;
    out.event_error_type = name;
  } else {
    return input_error(
        fmt::format("script: {}: break must be \"cut\", \"malformed\" or an error type such as "
                    "\"overloaded_error\"",
                    where));
  }
  return {};
}

// One call, or an array of those made in one turn. Without an input, one that fits the first one's
// schema is made up.
void read_calls(const json::object& answer, ScriptedAnswer& out) {
  const auto read = [&](const json::object& tool) {
    const json::value* input = tool.if_contains("input");
    std::string text = input == nullptr ? std::string() : json::serialize(*input);
    if (out.tool_name.empty()) {
      out.tool_name = text_at(tool, "name");
      if (input != nullptr) out.text = std::move(text);
    } else {
      out.more_calls.push_back(
          {std::string(text_at(tool, "name")), text.empty() ? "{}" : std::move(text)});
    }
  };
  if (const json::object* tool = object_at(answer, "tool_use")) read(*tool);
  each_object_at(answer, "tool_use", read);
}

Status read_answer(const json::object& answer, ScriptedAnswer& out, std::string_view where) {
  static const std::set<std::string_view> known = {
      "text",   "json",  "tool_use",    "stop_reason", "refusal_category",
      "status", "error", "retry_after", "latency_ms",  "stream_seconds",
      "deltas", "break", "break_at",    "tool_turns",  "output_tokens"};
  if (Status status = only_known(answer, known, where); !status) return status;
  if (const auto status = integer_at(answer, "status"); status && *status != 200) {
    if (*status < 400 || *status > 599) {
      return input_error(fmt::format("script: {}: status {} is no error status", where, *status));
    }
    out.error = error_from(answer, static_cast<int>(*status));
  }
  if (answer.contains("text")) out.text = std::string(text_at(answer, "text"));
  if (const json::value* value = answer.if_contains("json")) out.text = json::serialize(*value);
  read_calls(answer, out);
  out.stop_reason = text_at(answer, "stop_reason");
  if (answer.contains("refusal_category")) {
    out.refusal_category = std::string(text_at(answer, "refusal_category"));
  }
  if (const auto ms = number_at(answer, "latency_ms")) {
    out.latency = Millis(static_cast<std::int64_t>(*ms));
  }
  if (const auto seconds = number_at(answer, "stream_seconds")) {
    out.stream_length = Millis(static_cast<std::int64_t>(*seconds * 1000));
  }
  out.tool_turns = static_cast<int>(integer_at(answer, "tool_turns").value_or(0));
  out.output_tokens = integer_at(answer, "output_tokens").value_or(0);
  out.deltas = static_cast<int>(integer_at(answer, "deltas").value_or(0));
  return read_break(answer, out, where);
}

}  // namespace

Script::Script() : rules_(std::make_unique<Rules>()) {}
Script::~Script() = default;
Script::Script(Script&&) noexcept = default;
Script& Script::operator=(Script&&) noexcept = default;

Result<Script> Script::parse(std::string_view text) {
  json::error_code failed;
  const json::value root = json::parse({text.data(), text.size()}, failed);
  if (failed) return input_error(fmt::format("script: no JSON: {}", failed.message()));
  const json::array* rules = root.is_object() ? array_at(root.get_object(), "rules") : nullptr;
  if (rules == nullptr) return input_error("script: expected an object with an array 'rules'");

  Script script;
  for (std::size_t i = 0; i < rules->size(); ++i) {
    const std::string where = fmt::format("rules[{}]", i);
    const json::object* object = (*rules)[i].if_object();
    const json::object* answer = object == nullptr ? nullptr : object_at(*object, "answer");
    if (answer == nullptr) return input_error(fmt::format("script: {}: needs an 'answer'", where));
    if (Status status = only_known(*object, {"match", "times", "answer"}, where); !status) {
      return status.error();
    }
    Rule rule;
    if (const json::object* match = object_at(*object, "match")) {
      const Status known = only_known(
          *match, {"model", "contains", "regex", "request", "stream", "batch", "tool_results"},
          where);
      if (!known) return known.error();
      rule.model = text_at(*match, "model");
      rule.contains = text_at(*match, "contains");
      rule.request = integer_at(*match, "request");
      if (match->contains("stream")) rule.streamed = bool_at(*match, "stream").value_or(false);
      rule.batch = bool_at(*match, "batch");
      rule.tool_results = integer_at(*match, "tool_results");
      if (match->contains("regex")) {
        const std::string_view regex = text_at(*match, "regex");
        rule.regex =
            std::make_unique<RE2>(re2::StringPiece(regex.data(), regex.size()), RE2::Quiet);
        if (!rule.regex->ok()) {
          return input_error(fmt::format("script: {}: regex: {}", where, rule.regex->error()));
        }
      }
    }
    rule.uses_left = integer_at(*object, "times").value_or(-1);
    if (Status status = read_answer(*answer, rule.answer, where); !status) return status.error();
    script.rules_->list.push_back(std::move(rule));
  }
  return script;
}

bool Script::empty() const {
  return rules_->list.empty();
}

const ScriptedAnswer* Script::next(const ScriptQuery& query) {
  for (Rule& rule : rules_->list) {
    if (!rule.matches(query)) continue;
    if (rule.uses_left > 0) --rule.uses_left;
    return &rule.answer;
  }
  return nullptr;
}

}  // namespace baton::mock_api
