#include "sprint_plan.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <string>

#include "base/json_fields.h"

namespace baton {
namespace {

namespace json = boost::json;

class Reader {
 public:
  explicit Reader(const json::object& object) : object_(object) {}

  std::int64_t count(std::string_view key) {
    const auto number = integer_at(object_, key);
    if (!number || *number < 0) wrong(key, "a whole number, zero or more");
    return number.value_or(0);
  }
  Tokens tokens(std::string_view key) { return Tokens(count(key)); }
  bool flag(std::string_view key) {
    const auto value = bool_at(object_, key);
    if (!value) wrong(key, "true or false");
    return value.value_or(false);
  }
  template <typename Value>
  Value named(std::string_view key, std::optional<Value> (*value_from)(std::string_view)) {
    const std::optional<Value> value = value_from(text_at(object_, key));
    if (!value) wrong(key, "a known name");
    return value.value_or(Value());
  }
  const std::string& complaint() const { return complaint_; }

 private:
  void wrong(std::string_view key, std::string_view expected) {
    if (complaint_.empty())
      complaint_ = fmt::format("the plan's '{}' is missing or not {}", key, expected);
  }

  const json::object& object_;
  std::string complaint_;
};

}  // namespace

Result<SprintPlan> read_sprint_plan(std::string_view text) {
  const Result<json::object> object = parse_object(text, "the plan");
  if (!object) return object.error();
  Reader read(*object);
  SprintPlan plan;
  plan.shared = read.tokens("shared");
  plan.growth = read.tokens("growth");
  plan.max_output = read.tokens("max_output");
  plan.cache = read.flag("cache");
  plan.gate = Millis(read.count("gate_ms"));
  plan.gap = Millis(read.count("gap_ms"));
  std::string complaint = read.complaint();
  each_object_at(*object, "agents", [&](const json::object& entry) {
    Reader one(entry);
    SprintAgents agents;
    agents.role = one.named("role", role_from);
    agents.tier = one.named("tier", tier_from);
    agents.count = static_cast<int>(one.count("count"));
    agents.loops = one.flag("loops");
    agents.prefix = one.tokens("prefix");
    agents.checked = static_cast<int>(one.count("checked"));
    agents.batch = one.flag("batch");
    if (complaint.empty()) complaint = one.complaint();
    plan.agents.push_back(agents);
  });
  if (!complaint.empty()) return input_error(std::move(complaint));
  if (plan.agents.empty()) return input_error("the plan has no 'agents'");
  return plan;
}

}  // namespace baton
