#include "app/settings.h"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <cstdlib>

#include "app/files.h"
#include "base/embedded.h"
#include "base/json_fields.h"

namespace baton {
namespace {

namespace json = boost::json;

struct Profile {
  std::string_view name;
  TierModels models;
};

const std::array<Profile, 2>& profiles() {
  static const std::array<Profile, 2> all = {{
      {"default", {"claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-4-7"}},
      {"5.5", {"claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"}},
  }};
  return all;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// By the XDG rules, which ignore relative paths. Nothing rather than a relative path without a
// HOME: that could lie in what is reviewed.
std::optional<std::filesystem::path> xdg(const char* variable, const char* fallback) {
  const std::filesystem::path given = environment(variable);
  if (given.is_absolute()) return given / "baton";
  const std::optional<std::filesystem::path> home = home_folder();
  if (home) return *home / fallback / "baton";
  return std::nullopt;
}

Status add_user_checkers(std::vector<Checker>& checkers) {
  const std::optional<std::filesystem::path> folder = config_folder();
  std::error_code error;
  if (!folder || !std::filesystem::is_directory(*folder / "checkers", error)) return {};
  for (const auto& entry : std::filesystem::directory_iterator(*folder / "checkers", error)) {
    if (entry.path().extension() != ".toml") continue;
    const Result<std::string> text = read_file(entry.path());
    if (!text) return text.error();
    Result<Checker> checker = parse_checker(*text, entry.path().string());
    if (!checker) return checker.error();
    std::erase_if(checkers, [&](const Checker& c) { return c.name == checker->name; });
    checkers.push_back(std::move(*checker));
  }
  return {};
}

int number_at(const json::object& object, std::string_view key, int otherwise) {
  return static_cast<int>(integer_at(object, key).value_or(otherwise));
}

// ---- caps and limits, as a run's request keeps them ----

json::object write_caps(const Caps& caps) {
  json::object object;
  const auto put = [&](std::string_view key, const std::optional<Money>& cap) {
    if (cap) object[key] = cap->to_string();
  };
  put("call", caps.call);
  put("attempt", caps.attempt);
  put("task", caps.task);
  put("day", caps.day);
  json::object worker;
  for (const auto& [type, cap] : caps.worker) worker[type] = cap.to_string();
  object["worker"] = std::move(worker);
  return object;
}

Status read_caps(const json::object& request, Caps& caps) {
  const json::value* found = request.if_contains("caps");
  if (found == nullptr || !found->is_object()) return {};
  const json::object& object = found->get_object();
  for (const auto& [key, cap] : {std::pair("call", &caps.call), std::pair("attempt", &caps.attempt),
                                 std::pair("task", &caps.task), std::pair("day", &caps.day)}) {
    if (text_at(object, key).empty()) continue;
    const Result<Money> amount = Money::parse(text_at(object, key));
    if (!amount) return amount.error();
    *cap = *amount;
  }
  const json::value* worker = object.if_contains("worker");
  if (worker == nullptr || !worker->is_object()) return {};
  for (const auto& entry : worker->get_object()) {
    const std::string type(entry.key());
    const Result<Money> amount = Money::parse(text_at(worker->get_object(), type));
    if (!amount) return amount.error();
    caps.worker[type] = *amount;
  }
  return {};
}

json::object write_limits(const Limits& limits) {
  json::object object;
  if (limits.turns) object["turns"] = *limits.turns;
  if (limits.tokens) object["tokens"] = limits.tokens->count();
  if (limits.wall) object["wall"] = limits.wall->count();
  return object;
}

Limits read_limits(const json::object& request) {
  Limits limits;
  const json::value* found = request.if_contains("limits");
  if (found == nullptr || !found->is_object()) return limits;
  const json::object& object = found->get_object();
  limits.turns = integer_at(object, "turns");
  if (const auto tokens = integer_at(object, "tokens")) limits.tokens = Tokens(*tokens);
  if (const auto wall = integer_at(object, "wall")) limits.wall = Millis(*wall);
  return limits;
}

}  // namespace

Result<TierModels> profile_models(std::string_view name) {
  for (const Profile& profile : profiles()) {
    if (profile.name == name) return profile.models;
  }
  return usage_error(fmt::format("there is no profile '{}': expected default or 5.5", name));
}

Result<std::filesystem::path> state_folder(const std::string& option) {
  if (!option.empty()) return std::filesystem::path(option);
  if (const std::string set = environment("BATON_STATE"); !set.empty())
    return std::filesystem::path(set);
  if (auto folder = xdg("XDG_STATE_HOME", ".local/state")) return std::move(*folder);
  return usage_error(
      "no place for the state: HOME is not set to an absolute path; give --state DIR or set "
      "BATON_STATE");
}

std::optional<std::filesystem::path> config_folder() {
  return xdg("XDG_CONFIG_HOME", ".config");
}

std::optional<std::filesystem::path> home_folder() {
  std::filesystem::path home = environment("HOME");
  if (!home.is_absolute()) return std::nullopt;
  return home;
}

Result<DataFile> user_file(const std::string& given, std::string_view name) {
  std::filesystem::path path = given;
  if (given.empty()) {
    const std::optional<std::filesystem::path> folder = config_folder();
    std::error_code error;
    if (!folder || !std::filesystem::is_regular_file(*folder / name, error)) return DataFile();
    path = *folder / name;
  }
  Result<std::string> text = read_file(path);
  if (!text) return text.error();
  return DataFile{path.string(), std::move(*text)};
}

std::string write_request(const RunRequest& request) {
  json::object object{{"fast", request.models[Tier::kFast]},
                      {"balanced", request.models[Tier::kBalanced]},
                      {"deep", request.models[Tier::kDeep]},
                      {"parallel", request.parallel},
                      {"max_tasks", request.max_tasks},
                      {"caps", write_caps(request.caps)},
                      {"limits", write_limits(request.limits)},
                      {"folder", request.folder},
                      {"project", request.project},
                      {"mode", request.mode},
                      {"effort", request.effort},
                      {"batch", request.batch},
                      {"batch_poll", request.batch_poll.count()},
                      {"local", request.local},
                      {"fail_on", request.fail_on},
                      {"format", request.format},
                      {"output", request.output},
                      {"prices", request.prices},
                      {"task_types", request.task_types}};
  if (request.budget) object["budget"] = request.budget->to_string();
  return json::serialize(object);
}

Result<RunRequest> read_request(std::string_view text) {
  const Result<json::object> object = parse_object(text, "what the run was asked with");
  if (!object) return object.error();
  const auto text_of = [&](std::string_view key) { return std::string(text_at(*object, key)); };
  RunRequest request;
  request.models = {text_of("fast"), text_of("balanced"), text_of("deep")};
  request.parallel = number_at(*object, "parallel", request.parallel);
  request.max_tasks = number_at(*object, "max_tasks", request.max_tasks);
  request.folder = text_of("folder");
  request.project = text_of("project");
  if (!text_of("mode").empty()) request.mode = text_of("mode");
  request.effort = text_of("effort");
  request.batch = bool_at(*object, "batch").value_or(false);
  request.batch_poll = Millis(integer_at(*object, "batch_poll").value_or(60'000));
  if (Status read = read_caps(*object, request.caps); !read) return read.error();
  request.limits = read_limits(*object);
  request.local = bool_at(*object, "local").value_or(false);
  request.fail_on = text_of("fail_on");
  request.format = text_of("format");
  request.output = text_of("output");
  request.prices = text_of("prices");
  request.task_types = text_of("task_types");
  request.budget.reset();
  if (const std::string_view budget = text_at(*object, "budget"); !budget.empty()) {
    Result<Money> amount = Money::parse(budget);
    if (!amount) return amount.error();
    request.budget = *amount;
  }
  return request;
}

Result<Tables> load_tables(const std::string& prices, const std::string& types) {
  const Result<DataFile> own_prices = user_file(prices, "prices.toml");
  if (!own_prices) return own_prices.error();
  Result<Catalog> catalog =
      Catalog::parse(*embedded_file("catalog/models.toml"), own_prices->text, own_prices->name);
  if (!catalog) return catalog.error();
  const Result<DataFile> own_types = user_file(types, "task_types.toml");
  if (!own_types) return own_types.error();
  Result<TaskTypes> table = TaskTypes::parse(*embedded_file("workflows/task_types.toml"),
                                             own_types->text, own_types->name);
  if (!table) return table.error();
  const Result<DataFile> own_words = user_file("", "review.toml");
  if (!own_words) return own_words.error();
  Result<ReviewWords> words = ReviewWords::laid_over_builtin(own_words->text, own_words->name);
  if (!words) return words.error();
  Result<std::vector<Checker>> checkers = builtin_checkers();
  if (!checkers) return checkers.error();
  if (Status added = add_user_checkers(*checkers); !added) return added.error();
  return Tables{std::move(*catalog), std::move(*table), std::move(*words), std::move(*checkers)};
}

}  // namespace baton
