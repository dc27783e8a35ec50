#include <fmt/format.h>

#include "report/counts.h"
#include "report/layout.h"
#include "report/markdown_text.h"
#include "report/sprint_words.h"

namespace baton {
namespace {

std::string row(const std::vector<std::string>& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string jobs(const SprintReport& report) {
  std::string out = "\n## Jobs\n\n" +
                    row({"Job", "Kind", "Status", "Cost", "Time", "Tasks", "Files", "Run"}) +
                    "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |\n";
  for (const SprintJobLine& job : report.jobs) {
    out +=
        row({md_cell(job.name), job.kind, status_words(to_string(job.state)), job.cost.to_display(),
             duration_text(job.worked), tasks_text(job), files_text(job), md_cell(job.run)});
  }
  std::string notes;
  for (const SprintJobLine& job : report.jobs) {
    if (!job.branch.empty())
      notes += fmt::format("* {}: branch {}\n", md_cell(job.name), md_code(job.branch));
    if (!job.note.empty())
      notes += fmt::format("* {}: {}\n", md_cell(job.name), md_prose(one_line(job.note)));
  }
  return notes.empty() ? out : out + "\n" + notes;
}

std::string models(const SprintReport& report) {
  if (report.by_model.empty()) return {};
  std::string out = "\n## Models\n\n" +
                    row({"Model", "Calls", "Prompt tokens", "Output tokens", "Cost", "Share"}) +
                    "| --- | ---: | ---: | ---: | ---: | ---: |\n";
  for (const CostLine& line : report.by_model) {
    out += row({md_cell(line.name), grouped(line.calls), grouped(line.usage.prompt().count()),
                grouped(line.usage.output.count()), line.charged.to_display(),
                share_text(line.charged, report.totals.cost)});
  }
  return out;
}

std::string comparison(const SprintReport& report) {
  const std::vector<ComparedRow> rows = compared(report);
  if (rows.empty()) return {};
  std::string out = "\n## Earlier sprints of this name\n\n" +
                    row({"Sprint", "Began", "Done", "Cost", "Cost per job", "Change",
                         "Jobs per hour", "Change"}) +
                    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  for (const ComparedRow& each : rows) {
    out += row({each.sprint, each.began, each.done, each.cost, each.cost_per_job, each.cost_change,
                each.per_hour, each.speed_change});
  }
  return out;
}

}  // namespace

std::string to_markdown(const SprintReport& report) {
  std::string out =
      fmt::format("# Sprint {}\n\n{}\n", md_prose(one_line(report.name)), headline_of(report));
  if (!report.reason.empty()) out += fmt::format("\nStopped: {}\n", md_prose(report.reason));
  out += "\n";
  for (const auto& [label, text] : facts_of(report)) out += fmt::format("* {}: {}\n", label, text);
  return out + jobs(report) + models(report) + comparison(report);
}

}  // namespace baton
