#include <fmt/format.h>

#include "report/cost_terminal.h"
#include "report/counts.h"
#include "report/finding_text.h"
#include "report/layout.h"
#include "report/paint.h"
#include "report/review_report.h"

namespace baton {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, " · "));
}

class Text {
 public:
  Text(const ReviewReport& report, const TerminalStyle& style)
      : report_(report), style_(style), paint_(style.color) {}

  std::string whole() {
    head();
    findings();
    missing();
    skipped();
    left_to_models();
    notes();
    out_ += '\n' + cost_text(report_.cost, style_, CostDetail::kSummary);
    out_ += '\n' +
            paint_.dim(
                fmt::format("More: baton show {0} · baton cost --run {0}", one_line(report_.run))) +
            '\n';
    return std::move(out_);
  }

 private:
  void head() {
    out_ += paint_.bold("Review of " + one_line(report_.title)) + '\n';
    out_ += paint_.dim(joined({one_line(report_.run), one_line(status_words(report_.status)),
                               counted(report_.files_reviewed, "file", "files"),
                               counted(report_.lines_added, "line", "lines") + " added",
                               duration_text(report_.elapsed)})) +
            '\n';
    if (!report_.reason.empty()) {
      out_ += hanging(paint_.in("33", "!") + " ", report_.reason, style_.width, 2);
    }
    if (!report_.summary.empty()) out_ += '\n' + wrapped(report_.summary, style_.width, 0);
  }

  void heading(std::string_view text) { out_ += '\n' + paint_.bold(text) + '\n'; }

  void findings() {
    heading(findings_line(report_.findings));
    for (const Finding& f : report_.findings) out_ += finding_to_terminal(f, style_);
    if (report_.dropped_findings > 0) {
      out_ += '\n' + wrapped(dropped_line(report_), style_.width, 0);
    }
  }

  void missing() {
    if (report_.missing.empty()) return;
    heading(counted(std::ssize(report_.missing), "task was", "tasks were") + " not done");
    for (const TaskLine& task : report_.missing) {
      std::string text = fmt::format("{} {}", task.id.to_string(), task.type);
      if (!task.title.empty()) text += ": " + task.title;
      out_ += wrapped(one_line(text), style_.width, 2);
      if (!task.note.empty()) out_ += wrapped(one_line(task.note), style_.width, 4);
    }
  }

  void skipped() {
    if (report_.skipped.empty()) return;
    heading(counted(std::ssize(report_.skipped), "file was", "files were") + " not reviewed");
    for (const SkippedFile& file : report_.skipped) {
      out_ += wrapped(one_line(fmt::format("{}: {}", file.path, file.reason)), style_.width, 2);
    }
  }

  void left_to_models() {
    if (report_.left_to_models.empty()) return;
    heading(counted(std::ssize(report_.left_to_models), "kind of task was", "kinds of task were") +
            " left to a model");
    Money total;
    for (const LeftToModels& kind : report_.left_to_models) {
      out_ += model_row(one_line(kind.type), one_line(kind.tier),
                        "about " + kind.estimate.to_display());
      total += kind.estimate;
    }
    if (report_.left_to_models.size() > 1) {
      out_ += model_row("together", "", "about " + total.to_display());
    }
    out_ += wrapped(
        "To have them done, set ANTHROPIC_API_KEY and run the review again without --local.",
        style_.width, 2);
  }

  static std::string model_row(std::string_view type, std::string_view tier,
                               std::string_view price) {
    return "  " + left(type, 34) + "  " + left(tier, 8) + "  " + right(price, 16) + '\n';
  }

  void notes() {
    if (report_.notes.empty()) return;
    heading(report_.notes.size() == 1 ? "Note" : "Notes");
    for (const std::string& note : report_.notes) {
      out_ += wrapped(note, style_.width, 2);
    }
  }

  const ReviewReport& report_;
  const TerminalStyle& style_;
  Paint paint_;
  std::string out_;
};

}  // namespace

std::string to_terminal(const ReviewReport& report, const TerminalStyle& style) {
  return Text(report, style).whole();
}

}  // namespace baton
