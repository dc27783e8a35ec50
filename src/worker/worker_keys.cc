#include "worker/worker_keys.h"

#include <map>

namespace baton {
namespace {

using Reasons = std::map<std::string_view, std::string_view>;

std::string_view reason_in(const Reasons& reasons, std::string_view key) {
  const auto found = reasons.find(key);
  return found == reasons.end() ? std::string_view() : found->second;
}

constexpr std::string_view kHooks = "no command of such a file is ever run by itself";
constexpr std::string_view kParallel = "the plan says what goes in parallel";
constexpr std::string_view kObservers = "workers have no observers";

}  // namespace

std::string_view why_worker_key_is_unused(std::string_view key) {
  static const Reasons kReasons = {
      {"permissionMode",
       "commands always run in the sandbox; what a run may do is said by who starts it"},
      {"hooks", kHooks},
      {"mcpServers", "MCP servers are not reached from a worker"},
      {"background", kParallel},
      {"color", "progress has no colours of workers"},
      {"initialPrompt", "a worker begins with its task"},
      {"autoCompactWindow",
       "old tool results are cleared by the run; `context` bounds the prompts"},
      {"observer", kObservers},
      {"observerMessage", kObservers},
      {"criticalSystemReminder_EXPERIMENTAL", "instructions are given once, at the start"},
  };
  return reason_in(kReasons, key);
}

std::string_view why_skill_key_is_unused(std::string_view key) {
  constexpr std::string_view kTools = "a worker's tools are those of its own file";
  constexpr std::string_view kModel = "a skill is read by the worker that opens it, on its model";
  static const Reasons kReasons = {
      {"allowed-tools", kTools},
      {"disallowed-tools", kTools},
      {"model", kModel},
      {"effort", kModel},
      {"context", kModel},
      {"agent", kModel},
      {"background", kParallel},
      {"hooks", kHooks},
      {"paths", "a skill is offered whatever the files"},
      {"arguments", "a skill takes no arguments"},
      {"argument-hint", "a skill takes no arguments"},
      {"shell", kHooks},
  };
  return reason_in(kReasons, key);
}

}  // namespace baton
