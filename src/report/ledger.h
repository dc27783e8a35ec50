// What many runs cost together: folded run by run, so that no more than one run's events need be in
// memory. Pure.
//
//   LedgerFold fold(catalog, {.since = "2026-10-01"});
//   for each run: fold.add({id, title, status, deep_model}, costs)   or fold.leave_out(id, why)
//   Ledger ledger = std::move(fold).ledger();
//
// A call counts on the day it was reserved (UTC), which is when its price was pinned; so a run that
// goes on past midnight is part of both days. Every breakdown adds up to the total, exactly.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "report/cost_report.h"

namespace baton {

enum class Grouping { kRun, kRole, kModel, kWorker, kType, kDay, kMonth };
std::string_view to_string(Grouping grouping);  // "run", "role", …
std::vector<Grouping> all_groupings();

struct LedgerLine {
  std::string name;  // a run, a role, a model, a task type, a day, a month
  int runs = 0;      // that have a part in it
  int calls = 0;
  Usage usage;
  Money charged;
  Money orchestrator;  // the part of `charged` that is not the workers'
  Money unknown;       // the part of `charged` that is booked at worst case
  int unknown_calls = 0;
  Money wasted;  // the part of `charged` that went into attempts that were not accepted
  int escalations = 0;
  Money all_deep;    // calls whose bill is known, every one at its run's deep model's price
  Money comparable;  // what these calls were charged
  int incomparable_calls = 0;  // known, but the deep model had no price on their day

  Money saved() const { return all_deep - comparable; }
  bool operator==(const LedgerLine&) const = default;
};

// What is not in the events a run's costs are read from.
struct LedgerRun {
  RunId run;
  std::string title;
  std::string status;
  std::string deep_model;
  Instant created;
  LedgerLine line;
};

struct LeftOut {
  RunId run;
  std::string reason;
};

// Days, both included, "2026-11-20"; empty: no bound.
struct Period {
  std::string since;
  std::string until;
  bool has(std::string_view day) const {
    return (since.empty() || day >= since) && (until.empty() || day <= until);
  }
};

struct Ledger {
  Period period;
  std::string scope;  // "project baton", "run r-…"; empty: every run
  LedgerLine total;
  std::vector<LedgerRun> runs;                         // newest first
  std::map<Grouping, std::vector<LedgerLine>> groups;  // kRun is not among them: see `runs`
  std::vector<LeftOut> left_out;

  // The lines of any grouping, in the order they are shown in.
  std::vector<LedgerLine> lines(Grouping grouping) const;
  Money median_run() const;  // zero without runs
  Money mean_run() const;    // rounded down to a picodollar
};

class LedgerFold {
 public:
  // `catalog` outlives the fold.
  LedgerFold(const Catalog& catalog, Period period)
      : catalog_(&catalog), period_(std::move(period)) {}

  // Adds what `run` did within the period; a run that has nothing there, and was not begun there,
  // is no part of it. `created` and `line` of `run` are filled in here.
  void add(LedgerRun run, const CostFold& costs);
  void leave_out(const RunId& run, std::string reason);
  Ledger ledger() &&;

 private:
  struct Tally {
    LedgerLine line;
    int last_run = 0;  // that was counted in `line.runs`
  };
  using Tallies = std::map<std::string, Tally, std::less<>>;

  // The line of a name, with the run that is being added counted in.
  LedgerLine& line(Grouping grouping, std::string_view name);
  void count_call(const CostedCall& call, const std::string& day, const Model* deep,
                  LedgerLine& run);

  const Catalog* catalog_;
  Period period_;
  LedgerLine total_;
  std::vector<LedgerRun> runs_;
  std::map<Grouping, Tallies> groups_;
  std::vector<LeftOut> left_out_;
};

}  // namespace baton
