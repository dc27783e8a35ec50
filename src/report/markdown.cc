#include <fmt/format.h>

#include "report/cost_markdown.h"
#include "report/counts.h"
#include "report/finding_text.h"
#include "report/layout.h"
#include "report/markdown_text.h"
#include "report/review_report.h"

namespace baton {
namespace {

std::string findings_text(const ReviewReport& report) {
  std::string out = fmt::format("### {}\n\n", findings_line(report.findings));
  for (const Finding& f : report.findings) out += finding_to_markdown(f);
  if (report.dropped_findings > 0) out += md_prose(dropped_line(report)) + "\n\n";
  return out;
}

std::string missing_text(const ReviewReport& report) {
  if (report.missing.empty()) return {};
  std::string out = "### Not done\n\n";
  for (const TaskLine& task : report.missing) {
    out += fmt::format("- **{}** {}", task.id.to_string(), md_cell(task.type));
    if (!task.title.empty()) out += ": " + md_cell(task.title);
    if (!task.note.empty()) out += " (" + md_cell(task.note) + ")";
    out += '\n';
  }
  return out + '\n';
}

std::string skipped_text(const ReviewReport& report) {
  if (report.skipped.empty()) return {};
  std::string out = "### Not reviewed\n\n";
  for (const SkippedFile& file : report.skipped) {
    out += fmt::format("- {}: {}\n", md_code(file.path), md_cell(file.reason));
  }
  return out + '\n';
}

std::string left_text(const ReviewReport& report) {
  if (report.left_to_models.empty()) return {};
  std::string out =
      "### Left to a model\n\n"
      "These were not done; with `ANTHROPIC_API_KEY` set, and without `--local`, they are.\n\n"
      "| Task | Tier | About |\n| --- | --- | ---: |\n";
  for (const LeftToModels& kind : report.left_to_models) {
    out += fmt::format("| {} | {} | {} |\n", md_cell(kind.type), md_cell(kind.tier),
                       md_cell(kind.estimate.to_display()));
  }
  return out + '\n';
}

std::string notes_text(const ReviewReport& report) {
  if (report.notes.empty()) return {};
  std::string out = "### Notes\n\n";
  for (const std::string& note : report.notes) out += "- " + md_cell(note) + '\n';
  return out + '\n';
}

std::string tasks_text(const ReviewReport& report) {
  if (report.tasks.empty()) return {};
  std::string out = fmt::format(
      "<details><summary>{}</summary>\n\n"
      "| Task | Type | Tier | By | Status | Attempts | Findings |\n"
      "| --- | --- | --- | --- | --- | ---: | ---: |\n",
      counted(std::ssize(report.tasks), "task", "tasks"));
  for (const TaskLine& task : report.tasks) {
    out += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", task.id.to_string(),
                       md_cell(task.type), md_cell(task.tier), md_cell(task.model),
                       md_cell(task.status), task.attempts, task.findings);
  }
  return out + "\n</details>\n\n";
}

}  // namespace

std::string to_markdown(const ReviewReport& report) {
  std::string out = fmt::format("## Review of {}\n\n", md_code(report.title));
  if (!report.reason.empty()) {
    out += fmt::format("> **{}:** {}\n\n", capital(md_cell(status_words(report.status))),
                       md_cell(report.reason));
  }
  if (!report.summary.empty()) out += md_prose(report.summary) + "\n\n";
  out += findings_text(report) + missing_text(report) + skipped_text(report) + left_text(report) +
         notes_text(report);
  out += fmt::format(
      "{} and {} reviewed in {} (run {}, {}).\n\n", counted(report.files_reviewed, "file", "files"),
      counted(report.lines_added, "added line", "added lines"), duration_text(report.elapsed),
      md_code(report.run), md_cell(status_words(report.status)));
  return out + tasks_text(report) + cost_markdown(report.cost);
}

}  // namespace baton
