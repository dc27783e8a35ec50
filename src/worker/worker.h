// Workers: the roles that take tasks, as Markdown files with frontmatter: the Claude Code agent
// format, with our optional keys on top. Facts: the worker-definitions reference, section 1.
//
//   ---
//   name: test-writer
//   description: Writes tests before the code they are for. Use for …
//   tools: Read, Grep, Edit, Write, Bash
//   model: haiku
//   ---
//   You write tests …
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/tokens.h"
#include "core/tier.h"
#include "worker/skill.h"

namespace baton {

struct Worker {
  std::string name;
  std::string description;
  std::string instructions;        // the body
  std::vector<std::string> tools;  // ours, by name, each once, in all_tools()'s order
  std::optional<Tier> tier;  // of `model`: haiku → fast, sonnet → balanced, opus, fable → deep
  std::string model;         // a full id; empty: the tier's
  std::string effort;        // empty: the task type's
  std::optional<int> max_turns;
  std::optional<Tokens> context;    // ours, `context`: the most that its prompts may hold
  std::vector<std::string> skills;  // whose full text it is given
  bool omits_project_instructions = false;
  std::string source;              // "built in", or the file
  std::vector<std::string> notes;  // what of the file is not used here, and why

  bool writes() const;  // whether any of its tools changes files
  bool operator==(const Worker&) const = default;
};

// kNotFound: no worker but documentation (no `name`); kInput, with file and line: not usable.
Result<Worker> read_worker(std::string_view text, std::string_view name);

struct WorkerProblem {
  std::string file;
  std::string what;  // whole, its place in front: "FILE:LINE: …"
  bool operator==(const WorkerProblem&) const = default;
};

// Everything a run can choose from, the nearest definition of each name.
struct WorkerTable {
  std::vector<Worker> workers;  // by name
  std::vector<Skill> skills;    // by name
  std::vector<WorkerProblem> problems;

  const Worker* find(std::string_view name) const;
  const Skill* find_skill(std::string_view name) const;
};

// From .baton/workers and .claude/agents of `repository` and of the folders above it up to the
// repository's root (nearest first), the user's <config>/workers and ~/.claude/agents, then the
// built-in ones; skills likewise, from .baton/skills and .claude/skills. Links are not followed in
// a repository. Files above 256 KiB and frontmatter above 64 KiB are problems, and so are two
// definitions of one name in one folder tree: neither is used. What a repository puts in the place
// of another's definition says so in its notes.
WorkerTable load_workers(const std::filesystem::path& repository,
                         const std::optional<std::filesystem::path>& user_config,
                         const std::optional<std::filesystem::path>& home);

// What the project tells everyone who works on it: AGENTS.md and CLAUDE.md (with its imports inside
// the repository), the nearer to `path` the later. At most `budget`; what was left out is said.
struct ProjectInstructions {
  std::string text;
  std::vector<std::string> files;
  std::vector<std::string> notes;
};
ProjectInstructions project_instructions(const std::filesystem::path& repository,
                                         std::string_view path, Tokens budget);

}  // namespace baton
