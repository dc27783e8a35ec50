#include "app/review_input.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "intake/git.h"
#include "intake/intake.h"
#include "report/layout.h"
#include "shell/loop.h"

namespace baton {
namespace {

// A resumed run may be started from elsewhere.
std::string absolute(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).string();
}

std::string place_of(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path whole = std::filesystem::weakly_canonical(path, error);
  if (error) whole = std::filesystem::absolute(path);
  std::string place = whole.string();
  while (place.size() > 1 && place.back() == '/') place.pop_back();
  return place;
}

// The place of what is reviewed: runs from any folder of a repository are the same project's.
std::string project_of(const ReviewOptions& options) {
  if (!options.project.empty()) return options.project;
  const std::filesystem::path place = options.tree.empty() ? options.repo : options.tree;
  if (options.tree.empty()) {
    if (const auto root = repository_root(place)) return place_of(*root);
  }
  return place_of(place);
}

Status read_mode(const ReviewOptions& options, RunRequest& request) {
  if (!options.effort.empty() && options.mode == "orchestrate") {
    return usage_error(
        "--effort is of one call alone (--mode direct or auto); a plan's tasks have the efforts "
        "of their types (task_types.toml)");
  }
  request.mode = options.mode;
  request.effort = options.effort;
  return {};
}

}  // namespace

Result<Endpoint> endpoint() {
  return endpoint_from_environment([](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  });
}

Result<Change> read_input(const ReviewOptions& options) {
  const int given = (options.range.empty() ? 0 : 1) + (options.diff.empty() ? 0 : 1) +
                    (options.tree.empty() ? 0 : 1);
  if (given > 1) return usage_error("give one of a revision range, --diff and --tree");
  if (!options.tree.empty()) return change_from_tree(options.tree);
  if (!options.diff.empty()) {
    const Result<std::string> diff = read_diff(options.diff);
    if (!diff) return diff.error();
    return change_from_diff(*diff, options.diff == "-" ? "standard input" : options.diff,
                            options.repo);
  }
  return change_from_range(options.repo, options.range.empty() ? "HEAD" : options.range);
}

Result<RunRequest> read_options(const ReviewOptions& options) {
  RunRequest request;
  const Result<TierModels> models = profile_models(options.profile);
  if (!models) return models.error();
  request.models = *models;
  const auto choose = [&](Tier tier, const std::string& model) {
    if (!model.empty()) request.models[tier] = model;
  };
  choose(Tier::kFast, options.fast);
  choose(Tier::kBalanced, options.balanced);
  choose(Tier::kDeep, options.deep);
  const Result<Money> budget = dollars_of("--budget", options.budget);
  if (!budget) return budget.error();
  request.budget = *budget;
  if (Status caps = read_cap_options(options.caps, request); !caps) return caps.error();
  if (Status mode = read_mode(options, request); !mode) return mode.error();
  request.project = project_of(options);
  request.batch = options.batch;
  request.batch_poll = Millis(static_cast<std::int64_t>(options.batch_poll * 1000));
  request.parallel = options.parallel;
  request.max_tasks = options.max_tasks;
  request.fail_on = options.fail_on;
  request.format = options.format;
  request.output = options.output;
  request.prices = absolute(options.prices);
  request.task_types = absolute(options.task_types);
  return request;
}

Status check_prices(const RunRequest& request, const Catalog& catalog) {
  for (const Tier tier : {Tier::kFast, Tier::kBalanced, Tier::kDeep}) {
    const std::string& name = request.models[tier];
    const Model* model = catalog.find(name);
    if (model == nullptr || model->sheet_on(date_of(Loop::now())) == nullptr) {
      return usage_error(fmt::format(
          "the model of the {} tier, '{}', has no price today, and what has no price is not "
          "called; choose another or give its price with --prices FILE",
          to_string(tier), name));
    }
  }
  return {};
}

std::string what_is_reviewed(const Change& change) {
  return fmt::format("{}: {}, {} added", change.title,
                     counted(std::ssize(change.files), "file", "files"),
                     counted(change.added_lines(), "line", "lines"));
}

}  // namespace baton
