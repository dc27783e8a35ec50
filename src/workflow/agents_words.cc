// What people are told and asked.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "workflow/agents.h"

namespace baton {
namespace {

constexpr std::size_t kShortCommit = 12;
constexpr std::size_t kMostPaths = 50;
constexpr std::size_t kMostDiff = 4 << 20;

// What models wrote must not look like a line of ours.
std::string inside_a_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string files_text(const std::vector<FilePart>& files) {
  std::string text;
  for (const FilePart& part : files) {
    text += text.empty() ? "" : ", ";
    text += part.path;
    if (!part.whole) text += fmt::format(":{}-{}", part.lines.first, part.lines.last);
  }
  return text;
}

// The paths a diff is of, as its headers name them.
std::vector<std::string> paths_in(const std::string& diff) {
  std::vector<std::string> paths;
  for (const std::string_view line : split_lines(diff)) {
    constexpr std::string_view kStart = "diff --git a/";
    if (!line.starts_with(kStart)) continue;
    const std::size_t second = line.find(" b/", kStart.size());
    if (second != line.npos) paths.emplace_back(line.substr(second + 3));
  }
  return paths;
}

}  // namespace

std::vector<std::string> Agents::notes() const {
  std::vector<std::string> notes = plan_notes_;
  for (const auto& [id, known] : tasks_) {
    notes.insert(notes.end(), known.task.notes.begin(), known.task.notes.end());
    if (!known.fault.empty()) notes.push_back(known.fault);
    // What an answer says of itself stands in its own place.
    if (known.result && known.result->answer.empty() && !known.result->note.empty())
      notes.push_back(fmt::format("{}: {}", id.to_string(), known.result->note));
  }
  const std::optional<RoleRow>& review = input_.recipe.review;
  if (review && input_.recipe.review_rounds > 0 && !has_review())
    notes.push_back(fmt::format("there is no worker '{}': nothing is reviewed", review->worker));
  return notes;
}

std::string Agents::question(std::string_view gate) const {
  if (gate == "plan") return for_terminal(plan_question());
  if (gate == "merge") return for_terminal(merge_question());
  return {};
}

std::string Agents::plan_question() const {
  std::string text;
  if (!approach_.empty()) text += inside_a_line(approach_) + "\n\n";
  bool any = false;
  for (const auto& [id, known] : tasks_) {
    const AgentTask& task = known.task;
    if (task.kind != AgentTaskKind::kWork) continue;
    any = true;
    fmt::format_to(std::back_inserter(text), "{} {}: {}\n", id.to_string(), task.worker,
                   task.title);
    const auto line = [&](std::string_view what, const std::string& value) {
      if (!value.empty())
        fmt::format_to(std::back_inserter(text), "   {}: {}\n", what, inside_a_line(value));
    };
    line("why", task.reason);
    line("files", files_text(task.files));
    for (const std::string& criterion : task.acceptance) line("done when", criterion);
    for (const std::string& command : task.commands) line("must pass", command);
  }
  return any ? text : std::string();
}

std::string Agents::merge_question() const {
  const std::string at = head();
  if (at == input_.base) return {};
  std::string text = fmt::format("The branch {} would hold:\n", input_.branch);
  for (const TaskId id : merged()) {
    const AgentResult& merge = *result(id);
    if (merge.commit == merge.onto) continue;
    const AgentTask& work = tasks_.at(*work_before(id)).task;
    fmt::format_to(std::back_inserter(text), "{} {} ({})\n",
                   std::string_view(merge.commit).substr(0, kShortCommit), work.title, work.worker);
    for (const CheckRun& check : merge.checks)
      fmt::format_to(std::back_inserter(text), "   {}: {}\n", check.passed ? "passed" : "failed",
                     inside_a_line(check.command));
  }
  if (const Result<std::string> diff = repository_.diff(input_.base, at, kMostDiff); diff) {
    std::vector<std::string> paths = paths_in(*diff);
    if (paths.size() > kMostPaths) {
      const std::string more = fmt::format("and {} more", paths.size() - kMostPaths);
      paths.resize(kMostPaths);
      paths.push_back(more);
    }
    fmt::format_to(std::back_inserter(text), "Files: {}\n", fmt::join(paths, ", "));
  }
  for (const Finding& finding : open_findings()) {
    fmt::format_to(std::back_inserter(text), "Not mended: {}:{} ({}) {}\n",
                   inside_a_line(finding.file), finding.line, to_string(finding.severity),
                   inside_a_line(finding.message));
  }
  return text;
}

}  // namespace baton
