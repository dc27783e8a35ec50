#include "workflow/agent_input.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/json_fields.h"
#include "workflow/plan_fields.h"

namespace baton {
namespace json = boost::json;
namespace {

// ---- recipes ----

void put(json::object& object, std::string_view key, std::optional<std::int64_t> number) {
  if (number) object[key] = *number;
}

std::optional<std::int64_t> count_of(std::optional<Tokens> tokens) {
  if (!tokens) return std::nullopt;
  return tokens->count();
}

std::optional<Tokens> tokens_at(const json::object& object, std::string_view key) {
  const auto count = integer_at(object, key);
  if (!count) return std::nullopt;
  return Tokens(*count);
}

json::object write_row(const RoleRow& row) {
  json::object object{
      {"worker", row.worker}, {"max_output", row.max_output.count()}, {"effort", row.effort}};
  if (row.tier) object["tier"] = to_string(*row.tier);
  put(object, "context", count_of(row.context));
  put(object, "turns", row.limits.turns);
  put(object, "tokens", count_of(row.limits.tokens));
  if (row.limits.wall) object["wall_ms"] = row.limits.wall->count();
  return object;
}

RoleRow read_row(const json::object* object) {
  RoleRow row;
  if (object == nullptr) return row;
  row.worker = text_at(*object, "worker");
  row.tier = tier_from(text_at(*object, "tier"));
  row.context = tokens_at(*object, "context");
  row.max_output = tokens_at(*object, "max_output").value_or(row.max_output);
  row.effort = text_at(*object, "effort");
  row.limits.turns = integer_at(*object, "turns");
  row.limits.tokens = tokens_at(*object, "tokens");
  if (const auto wall = integer_at(*object, "wall_ms")) row.limits.wall = Millis(*wall);
  return row;
}

// Keys and texts of a recipe's words, for writing and reading alike.
template <typename Words, typename See>
void each_word(Words& words, const See& see) {
  see("rules", words.rules);
  see("no_commands", words.no_commands);
  see("clean_up", words.clean_up);
  see("review", words.review);
  see("fix", words.fix);
  see("integrate", words.integrate);
  see("writer_schema", words.writer_schema);
  see("reviewer_schema", words.reviewer_schema);
  see("other_schema", words.other_schema);
}

json::object write_recipe(const Recipe& recipe) {
  json::object words;
  each_word(recipe.words,
            [&](std::string_view key, const std::string& text) { words[key] = text; });
  json::array roles;
  for (const RoleRow& row : recipe.roles) roles.push_back(write_row(row));
  json::object object{{"name", recipe.name},
                      {"plan", recipe.plan_system},
                      {"plan_schema", recipe.plan_schema},
                      {"words", std::move(words)},
                      {"planner", write_row(recipe.planner)},
                      {"roles", std::move(roles)},
                      {"any_worker", recipe.any_worker},
                      {"other", write_row(recipe.other)},
                      {"review_rounds", recipe.review_rounds},
                      {"mend_from", to_string(recipe.mend_from)},
                      {"fix", write_row(recipe.fix)},
                      {"integrator", write_row(recipe.integrator)}};
  if (recipe.clean_up) object["clean_up"] = write_row(*recipe.clean_up);
  if (recipe.review) object["review"] = write_row(*recipe.review);
  return object;
}

Recipe read_recipe_json(const json::object* object) {
  Recipe recipe;
  if (object == nullptr) return recipe;
  recipe.name = text_at(*object, "name");
  recipe.plan_system = text_at(*object, "plan");
  recipe.plan_schema = text_at(*object, "plan_schema");
  const json::object* words = object_at(*object, "words");
  each_word(recipe.words,
            [&](std::string_view key, std::string& text) { text = text_at(words, key); });
  recipe.planner = read_row(object_at(*object, "planner"));
  each_object_at(*object, "roles",
                 [&](const json::object& row) { recipe.roles.push_back(read_row(&row)); });
  recipe.any_worker = bool_at(*object, "any_worker").value_or(false);
  recipe.other = read_row(object_at(*object, "other"));
  recipe.review_rounds = static_cast<int>(
      std::clamp<std::int64_t>(integer_at(*object, "review_rounds").value_or(0), 0, 1'000));
  recipe.mend_from = severity_from(text_at(*object, "mend_from")).value_or(recipe.mend_from);
  recipe.fix = read_row(object_at(*object, "fix"));
  recipe.integrator = read_row(object_at(*object, "integrator"));
  if (const json::object* row = object_at(*object, "clean_up")) recipe.clean_up = read_row(row);
  if (const json::object* row = object_at(*object, "review")) recipe.review = read_row(row);
  return recipe;
}

// ---- workers and skills ----

json::object write_worker(const Worker& worker) {
  json::object object{{"name", worker.name},
                      {"description", worker.description},
                      {"instructions", worker.instructions},
                      {"tools", array_of(worker.tools)},
                      {"model", worker.model},
                      {"effort", worker.effort},
                      {"skills", array_of(worker.skills)},
                      {"omits_project_instructions", worker.omits_project_instructions},
                      {"source", worker.source},
                      {"notes", array_of(worker.notes)}};
  if (worker.tier) object["tier"] = to_string(*worker.tier);
  if (worker.max_turns) object["max_turns"] = *worker.max_turns;
  put(object, "context", count_of(worker.context));
  return object;
}

Worker read_worker_json(const json::object& object) {
  Worker worker;
  worker.name = text_at(object, "name");
  worker.description = text_at(object, "description");
  worker.instructions = text_at(object, "instructions");
  worker.tools = texts_at(object, "tools");
  worker.tier = tier_from(text_at(object, "tier"));
  worker.model = text_at(object, "model");
  worker.effort = text_at(object, "effort");
  if (const auto turns = integer_at(object, "max_turns")) {
    worker.max_turns = static_cast<int>(std::clamp<std::int64_t>(*turns, 1, 1'000'000));
  }
  worker.context = tokens_at(object, "context");
  worker.skills = texts_at(object, "skills");
  worker.omits_project_instructions = bool_at(object, "omits_project_instructions").value_or(false);
  worker.source = text_at(object, "source");
  worker.notes = texts_at(object, "notes");
  return worker;
}

json::object write_skill(const Skill& skill) {
  return {{"name", skill.name},          {"description", skill.description},
          {"body", skill.body},          {"folder", skill.folder.string()},
          {"source", skill.source},      {"notes", array_of(skill.notes)},
          {"is_listed", skill.is_listed}};
}

Skill read_skill_json(const json::object& object) {
  Skill skill;
  skill.name = text_at(object, "name");
  skill.description = text_at(object, "description");
  skill.body = text_at(object, "body");
  skill.folder = std::string(text_at(object, "folder"));
  skill.source = text_at(object, "source");
  skill.notes = texts_at(object, "notes");
  skill.is_listed = bool_at(object, "is_listed").value_or(true);
  return skill;
}

}  // namespace

const Worker* AgentInput::find_worker(std::string_view name) const {
  const auto found = std::find_if(workers.begin(), workers.end(),
                                  [&](const Worker& worker) { return worker.name == name; });
  return found == workers.end() ? nullptr : &*found;
}

std::string write_agent_input(const AgentInput& input) {
  json::array workers, skills;
  for (const Worker& worker : input.workers) workers.push_back(write_worker(worker));
  for (const Skill& skill : input.skills) skills.push_back(write_skill(skill));
  return json::serialize(json::object{{"request", input.request},
                                      {"base", input.base},
                                      {"branch", input.branch},
                                      {"map", input.map},
                                      {"repository_tokens", input.repository.count()},
                                      {"instructions", input.instructions},
                                      {"facts", array_of(input.facts)},
                                      {"commands", input.commands},
                                      {"pdf", input.pdf},
                                      {"recipe", write_recipe(input.recipe)},
                                      {"workers", std::move(workers)},
                                      {"skills", std::move(skills)}});
}

Result<AgentInput> read_agent_input(std::string_view text) {
  const Result<json::object> object = parse_object(text, "the input of the run");
  if (!object) return object.error();
  AgentInput input;
  input.request = text_at(*object, "request");
  input.base = text_at(*object, "base");
  if (input.base.empty()) return input_error("the input of the run names no commit");
  input.branch = text_at(*object, "branch");
  input.map = text_at(*object, "map");
  input.repository = tokens_at(*object, "repository_tokens").value_or(Tokens());
  input.instructions = text_at(*object, "instructions");
  input.facts = texts_at(*object, "facts");
  input.commands = bool_at(*object, "commands").value_or(false);
  input.pdf = bool_at(*object, "pdf").value_or(false);
  input.recipe = read_recipe_json(object_at(*object, "recipe"));
  each_object_at(*object, "workers", [&](const json::object& worker) {
    input.workers.push_back(read_worker_json(worker));
  });
  each_object_at(*object, "skills", [&](const json::object& skill) {
    input.skills.push_back(read_skill_json(skill));
  });
  return input;
}

}  // namespace baton
