#include <fmt/format.h>

#include "report/counts.h"
#include "report/layout.h"
#include "report/markdown_text.h"
#include "report/review_report.h"

namespace baton {
namespace {

std::string capital(std::string_view word) {
  std::string out(word);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z')
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

std::string finding_text(const Finding& f) {
  std::string out = fmt::format("#### {}: {}\n\n", capital(to_string(f.severity)),
                                md_code(fmt::format("{}:{}", f.file, f.line)));
  out += md_prose(f.message) + "\n\n";
  if (!f.suggestion.empty()) out += "**Suggestion:** " + md_prose(f.suggestion) + "\n\n";
  std::string from = md_cell(f.category);
  if (!f.source.empty()) from += fmt::format(", from {}", md_cell(f.source));
  if (f.confidence < 1) from += fmt::format(", {:.0f}% sure", f.confidence * 100);
  return out + "<sub>" + from + "</sub>\n\n";
}

std::string findings_text(const ReviewReport& report) {
  std::string out = fmt::format("### {}\n\n", findings_line(report.findings));
  for (const Finding& f : report.findings) out += finding_text(f);
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

std::string cost_row(std::string_view name, const CostLine& line) {
  const Usage& usage = line.usage;
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", name, grouped(line.calls),
                     grouped(usage.input.count()),
                     grouped((usage.cache_write_5m + usage.cache_write_1h).count()),
                     grouped(usage.cache_read.count()), grouped(usage.output.count()),
                     md_cell(line.charged.to_display()));
}

std::string cost_headline(const CostReport& cost) {
  std::string out = "Cost: " + cost.total.to_display();
  if (cost.budget) out += " of " + cost.budget->to_display();
  if (cost.calls == 0) return out + ", no model was called";
  if (cost.all_deep > Money() && cost.saved_percent() > 0) {
    out += fmt::format(", {:.1f}% less than all on {}", cost.saved_percent(), cost.deep_model);
  }
  return out;
}

std::string cost_details(const CostReport& cost) {
  if (cost.calls == 0) return md_cell(cost_headline(cost)) + "\n";
  std::string out = fmt::format(
      "<details><summary>{}</summary>\n\n"
      "| | Calls | Input | Cache write | Cache read | Output | Cost |\n"
      "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
      md_html(cost_headline(cost)));
  for (const CostLine& line : cost.by_role) out += cost_row(md_cell(line.name), line);
  for (const CostLine& line : cost.by_model) out += cost_row(md_cell(line.name), line);
  out += cost_row("**total**",
                  {.name = {}, .calls = cost.calls, .usage = cost.usage, .charged = cost.total});
  out += fmt::format("\n- {:.1f}% of the prompt tokens were read from the cache\n",
                     cost.cached_percent());
  if (cost.all_deep > Money()) {
    out += fmt::format("- the same tokens on {}: {}\n", md_cell(cost.deep_model),
                       md_cell(cost.all_deep.to_display()));
  }
  if (cost.estimate) {
    out += fmt::format("- estimated before: {}\n", md_cell(cost.estimate->to_display()));
  }
  if (cost.unknown_calls > 0) {
    out += fmt::format("- {} without a known bill, booked at worst case: {}\n",
                       counted(cost.unknown_calls, "call", "calls"),
                       md_cell(cost.unknown.to_display()));
  }
  return out + "\n</details>\n";
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
  return out + tasks_text(report) + cost_details(report.cost);
}

}  // namespace baton
