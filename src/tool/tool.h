// Tools: what a worker can do beside talking. One tool a file: its form, its check, what it does.
//
// A tool never fails the attempt: what went wrong is told to the model, in words that say what to
// do next. What it says is bounded, and text: bytes of a binary file never reach a prompt.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "sandbox/sandbox.h"
#include "tool/workspace.h"
#include "worker/skill.h"

namespace baton {

// Facts a worker found worth keeping, and what is known already (memory/memory.h). Its answers are
// texts for the model.
struct MemoryAccess {
  std::function<std::string(const std::string& query)> search;
  std::function<Status(const std::string& fact)> propose;
};

// What the tools of one attempt work with. Everything outlives the calls.
struct ToolSite {
  const Workspace& workspace;
  const Sandbox* sandbox = nullptr;             // none: nothing is run
  std::vector<std::filesystem::path> readable;  // what commands see beside the workspace
  std::vector<std::string> acceptance;  // commands that must pass before the task is finished
  std::string answer_schema;            // what `finish` takes (JSON Schema)
  std::vector<Skill> skills;            // that the worker may open
  MemoryAccess memory;                  // its functions may be empty
  // Whether a person lets this command run; empty: it may.
  std::function<bool(const std::string& command)> allow_command;
  const Cancellation* cancel = nullptr;
};

// What an acceptance command came to.
struct CommandCheck {
  enum class State { kPassed, kFailed, kNotRun };

  std::string command;
  State state = State::kNotRun;
  std::string detail;  // how it failed, with its output's end; why it was not run

  bool operator==(const CommandCheck&) const = default;
};

struct ToolResult {
  std::string text;      // for the model
  bool failed = false;   // it did not do what it was asked to
  bool changed = false;  // the workspace may be another than before
  std::string answer;    // of `finish` alone: the task's answer (JSON); the attempt is over
  std::vector<CommandCheck> checks;  // of `finish` alone
};

// The most that one result tells the model, in bytes.
inline constexpr std::size_t kMostToolText = 32 << 10;

class Tool {
 public:
  virtual ~Tool() = default;

  virtual std::string_view name() const = 0;
  virtual std::string_view description() const = 0;
  virtual std::string schema() const = 0;  // JSON Schema of its input
  // Whether it may change the workspace: such calls of one turn run one after the other.
  virtual bool changes() const { return false; }
  // Requires: input is a JSON object. Blocks.
  virtual ToolResult run(std::string_view input, const ToolSite& site) const = 0;
};

// Every tool there is, in the order models are shown them: read, list, glob, search, symbols, edit,
// write, patch, shell, render_pdf, skill, memory, finish.
const std::vector<const Tool*>& all_tools();
const Tool* find_tool(std::string_view name);

// The definitions of the tools named, as Prompt::tools wants them; `finish` takes `answer_schema`.
// The same names give the same bytes.
std::string tool_definitions(const std::vector<std::string>& names, std::string_view answer_schema);

// One call as a model asked for it: the tool is found, the input checked, the result bounded. A
// tool that is not among `allowed` is refused.
ToolResult call_tool(std::string_view name, std::string_view input,
                     const std::vector<std::string>& allowed, const ToolSite& site);

}  // namespace baton
