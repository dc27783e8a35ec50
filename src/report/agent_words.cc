#include "report/agent_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/counts.h"
#include "report/layout.h"
#include "report/percent.h"

namespace baton {
namespace {

constexpr std::size_t kLongestTitle = 160;
constexpr std::size_t kShortCommit = 12;

std::string short_commit(std::string_view commit) {
  return std::string(commit.substr(0, kShortCommit));
}

bool is_shell_safe(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._/-").find(c) != std::string_view::npos;
}

std::string shell_word(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_shell_safe)) {
    return std::string(text);
  }
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

template <typename Keep>
std::vector<const AgentTaskLine*> chosen(const AgentReport& report, Keep keep) {
  std::vector<const AgentTaskLine*> lines;
  for (const AgentTaskLine& task : report.tasks) {
    if (keep(task)) lines.push_back(&task);
  }
  return lines;
}

bool is_done(const AgentTaskLine& task) {
  return task.status == "done";
}

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

std::string_view to_string(CheckState state) {
  switch (state) {
    case CheckState::kPassed:
      return "passed";
    case CheckState::kFailed:
      return "failed";
    case CheckState::kNotRun:
      return "not_run";
  }
  return "";
}

std::string title_of(const AgentReport& report) {
  return fmt::format("{}: {}", capital(one_line(report.workflow)),
                     shorten(one_line(report.request), kLongestTitle));
}

std::vector<std::string> facts_of(const AgentReport& report) {
  return {one_line(status_words(report.status)), counted(std::ssize(report.tasks), "task", "tasks"),
          duration_text(report.elapsed)};
}

std::string branch_line(const AgentReport& report) {
  if (report.commit.empty()) return report.undelivered;
  return fmt::format("{} at {}, built upon {}", one_line(report.branch),
                     short_commit(one_line(report.commit)), short_commit(one_line(report.base)));
}

std::vector<std::string> branch_commands(const AgentReport& report) {
  if (report.commit.empty()) return {};
  const std::string branch = shell_word(one_line(report.branch));
  return {fmt::format("git diff {}..{}", shell_word(short_commit(one_line(report.base))), branch),
          fmt::format("git switch {}", branch)};
}

std::string changed_line(const std::vector<FileDelta>& changed) {
  std::int64_t added = 0;
  std::int64_t removed = 0;
  for (const FileDelta& file : changed) {
    added += file.added;
    removed += file.removed;
  }
  return fmt::format("{} changed, {} added, {} removed",
                     counted(std::ssize(changed), "file", "files"), counted(added, "line", "lines"),
                     grouped(removed));
}

std::vector<const AgentTaskLine*> built(const AgentReport& report) {
  return chosen(report, [](const AgentTaskLine& task) {
    return is_done(task) && (task.kind == "work" || task.kind == "clean_up" || task.kind == "fix");
  });
}

std::vector<const AgentTaskLine*> not_done(const AgentReport& report) {
  return chosen(report, [](const AgentTaskLine& task) { return !is_done(task); });
}

std::vector<const AgentTaskLine*> conflicted(const AgentReport& report) {
  return chosen(report, [](const AgentTaskLine& task) {
    return !task.conflicts.empty() || !task.trouble.empty();
  });
}

std::string by_line(const AgentTaskLine& task) {
  std::vector<std::string> who;
  for (const std::string& part : {task.worker, task.tier, task.model}) {
    if (!part.empty()) who.push_back(part);
  }
  if (task.model.empty()) return joined(who);
  std::vector<std::string> what = {counted(task.attempts, "attempt", "attempts"),
                                   counted(task.turns, "turn", "turns")};
  if (task.tool_calls > 0) what.push_back(counted(task.tool_calls, "tool call", "tool calls"));
  what.push_back(task.charged.to_display());
  return joined(who) + ": " + joined(what);
}

std::string conflict_line(const AgentTaskLine& task) {
  const std::string whose = fmt::format("{}, merging {}: ", task.id.to_string(), task.of);
  if (task.conflicts.empty()) return whose + task.trouble;
  return whose + "conflicts in " + joined(task.conflicts);
}

std::string resolution_line(const AgentTaskLine& task) {
  if (!is_done(task)) {
    return fmt::format("not mended: {}", task.note.empty() ? task.status : task.note);
  }
  return "mended by " + by_line(task);
}

std::string checks_line(const std::vector<CheckLine>& checks) {
  std::vector<std::string> parts;
  for (const CheckState state : {CheckState::kPassed, CheckState::kFailed, CheckState::kNotRun}) {
    const auto count = std::count_if(checks.begin(), checks.end(),
                                     [&](const CheckLine& check) { return check.state == state; });
    if (count > 0) {
      parts.push_back(fmt::format("{} {}", grouped(count), status_words(to_string(state))));
    }
  }
  return fmt::format("{}: {}", counted(std::ssize(checks), "check", "checks"), joined(parts));
}

std::string where_line(const CheckLine& check) {
  if (check.state == CheckState::kNotRun) return check.detail;
  std::string text = check.merged ? fmt::format("after {} was merged", check.task)
                                  : fmt::format("in the worktree of {} alone", check.task);
  if (check.runs > 1 && check.failures > 0) {
    text += fmt::format("; {} of {} runs failed", grouped(check.failures), grouped(check.runs));
  }
  return text;
}

std::string round_line(const ReviewRound& round) {
  const std::string task = round.task.to_string();
  std::string text = fmt::format("round {}: ", round.round);
  if (round.status != "done") return text + fmt::format("{} was not done", task);
  text +=
      fmt::format("{} found {}", task,
                  round.findings == 0 ? "nothing" : counted(round.findings, "finding", "findings"));
  if (!round.fix) return text;
  const std::string fix = round.fix->to_string();
  if (round.fix_status == "done") return text + fmt::format("; {} went over them", fix);
  return text + fmt::format("; {}, which was to mend them, was not done", fix);
}

std::string_view verdict_of(const AgentReport& report, const ReviewRound& round) {
  const auto task = std::find_if(report.tasks.begin(), report.tasks.end(),
                                 [&](const AgentTaskLine& line) { return line.id == round.task; });
  return task == report.tasks.end() ? std::string_view() : task->summary;
}

std::string unreviewed_line(const AgentReport& report) {
  if (report.reviews.empty()) return {};
  const ReviewRound& last = report.reviews.back();
  if (!last.fix || last.fix_status != "done") return {};
  return fmt::format("What {} changed after the last review, nobody has reviewed.",
                     last.fix->to_string());
}

std::string window_text(const ContextLine& context) {
  if (!context.window) return "–";
  return fmt::format("{} of {}",
                     percent_text(per_mille(context.largest.count(), context.window->count())),
                     grouped(context.window->count()));
}

std::string pack_text(const ContextLine& context) {
  if (context.pack == Tokens()) return "–";
  return fmt::format("{} of {}", grouped(context.pack.count()), grouped(context.budget.count()));
}

std::string alone_line(const AgentReport& report) {
  if (report.repository == Tokens() || report.contexts.empty()) return {};
  const auto largest = std::max_element(
      report.contexts.begin(), report.contexts.end(),
      [](const ContextLine& a, const ContextLine& b) { return a.largest < b.largest; });
  if (report.repository <= largest->largest) return {};  // a small one: nothing is saved
  return fmt::format(
      "The repository is about {} tokens: what one model alone would have to read. The largest "
      "prompt here was {} ({}).",
      grouped(report.repository.count()), grouped(largest->largest.count()),
      percent_text(per_mille(largest->largest.count(), report.repository.count())));
}

CostReport cost_by_worker(const AgentReport& report) {
  CostReport cost = report.cost;
  if (!report.by_worker.empty()) cost.by_role = report.by_worker;
  return cost;
}

std::optional<std::string> compared_line(const AgentReport& report) {
  const CostReport& cost = report.cost;
  if (!report.compared || *report.compared == cost.all_deep) return std::nullopt;
  const Money known = cost.total - cost.unknown;
  const std::string text =
      fmt::format("{} by {}'s own count of tokens (baton compare): ", report.compared->to_display(),
                  one_line(cost.deep_model));
  if (*report.compared < known) return text + "this run cost more";
  return text +
         percent_text(
             per_mille((*report.compared - known).picodollars(), report.compared->picodollars())) +
         " saved";
}

}  // namespace baton
