#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/agent_report.h"
#include "report/agent_words.h"
#include "report/cost_markdown.h"
#include "report/counts.h"
#include "report/finding_text.h"
#include "report/layout.h"
#include "report/markdown_text.h"

namespace baton {
namespace {

// Lines that stand as they are. The fence is longer than any run of its own mark in them.
std::string code_block(std::string_view language, std::string_view text) {
  const std::string safe = for_terminal(text);
  std::size_t longest = 2;
  for (std::size_t at = safe.find('`'); at != safe.npos; at = safe.find('`', at)) {
    const std::size_t end = std::min(safe.find_first_not_of('`', at), safe.size());
    longest = std::max(longest, end - at);
    at = end;
  }
  const std::string fence(longest + 1, '`');
  std::string out = fmt::format("{}{}\n", fence, language);
  for (const std::string_view line : split_lines(safe)) out.append(line).append("\n");
  return out + fence + "\n\n";
}

std::string paragraph(std::string_view text) {
  const std::string prose = md_prose(text);
  return prose.empty() ? prose : prose + "\n\n";
}

std::string bullets(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += "- " + md_cell(text) + '\n';
  return out.empty() ? out : out + '\n';
}

std::string codes(const std::vector<std::string>& texts) {
  std::vector<std::string> spans;
  for (const std::string& text : texts) spans.push_back(md_code(text));
  return fmt::format("{}", fmt::join(spans, ", "));
}

std::string head_text(const AgentReport& report) {
  std::string out = fmt::format("## {}\n\n", md_cell(title_of(report)));
  if (!report.reason.empty()) {
    out += fmt::format("> **{}:** {}\n\n", capital(md_cell(status_words(report.status))),
                       md_cell(report.reason));
  }
  return out + paragraph(report.approach) + paragraph(report.answer);
}

std::string branch_text(const AgentReport& report) {
  if (branch_line(report).empty()) return {};
  std::string out = fmt::format("### Branch\n\n{}\n\n", md_cell(branch_line(report)));
  const std::vector<std::string> commands = branch_commands(report);
  if (!commands.empty()) out += code_block("sh", fmt::format("{}", fmt::join(commands, "\n")));
  return out;
}

std::string changed_text(const AgentReport& report) {
  if (report.changed.empty()) return {};
  std::string out = fmt::format(
      "<details><summary>{}</summary>\n\n| | File | Added | Removed |\n"
      "| --- | --- | ---: | ---: |\n",
      changed_line(report.changed));
  for (const FileDelta& file : report.changed) {
    out += fmt::format("| {} | {} | {} | {} |\n", md_cell(std::string(1, file.status)),
                       md_cell(file.path), grouped(file.added), grouped(file.removed));
  }
  return out + "\n</details>\n\n";
}

std::string task_text(const AgentTaskLine& task) {
  std::string out = fmt::format("#### {}: {}\n\n<sub>{}</sub>\n\n", task.id.to_string(),
                                md_cell(task.title), md_cell(by_line(task)));
  out += paragraph(task.note) + paragraph(task.summary) + paragraph(task.result);
  if (!task.files.empty()) out += "Files: " + codes(task.files) + "\n\n";
  return out + bullets(task.notes);
}

std::string built_text(const AgentReport& report) {
  const std::vector<const AgentTaskLine*> tasks = built(report);
  if (tasks.empty()) return {};
  std::string out =
      fmt::format("### {} done\n\n", counted(std::ssize(tasks), "task was", "tasks were"));
  for (const AgentTaskLine* task : tasks) out += task_text(*task);
  return out;
}

std::string conflicts_text(const AgentReport& report) {
  const std::vector<const AgentTaskLine*> tasks = conflicted(report);
  if (tasks.empty()) return {};
  std::string out = "### Merges that needed mending\n\n";
  for (const AgentTaskLine* task : tasks) {
    out +=
        fmt::format("- {}: {}\n", md_cell(conflict_line(*task)), md_cell(resolution_line(*task)));
  }
  return out + '\n';
}

std::string missing_text(const AgentReport& report) {
  const std::vector<const AgentTaskLine*> tasks = not_done(report);
  if (tasks.empty()) return {};
  std::string out = "### Not done\n\n";
  for (const AgentTaskLine* task : tasks) {
    out += fmt::format("- **{}** {}: {} ({})\n", task->id.to_string(),
                       md_cell(status_words(task->kind)), md_cell(task->title),
                       md_cell(task->note.empty() ? task->status : task->note));
  }
  return out + '\n';
}

std::string checks_text(const AgentReport& report) {
  if (report.checks.empty()) return {};
  std::string out = fmt::format("### {}\n\n| Check | Result | |\n| --- | --- | --- |\n",
                                checks_line(report.checks));
  std::string outputs;
  for (const CheckLine& check : report.checks) {
    // Not as code: a bar would end the cell even within a code span.
    out += fmt::format("| {} | {} | {} |\n", md_cell(check.command),
                       status_words(to_string(check.state)), md_cell(where_line(check)));
    if (check.state == CheckState::kFailed && !check.detail.empty()) {
      outputs += md_code(check.command) + " ended with:\n\n" + code_block("", check.detail);
    }
  }
  return out + '\n' + outputs;
}

std::string review_text(const AgentReport& report) {
  if (report.reviews.empty() && report.findings.empty()) return {};
  std::string out = "### Review\n\n";
  std::vector<std::string> lines;
  for (const ReviewRound& round : report.reviews) {
    const std::string_view verdict = verdict_of(report, round);
    lines.push_back(round_line(round) + (verdict.empty() ? "" : fmt::format(". {}", verdict)));
  }
  if (const std::string text = unreviewed_line(report); !text.empty()) lines.push_back(text);
  out += bullets(lines);
  if (report.findings.empty()) return out + "No findings remain.\n\n";
  out += "What remains: " + findings_line(report.findings) + "\n\n";
  for (const Finding& finding : report.findings) out += finding_to_markdown(finding);
  return out;
}

std::string contexts_text(const AgentReport& report) {
  if (report.contexts.empty()) return {};
  std::string out =
      "<details><summary>Context by role</summary>\n\n"
      "| Role | Model | Largest prompt | Of the window | First prompt, of its budget |\n"
      "| --- | --- | ---: | ---: | ---: |\n";
  std::vector<std::string> left_out;
  for (const ContextLine& context : report.contexts) {
    out +=
        fmt::format("| {} | {} | {} | {} | {} |\n", md_cell(context.role), md_cell(context.model),
                    grouped(context.largest.count()), window_text(context), pack_text(context));
    for (const std::string& part : context.left_out) left_out.push_back("left out of " + part);
  }
  out += '\n' + bullets(left_out) + paragraph(alone_line(report));
  return out + "</details>\n\n";
}

std::string notes_text(const AgentReport& report) {
  return report.notes.empty() ? std::string() : "### Notes\n\n" + bullets(report.notes);
}

std::string cost_part(const AgentReport& report) {
  std::string out = cost_markdown(cost_by_worker(report));
  if (const auto text = compared_line(report)) {
    out += fmt::format("\nAll deep: {}\n", md_cell(*text));
  }
  return out;
}

}  // namespace

std::string to_markdown(const AgentReport& report) {
  std::string out = head_text(report) + branch_text(report) + changed_text(report) +
                    built_text(report) + conflicts_text(report) + missing_text(report) +
                    checks_text(report) + review_text(report) + notes_text(report);
  out += fmt::format(
      "{} in {} (run {}, {}).\n\n", counted(std::ssize(report.tasks), "task", "tasks"),
      duration_text(report.elapsed), md_code(report.run), md_cell(status_words(report.status)));
  return out + contexts_text(report) + cost_part(report);
}

}  // namespace baton
