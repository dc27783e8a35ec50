// `baton compare`: a recorded run or a described fleet, priced otherwise.
#include <fmt/format.h>

#include "app/commands.h"
#include "app/compare_forms.h"
#include "app/day_options.h"
#include "app/files.h"
#include "app/run_lookup.h"
#include "app/say.h"
#include "app/settings.h"
#include "forecast/compare.h"
#include "store/journal.h"

namespace baton {
namespace {

struct Recorded {
  RunId id;
  std::vector<Event> events;
  TierModels models;  // what it was asked with
};

Result<Recorded> read_run(const CompareOptions& options) {
  const Result<std::unique_ptr<Journal>> journal = open_existing(options);
  if (!journal) return journal.error();
  const Result<RunId> id = chosen_run(**journal, options.run);
  if (!id) return id.error();
  Recorded recorded{.id = *id, .events = {}, .models = {}};
  Result<std::vector<Event>> events = (*journal)->events(recorded.id);
  if (!events) return events.error();
  Result<RunRequest> request = request_of(**journal, recorded.id, *events);
  if (!request) return request.error();
  recorded.models = std::move(request->models);
  recorded.events = std::move(*events);
  return recorded;
}

Result<CompareAsk> ask_of(const CompareOptions& options, TierModels models,
                          const Catalog& catalog) {
  const Result<TierModels> newer = profile_models("5.5");
  if (!newer) return newer.error();
  CompareAsk ask{.models = std::move(models),
                 .newer = *newer,
                 .chosen = false,
                 .same_tokens = options.same_tokens};
  const std::pair<Tier, const std::string&> given[] = {{Tier::kFast, options.fast},
                                                       {Tier::kBalanced, options.balanced},
                                                       {Tier::kDeep, options.deep}};
  for (const auto& [tier, id] : given) {
    if (id.empty()) continue;
    const Model* model = catalog.find(id);
    if (model == nullptr) {
      return usage_error(
          fmt::format("--{}: there is no model '{}' in the catalogue; `baton models` lists them",
                      to_string(tier), id));
    }
    ask.models[tier] = model->id;
    ask.chosen = true;
  }
  return ask;
}

Result<ComparisonReport> of_fleet(const CompareOptions& options, const Catalog& catalog) {
  const Result<std::string> day = day_or_today(options.on);
  if (!day) return day.error();
  const Result<std::string> text = read_file(options.fleet);
  if (!text) return text.error();
  Result<FleetPlan> fleet = parse_fleet(*text, options.fleet);
  if (!fleet) return fleet.error();
  const Result<TierModels> models = profile_models(options.profile);
  if (!models) return models.error();
  const Result<CompareAsk> ask = ask_of(options, *models, catalog);
  if (!ask) return ask.error();
  const std::string what = "fleet: " + fleet->title;
  // By the profile's models: those the user chose make a row of their own.
  Result<Comparison> comparison =
      compare_fleet(with_models(std::move(*fleet), *models), *ask, catalog, *day);
  if (!comparison) return comparison.error();
  return ComparisonReport{.what = what, .priced_on = *day, .comparison = std::move(*comparison)};
}

Result<ComparisonReport> of_run(const CompareOptions& options, const Catalog& catalog) {
  Result<Recorded> recorded = read_run(options);
  if (!recorded) return recorded.error();
  const Result<CompareAsk> ask = ask_of(options, std::move(recorded->models), catalog);
  if (!ask) return ask.error();
  Result<Comparison> comparison = compare_run(recorded_run(recorded->events), *ask, catalog);
  if (!comparison) return comparison.error();
  return ComparisonReport{
      .what = "run " + recorded->id, .priced_on = "", .comparison = std::move(*comparison)};
}

std::string rendered(const ComparisonReport& report, std::string_view format) {
  if (format == "md") return comparison_markdown(report);
  if (format == "json") return comparison_json(report);
  if (format == "csv") return comparison_csv(report);
  return comparison_text(report, output_style());
}

}  // namespace

ExitCode compare_command(const CompareOptions& options) {
  const Result<Tables> tables = load_tables(options.prices, "");
  if (!tables) return say(tables.error());
  Result<ComparisonReport> report =
      options.fleet.empty() ? of_run(options, tables->catalog) : of_fleet(options, tables->catalog);
  if (!report) return say(report.error());
  report->runs_per_month = options.runs_per_month;
  if (const Status counted = check_projections(*report); !counted) return say(counted.error());
  if (Status delivered = deliver(rendered(*report, options.format), options.output); !delivered) {
    return say(delivered.error());
  }
  return ExitCode::kDone;
}

}  // namespace baton
