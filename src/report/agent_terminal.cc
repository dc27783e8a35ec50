#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/agent_report.h"
#include "report/agent_words.h"
#include "report/cost_terminal.h"
#include "report/counts.h"
#include "report/finding_text.h"
#include "report/layout.h"
#include "report/paint.h"

namespace baton {
namespace {

constexpr std::ptrdiff_t kMostFiles = 40;
constexpr std::ptrdiff_t kMostLeftOut = 6;  // of each role; the JSON form has all

std::string_view color_of(CheckState state) {
  switch (state) {
    case CheckState::kPassed:
      return "32";
    case CheckState::kFailed:
      return "31";
    case CheckState::kNotRun:
      return "33";
  }
  return "0";
}

class Text {
 public:
  Text(const AgentReport& report, const TerminalStyle& style)
      : report_(report), style_(style), paint_(style.color) {}

  std::string whole() {
    head();
    branch();
    changed();
    work();
    conflicts();
    missing();
    checks();
    review();
    contexts();
    notes();
    cost();
    return std::move(out_);
  }

 private:
  void heading(std::string_view text) { out_ += '\n' + paint_.bold(text) + '\n'; }
  void paragraph(std::string_view text, int indent) { out_ += wrapped(text, style_.width, indent); }
  void line(std::string_view text, int indent) { paragraph(one_line(text), indent); }

  void head() {
    out_ += paint_.bold(title_of(report_)) + '\n';
    out_ += paint_.dim(fmt::format("{} · {}", one_line(report_.run),
                                   fmt::join(facts_of(report_), " · "))) +
            '\n';
    if (!report_.reason.empty()) {
      out_ += hanging(paint_.in("33", "!") + " ", report_.reason, style_.width, 2);
    }
    for (const std::string& text : {report_.approach, report_.answer}) {
      if (!text.empty()) out_ += '\n' + wrapped(text, style_.width, 2);
    }
  }

  void branch() {
    const std::string text = branch_line(report_);
    if (text.empty()) return;
    heading("Branch");
    line(text, 2);
    for (const std::string& command : branch_commands(report_)) out_ += "  " + command + '\n';
  }

  void changed() {
    if (report_.changed.empty()) return;
    heading(changed_line(report_.changed));
    std::ptrdiff_t shown = 0;
    for (const FileDelta& file : report_.changed) {
      if (shown++ == kMostFiles) break;
      out_ += fmt::format("  {}  {} {}  {}\n", one_line(std::string(1, file.status)),
                          right(fmt::format("+{}", grouped(file.added)), 7),
                          right(fmt::format("-{}", grouped(file.removed)), 7), one_line(file.path));
    }
    and_more(std::ssize(report_.changed) - kMostFiles, 2);
  }

  void and_more(std::ptrdiff_t more, int indent) {
    if (more > 0) line(fmt::format("and {} more", grouped(more)), indent);
  }

  void work() {
    const std::vector<const AgentTaskLine*> tasks = built(report_);
    if (tasks.empty()) return;
    heading(counted(std::ssize(tasks), "task was", "tasks were") + " done");
    for (const AgentTaskLine* task : tasks) one_task(*task);
  }

  void one_task(const AgentTaskLine& task) {
    out_ += '\n' + hanging("  " + paint_.bold(left(task.id.to_string(), 4)), one_line(task.title),
                           style_.width, 6);
    by(task, 6);
    if (!task.note.empty()) line(task.note, 6);
    paragraph(task.summary, 6);
    paragraph(task.result, 6);
    if (!task.files.empty()) line("files: " + fmt::format("{}", fmt::join(task.files, ", ")), 6);
    for (const std::string& note : task.notes)
      out_ += hanging("      - ", one_line(note), style_.width, 8);
  }

  void by(const AgentTaskLine& task, int indent) {
    std::string text = wrapped(one_line(by_line(task)), style_.width, indent);
    if (text.empty()) return;
    text.pop_back();
    out_ += paint_.dim(text) + '\n';
  }

  void conflicts() {
    const std::vector<const AgentTaskLine*> tasks = conflicted(report_);
    if (tasks.empty()) return;
    heading(counted(std::ssize(tasks), "merge", "merges") + " needed mending");
    for (const AgentTaskLine* task : tasks) {
      line(conflict_line(*task), 2);
      line(resolution_line(*task), 4);
      paragraph(task->summary, 4);
    }
  }

  void missing() {
    const std::vector<const AgentTaskLine*> tasks = not_done(report_);
    if (tasks.empty()) return;
    heading(counted(std::ssize(tasks), "task was", "tasks were") + " not done");
    for (const AgentTaskLine* task : tasks) {
      line(fmt::format("{} {}: {}", task->id.to_string(), status_words(task->kind), task->title),
           2);
      line(fmt::format("{}: {}", task->status, task->note.empty() ? "not yet ended" : task->note),
           4);
      by(*task, 4);
    }
  }

  void checks() {
    if (report_.checks.empty()) return;
    heading(checks_line(report_.checks));
    for (const CheckLine& check : report_.checks) {
      const std::string state = status_words(to_string(check.state));
      out_ += hanging("  " + paint_.in(color_of(check.state), left(state, 8)) + " ",
                      one_line(check.command), style_.width, 11);
      line(where_line(check), 11);
      if (check.state == CheckState::kFailed) output(check.detail);
    }
  }

  // Lines of a program's output stay as they are.
  void output(std::string_view text) {
    const std::string safe = for_terminal(text);
    for (const std::string_view raw : split_lines(safe)) {
      out_ += paint_.dim("           | " + std::string(raw)) + '\n';
    }
  }

  void review() {
    if (report_.reviews.empty() && report_.findings.empty()) return;
    heading("Review");
    for (const ReviewRound& round : report_.reviews) {
      line(round_line(round), 2);
      paragraph(verdict_of(report_, round), 4);
    }
    if (const std::string text = unreviewed_line(report_); !text.empty()) line(text, 2);
    out_ += report_.findings.empty() ? "  No findings remain\n"
                                     : "  What remains: " + findings_line(report_.findings) + '\n';
    for (const Finding& finding : report_.findings) out_ += finding_to_terminal(finding, style_);
  }

  void contexts() {
    if (report_.contexts.empty()) return;
    heading("Context");
    int width = 12;
    for (const ContextLine& context : report_.contexts) {
      width = std::max(width, columns_of(one_line(context.role)));
    }
    const auto row = [&](std::string_view role, std::string_view largest, std::string_view window,
                         std::string_view pack) {
      return "  " + left(role, width) + right(largest, 16) + right(window, 20) + right(pack, 20);
    };
    out_ += paint_.dim(row("", "largest prompt", "of the window", "first, of budget")) + '\n';
    for (const ContextLine& context : report_.contexts) {
      out_ += row(one_line(context.role), grouped(context.largest.count()), window_text(context),
                  pack_text(context)) +
              '\n';
      left_out(context);
    }
    if (const std::string text = alone_line(report_); !text.empty()) line(text, 2);
  }

  void left_out(const ContextLine& context) {
    std::ptrdiff_t shown = 0;
    for (const std::string& part : context.left_out) {
      if (shown++ == kMostLeftOut) break;
      line("left out of " + part, 4);
    }
    and_more(std::ssize(context.left_out) - kMostLeftOut, 4);
  }

  void notes() {
    if (report_.notes.empty()) return;
    heading(report_.notes.size() == 1 ? "Note" : "Notes");
    for (const std::string& note : report_.notes) paragraph(note, 2);
  }

  void cost() {
    out_ += '\n' + cost_text(cost_by_worker(report_), style_, CostDetail::kSummary);
    if (const auto text = compared_line(report_)) {
      out_ += hanging("  compared  ", *text, style_.width, 12);
    }
    const std::string run = one_line(report_.run);
    out_ +=
        '\n' + paint_.dim(fmt::format("More: baton show {0} · baton cost --run {0}", run)) + '\n';
  }

  const AgentReport& report_;
  const TerminalStyle& style_;
  Paint paint_;
  std::string out_;
};

}  // namespace

std::string to_terminal(const AgentReport& report, const TerminalStyle& style) {
  return Text(report, style).whole();
}

}  // namespace baton
