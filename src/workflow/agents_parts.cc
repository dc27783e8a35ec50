// The parts of a task's context pack, in the order of their worth.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "prompt/pack.h"
#include "workflow/agents.h"

namespace baton {
namespace {

constexpr std::size_t kMostDiff = 4 << 20;  // of which a pack takes what it has room for
constexpr std::size_t kLongestCriteria = 16 << 10;
constexpr std::size_t kLongestOutput = 4 << 10;  // of a command that failed
constexpr std::size_t kLongestDescribed = 400;   // of a worker, for the planner
constexpr std::size_t kLongestSide = 2'000;      // of a description, for the integrator

std::string listed(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) fmt::format_to(std::back_inserter(text), "- {}\n", line);
  return text;
}

std::string listed(std::string_view title, const std::vector<std::string>& lines) {
  return lines.empty() ? std::string() : fmt::format("\n{}\n{}", title, listed(lines));
}

Tokens share(Tokens tokens, std::int64_t percent) {
  return Tokens(tokens.count() * percent / 100);
}

PackPart cuttable(std::string title, std::string text) {
  return {std::move(title), std::move(text), false, true};
}

// The file sections of a diff that are of one of the paths.
std::string sections_of(const std::string& diff, const std::vector<std::string>& paths) {
  constexpr std::string_view kStart = "diff --git ";
  std::string kept;
  bool keep = false;
  for (std::size_t at = 0; at < diff.size();) {
    const std::size_t end = std::min(diff.find('\n', at), diff.size() - 1) + 1;
    const std::string_view line = std::string_view(diff).substr(at, end - at);
    if (line.starts_with(kStart)) {
      keep = std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
        return line.find(fmt::format("b/{}\n", path)) != line.npos ||
               line.find(fmt::format("b/{}\"", path)) != line.npos;
      });
    }
    if (keep) kept += line;
    at = end;
  }
  return kept;
}

std::string finding_lines(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    fmt::format_to(std::back_inserter(text), "- {}:{} ({}) {}\n", finding.file, finding.line,
                   to_string(finding.severity), finding.message);
    if (!finding.suggestion.empty())
      fmt::format_to(std::back_inserter(text), "  Suggested: {}\n", finding.suggestion);
  }
  return text;
}

// The lines of one file, as render_lines shows them.
PackPart file_part(const std::string& path, std::string text, const std::vector<LineRange>& lines) {
  ChangedFile file;
  file.path = file.old_path = path;
  file.state = ChangedFile::State::kWhole;
  file.text = std::move(text);
  std::vector<LineRange> there;
  const int last = file.line_count();
  for (const LineRange& range : lines) {
    if (range.first <= last)
      there.push_back({std::max(range.first, 1), std::min(range.last, last)});
  }
  const std::string shown = render_lines(file, there);
  const std::size_t end = std::min(shown.find('\n'), shown.size() - 1);
  return cuttable(shown.substr(0, end), shown.substr(end + 1));
}

}  // namespace

std::vector<PackPart> Agents::parts_of(const Known& known) const {
  if (known.task.kind == AgentTaskKind::kPlan) return plan_parts();
  std::vector<PackPart> parts = {message_of(known)};
  switch (known.task.kind) {
    case AgentTaskKind::kReview:
      add_review_parts(known, parts);
      break;
    case AgentTaskKind::kIntegration:
      add_integration_parts(known, parts);
      break;
    case AgentTaskKind::kCleanUp:
      parts.push_back(
          diff_part("### The change, as a diff", input_.base, base_of(known.spec.id), {}));
      break;
    case AgentTaskKind::kFix: {
      const auto review = work_before(known.spec.id);
      if (review) parts.push_back(cuttable("### Findings", finding_lines(to_mend(*review))));
      break;
    }
    case AgentTaskKind::kPlan:
    case AgentTaskKind::kWork:
    case AgentTaskKind::kDelivery:
      break;
  }
  add_files(known, parts);
  if (known.task.kind == AgentTaskKind::kWork) add_results(known, parts);
  if (!known.task.facts.empty())
    parts.push_back({"### Noted in earlier runs", listed(known.task.facts), false, false});
  return parts;
}

std::vector<PackPart> Agents::plan_parts() const {
  std::string workers;
  for (const Worker& worker : input_.workers) {
    if (input_.recipe.row(worker.name) == nullptr) continue;
    fmt::format_to(std::back_inserter(workers), "- {}: {}\n", worker.name,
                   shorten(worker.description, kLongestDescribed));
  }
  std::vector<std::string> facts;
  for (std::size_t i = 0; i < input_.facts.size(); ++i)
    facts.push_back(fmt::format("f{}: {}", i + 1, input_.facts[i]));
  std::vector<PackPart> parts;
  // Not so much of the words that no room is left for what they are about.
  const Tokens context = context_of(tasks_.at(TaskId(0)).task);
  parts.push_back(cuttable("# The request", cut_at_line(input_.request, share(context, 50))));
  parts.push_back(cuttable("# Workers", std::move(workers)));
  if (!input_.commands) {
    parts.push_back(
        {"", "No commands can be run in this run: leave every `commands` empty.", true});
  }
  if (!facts.empty()) parts.push_back(cuttable("# Noted in earlier runs", listed(facts)));
  if (!input_.instructions.empty()) {
    parts.push_back(cuttable("# What the project tells everyone who works on it",
                             cut_at_line(input_.instructions, share(context, 25))));
  }
  parts.push_back(
      cuttable(fmt::format("# The repository (about {} tokens in all)", input_.repository.count()),
               input_.map));
  return parts;
}

PackPart Agents::message_of(const Known& known) const {
  const AgentTask& task = known.task;
  std::string text = task.title + '\n';
  if (!task.description.empty()) text += "\n" + task.description + '\n';
  text += listed("Must stay as it is:", task.constraints);
  text += listed("Done when:", task.acceptance);
  const std::vector<std::string> commands = commands_of(known.spec.id);
  text += listed("Commands that must pass, which `finish` runs:", commands);
  if (!input_.commands)
    text += listed("Commands that must pass, and cannot be run here:", task.commands);
  text += "\nYour answer, given to `finish`, has the form that the tool asks for.";
  if (!task.output.empty()) text += " It also tells: " + task.output;
  return {"# Your task", text, true, false};
}

void Agents::add_files(const Known& known, std::vector<PackPart>& parts) const {
  const std::string base = base_of(known.spec.id);
  std::map<std::string, std::vector<LineRange>> ranges;
  std::vector<std::string> in_parts, whole;  // paths, in the plan's order
  for (const FilePart& part : known.task.files) {
    auto& list = part.whole ? whole : in_parts;
    if (std::find(list.begin(), list.end(), part.path) == list.end()) list.push_back(part.path);
    if (!part.whole) ranges[part.path].push_back(part.lines);
  }
  std::erase_if(in_parts, [&](const std::string& path) {
    return std::find(whole.begin(), whole.end(), path) != whole.end();
  });
  const auto add = [&](const std::string& path, const std::vector<LineRange>& lines) {
    Result<std::string> text = repository_.text(base, path);
    if (text) {
      parts.push_back(file_part(path, to_utf8(*text), lines));
    } else {
      parts.push_back({fmt::format("### {} (not shown: {})", path, text.error().message), {}});
    }
  };
  for (const std::string& path : in_parts) add(path, ranges[path]);
  for (const std::string& path : whole) add(path, {});
}

// What the tasks it depends on have told; what they have written stands in its files.
void Agents::add_results(const Known& known, std::vector<PackPart>& parts) const {
  for (const TaskId id : known.spec.after) {
    const TaskId work = work_before(id).value_or(id);
    const AgentTask& task = tasks_.at(work).task;
    if (result(work) == nullptr) {
      parts.push_back({fmt::format("### '{}' ({}) was not done", task.title, task.worker), {}});
      continue;
    }
    const AgentAnswer told = answer(work);
    std::string text = told.summary;
    if (!told.result.empty()) text += "\n" + told.result;
    for (const Finding& finding : told.findings) text += "\n" + finding_lines({finding});
    text += listed("Notes:", told.notes);
    if (text.empty()) continue;
    parts.push_back(
        cuttable(fmt::format("### What came of '{}' ({})", task.title, task.worker), text));
  }
}

PackPart Agents::diff_part(std::string title, const std::string& from, const std::string& to,
                           const std::vector<std::string>& paths) const {
  const Result<std::string> diff = repository_.diff(from, to, kMostDiff);
  if (!diff) return {fmt::format("{} (not shown: {})", title, diff.error().message), {}};
  return cuttable(std::move(title), paths.empty() ? *diff : sections_of(*diff, paths));
}

// Of everything that was planned to be written.
std::string Agents::criteria() const {
  std::string text;
  for (const auto& [id, known] : tasks_) {
    if (known.task.kind != AgentTaskKind::kWork || !integration_of_.contains(id)) continue;
    const AgentResult* merge = result(integration_of_.at(id));
    fmt::format_to(std::back_inserter(text), "{}{}\n", known.task.title,
                   merge == nullptr ? " (not done)" : "");
    for (const std::string& criterion : known.task.acceptance)
      fmt::format_to(std::back_inserter(text), "- {}\n", criterion);
  }
  return shorten(text, kLongestCriteria);
}

void Agents::add_review_parts(const Known& known, std::vector<PackPart>& parts) const {
  parts.push_back(cuttable("### What was asked for", shorten(input_.request, kLongestCriteria)));
  parts.push_back(cuttable("### What was built for it, and when it is done", criteria()));
  for (const auto& [id, before] : tasks_) {
    if (before.task.kind != AgentTaskKind::kReview || before.task.round + 1 != known.task.round)
      continue;
    parts.push_back(cuttable("### What the last review found, and was to be mended",
                             finding_lines(to_mend(id))));
  }
  parts.push_back(diff_part("### The change, as a diff", input_.base, base_of(known.spec.id), {}));
}

void Agents::add_integration_parts(const Known& known, std::vector<PackPart>& parts) const {
  const Integration merge = integration(known.spec.id);
  const IntegrationTrouble trouble = known.trouble.value_or(IntegrationTrouble());
  const AgentTask& work = tasks_.at(merge.writer).task;
  std::string what = listed("Conflicts in:", trouble.conflicts);
  for (const CheckRun& check : trouble.failed) {
    const std::size_t from = check.output.size() - std::min(check.output.size(), kLongestOutput);
    fmt::format_to(std::back_inserter(what),
                   "\nAfter the merge `{}` failed; its output ends so:\n{}\n", check.command,
                   to_utf8(std::string_view(check.output).substr(from)));
  }
  parts.push_back(cuttable("### What went wrong", what));
  parts.push_back(
      cuttable("### The side that is merged (theirs)",
               fmt::format("{}\n{}\n{}", work.title, shorten(work.description, kLongestSide),
                           answer(merge.writer).summary)));
  std::string ours;
  for (const TaskId id : merged()) {
    const auto writer = work_before(id);
    if (!writer || id == known.spec.id) continue;
    const AgentTask& task = tasks_.at(*writer).task;
    ours += task.title + '\n';
    for (const std::string& line : task.acceptance) ours += "- " + line + '\n';
  }
  parts.push_back(cuttable("### What was merged before it (ours), and when that is done", ours));
  const std::string base = base_of(merge.writer);
  parts.push_back(diff_part("### Theirs, as a diff", base, merge.theirs, trouble.conflicts));
  parts.push_back(diff_part("### Ours, as a diff", base, merge.ours, trouble.conflicts));
}

}  // namespace baton
