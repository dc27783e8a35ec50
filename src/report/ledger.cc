#include "report/ledger.h"

#include <fmt/format.h>

#include <algorithm>

namespace baton {
namespace {

// A wrong clock may have dated a run centuries away: then the gaps stay gaps.
constexpr std::size_t kMostMonths = 240;

std::string next_month(std::string_view month) {
  int year = std::stoi(std::string(month.substr(0, 4)));
  int number = std::stoi(std::string(month.substr(5, 2))) + 1;
  if (number > 12) number = 1, ++year;
  return fmt::format("{:04}-{:02}", year, number);
}

// A month in which nothing ran cost nothing, and belongs in a trend. Of lines in order of time.
void fill_months(std::vector<LedgerLine>& lines, const Period& period) {
  if (lines.empty()) return;
  std::vector<LedgerLine> filled;
  std::string month = period.since.empty() ? lines.front().name : period.since.substr(0, 7);
  for (const LedgerLine& line : lines) {
    for (; month < line.name; month = next_month(month)) {
      if (filled.size() == kMostMonths) return;
      filled.push_back({.name = month});
    }
    filled.push_back(line);
    month = next_month(line.name);
  }
  lines = std::move(filled);
}

void count(LedgerLine& line, const CostedCall& call, const std::optional<Money>& deep) {
  ++line.calls;
  line.usage += call.usage;
  line.charged += call.charge;
  if (call.task.role == Role::kOrchestrator) line.orchestrator += call.charge;
  if (call.wasted) line.wasted += call.charge;
  if (!call.known) {
    line.unknown += call.charge;
    ++line.unknown_calls;
  } else if (deep) {
    line.all_deep += *deep;
    line.comparable += call.charge;
  } else {
    ++line.incomparable_calls;
  }
}

bool in_time_order(Grouping grouping) {
  return grouping == Grouping::kDay || grouping == Grouping::kMonth;
}

bool dearer(const LedgerLine& a, const LedgerLine& b) {
  return a.charged != b.charged ? a.charged > b.charged : a.name < b.name;
}

}  // namespace

std::string_view to_string(Grouping grouping) {
  switch (grouping) {
    case Grouping::kRun:
      return "run";
    case Grouping::kRole:
      return "role";
    case Grouping::kModel:
      return "model";
    case Grouping::kWorker:
      return "worker";
    case Grouping::kType:
      return "type";
    case Grouping::kDay:
      return "day";
    case Grouping::kMonth:
      return "month";
  }
  return {};
}

std::vector<Grouping> all_groupings() {
  return {Grouping::kRole,  Grouping::kModel, Grouping::kWorker, Grouping::kType,
          Grouping::kMonth, Grouping::kDay,   Grouping::kRun};
}

std::vector<LedgerLine> Ledger::lines(Grouping grouping) const {
  if (grouping == Grouping::kRun) {
    std::vector<LedgerLine> lines;
    for (const LedgerRun& run : runs) lines.push_back(run.line);
    return lines;
  }
  const auto found = groups.find(grouping);
  return found == groups.end() ? std::vector<LedgerLine>{} : found->second;
}

Money Ledger::median_run() const {
  if (runs.empty()) return {};
  std::vector<Money> costs;
  for (const LedgerRun& run : runs) costs.push_back(run.line.charged);
  const auto middle = costs.begin() + std::ssize(costs) / 2;
  std::nth_element(costs.begin(), middle, costs.end());
  return *middle;
}

Money Ledger::mean_run() const {
  if (runs.empty()) return {};
  return Money::pico(total.charged.picodollars() / std::ssize(runs));
}

LedgerLine& LedgerFold::line(Grouping grouping, std::string_view name) {
  Tallies& tallies = groups_[grouping];
  auto found = tallies.find(name);
  if (found == tallies.end()) {
    found = tallies.emplace(std::string(name), Tally{.line = {.name = std::string(name)}}).first;
  }
  Tally& tally = found->second;
  const int this_run = static_cast<int>(runs_.size()) + 1;
  if (std::exchange(tally.last_run, this_run) != this_run) ++tally.line.runs;
  return tally.line;
}

void LedgerFold::count_call(const CostedCall& call, const std::string& day, const Model* deep,
                            LedgerLine& run) {
  const bool orchestrator = call.task.role == Role::kOrchestrator;
  const std::optional<Money> price = deep_price(call, deep);
  for (LedgerLine* each :
       {&total_, &run, &line(Grouping::kRole, orchestrator ? "orchestrator" : "workers"),
        &line(Grouping::kModel, call.reserved.model), &line(Grouping::kType, call.task.type),
        &line(Grouping::kWorker, orchestrator ? "(orchestrator)" : call.task.type),
        &line(Grouping::kDay, day), &line(Grouping::kMonth, day.substr(0, 7))}) {
    count(*each, call, price);
  }
}

void LedgerFold::add(LedgerRun run, const CostFold& costs) {
  run.created = costs.began();
  run.line = {.name = run.run};
  const Model* deep = catalog_->find(run.deep_model);
  costs.each_call([&](const CostedCall& call) {
    const std::string day = date_of(call.reserved.at);
    if (period_.has(day)) count_call(call, day, deep, run.line);
  });
  for (const Instant at : costs.escalations()) {
    const std::string day = date_of(at);
    if (!period_.has(day)) continue;
    for (LedgerLine* touched : {&total_, &run.line, &line(Grouping::kDay, day),
                                &line(Grouping::kMonth, day.substr(0, 7))}) {
      ++touched->escalations;
    }
  }
  const bool begun_here = period_.has(date_of(run.created));
  if (!begun_here && run.line.calls == 0 && run.line.escalations == 0) return;
  run.line.runs = 1;
  runs_.push_back(std::move(run));
}

void LedgerFold::leave_out(const RunId& run, std::string reason) {
  left_out_.push_back({run, std::move(reason)});
}

Ledger LedgerFold::ledger() && {
  Ledger ledger;
  ledger.period = period_;
  ledger.total = std::move(total_);
  ledger.total.name = "total";
  ledger.total.runs = static_cast<int>(runs_.size());
  ledger.runs = std::move(runs_);
  std::stable_sort(ledger.runs.begin(), ledger.runs.end(),
                   [](const LedgerRun& a, const LedgerRun& b) { return a.created > b.created; });
  for (auto& [grouping, tallies] : groups_) {
    std::vector<LedgerLine>& lines = ledger.groups[grouping];
    for (auto& [name, tally] : tallies) lines.push_back(std::move(tally.line));
    if (!in_time_order(grouping)) std::stable_sort(lines.begin(), lines.end(), dearer);
  }
  fill_months(ledger.groups[Grouping::kMonth], period_);
  ledger.left_out = std::move(left_out_);
  return ledger;
}

}  // namespace baton
