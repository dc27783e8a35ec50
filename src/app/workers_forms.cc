#include "app/workers_forms.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "report/json_text.h"
#include "report/layout.h"
#include "report/paint.h"

namespace baton {
namespace {

namespace json = boost::json;

// ---- text ----

std::string hands_of(const Worker& worker) {
  if (!worker.model.empty()) return one_line(worker.model);
  return worker.tier ? std::string(to_string(*worker.tier)) : "tier of the task";
}

std::string limits_of(const Worker& worker) {
  std::string text;
  if (!worker.effort.empty()) text += ", effort " + worker.effort;
  if (worker.context) text += fmt::format(", context {}", grouped(worker.context->count()));
  if (worker.max_turns) text += fmt::format(", {}", counted(*worker.max_turns, "turn", "turns"));
  return text;
}

std::string worker_head(const Worker& worker, const TerminalStyle& style) {
  std::string out = Paint(style.color).bold(one_line(worker.name)) + "  ";
  out += fmt::format("{}{}, {}, {}\n", hands_of(worker), limits_of(worker),
                     worker.writes() ? "writes" : "reads only", one_line(worker.source));
  out += hanging("  tools: ", fmt::format("{}", fmt::join(worker.tools, ", ")), style.width, 9);
  if (!worker.skills.empty()) {
    out +=
        hanging("  skills: ", fmt::format("{}", fmt::join(worker.skills, ", ")), style.width, 10);
  }
  return out + wrapped(worker.description, style.width, 2);
}

std::string skill_head(const Skill& skill, const TerminalStyle& style) {
  return fmt::format("{}  {}\n{}", Paint(style.color).bold(one_line(skill.name)),
                     one_line(skill.source), wrapped(skill.description, style.width, 2));
}

std::string notes_text(const std::vector<std::string>& notes, const TerminalStyle& style) {
  std::string out;
  for (const std::string& note : notes) out += hanging("  note: ", note, style.width, 8);
  return out;
}

// ---- JSON ----

json::object worker_object(const Worker& worker) {
  return {{"name", json_text(worker.name)},
          {"tier", worker.tier ? json::value(to_string(*worker.tier)) : json::value(nullptr)},
          {"model", json_text_or_null(worker.model)},
          {"effort", json_text_or_null(worker.effort)},
          {"context_tokens",
           worker.context ? json::value(worker.context->count()) : json::value(nullptr)},
          {"max_turns", worker.max_turns ? json::value(*worker.max_turns) : json::value(nullptr)},
          {"tools", json_texts(worker.tools)},
          {"writes", worker.writes()},
          {"skills", json_texts(worker.skills)},
          {"source", json_text(worker.source)},
          {"description", json_text(worker.description)},
          {"notes", json_texts(worker.notes)}};
}

json::object skill_object(const Skill& skill) {
  return {{"name", json_text(skill.name)},
          {"listed", skill.is_listed},
          {"source", json_text(skill.source)},
          {"description", json_text(skill.description)},
          {"notes", json_texts(skill.notes)}};
}

json::array problems_array(const std::vector<WorkerProblem>& problems) {
  json::array array;
  for (const WorkerProblem& problem : problems) {
    array.push_back(
        json::object{{"file", json_text(problem.file)}, {"message", json_text(problem.what)}});
  }
  return array;
}

}  // namespace

std::string workers_text(const WorkerTable& table, const TerminalStyle& style) {
  std::string out =
      fmt::format("{} (baton workers show NAME tells all of one)\n",
                  counted(static_cast<std::int64_t>(table.workers.size()), "worker", "workers"));
  for (const Worker& worker : table.workers) out += "\n" + worker_head(worker, style);
  out += fmt::format("\n{}\n",
                     counted(static_cast<std::int64_t>(table.skills.size()), "skill", "skills"));
  for (const Skill& skill : table.skills) out += "\n" + skill_head(skill, style);
  return out;
}

std::string workers_json(const WorkerTable& table) {
  json::array workers;
  for (const Worker& worker : table.workers) workers.push_back(worker_object(worker));
  json::array skills;
  for (const Skill& skill : table.skills) skills.push_back(skill_object(skill));
  return pretty_json(json::object{{"workers", std::move(workers)},
                                  {"skills", std::move(skills)},
                                  {"problems", problems_array(table.problems)}});
}

std::string worker_text(const Worker& worker, const TerminalStyle& style) {
  return worker_head(worker, style) + notes_text(worker.notes, style) + "\n" +
         for_terminal(worker.instructions) + "\n";
}

std::string worker_json(const Worker& worker) {
  json::object object = worker_object(worker);
  object["instructions"] = json_text(worker.instructions);
  return pretty_json(object);
}

std::string skill_text(const Skill& skill, const TerminalStyle& style) {
  return skill_head(skill, style) + notes_text(skill.notes, style) + "\n" +
         for_terminal(skill.body) + "\n";
}

std::string skill_json(const Skill& skill) {
  json::object object = skill_object(skill);
  object["body"] = json_text(skill.body);
  return pretty_json(object);
}

std::string check_text(const WorkersCheck& check) {
  std::string out;
  for (const WorkerProblem& problem : check.problems) out += one_line(problem.what) + "\n";
  for (const WorkersCheck::Note& note : check.notes) {
    out += fmt::format("{}: note: {}\n", one_line(note.file), one_line(note.what));
  }
  return out + fmt::format(
                   "{} and {} are sound; {}, {}\n", counted(check.workers, "worker", "workers"),
                   counted(check.skills, "skill", "skills"),
                   counted(static_cast<std::int64_t>(check.problems.size()), "problem", "problems"),
                   counted(static_cast<std::int64_t>(check.notes.size()), "note", "notes"));
}

std::string check_json(const WorkersCheck& check) {
  json::array notes;
  for (const WorkersCheck::Note& note : check.notes) {
    notes.push_back(
        json::object{{"file", json_text(note.file)}, {"message", json_text(note.what)}});
  }
  return pretty_json(json::object{{"sound_workers", check.workers},
                                  {"sound_skills", check.skills},
                                  {"problems", problems_array(check.problems)},
                                  {"notes", std::move(notes)}});
}

}  // namespace baton
