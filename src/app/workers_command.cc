#include "app/workers_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <optional>

#include "app/files.h"
#include "app/say.h"
#include "app/settings.h"
#include "app/workers_forms.h"
#include "worker/definition_tree.h"
#include "worker/worker.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBuiltIn = "built in";

Result<WorkerTable> loaded(const WorkersOptions& options) {
  std::error_code error;
  if (!fs::is_directory(options.repo, error)) {
    return usage_error(fmt::format("--repo {}: there is no such folder", options.repo));
  }
  return load_workers(options.repo, config_folder(), home_folder());
}

ExitCode list(const WorkersOptions& options) {
  const Result<WorkerTable> table = loaded(options);
  if (!table) return say(table.error());
  const bool as_json = options.format == "json";
  const std::string text = as_json ? workers_json(*table) : workers_text(*table, output_style());
  if (Status delivered = deliver(text, options.output); !delivered) return say(delivered.error());
  if (!as_json) {
    for (const WorkerProblem& problem : table->problems) say(problem.what);
  }
  return ExitCode::kDone;
}

Error nothing_called(const std::string& name, const WorkerTable& table) {
  std::vector<std::string_view> names;
  for (const Worker& worker : table.workers) names.push_back(worker.name);
  for (const Skill& skill : table.skills) names.push_back(skill.name);
  return usage_error(fmt::format("there is no worker or skill called '{}'; there are: {}", name,
                                 fmt::join(names, ", ")));
}

ExitCode show(const WorkersOptions& options) {
  if (options.names.size() != 1) return say(usage_error("name one worker or skill to show"));
  const Result<WorkerTable> table = loaded(options);
  if (!table) return say(table.error());
  const Worker* worker = table->find(options.names[0]);
  const Skill* skill = table->find_skill(options.names[0]);
  if (worker == nullptr && skill == nullptr) return say(nothing_called(options.names[0], *table));
  const bool as_json = options.format == "json";
  const std::string text =
      worker != nullptr ? as_json ? worker_json(*worker) : worker_text(*worker, output_style())
      : as_json ? skill_json(*skill)
                        : skill_text(*skill, output_style());
  if (Status delivered = deliver(text, options.output); !delivered) return say(delivered.error());
  return ExitCode::kDone;
}

template <typename Definition>
void add_notes(WorkersCheck& check, const Definition& definition) {
  for (const std::string& note : definition.notes) {
    check.notes.push_back({.file = definition.source, .what = note});
  }
}

// What is built in is checked by our own tests.
WorkersCheck check_of(const WorkerTable& table) {
  WorkersCheck check{.problems = table.problems};
  for (const Worker& worker : table.workers) {
    if (worker.source == kBuiltIn) continue;
    ++check.workers;
    add_notes(check, worker);
  }
  for (const Skill& skill : table.skills) {
    if (skill.source == kBuiltIn) continue;
    ++check.skills;
    add_notes(check, skill);
  }
  return check;
}

// A file that was named is meant to be a worker, or a skill if it is called so.
Status check_file(WorkersCheck& check, const std::string& name) {
  const Result<std::string> text = read_file(name);
  if (!text) return text.error();
  const fs::path path = name;
  const bool is_skill = path.filename() == "SKILL.md";
  if (text->size() > kMostDefinition) {
    check.problems.push_back({name, fmt::format("{}: is above 256 KiB", name)});
  } else if (is_skill) {
    const std::string folder = fs::absolute(path).lexically_normal().parent_path().filename();
    const Result<Skill> skill = read_skill(*text, folder, name);
    if (!skill) return check.problems.push_back({name, skill.error().message}), Status();
    ++check.skills;
    add_notes(check, *skill);
  } else {
    const Result<Worker> worker = read_worker(*text, name);
    if (!worker) return check.problems.push_back({name, worker.error().message}), Status();
    ++check.workers;
    add_notes(check, *worker);
  }
  return {};
}

Result<WorkersCheck> checked(const WorkersOptions& options) {
  if (options.names.empty()) {
    const Result<WorkerTable> table = loaded(options);
    if (!table) return table.error();
    return check_of(*table);
  }
  WorkersCheck check;
  for (const std::string& name : options.names) {
    if (Status read = check_file(check, name); !read) return read.error();
  }
  return check;
}

ExitCode check(const WorkersOptions& options) {
  const Result<WorkersCheck> found = checked(options);
  if (!found) return say(found.error());
  const std::string text = options.format == "json" ? check_json(*found) : check_text(*found);
  if (Status delivered = deliver(text, options.output); !delivered) return say(delivered.error());
  return found->problems.empty() ? ExitCode::kDone : ExitCode::kUsage;
}

}  // namespace

ExitCode workers_command(const WorkersOptions& options) {
  if (options.action == "show") return show(options);
  if (options.action == "check") return check(options);
  return list(options);
}

}  // namespace baton
