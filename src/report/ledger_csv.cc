#include "report/csv_text.h"
#include "report/ledger_report.h"

namespace baton {
namespace {

std::string head() {
  return csv_line({"by",
                   "name",
                   "title",
                   "status",
                   "created",
                   "runs",
                   "calls",
                   "input",
                   "cache_write_5m",
                   "cache_write_1h",
                   "cache_read",
                   "output",
                   "charged_usd",
                   "orchestrator_usd",
                   "unknown_usd",
                   "unknown_calls",
                   "wasted_usd",
                   "escalations",
                   "all_deep_usd",
                   "comparable_usd"});
}

std::string row(Grouping grouping, const LedgerLine& line, const std::string& title,
                const std::string& status, const std::string& created) {
  const auto tokens = [](Tokens count) { return std::to_string(count.count()); };
  const Usage& usage = line.usage;
  return csv_line({std::string(to_string(grouping)),
                   line.name,
                   title,
                   status,
                   created,
                   std::to_string(line.runs),
                   std::to_string(line.calls),
                   tokens(usage.input),
                   tokens(usage.cache_write_5m),
                   tokens(usage.cache_write_1h),
                   tokens(usage.cache_read),
                   tokens(usage.output),
                   line.charged.to_string(),
                   line.orchestrator.to_string(),
                   line.unknown.to_string(),
                   std::to_string(line.unknown_calls),
                   line.wasted.to_string(),
                   std::to_string(line.escalations),
                   line.all_deep.to_string(),
                   line.comparable.to_string()});
}

}  // namespace

std::string to_csv(const LedgerReport& report) {
  std::string out = head();
  for (const Grouping grouping : report.by) {
    if (grouping == Grouping::kRun) {
      for (const LedgerRun& run : report.ledger.runs) {
        out += row(grouping, run.line, run.title, run.status, timestamp_of(run.created));
      }
      continue;
    }
    for (const LedgerLine& line : report.ledger.lines(grouping)) {
      out += row(grouping, line, "", "", "");
    }
  }
  return out;
}

}  // namespace baton
