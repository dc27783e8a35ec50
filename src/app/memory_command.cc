#include "app/memory_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "app/say.h"
#include "app/settings.h"
#include "app/spend_options.h"
#include "base/text.h"
#include "base/words.h"
#include "memory/memory.h"
#include "shell/loop.h"

namespace baton {
namespace {

namespace json = boost::json;

constexpr int kMostFound = 50;

using Facts = std::vector<Fact>;

std::string source_text(const FactSource& source) {
  if (source.run.empty()) return "a person";
  return fmt::format("{} in {} {}", source.worker.empty() ? "a worker" : source.worker, source.run,
                     source.task);
}

std::string line_of(const Fact& fact) {
  return fmt::format("{:>5}  {:<8}  {}  {}\n", fact.id, to_string(fact.state), date_of(fact.at),
                     fact.text);
}

std::string details_of(const Fact& fact) {
  std::string text =
      fmt::format("{}\n\n{:<9}{}\n{:<9}{}\n{:<9}{}\n{:<9}{}\n{:<9}{} times\n", fact.text, "fact",
                  fact.id, "state", to_string(fact.state), "from", source_text(fact.source), "at",
                  timestamp_of(fact.at), "shown", fact.shown);
  if (!fact.why.empty()) text += fmt::format("{:<9}{}\n", "why", fact.why);
  return text + fmt::format("{:<9}{}\n", "project", fact.project);
}

json::object json_of(const Fact& fact) {
  return {{"id", fact.id},
          {"project", to_utf8(fact.project)},
          {"text", to_utf8(fact.text)},
          {"state", to_string(fact.state)},
          {"run", to_utf8(fact.source.run)},
          {"task", to_utf8(fact.source.task)},
          {"worker", to_utf8(fact.source.worker)},
          {"why", to_utf8(fact.why)},
          {"at", timestamp_of(fact.at)},
          {"shown", fact.shown}};
}

void print(const MemoryOptions& options, const Fact& fact) {
  if (options.format == "json") {
    fmt::print("{}\n", json::serialize(json_of(fact)));
  } else if (options.action == "show") {
    fmt::print("{}", for_terminal(details_of(fact)));
  } else {
    fmt::print("{}", for_terminal(line_of(fact)));
  }
}

void print(const MemoryOptions& options, const Facts& facts, std::string_view project) {
  if (options.format == "json") {
    json::array rows;
    for (const Fact& fact : facts) rows.push_back(json_of(fact));
    fmt::print("{}\n", json::serialize(rows));
    return;
  }
  if (facts.empty()) {
    fmt::print("{}\n",
               for_terminal(options.action == "search"
                                ? fmt::format("No fact of {} has any of these words.", project)
                                : fmt::format("There are no such facts of {}.", project)));
  }
  for (const Fact& fact : facts) fmt::print("{}", for_terminal(line_of(fact)));
}

// Null if there is none yet and nothing is to be added: looking makes no state folder.
Result<std::unique_ptr<Memory>> open_memory(const MemoryOptions& options) {
  const Result<std::filesystem::path> state = state_folder(options.state);
  if (!state) return state.error();
  std::error_code error;
  if (options.action != "add" && !std::filesystem::exists(*state / "memory.db", error)) {
    return std::unique_ptr<Memory>();
  }
  return Memory::open(*state);
}

Result<Facts> listed(Memory& memory, const std::string& project, const std::string& only) {
  const std::optional<FactState> state = value_named<FactState>(only);
  if (!state && !only.empty() && only != "all") {
    return usage_error(
        fmt::format("there is no state '{}' of facts: they are proposed, kept or dropped", only));
  }
  Result<Facts> facts = memory.list(project, state);
  if (facts && only.empty()) {
    std::erase_if(*facts, [](const Fact& fact) { return fact.state == FactState::kDropped; });
  }
  return facts;
}

Result<Fact> changed(Memory& memory, const MemoryOptions& options, const std::string& project) {
  if (options.action == "add") return memory.add(project, options.text, system_now());
  if (options.action == "edit") return memory.edit(options.id, options.text);
  if (options.action == "drop") {
    return memory.set_state(options.id, FactState::kDropped,
                            options.why.empty() ? "dropped by a person" : options.why);
  }
  return memory.fact(options.id);
}

}  // namespace

ExitCode memory_command(const MemoryOptions& options) {
  const std::string project =
      options.project.empty() ? place_of_repository(options.repo) : options.project;
  const bool many = options.action == "list" || options.action == "search";
  const Result<std::unique_ptr<Memory>> memory = open_memory(options);
  if (!memory) return say(memory.error());
  if (*memory == nullptr) {
    if (!many)
      return say(
          not_found(fmt::format("there is no fact {}: nothing is remembered yet", options.id)));
    print(options, Facts(), project);
    return ExitCode::kDone;
  }
  if (many) {
    const Result<Facts> facts = options.action == "list"
                                    ? listed(**memory, project, options.only)
                                    : (*memory)->search(project, options.text, kMostFound);
    if (!facts) return say(facts.error());
    print(options, *facts, project);
    return ExitCode::kDone;
  }
  const Result<Fact> fact = changed(**memory, options, project);
  if (!fact) return say(fact.error());
  print(options, *fact);
  return ExitCode::kDone;
}

}  // namespace baton
