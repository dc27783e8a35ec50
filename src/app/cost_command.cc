// `baton cost`: what one run cost, or what many did.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/commands.h"
#include "app/day_options.h"
#include "app/forecast_scores.h"
#include "app/run_lookup.h"
#include "app/say.h"
#include "app/settings.h"
#include "base/embedded.h"
#include "base/words.h"
#include "core/run_state.h"
#include "report/cost_report.h"
#include "report/layout.h"
#include "report/ledger_report.h"

namespace baton {
namespace {

// ---- what was asked for ----

Status check_date(std::string_view option, std::string_view date) {
  if (date.empty() || is_day(date)) return {};
  return usage_error(fmt::format("{} {}: not a day; write it as 2026-11-20", option, date));
}

Status check(const CostOptions& options) {
  if (Status since = check_date("--since", options.since); !since) return since;
  if (Status until = check_date("--until", options.until); !until) return until;
  if (!options.since.empty() && !options.until.empty() && options.since > options.until) {
    return usage_error(fmt::format("--since {} is later than --until {}: no day lies between them",
                                   options.since, options.until));
  }
  return {};
}

bool asks_for_many(const CostOptions& options) {
  return options.all || !options.since.empty() || !options.until.empty() || !options.by.empty() ||
         !options.project.empty();
}

// What people read is short unless they ask for more; what programs read is whole.
std::vector<Grouping> groupings_of(const CostOptions& options) {
  std::vector<Grouping> chosen;
  for (const std::string& name : options.by) {
    const std::optional<Grouping> grouping = value_named<Grouping>(name);
    if (grouping && std::find(chosen.begin(), chosen.end(), *grouping) == chosen.end()) {
      chosen.push_back(*grouping);
    }
  }
  if (!chosen.empty()) return chosen;
  if (options.format == "html") {
    return {Grouping::kMonth, Grouping::kDay,    Grouping::kRun, Grouping::kRole,
            Grouping::kModel, Grouping::kWorker, Grouping::kType};
  }
  if (options.format == "json" || options.format == "csv") return all_groupings();
  return {Grouping::kRole, Grouping::kModel, Grouping::kType, Grouping::kMonth};
}

Result<std::vector<Target>> load_targets(const std::string& given) {
  const Result<DataFile> own = user_file(given, "targets.toml");
  if (!own) return own.error();
  const std::optional<std::string_view> builtin = embedded_file("catalog/targets.toml");
  BATON_CHECK(builtin.has_value());
  return parse_targets(*builtin, own->text, own->name);
}

// ---- runs ----

// The deep model of a run, as its request has it. Most runs of a user ask for the same, and so
// share one stored text.
class DeepModels {
 public:
  explicit DeepModels(Journal& journal) : journal_(journal) {}

  Result<std::string> of(const BlobId& request) {
    const auto known = models_.find(request);
    if (known != models_.end()) return known->second;
    const Result<std::string> asked = journal_.blob(request);
    if (!asked) return asked.error();
    const Result<RunRequest> read = read_request(*asked);
    if (!read) return read.error();
    return models_[request] = read->models[Tier::kDeep];
  }

 private:
  Journal& journal_;
  std::map<BlobId, std::string> models_;
};

struct CostedRun {
  RunCreated created;
  CostFold costs;
};

Result<CostedRun> read_run(Journal& journal, const RunId& id) {
  const Result<std::vector<Event>> events = journal.events(id);
  if (!events) return events.error();
  const Result<RunState> run = replay(*events);
  if (!run) return run.error();
  CostedRun costed{run->created, {}};
  costed.costs.add(*events);
  return costed;
}

Status add_run(LedgerFold& fold, Journal& journal, DeepModels& models, const Queue& queue,
               const RunSummary& summary) {
  const Result<CostedRun> run = read_run(journal, summary.run);
  if (!run) return run.error();
  const Result<std::string> deep = models.of(run->created.request);
  if (!deep) return deep.error();
  fold.add({.run = summary.run,
            .title = summary.title,
            .status = status_shown(journal, summary, queue),
            .deep_model = *deep},
           run->costs);
  return {};
}

// A run that cannot be read is named and left out: the others cost what they cost.
Result<Ledger> read_ledger(Journal& journal, const Catalog& catalog, const CostOptions& options,
                           const RunId& only) {
  const Result<std::vector<RunSummary>> runs = journal.runs();
  if (!runs) return runs.error();
  const Period period{options.since, options.until};
  const Result<Queue> queue = queue_of(journal);
  if (!queue) return queue.error();
  LedgerFold fold(catalog, period);
  DeepModels models(journal);
  bool found = only.empty();
  for (const RunSummary& run : *runs) {
    if (!only.empty() && run.run != only) continue;
    if (!options.project.empty() && run.project != options.project) continue;
    found = true;
    // Its events lie between these two.
    if (!period.until.empty() && date_of(run.created) > period.until) continue;
    if (!period.since.empty() && date_of(run.updated) < period.since) continue;
    if (Status added = add_run(fold, journal, models, *queue, run); !added) {
      if (!only.empty()) return added.error();
      fold.leave_out(run.run, added.error().message);
    }
  }
  if (!found) return no_such_run(only);
  Ledger ledger = std::move(fold).ledger();
  if (!options.project.empty()) ledger.scope = "project " + options.project;
  if (!only.empty()) ledger.scope = "run " + only;
  return ledger;
}

// ---- forms ----

std::string form_of(const LedgerReport& report, const std::string& format) {
  if (format == "json") return to_json(report);
  if (format == "csv") return to_csv(report);
  if (format == "html") return to_html(report);
  if (format == "md") return to_markdown(report);
  return to_terminal(report, output_style());
}

Result<std::string> one_run(Journal& journal, const Catalog& catalog, const RunId& id,
                            const std::string& format) {
  const Result<CostedRun> run = read_run(journal, id);
  if (!run) return run.error();
  const Result<std::string> deep = DeepModels(journal).of(run->created.request);
  if (!deep) return deep.error();
  const CostReport cost = run->costs.report(catalog, *deep);
  return format == "json" ? cost_to_json(id, cost) : cost_to_terminal(id, cost, output_style());
}

Result<std::string> ledger_text(Journal& journal, const Catalog& catalog,
                                const CostOptions& options, const RunId& only) {
  const Result<std::vector<Target>> targets = load_targets(options.targets);
  if (!targets) return targets.error();
  Result<Ledger> ledger = read_ledger(journal, catalog, options, only);
  if (!ledger) return ledger.error();
  LedgerReport report;
  report.targets = judge(*targets, *ledger);
  report.ledger = std::move(*ledger);
  report.by = groupings_of(options);
  if (!report.ledger.left_out.empty()) {
    say(fmt::format("{} left out, which `baton verify` has more to say about",
                    counted(std::ssize(report.ledger.left_out), "run that cannot be read is",
                            "runs that cannot be read are")));
  }
  return form_of(report, options.format);
}

Result<std::string> cost_text(const CostOptions& options) {
  if (Status sound = check(options); !sound) return sound.error();
  if (options.forecast) return forecast_scores_text(options);
  const Result<Tables> tables = load_tables(options.prices, "");
  if (!tables) return tables.error();
  const Result<std::unique_ptr<Journal>> journal = open_existing(options);
  if (!journal) return journal.error();
  if (options.run.empty() && asks_for_many(options)) {
    return ledger_text(**journal, tables->catalog, options, "");
  }
  const Result<RunId> id = chosen_run(**journal, options.run);
  if (!id) return id.error();
  const bool plain = options.format == "text" || options.format == "json";
  if (plain && !asks_for_many(options)) {
    return one_run(**journal, tables->catalog, *id, options.format);
  }
  return ledger_text(**journal, tables->catalog, options, *id);
}

}  // namespace

ExitCode cost_command(const CostOptions& options) {
  const Result<std::string> text = cost_text(options);
  if (!text) return say(text.error());
  if (Status delivered = deliver(*text, options.output); !delivered) return say(delivered.error());
  return ExitCode::kDone;
}

}  // namespace baton
