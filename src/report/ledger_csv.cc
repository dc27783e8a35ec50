#include <fmt/format.h>

#include "base/text.h"
#include "report/ledger_report.h"

namespace baton {
namespace {

constexpr std::string_view kHead =
    "by,name,title,status,created,runs,calls,input,cache_write_5m,cache_write_1h,cache_read,output,"
    "charged_usd,orchestrator_usd,unknown_usd,unknown_calls,wasted_usd,escalations,all_deep_usd,"
    "comparable_usd\r\n";

// RFC 4180. A text that a spreadsheet would run as a formula is made one that it shows: the titles
// of runs are what anyone may have written.
std::string cell(std::string_view text) {
  std::string safe = for_terminal(text);
  if (!safe.empty() && std::string_view("=+-@\t\r").find(safe.front()) != std::string_view::npos) {
    safe.insert(safe.begin(), '\'');
  }
  if (safe.find_first_of(",\"\r\n") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string row(Grouping grouping, const LedgerLine& line, std::string_view title,
                std::string_view status, std::string_view created) {
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
                     to_string(grouping), cell(line.name), cell(title), cell(status), created,
                     line.runs, line.calls, line.usage.input.count(),
                     line.usage.cache_write_5m.count(), line.usage.cache_write_1h.count(),
                     line.usage.cache_read.count(), line.usage.output.count(),
                     line.charged.to_string(), line.orchestrator.to_string(),
                     line.unknown.to_string(), line.unknown_calls, line.wasted.to_string(),
                     line.escalations, line.all_deep.to_string(), line.comparable.to_string());
}

}  // namespace

std::string to_csv(const LedgerReport& report) {
  std::string out(kHead);
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
