#include "workflow/agent_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/json_fields.h"
#include "base/text.h"
#include "base/words.h"
#include "workflow/plan_fields.h"

namespace baton {
namespace json = boost::json;
namespace {

// A title stands in lists, questions and commit messages: it must not look like more than one line.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : for_terminal(text)) {
    const bool space = c == ' ' || c == '\n' || c == '\t';
    if (!space) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return shorten(line, kLongestPlannedTitle);
}

void cut_list(std::vector<std::string>& list, std::string_view what, AgentTask& task) {
  if (list.size() <= kMostPlannedLines) return;
  list.resize(kMostPlannedLines);
  task.notes.push_back(
      fmt::format("task '{}' of the plan has more than {} {}; those beyond are "
                  "left out of it",
                  task.title, kMostPlannedLines, what));
}

// A command that was cut would be another command.
void drop_long_commands(AgentTask& task) {
  const auto longest = [](const std::string& command) {
    return command.size() > kLongestPlannedCommand;
  };
  if (std::erase_if(task.commands, longest) == 0) return;
  task.notes.push_back(
      fmt::format("task '{}' of the plan has a command longer than {} bytes; it "
                  "is left out",
                  task.title, kLongestPlannedCommand));
}

Result<AgentTask> read_task(std::string_view text) {
  const Result<json::object> object = parse_object(text, "a task of the plan");
  if (!object) return object.error();
  AgentTask task;
  task.local_id = short_text_at(*object, "id", kLongestPlannedTitle);
  task.worker = one_line(text_at(*object, "worker"));
  task.reason = one_line(text_at(*object, "why"));
  task.title = one_line(text_at(*object, "title"));
  task.description = short_text_at(*object, "description");
  task.files = file_parts_at(*object, "files", kMostPlannedFiles + 1);
  task.constraints = short_texts_at(*object, "constraints", kLongestPlannedLine);
  task.acceptance = short_texts_at(*object, "acceptance", kLongestPlannedLine);
  task.commands = texts_at(*object, "commands");
  task.output = short_text_at(*object, "output", kLongestPlannedLine);
  task.depends_on = short_texts_at(*object, "depends_on", kLongestPlannedTitle);
  task.facts = short_texts_at(*object, "facts", kLongestPlannedLine);
  return task;
}

}  // namespace

std::string_view to_string(AgentTaskKind kind) {
  switch (kind) {
    case AgentTaskKind::kPlan:
      return "plan";
    case AgentTaskKind::kWork:
      return "work";
    case AgentTaskKind::kIntegration:
      return "integration";
    case AgentTaskKind::kCleanUp:
      return "clean_up";
    case AgentTaskKind::kReview:
      return "review";
    case AgentTaskKind::kFix:
      return "fix";
    case AgentTaskKind::kDelivery:
      return "delivery";
  }
  return {};
}

Result<AgentTask> read_agent_task(std::string_view json) {
  Result<AgentTask> task = read_task(json);
  if (!task) return task;
  if (task->title.empty() && task->description.empty())
    return input_error("a task of the plan has neither a title nor a description");
  if (task->title.empty()) task->title = one_line(shorten(task->description, 80));
  if (task->files.size() > kMostPlannedFiles) {
    task->files.resize(kMostPlannedFiles);
    task->notes.push_back(
        fmt::format("task '{}' of the plan names more than {} files; those "
                    "beyond are left out of it",
                    task->title, kMostPlannedFiles));
  }
  cut_list(task->constraints, "constraints", *task);
  cut_list(task->acceptance, "acceptance criteria", *task);
  cut_list(task->commands, "acceptance commands", *task);
  cut_list(task->depends_on, "tasks it depends on", *task);
  cut_list(task->facts, "facts", *task);
  drop_long_commands(*task);
  return task;
}

std::string write_agent_brief(const AgentTask& task) {
  return json::serialize(json::object{{"kind", to_string(task.kind)},
                                      {"id", task.local_id},
                                      {"worker", task.worker},
                                      {"why", task.reason},
                                      {"title", task.title},
                                      {"description", task.description},
                                      {"files", write_file_parts(task.files)},
                                      {"constraints", array_of(task.constraints)},
                                      {"acceptance", array_of(task.acceptance)},
                                      {"commands", array_of(task.commands)},
                                      {"output", task.output},
                                      {"depends_on", array_of(task.depends_on)},
                                      {"facts", array_of(task.facts)},
                                      {"round", task.round},
                                      {"of", task.of},
                                      {"notes", array_of(task.notes)}});
}

Result<AgentTask> read_agent_brief(std::string_view json) {
  Result<AgentTask> task = read_task(json);
  if (!task) return task;
  const Result<json::object> object = parse_object(json, "the brief");
  const auto kind = value_named<AgentTaskKind>(text_at(*object, "kind"));
  if (!kind) return input_error("the brief does not say what kind of task it is of");
  task->kind = *kind;
  task->round = static_cast<int>(
      std::clamp<std::int64_t>(integer_at(*object, "round").value_or(0), 0, 1'000));
  task->of = text_at(*object, "of");
  task->notes = texts_at(*object, "notes");
  return task;
}

std::string loose_key(const AgentTask& task) {
  std::string key = task.worker + '\n';
  for (const FilePart& part : task.files) key += part.path + '\n';
  return key;
}

std::string exact_key(const AgentTask& task) {
  std::string key = loose_key(task) + task.title + '\n' + task.description;
  for (const FilePart& part : task.files) {
    if (!part.whole)
      fmt::format_to(std::back_inserter(key), "\n{}-{}", part.lines.first, part.lines.last);
  }
  return key;
}

}  // namespace baton
