#include <fmt/format.h>

#include "report/layout.h"
#include "report/ledger_words.h"
#include "report/markdown_text.h"

namespace baton {
namespace {

std::string table(const LedgerReport& report, Grouping grouping) {
  const std::vector<LedgerLine> lines = report.ledger.lines(grouping);
  if (lines.empty()) return {};
  std::string out = fmt::format(
      "\n## By {}\n\n"
      "| {} | Runs | Calls | Input | Cache write | Cache read | Output | Cost | Saved |\n"
      "| :-- | --: | --: | --: | --: | --: | --: | --: | --: |\n",
      to_string(grouping), heading_of(grouping));
  for (const LedgerLine& line : lines) {
    out += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", md_code(line.name),
                       grouped(line.runs), grouped(line.calls), grouped(line.usage.input.count()),
                       grouped((line.usage.cache_write_5m + line.usage.cache_write_1h).count()),
                       grouped(line.usage.cache_read.count()), grouped(line.usage.output.count()),
                       line.charged.to_display(), saved_text(line));
  }
  return out;
}

std::string run_table(const Ledger& ledger) {
  std::string out =
      "\n## By run\n\n| Run | Begun | Status | Calls | Cost | Saved | Title |\n"
      "| :-- | :-- | :-- | --: | --: | --: | :-- |\n";
  for (const LedgerRun& run : ledger.runs) {
    out += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", md_code(run.run),
                       timestamp_of(run.created), md_cell(run.status), grouped(run.line.calls),
                       run.line.charged.to_display(), saved_text(run.line), md_cell(run.title));
  }
  return out;
}

}  // namespace

// What is ours (sums and sentences) stands as it is; names and titles do not.
std::string to_markdown(const LedgerReport& report) {
  const Ledger& ledger = report.ledger;
  std::string out = fmt::format("# {}\n\n{}\n", md_cell(title_of(ledger)), headline_of(ledger));
  for (const auto& [label, text] : facts_of(ledger)) {
    out += fmt::format("- **{}**: {}\n", label, text);
  }
  if (!ledger.runs.empty()) {
    if (!report.targets.empty()) out += "\n## Targets\n\n| | Target | |\n| :-- | :-- | :-- |\n";
    for (const Judgement& judgement : report.targets) {
      out += fmt::format("| {} | {} | {} |\n", to_string(judgement.state), md_cell(judgement.name),
                         verdict_of(judgement));
    }
    for (const Grouping grouping : report.by) {
      out += grouping == Grouping::kRun ? run_table(ledger) : table(report, grouping);
    }
  }
  if (!ledger.left_out.empty()) out += "\n## Left out\n\n";
  for (const LeftOut& run : ledger.left_out) {
    out += fmt::format("- {}: {}\n", md_code(run.run), md_cell(run.reason));
  }
  return out;
}

}  // namespace baton
