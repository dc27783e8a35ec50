#include "sprint_workflow.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/check.h"
#include "base/json_fields.h"
#include "provider/messages.h"

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::string_view kTools =
    R"([{"name":"read_file","description":"Reads a file of the repository.",)"
    R"("input_schema":{"type":"object","properties":{"path":{"type":"string"}},)"
    R"("required":["path"]}}])";
constexpr std::string_view kSystem = "You are one agent of a sprint. Do your task with the tools.";

// As the stand-in counts, which differs from estimated_tokens() in that it rounds up.
std::int64_t tokens_of(std::size_t bytes, int tokenizer_percent) {
  const auto quarters = static_cast<std::int64_t>((bytes + 3) / 4);
  return (quarters * tokenizer_percent + 99) / 100;
}

std::size_t bytes_of(std::int64_t tokens, int tokenizer_percent) {
  return static_cast<std::size_t>(std::max<std::int64_t>(tokens, 0) * 100 / tokenizer_percent * 4);
}

// Words without anything that JSON would escape; `topic` makes it a text of its own.
std::string text_about(std::string_view topic, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + 64);
  for (int line = 0; text.size() < bytes; ++line)
    text += fmt::format("{} line {:05}, as it stands. ", topic, line);
  text.resize(bytes);
  return text;
}

std::int64_t tokens_of_blocks(std::string_view blocks, int tokenizer_percent) {
  std::int64_t tokens = 0;
  boost::system::error_code ignored;
  const json::value parsed = json::parse(blocks, ignored);
  const json::array* array = parsed.if_array();
  if (array == nullptr) return 0;
  for (const json::value& block : *array) {
    const bool is_text = text_at(block, "type") == "text";
    const std::size_t bytes =
        is_text ? text_at(block, "text").size() : json::serialize(block).size();
    tokens += tokens_of(bytes, tokenizer_percent);
  }
  return tokens;
}

std::string result_block(const ToolUse& use, std::string_view content) {
  return json::serialize(
      json::object{{"type", "tool_result"}, {"tool_use_id", use.id}, {"content", content}});
}

}  // namespace

Sprint::Sprint(const SprintPlan& plan, const Catalog& catalog) : plan_(plan), catalog_(catalog) {
  for (const SprintAgents& kind : plan.agents) {
    for (int i = 0; i < kind.count; ++i) agents_.push_back({kind, i < kind.checked});
  }
}

std::vector<NewTask> Sprint::first_tasks() {
  std::vector<NewTask> tasks;
  for (const Agent& agent : agents_) {
    NewTask task;
    task.spec.id = TaskId(static_cast<int>(tasks.size()));
    task.spec.type = agent.kind.role == Role::kOrchestrator ? "sprint_lead" : "sprint_worker";
    task.spec.role = agent.kind.role;
    task.spec.tier = agent.kind.tier;
    task.spec.checkers_first = agent.checked;
    task.spec.max_output = plan_.max_output;
    task.spec.batch = agent.kind.batch;
    task.brief = fmt::format(R"({{"agent":{}}})", tasks.size());
    tasks.push_back(std::move(task));
  }
  return tasks;
}

const Sprint::Agent& Sprint::agent(const Task& task) const {
  return agents_.at(static_cast<std::size_t>(task.spec.id.number()));
}

int Sprint::tokenizer_of(const Task& task) const {
  const Model* model = catalog_.find(task.model);
  BATON_CHECK(model != nullptr);
  return model->tokenizer_percent;
}

int Sprint::siblings_of(const Agent& agent) const {
  return static_cast<int>(std::count_if(agents_.begin(), agents_.end(), [&](const Agent& other) {
    return !other.checked && other.kind.tier == agent.kind.tier &&
           other.kind.loops == agent.kind.loops;
  }));
}

Ask Sprint::ask(const RunState& run, const Task& task) {
  const SprintAgents& kind = agent(task).kind;
  const int tokenizer = tokenizer_of(task);
  Prompt prompt;
  prompt.system = {{std::string(kSystem)}};
  std::int64_t before = tokens_of(kSystem.size(), tokenizer);
  if (kind.loops) {
    prompt.tools = kTools;
    before += tokens_of_blocks(kTools, tokenizer);
  }
  if (plan_.shared > Tokens()) {
    const std::int64_t rest = plan_.shared.count() - before;
    // Each run has a context of its own, so that none reads what another has written.
    prompt.user.push_back({text_about(run.created.run, bytes_of(rest, tokenizer)), true});
    before += tokens_of(prompt.user.back().text.size(), tokenizer);
  }
  const std::string topic = fmt::format("{} {}", run.created.run, task.spec.id.to_string());
  prompt.user.push_back(
      {text_about(topic, bytes_of(kind.prefix.count() - before, tokenizer)), false});
  prompt.uses = siblings_of(agent(task));
  prompt.gap = plan_.gap;
  return prompt;
}

// The results of its tools are as long as brings the next prompt to its length.
Appraisal Sprint::judge(const Task& task, const CallSettled& answer) {
  if (answer.stop == StopReason::kMaxTokens) return {Verdict::kTruncated, "cut", {}};
  if (answer.tool_uses.empty()) return {};
  const int tokenizer = tokenizer_of(task);
  const auto turns = static_cast<std::int64_t>(task.turns.size()) + 1;
  const std::int64_t next = agent(task).kind.prefix.count() + plan_.growth.count() * turns;
  std::string reply = "[";
  std::int64_t missing =
      next - answer.usage.prompt().count() - tokens_of_blocks(answer_blocks(answer), tokenizer);
  for (std::size_t i = 1; i < answer.tool_uses.size(); ++i) {
    const std::string block = result_block(answer.tool_uses[i], "nothing");
    missing -= tokens_of(block.size(), tokenizer);
    reply += block + ',';
  }
  const ToolUse& first = answer.tool_uses.front();
  const std::size_t whole = bytes_of(missing, tokenizer);
  const std::size_t frame = result_block(first, "").size();
  const std::string topic = fmt::format("{} {}", task.spec.id.to_string(), first.id);
  reply += result_block(first, text_about(topic, whole - std::min(whole, frame))) + ']';
  return {Verdict::kContinue, {}, std::move(reply)};
}

CheckerRequest Sprint::checkers_for(TaskId task) const {
  return {task, "sprint_worker", {"stand-in checker"}, {}};
}

}  // namespace baton
