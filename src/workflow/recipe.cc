#include "workflow/recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/check.h"
#include "base/embedded.h"
#include "base/json_fields.h"
#include "base/toml_file.h"
#include "workflow/task_types.h"

namespace baton {
namespace {

constexpr std::string_view kFolder = "workflows/";
constexpr std::string_view kShared = "workflows/agents.toml";
constexpr std::int64_t kMostTokens = 100'000'000;
constexpr std::size_t kLongestWords = 64 << 10;

// Every key that a file may have, of texts that stand beside the roles.
struct TextKey {
  std::string_view key;
  std::string& (*in)(Recipe& recipe);
  bool is_schema;
};

constexpr TextKey kTexts[] = {
    {"plan", [](Recipe& r) -> std::string& { return r.plan_system; }, false},
    {"plan_schema", [](Recipe& r) -> std::string& { return r.plan_schema; }, true},
    {"rules", [](Recipe& r) -> std::string& { return r.words.rules; }, false},
    {"no_commands", [](Recipe& r) -> std::string& { return r.words.no_commands; }, false},
    {"clean_up", [](Recipe& r) -> std::string& { return r.words.clean_up; }, false},
    {"review", [](Recipe& r) -> std::string& { return r.words.review; }, false},
    {"fix", [](Recipe& r) -> std::string& { return r.words.fix; }, false},
    {"integrate", [](Recipe& r) -> std::string& { return r.words.integrate; }, false},
    {"writer_schema", [](Recipe& r) -> std::string& { return r.words.writer_schema; }, true},
    {"reviewer_schema", [](Recipe& r) -> std::string& { return r.words.reviewer_schema; }, true},
    {"other_schema", [](Recipe& r) -> std::string& { return r.words.other_schema; }, true},
};

void read_texts(const TomlTable& table, Recipe& recipe) {
  for (const TextKey& text : kTexts) {
    if (!table.has(text.key)) continue;
    std::string& words = text.in(recipe);
    words = table.text(text.key, kLongestWords);
    // A schema is put into requests as it is.
    if (text.is_schema && !parse_object(words, text.key))
      table.fail_at(text.key, fmt::format("'{}' is not a JSON object", text.key));
  }
}

// What the table says of a row; the rest stays as it is.
void read_row(const TomlTable& table, RoleRow& row) {
  if (table.has("worker")) row.worker = table.text("worker", 64);
  if (table.has("tier")) {
    const auto tier = tier_from(table.text("tier"));
    if (!tier || *tier == Tier::kLocal)
      return table.fail_at("tier", "'tier' is fast, balanced or deep");
    row.tier = *tier;
  }
  if (const auto most = table.whole("context", 4'000, kMostTokens)) row.context = Tokens(*most);
  if (const auto most = table.whole("max_output", 256, 128'000)) row.max_output = Tokens(*most);
  if (table.has("effort")) {
    row.effort = table.text("effort");
    if (!is_effort(row.effort))
      table.fail_at("effort", "'effort' is low, medium, high, xhigh or max");
  }
  if (const auto turns = table.whole("turns", 1, 10'000)) row.limits.turns = *turns;
  if (const auto most = table.whole("tokens", 1'000, kMostTokens))
    row.limits.tokens = Tokens(*most);
  if (const auto minutes = table.whole("minutes", 1, 24 * 60))
    row.limits.wall = Millis::seconds(*minutes * 60);
}

RoleRow& role_named(Recipe& recipe, const std::string& worker) {
  const auto same = std::find_if(recipe.roles.begin(), recipe.roles.end(),
                                 [&](const RoleRow& row) { return row.worker == worker; });
  if (same != recipe.roles.end()) return *same;
  recipe.roles.push_back({});
  recipe.roles.back().worker = worker;
  return recipe.roles.back();
}

RoleRow& there(std::optional<RoleRow>& row) {
  if (!row) row.emplace();
  return *row;
}

// The row that a [[role]] speaks of, by what it is to the run.
RoleRow* row_of(const TomlTable& table, Recipe& recipe) {
  const std::string as = table.text("as");
  if (as == "planner") return &recipe.planner;
  if (as == "any") return &recipe.other;
  if (as == "clean_up") return &there(recipe.clean_up);
  if (as == "review") return &there(recipe.review);
  if (as == "fix") return &recipe.fix;
  if (as == "integrator") return &recipe.integrator;
  if (as == "work") return &role_named(recipe, table.text("worker", 64));
  table.fail_at("as", "'as' is planner, work, any, clean_up, review, fix or integrator");
  return nullptr;
}

void read_role(const TomlTable& table, Recipe& recipe) {
  table.only_keys(
      {"as", "worker", "tier", "context", "max_output", "effort", "turns", "tokens", "minutes"});
  RoleRow* row = row_of(table, recipe);
  if (row == nullptr) return;
  read_row(table, *row);
  const bool nameless = row == &recipe.planner || row == &recipe.other;
  if (row == &recipe.other) recipe.any_worker = true;
  if (nameless && !row->worker.empty())
    table.fail_at("worker", "'worker' stands for nothing here: the planner and 'any' have none");
  if (!nameless && row->worker.empty()) table.fail("'worker' is missing");
}

Status lay_over(Recipe& recipe, std::string_view toml, std::string_view name) {
  TomlFile file(toml, name);
  const TomlTable root = file.root();
  root.only_keys({"plan", "plan_schema", "rules", "no_commands", "clean_up", "review", "fix",
                  "integrate", "writer_schema", "reviewer_schema", "other_schema", "review_rounds",
                  "mend_from", "role"});
  read_texts(root, recipe);
  if (const auto rounds = root.whole("review_rounds", 0, 20))
    recipe.review_rounds = static_cast<int>(*rounds);
  if (root.has("mend_from")) {
    const auto severity = severity_from(root.text("mend_from"));
    if (!severity) root.fail_at("mend_from", "'mend_from' is a severity: info, low, medium, …");
    recipe.mend_from = severity.value_or(recipe.mend_from);
  }
  for (const TomlTable& table : root.tables("role")) read_role(table, recipe);
  if (file.error()) return *file.error();
  return {};
}

// What a run cannot do without.
Status check(const Recipe& recipe, std::string_view file) {
  const auto missing = [&](std::string_view what) {
    return input_error(fmt::format("{}: {} is missing", file, what));
  };
  if (recipe.plan_system.empty()) return missing("'plan'");
  if (recipe.fix.worker.empty()) return missing("a [[role]] with as = \"fix\"");
  if (recipe.integrator.worker.empty()) return missing("a [[role]] with as = \"integrator\"");
  if (recipe.roles.empty() && !recipe.any_worker)
    return missing("a [[role]] with as = \"work\" or \"any\"");
  return {};
}

std::string path_of(std::string_view name, std::string_view shape) {
  return fmt::format("{}{}{}{}.toml", kFolder, name, shape.empty() ? "" : ".", shape);
}

// The shapes that a recipe has files for.
std::vector<std::string> shapes_of(std::string_view name) {
  std::vector<std::string> shapes;
  const std::string prefix = fmt::format("{}{}.", kFolder, name);
  for (std::string_view file : embedded_files(prefix)) {
    if (!file.ends_with(".toml") || file.size() <= prefix.size() + 5) continue;
    shapes.emplace_back(file.substr(prefix.size(), file.size() - prefix.size() - 5));
  }
  return shapes;
}

Recipe shared() {
  Recipe recipe;
  const Status read = lay_over(recipe, *embedded_file(kShared), kShared);
  BATON_CHECK(read.ok());
  return recipe;
}

constexpr std::string_view kRecipes[] = {"feature", "run"};

}  // namespace

const RoleRow* Recipe::row(std::string_view worker) const {
  for (const RoleRow& role : roles) {
    if (role.worker == worker) return &role;
  }
  return any_worker ? &other : nullptr;
}

Result<Recipe> read_recipe(std::string_view toml, std::string_view name) {
  Recipe recipe = shared();
  if (Status read = lay_over(recipe, toml, name); !read) return read.error();
  if (Status whole = check(recipe, name); !whole) return whole.error();
  return recipe;
}

Result<Recipe> builtin_recipe(std::string_view name, std::string_view shape) {
  if (std::find(std::begin(kRecipes), std::end(kRecipes), name) == std::end(kRecipes)) {
    return usage_error(
        fmt::format("there is no recipe '{}'; there are {}", name, fmt::join(kRecipes, ", ")));
  }
  const std::string file = path_of(name, {});
  Result<Recipe> recipe = read_recipe(*embedded_file(file), file);
  if (!recipe) return recipe;
  recipe->name = name;
  if (shape.empty()) return recipe;
  const std::string over = path_of(name, shape);
  const auto text = embedded_file(over);
  if (!text) {
    const std::vector<std::string> shapes = shapes_of(name);
    return usage_error(fmt::format(
        "{} has no shape '{}'; {}", name, shape,
        shapes.empty() ? "it has none" : fmt::format("it has {}", fmt::join(shapes, ", "))));
  }
  if (Status read = lay_over(*recipe, *text, over); !read) return read.error();
  return recipe;
}

}  // namespace baton
