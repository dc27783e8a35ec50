#include "workflow/task_types.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/embedded.h"

namespace baton {
namespace {

constexpr std::string_view kFile = "workflows/task_types.toml";

Error wrong(std::string_view file, const toml::node& node, std::string_view what) {
  return input_error(fmt::format("{}:{}: {}", file, node.source().begin.line, what));
}

Result<TaskType> read_type(std::string_view file, const toml::table& row) {
  TaskType type;
  const auto name = row["name"].value<std::string>();
  if (!name || name->empty()) return wrong(file, row, "a [[type]] needs a name");
  type.name = *name;
  const auto tier = tier_from(row["tier"].value_or(std::string_view()));
  if (!tier || *tier == Tier::kLocal)
    return wrong(file, row, "tier must be fast, balanced or deep");
  type.tier = *tier;
  const auto role = role_from(row["role"].value_or(std::string_view("worker")));
  if (!role) return wrong(file, row, "role must be worker or orchestrator");
  type.role = *role;
  const auto output = row["max_output"].value<std::int64_t>();
  if (!output || *output < 256 || *output > 128'000) {
    return wrong(file, row, "max_output must be a number of tokens from 256 to 128000");
  }
  type.max_output = Tokens(*output);
  type.effort = row["effort"].value_or(std::string());
  if (row.contains("effort") && !is_effort(type.effort))
    return wrong(file, row, "effort must be low, medium, high, xhigh or max");
  type.looks_for = row["looks_for"].value_or(std::string());
  return type;
}

Status read_into(std::vector<TaskType>& types, std::string_view toml, std::string_view file) {
  toml::table table;
  try {
    table = toml::parse(toml, file);
  } catch (const toml::parse_error& error) {
    return input_error(
        fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
  }
  const toml::array* rows = table["type"].as_array();
  if (rows == nullptr) return input_error(fmt::format("{}: there is no [[type]]", file));
  for (const toml::node& node : *rows) {
    const toml::table* row = node.as_table();
    if (row == nullptr) return wrong(file, node, "type must be a list of tables: [[type]]");
    Result<TaskType> type = read_type(file, *row);
    if (!type) return type.error();
    const auto same = std::find_if(types.begin(), types.end(),
                                   [&](const TaskType& t) { return t.name == type->name; });
    if (same == types.end()) {
      types.push_back(*type);
    } else {
      *same = *type;
    }
  }
  return {};
}

}  // namespace

bool is_effort(std::string_view word) {
  constexpr std::array<std::string_view, 5> kAll = {"low", "medium", "high", "xhigh", "max"};
  return std::find(kAll.begin(), kAll.end(), word) != kAll.end();
}

Result<TaskTypes> TaskTypes::parse(std::string_view toml, std::string_view overrides,
                                   std::string_view overrides_name) {
  TaskTypes table;
  if (Status status = read_into(table.types_, toml, kFile); !status) return status.error();
  if (!overrides.empty()) {
    if (Status status = read_into(table.types_, overrides, overrides_name); !status)
      return status.error();
  }
  for (const std::string_view needed :
       {"task_decomposition", "result_synthesis", "direct_review"}) {
    if (table.find(needed) == nullptr)
      return input_error(fmt::format("{}: the type {} is missing", kFile, needed));
  }
  return table;
}

const TaskTypes& TaskTypes::builtin() {
  static const TaskTypes table = [] {
    Result<TaskTypes> parsed = parse(*embedded_file(kFile));
    BATON_CHECK(parsed.ok());
    return *parsed;
  }();
  return table;
}

const TaskType* TaskTypes::find(std::string_view name) const {
  const auto found =
      std::find_if(types_.begin(), types_.end(), [&](const TaskType& t) { return t.name == name; });
  return found == types_.end() ? nullptr : &*found;
}

TaskType TaskTypes::route(std::string_view name, bool clear_rubric) const {
  const TaskType* known = find(name);
  if (known != nullptr && known->role == Role::kWorker) return *known;
  TaskType type;
  type.name = name;
  type.tier = clear_rubric ? Tier::kFast : Tier::kDeep;
  type.max_output = Tokens(clear_rubric ? 3'000 : 6'000);
  type.effort = clear_rubric ? "low" : "high";
  return type;
}

}  // namespace baton
