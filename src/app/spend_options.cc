#include "app/spend_options.h"

#include <fmt/format.h>

#include <cstdlib>

#include "intake/git.h"
#include "shell/loop.h"

namespace baton {
namespace {

// A resumed run may be started from elsewhere.
std::string absolute(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).string();
}

}  // namespace

std::string place_of(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path whole = std::filesystem::weakly_canonical(path, error);
  if (error) whole = std::filesystem::absolute(path);
  std::string place = whole.string();
  while (place.size() > 1 && place.back() == '/') place.pop_back();
  return place;
}

std::string place_of_repository(const std::filesystem::path& path) {
  const auto root = repository_root(path);
  return place_of(root ? *root : path);
}

Result<Endpoint> endpoint() {
  return endpoint_from_environment([](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  });
}

Result<RunRequest> read_spend_options(const SpendOptions& options) {
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
  request.project = options.project.empty() ? place_of_repository(options.repo) : options.project;
  request.parallel = options.parallel;
  request.max_tasks = options.max_tasks;
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
    if (model == nullptr || model->sheet_on(date_of(system_now())) == nullptr) {
      return usage_error(fmt::format(
          "the model of the {} tier, '{}', has no price today, and what has no price is not "
          "called; choose another or give its price with --prices FILE",
          to_string(tier), name));
    }
  }
  return {};
}

}  // namespace baton
