#include "report/ledger_words.h"

#include <fmt/format.h>

#include "report/layout.h"
#include "report/percent.h"

namespace baton {
namespace {

std::string share_text(Money part, Money whole) {
  return percent_text(per_mille(part.picodollars(), whole.picodollars()));
}

std::string all_deep_text(const LedgerLine& total) {
  std::string text = fmt::format("{} for the same tokens: ", total.all_deep.to_display());
  text += total.saved() < Money() ? std::string("it was cheaper than what was done")
                                  : saved_text(total) + " saved";
  if (total.incomparable_calls > 0) {
    text += fmt::format(" ({} left out: the deep model had no price then)",
                        counted(total.incomparable_calls, "call is", "calls are"));
  }
  return text;
}

std::string per_run_text(const Ledger& ledger) {
  Money highest;
  RunId dearest;
  for (const LedgerRun& run : ledger.runs) {
    if (run.line.charged < highest) continue;
    highest = run.line.charged;
    dearest = run.run;
  }
  return fmt::format("{} on average, {} in the middle, {} at most ({})",
                     ledger.mean_run().to_display(), ledger.median_run().to_display(),
                     highest.to_display(), dearest);
}

}  // namespace

std::string title_of(const Ledger& ledger) {
  const std::string runs = counted(std::ssize(ledger.runs), "run", "runs");
  std::string title = "Cost of " + runs;
  if (!ledger.scope.empty()) title = fmt::format("Cost of {}: {}", ledger.scope, runs);
  if (ledger.scope.starts_with("run ")) title = "Cost of " + ledger.scope;
  const Period& period = ledger.period;
  if (!period.since.empty() && !period.until.empty()) {
    return title + fmt::format(", {} to {}", period.since, period.until);
  }
  if (!period.since.empty()) return title + ", since " + period.since;
  if (!period.until.empty()) return title + ", until " + period.until;
  return title;
}

std::string headline_of(const Ledger& ledger) {
  const LedgerLine& total = ledger.total;
  if (total.calls == 0) return "$0.00: no model was called";
  return fmt::format("{} in {}: orchestrator {} ({}), workers {}", total.charged.to_display(),
                     counted(total.calls, "call", "calls"), total.orchestrator.to_display(),
                     share_text(total.orchestrator, total.charged),
                     (total.charged - total.orchestrator).to_display());
}

std::vector<std::pair<std::string, std::string>> facts_of(const Ledger& ledger) {
  const LedgerLine& total = ledger.total;
  std::vector<std::pair<std::string, std::string>> facts;
  if (total.calls > 0) {
    if (ledger.runs.size() > 1) facts.emplace_back("per run", per_run_text(ledger));
    facts.emplace_back("cached",
                       cached_text(total) + " of the prompt tokens were read from the cache");
    if (total.all_deep > Money()) facts.emplace_back("all deep", all_deep_text(total));
    facts.emplace_back(
        "retries", fmt::format("{} ({}) for attempts that were not accepted; {}",
                               total.wasted.to_display(), share_text(total.wasted, total.charged),
                               counted(total.escalations, "escalation", "escalations")));
  }
  if (total.unknown_calls > 0) {
    facts.emplace_back("unknown", fmt::format("{} without a known bill, booked at worst case: {}",
                                              counted(total.unknown_calls, "call is", "calls are"),
                                              total.unknown.to_display()));
  }
  return facts;
}

std::string heading_of(Grouping grouping) {
  switch (grouping) {
    case Grouping::kRun:
      return "Run";
    case Grouping::kRole:
      return "Role";
    case Grouping::kModel:
      return "Model";
    case Grouping::kWorker:
      return "Worker";
    case Grouping::kType:
      return "Task type";
    case Grouping::kDay:
      return "Day";
    case Grouping::kMonth:
      return "Month";
  }
  return {};
}

std::string verdict_of(const Judgement& judgement) {
  if (judgement.state == TargetState::kNotMeasurable) return judgement.wanted + " wanted";
  if (judgement.where.empty()) {
    return fmt::format("{} ({} wanted)", judgement.value, judgement.wanted);
  }
  return fmt::format("{} in {} ({} wanted; {} of {} met)", judgement.value, judgement.where,
                     judgement.wanted, judgement.met, judgement.measured);
}

std::string saved_text(const LedgerLine& line) {
  if (line.all_deep <= Money()) return "–";
  return share_text(line.saved(), line.all_deep);
}

std::string cached_text(const LedgerLine& line) {
  if (line.usage.prompt() == Tokens(0)) return "–";
  return percent_text(per_mille(line.usage.cache_read.count(), line.usage.prompt().count()));
}

}  // namespace baton
