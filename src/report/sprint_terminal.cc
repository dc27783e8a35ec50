#include <fmt/format.h>

#include <algorithm>

#include "report/counts.h"
#include "report/layout.h"
#include "report/paint.h"
#include "report/sprint_words.h"

namespace baton {
namespace {

constexpr int kLabelWidth = 15;
constexpr int kLongestName = 40;

std::string head(const SprintReport& report, const TerminalStyle& style, const Paint& paint) {
  std::string out = paint.bold(fmt::format("Sprint {} ({})", one_line(report.name), report.id));
  out += "\n" + wrapped(headline_of(report), style.width, 0);
  if (!report.reason.empty()) out += wrapped("Stopped: " + report.reason, style.width, 0);
  for (const auto& [label, text] : facts_of(report)) {
    out += hanging("  " + left(label, kLabelWidth), text, style.width, 2 + kLabelWidth);
  }
  return out;
}

std::string painted_state(SprintJobState state, const Paint& paint) {
  const std::string words = left(status_words(to_string(state)), 17);
  if (state == SprintJobState::kComplete) return paint.in("32", words);
  return is_done(state) ? words : paint.in("31;1", words);
}

std::string job_row(std::string_view name, int width, const std::string& state,
                    const std::vector<std::string>& cells) {
  constexpr int kWidths[] = {10, 9, 7, 18};
  std::string out = "  " + left(name, width) + "  " + state;
  for (std::size_t i = 0; i < cells.size(); ++i) out += right(cells[i], kWidths[i]);
  return out + "\n";
}

std::string jobs(const SprintReport& report, const TerminalStyle& style, const Paint& paint) {
  int width = 4;
  for (const SprintJobLine& job : report.jobs)
    width = std::max(width, std::min(columns_of(one_line(job.name)), kLongestName));
  std::string out =
      "\n" + paint.bold("Jobs") + "\n" +
      paint.dim(job_row("job", width, left("status", 17), {"cost", "time", "tasks", "files"}));
  for (const SprintJobLine& job : report.jobs) {
    out += job_row(
        one_line(job.name), width, painted_state(job.state, paint),
        {job.cost.to_display(), duration_text(job.worked), tasks_text(job), files_text(job)});
    if (!job.branch.empty()) out += hanging("    branch ", job.branch, style.width, 11);
    if (!job.note.empty()) out += wrapped(job.note, style.width, 4);
    if (!is_done(job.state) && !job.run.empty())
      out += wrapped(fmt::format("run {}", job.run), style.width, 4);
  }
  return out;
}

std::string models(const SprintReport& report, const Paint& paint) {
  if (report.by_model.empty()) return {};
  int width = 5;
  for (const CostLine& line : report.by_model)
    width = std::max(width, std::min(columns_of(one_line(line.name)), kLongestName));
  const auto row = [&](std::string_view name, const std::vector<std::string>& cells) {
    constexpr int kWidths[] = {8, 13, 12, 12, 9};
    std::string out = "  " + left(name, width);
    for (std::size_t i = 0; i < cells.size(); ++i) out += right(cells[i], kWidths[i]);
    return out + "\n";
  };
  std::string out = "\n" + paint.bold("Models") + "\n" +
                    paint.dim(row("model", {"calls", "prompt", "output", "cost", "share"}));
  for (const CostLine& line : report.by_model) {
    out += row(one_line(line.name), {grouped(line.calls), grouped(line.usage.prompt().count()),
                                     grouped(line.usage.output.count()), line.charged.to_display(),
                                     share_text(line.charged, report.totals.cost)});
  }
  return out;
}

std::string comparison(const SprintReport& report, const Paint& paint) {
  const std::vector<ComparedRow> rows = compared(report);
  if (rows.empty()) return {};
  const auto line = [](const ComparedRow& row) {
    return "  " + left(row.sprint, 14) + "  " + left(row.began, 10) + right(row.done, 12) +
           right(row.cost, 11) + right(row.cost_per_job, 12) + right(row.cost_change, 9) +
           right(row.per_hour, 10) + right(row.speed_change, 9) + "\n";
  };
  std::string out = "\n" + paint.bold("Earlier sprints of this name") + "\n";
  out += paint.dim(
      line({"sprint", "began", "done", "cost", "per job", "change", "per hour", "change"}));
  for (const ComparedRow& row : rows) out += line(row);
  return out;
}

}  // namespace

std::string to_terminal(const SprintReport& report, const TerminalStyle& style) {
  const Paint paint(style.color);
  return head(report, style, paint) + jobs(report, style, paint) + models(report, paint) +
         comparison(report, paint);
}

}  // namespace baton
