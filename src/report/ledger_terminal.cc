#include <fmt/format.h>

#include <algorithm>

#include "report/layout.h"
#include "report/ledger_words.h"
#include "report/paint.h"

namespace baton {
namespace {

constexpr int kLabelWidth = 10;
constexpr int kLongestName = 40;

std::string name_of(const LedgerLine& line) {
  return one_line(line.name);
}

std::string row(std::string_view name, int width, const std::vector<std::string>& cells) {
  std::string out = "  " + left(name, width);
  constexpr int kWidths[] = {6, 7, 12, 12, 12, 11, 11, 8};
  for (std::size_t i = 0; i < cells.size(); ++i) out += right(cells[i], kWidths[i]);
  return out + "\n";
}

std::vector<std::string> cells_of(const LedgerLine& line) {
  return {grouped(line.runs),
          grouped(line.calls),
          grouped(line.usage.input.count()),
          grouped((line.usage.cache_write_5m + line.usage.cache_write_1h).count()),
          grouped(line.usage.cache_read.count()),
          grouped(line.usage.output.count()),
          line.charged.to_display(),
          saved_text(line)};
}

std::string table(const LedgerReport& report, Grouping grouping, const Paint& paint) {
  const std::vector<LedgerLine> lines = report.ledger.lines(grouping);
  if (lines.empty()) return {};
  int width = columns_of(heading_of(grouping));
  for (const LedgerLine& line : lines) {
    width = std::max(width, std::min(columns_of(name_of(line)), kLongestName));
  }
  std::string out = "\n" + paint.bold("By " + std::string(to_string(grouping))) + "\n";
  out += paint.dim(
      row("", width,
          {"runs", "calls", "input", "cache write", "cache read", "output", "cost", "saved"}));
  for (const LedgerLine& line : lines) out += row(name_of(line), width, cells_of(line));
  return out;
}

std::string run_list(const LedgerReport& report, const Paint& paint) {
  std::string out = "\n" + paint.bold("By run") + "\n";
  for (const LedgerRun& run : report.ledger.runs) {
    out += fmt::format("  {}  {}  {}{}  {}\n", left(one_line(run.run), 14),
                       timestamp_of(run.created), left(one_line(run.status), 16),
                       right(run.line.charged.to_display(), 10), one_line(run.title));
  }
  return out;
}

std::string target_line(const Judgement& judgement, const Paint& paint, int width) {
  const std::string state = left(to_string(judgement.state), 14);
  const std::string painted = judgement.state == TargetState::kMet      ? paint.in("32", state)
                              : judgement.state == TargetState::kNotMet ? paint.in("31;1", state)
                                                                        : paint.dim(state);
  // The colour takes no columns, so the line is laid out without it.
  std::string line = hanging(
      "  " + state + "  ", fmt::format("{}: {}", judgement.name, verdict_of(judgement)), width, 18);
  return line.replace(2, state.size(), painted);
}

}  // namespace

std::string to_terminal(const LedgerReport& report, const TerminalStyle& style) {
  const Paint paint(style.color);
  const Ledger& ledger = report.ledger;
  std::string out = paint.bold(one_line(title_of(ledger))) + "\n";
  out += wrapped(headline_of(ledger), style.width, 0);
  for (const auto& [label, text] : facts_of(ledger)) {
    out += hanging("  " + left(label, kLabelWidth), text, style.width, 2 + kLabelWidth);
  }
  if (!ledger.runs.empty()) {
    if (!report.targets.empty()) out += "\n" + paint.bold("Targets") + "\n";
    for (const Judgement& judgement : report.targets) {
      out += target_line(judgement, paint, style.width);
    }
    for (const Grouping grouping : report.by) {
      out += grouping == Grouping::kRun ? run_list(report, paint) : table(report, grouping, paint);
    }
  }
  if (!ledger.left_out.empty()) out += "\n" + paint.bold("Left out") + "\n";
  for (const LeftOut& run : ledger.left_out) {
    out += hanging("  - ", one_line(run.run) + ": " + one_line(run.reason), style.width, 4);
  }
  return out;
}

}  // namespace baton
