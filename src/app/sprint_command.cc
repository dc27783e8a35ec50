#include "app/sprint_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/cap_options.h"
#include "app/files.h"
#include "app/run_end.h"
#include "app/say.h"
#include "app/session.h"
#include "app/sprint_outcome.h"
#include "app/sprint_run.h"

namespace baton {
namespace {

constexpr std::size_t kMostCompared = 5;

struct Sprint {
  SprintPlan plan;
  SprintRecord record;
};

JobRecord record_of(const SprintJob& job) {
  JobRecord record;
  record.line.name = job.name;
  record.line.kind = to_string(job.kind);
  record.line.repo = job.repo;
  return record;
}

Result<Sprint> new_sprint(const std::string& given) {
  Result<std::string> text = read_file(given);
  if (!text) return text.error();
  Result<SprintPlan> plan = parse_sprint(*text, given);
  if (!plan) return plan.error();
  SprintRecord record;
  record.id = "s" + new_run_id().substr(1);
  record.name = plan->name;
  record.file = std::filesystem::absolute(given).string();
  record.text = std::move(*text);
  for (const SprintJob& job : plan->jobs) record.jobs.push_back(record_of(job));
  return Sprint{std::move(*plan), std::move(record)};
}

Result<Sprint> old_sprint(const SprintFolder& folder, const std::string& id) {
  Result<SprintRecord> record = folder.load(id);
  if (!record) return record.error();
  Result<SprintPlan> plan = parse_sprint(record->text, record->file);
  if (!plan) return plan.error();
  if (plan->jobs.size() != record->jobs.size()) {
    return storage_error(
        fmt::format("the record of sprint {} has {} jobs, and its file {}: it can not go on", id,
                    record->jobs.size(), plan->jobs.size()));
  }
  return Sprint{std::move(*plan), std::move(*record)};
}

Money budget_of(const Sprint& sprint) {
  if (sprint.record.budget) return *sprint.record.budget;
  if (sprint.plan.budget) return *sprint.plan.budget;
  Money sum;
  for (const SprintJob& job : sprint.plan.jobs) sum += job.cap;
  return sum;
}

void add_model(std::vector<CostLine>& lines, const CostLine& line) {
  const auto same = std::find_if(lines.begin(), lines.end(),
                                 [&](const CostLine& known) { return known.name == line.name; });
  if (same == lines.end()) return lines.push_back(line);
  same->calls += line.calls;
  same->usage += line.usage;
  same->charged += line.charged;
}

Result<std::vector<CostLine>> models_of(Journal& journal, const SprintRecord& record) {
  std::vector<CostLine> lines;
  for (const JobRecord& job : record.jobs) {
    if (job.line.run.empty()) continue;
    const Result<JobOutcome> outcome = outcome_of(journal, job.line.run);
    if (!outcome) return outcome.error();
    for (const CostLine& line : outcome->cost.by_model) add_model(lines, line);
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const CostLine& a, const CostLine& b) { return a.charged > b.charged; });
  return lines;
}

std::string status_of(const SprintRecord& record, const SprintStop& stop) {
  const auto all = [&](bool (*is)(SprintJobState)) {
    return std::all_of(record.jobs.begin(), record.jobs.end(),
                       [&](const JobRecord& job) { return is(job.line.state); });
  };
  if (all(is_done)) return "complete";
  return stop.cause == SprintStop::Cause::kNone || all(is_over) ? "partial" : "stopped";
}

Result<SprintReport> report_of(const Sprint& sprint, const SprintStop& stop,
                               const SprintFolder& folder, Journal& journal) {
  const SprintRecord& record = sprint.record;
  SprintReport report;
  report.id = record.id;
  report.name = record.name;
  report.status = status_of(record, stop);
  if (report.status == "stopped") report.reason = stop.reason;
  report.began = record.sittings.front().began;
  report.sittings = static_cast<int>(record.sittings.size());
  report.parallel = sprint.plan.parallel;
  report.minutes = sprint.plan.minutes;
  report.budget = budget_of(sprint);
  for (const JobRecord& job : record.jobs) report.jobs.push_back(job.line);
  Result<std::vector<CostLine>> models = models_of(journal, record);
  if (!models) return models.error();
  report.by_model = std::move(*models);
  report.totals = record.totals();
  for (const SprintRecord& earlier : folder.earlier(record, kMostCompared))
    report.earlier.push_back({earlier.id, earlier.sittings.front().began, earlier.totals()});
  return report;
}

std::string rendered(const SprintReport& report, const std::string& format) {
  if (format == "json") return to_json(report);
  if (format == "md") return to_markdown(report);
  return to_terminal(report, output_style());
}

ExitCode exit_code_of(const SprintReport& report, const SprintStop& stop) {
  const auto any = [&](SprintJobState state) {
    return std::any_of(report.jobs.begin(), report.jobs.end(),
                       [&](const SprintJobLine& job) { return job.state == state; });
  };
  // A linter that is not installed is named in a local review's report; the others have done their
  // work.
  const bool missing =
      std::any_of(report.jobs.begin(), report.jobs.end(), [](const SprintJobLine& job) {
        return job.state == SprintJobState::kPartial && job.cap > Money();
      });
  if (report.status == "complete" && !missing) return ExitCode::kDone;
  if (report.status == "stopped" && stop.cause != SprintStop::Cause::kProvider)
    return ExitCode::kInterrupted;
  if (stop.cause == SprintStop::Cause::kProvider || any(SprintJobState::kFailed))
    return ExitCode::kProvider;
  if (any(SprintJobState::kInterrupted) || any(SprintJobState::kPaused))
    return ExitCode::kInterrupted;
  if (any(SprintJobState::kSkipped) || any(SprintJobState::kBudgetExhausted))
    return ExitCode::kBudgetExhausted;
  if (any(SprintJobState::kRefused)) return ExitCode::kUsage;
  return ExitCode::kProvider;  // a job is partial
}

// What a sprint that goes on would do.
void say_what_is_left(const SprintReport& report) {
  if (std::all_of(report.jobs.begin(), report.jobs.end(),
                  [](const SprintJobLine& job) { return is_over(job.state); }))
    return;
  const bool money =
      std::any_of(report.jobs.begin(), report.jobs.end(),
                  [](const SprintJobLine& job) { return job.state == SprintJobState::kSkipped; });
  say(fmt::format("`baton sprint --resume {}{}` does what is left", report.id,
                  money ? " --budget DOLLARS" : ""));
}

Status check(const SprintOptions& options) {
  if (options.file.empty() == options.resume.empty())
    return usage_error("give a sprint file, or --resume SPRINT");
  return check_output(options.output);
}

ExitCode work_off(Sprint& sprint, const SprintFolder& folder, const StorePlace& place,
                  const SprintOptions& options) {
  Loop loop;
  Result<std::unique_ptr<Journal>> journal = open_store(place, at_once);
  if (!journal) return say(journal.error());
  const std::string prices =
      options.prices.empty() ? "" : std::filesystem::absolute(options.prices).string();
  sprint.record.sittings.push_back({system_now(), system_now()});
  say(fmt::format("sprint {} {}: {} for at most {}", sprint.record.id,
                  options.file.empty() ? "goes on" : "begins", sprint.record.name,
                  budget_of(sprint).to_display()));
  SprintRun run({.loop = loop,
                 .journal = **journal,
                 .folder = folder,
                 .plan = sprint.plan,
                 .record = sprint.record,
                 .place = place,
                 .prices = prices,
                 .budget = budget_of(sprint)});
  const Result<SprintStop> stop = run.run();
  if (!stop) {
    say(fmt::format("`baton sprint --resume {}` goes on; jobs that run end by themselves",
                    sprint.record.id));
    return say(stop.error());
  }
  const Result<SprintReport> report = report_of(sprint, *stop, folder, **journal);
  if (!report) return say(report.error());
  if (Status delivered = deliver(rendered(*report, options.format), options.output); !delivered)
    return say(delivered.error());
  say_what_is_left(*report);
  return exit_code_of(*report, *stop);
}

}  // namespace

ExitCode sprint_command(const SprintOptions& options) {
  if (Status sound = check(options); !sound) return say(sound.error());
  Result<StorePlace> place = store_place(options);
  if (!place) return say(place.error());
  place->state = std::filesystem::absolute(place->state);
  const SprintFolder folder(place->state);
  Result<Sprint> sprint =
      options.resume.empty() ? new_sprint(options.file) : old_sprint(folder, options.resume);
  if (!sprint) return say(sprint.error());
  if (Status there = check_places(sprint->plan, sprint->record.file);
      !there && options.resume.empty())
    return say(there.error());
  if (!options.budget.empty()) {
    const Result<Money> budget = dollars_of("--budget", options.budget);
    if (!budget) return say(budget.error());
    sprint->record.budget = *budget;
  }
  const Result<std::unique_ptr<RunLease>> lease = folder.lease(sprint->record.id);
  if (!lease) return say(lease.error());
  // As its last driver left it, now that there is no other.
  if (!options.resume.empty()) {
    Result<SprintRecord> latest = folder.load(options.resume);
    if (!latest) return say(latest.error());
    latest->budget = sprint->record.budget;
    sprint->record = std::move(*latest);
  }
  return work_off(*sprint, folder, *place, options);
}

}  // namespace baton
