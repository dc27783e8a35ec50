#include "app/agent_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/agent_checks.h"
#include "forecast/compare.h"

namespace baton {
namespace {

// What the journal says of each task, beside its state.
struct Facts {
  struct OfTask {
    int turns = 0;
    int tool_calls = 0;
    bool asked = false;   // a model
    Tokens estimate;      // of its last prompt
    Tokens largest;       // prompt
    std::string model;    // of that one
    std::string program;  // what its program told of why a model is needed
  };
  struct Call {
    TaskId task;
    std::string model;
  };

  std::map<TaskId, OfTask> tasks;
  std::map<CallId, Call> calls;

  void operator()(const CallPrepared& event) {
    tasks[event.task].asked = true;
    tasks[event.task].estimate = event.input_estimate;
  }
  void operator()(const CallReserved& event) {
    calls[event.call] = {event.task, event.model};
    OfTask& task = tasks[event.task];
    if (task.largest == Tokens()) grow(task, task.estimate, event.model);
  }
  void operator()(const CallEnded& event) {
    const auto call = calls.find(event.call);
    if (call == calls.end()) return;
    OfTask& task = tasks[call->second.task];
    if (event.verdict != Verdict::kNone) ++task.turns;
    if (event.usage.prompt() == Tokens()) return;
    // The first bill takes the place of the estimates.
    if (!std::exchange(billed_[call->second.task], true)) task.largest = Tokens();
    grow(task, event.usage.prompt(), call->second.model);
  }
  void operator()(const ToolsEnded& event) {
    tasks[event.task].tool_calls += static_cast<int>(event.calls.size());
  }
  void operator()(const CheckersEnded& event) {
    if (!event.covered) tasks[event.task].program = event.note;
  }
  void operator()(const auto&) {}

  const OfTask& of(TaskId id) const {
    static const OfTask kNothing;
    const auto found = tasks.find(id);
    return found == tasks.end() ? kNothing : found->second;
  }

 private:
  static void grow(OfTask& task, Tokens prompt, const std::string& model) {
    if (prompt <= task.largest) return;
    task.largest = prompt;
    task.model = model;
  }

  std::map<TaskId, bool> billed_;
};

Facts facts_of(const std::vector<Event>& events) {
  Facts facts;
  for (const Event& event : events) std::visit(facts, event);
  return facts;
}

std::string status_text(const Task& task) {
  if (task.status == TaskStatus::kDone) return "done";
  return task.status == TaskStatus::kSkipped ? "skipped" : "pending";
}

// As costs and contexts are told apart.
std::string role_of(const AgentTask& task) {
  if (task.kind == AgentTaskKind::kPlan) return "planner";
  if (task.kind == AgentTaskKind::kCleanUp) return "clean-up";
  return task.worker.empty() ? "(none)" : task.worker;
}

AgentTaskLine line_of(const Task& task, const Agents& agents, const Facts::OfTask& facts) {
  const AgentTask& brief = agents.task(task.spec.id);
  AgentTaskLine line;
  line.id = task.spec.id;
  line.kind = to_string(brief.kind);
  line.title = brief.title;
  line.reason = brief.reason;
  line.status = status_text(task);
  line.note = task.note;
  line.attempts = task.attempts;
  line.turns = facts.turns;
  line.tool_calls = facts.tool_calls;
  line.charged = task.spent;
  line.of = brief.of;
  if (facts.asked) line.model = task.model;
  if (facts.asked || !is_program(brief.kind)) {
    line.worker = brief.kind == AgentTaskKind::kPlan ? "planner" : brief.worker;
    line.tier = to_string(task.tier);
  }
  if (brief.kind == AgentTaskKind::kIntegration) line.trouble = facts.program;
  if (const AgentResult* result = agents.result(task.spec.id)) line.conflicts = result->conflicts;
  AgentAnswer answer = agents.answer(task.spec.id);
  line.summary = std::move(answer.summary);
  line.result = std::move(answer.result);
  line.files = std::move(answer.files);
  line.notes = std::move(answer.notes);
  return line;
}

// ---- the branch ----

const Task* delivery_of(const RunState& run, const Agents& agents) {
  const auto found = std::find_if(run.tasks.begin(), run.tasks.end(), [&](const Task& task) {
    return agents.task(task.spec.id).kind == AgentTaskKind::kDelivery;
  });
  return found == run.tasks.end() ? nullptr : &*found;
}

std::string why_undelivered(const Task& delivery, const Agents& agents, const Facts& facts) {
  if (!agents.direct_answer().empty()) return {};
  if (!delivery.ended()) return "there is no branch yet: the run has not come to its end";
  if (delivery.skipped) return "there is no branch: " + delivery.note;
  if (const std::string& told = facts.of(delivery.spec.id).program; !told.empty())
    return "there is no branch: " + told;
  const AgentResult* result = agents.result(delivery.spec.id);
  return result == nullptr ? std::string() : result->note;
}

void tell_branch(AgentReport& report, const RunState& run, const Agents& agents,
                 const Facts& facts) {
  report.base = agents.input().base;
  report.branch = agents.input().branch;
  const Task* delivery = delivery_of(run, agents);
  if (delivery == nullptr) return;
  const AgentResult* result = agents.result(delivery->spec.id);
  if (result != nullptr) report.commit = result->commit;
  if (report.commit.empty()) report.undelivered = why_undelivered(*delivery, agents, facts);
}

// ---- the review ----

std::vector<ReviewRound> rounds_of(const RunState& run, const Agents& agents) {
  std::vector<ReviewRound> rounds;
  for (const Task& task : run.tasks) {
    const AgentTask& brief = agents.task(task.spec.id);
    if (brief.kind == AgentTaskKind::kReview) {
      rounds.push_back({.round = brief.round,
                        .task = task.spec.id,
                        .status = status_text(task),
                        .findings = static_cast<int>(agents.answer(task.spec.id).findings.size()),
                        .fix = std::nullopt,
                        .fix_status = {}});
    }
    if (brief.kind != AgentTaskKind::kFix) continue;
    for (ReviewRound& round : rounds) {
      if (round.task.to_string() != brief.of) continue;
      round.fix = task.spec.id;
      round.fix_status = status_text(task);
    }
  }
  return rounds;
}

// Those of the last review, and of earlier ones what was too small to be mended.
std::vector<Finding> remaining(const std::vector<ReviewRound>& rounds, const Agents& agents) {
  std::vector<Finding> findings = agents.open_findings();
  const auto last = std::find_if(rounds.rbegin(), rounds.rend(),
                                 [](const ReviewRound& round) { return round.status == "done"; });
  for (const ReviewRound& round : rounds) {
    if (last == rounds.rend() || round.task == last->task) break;
    for (Finding& finding : agents.answer(round.task).findings) {
      if (finding.severity < agents.input().recipe.mend_from)
        findings.push_back(std::move(finding));
    }
  }
  return merge_findings(std::move(findings));
}

// ---- costs and contexts ----

std::vector<CostLine> cost_by_role(const CostFold& costs, const Agents& agents) {
  std::vector<CostLine> lines;
  costs.each_call([&](const CostedCall& call) {
    const std::string role = role_of(agents.task(call.task.id));
    auto line = std::find_if(lines.begin(), lines.end(),
                             [&](const CostLine& known) { return known.name == role; });
    if (line == lines.end()) {
      lines.push_back({.name = role, .calls = 0, .usage = {}, .charged = {}});
      line = std::prev(lines.end());
    }
    ++line->calls;
    line->usage += call.usage;
    line->charged += call.charge;
  });
  return lines;
}

std::optional<Money> compared_all_deep(const std::vector<Event>& events, const RunRequest& request,
                                       const Catalog& catalog) {
  CompareAsk ask;
  ask.models = request.models;
  ask.newer = request.models;
  const Result<Comparison> comparison = compare_run(recorded_run(events), ask, catalog);
  if (!comparison) return std::nullopt;  // nothing was billed yet
  for (const CompareRow& row : comparison->rows) {
    if (row.name == "all deep") return row.cost;
  }
  return std::nullopt;
}

std::vector<ContextLine> contexts_of(const RunState& run, const Agents& agents, const Facts& facts,
                                     const Catalog& catalog) {
  std::vector<ContextLine> lines;
  for (const Task& task : run.tasks) {
    const TaskId id = task.spec.id;
    const Facts::OfTask& known = facts.of(id);
    if (!known.asked) continue;
    const std::string role = role_of(agents.task(id));
    auto line = std::find_if(lines.begin(), lines.end(),
                             [&](const ContextLine& context) { return context.role == role; });
    if (line == lines.end()) line = lines.insert(line, ContextLine{.role = role});
    if (known.largest > line->largest) {
      line->largest = known.largest;
      line->model = known.model;
    }
    const PackReport pack = agents.pack(id);
    if (pack.used > line->pack) {
      line->pack = pack.used;
      line->budget = pack.budget;
    }
    for (const std::string& part : pack.left_out)
      line->left_out.push_back(fmt::format("{}: {}", id.to_string(), part));
  }
  for (ContextLine& line : lines) {
    if (const Model* model = catalog.find(line.model)) line.window = model->context_window;
  }
  return lines;
}

void add_once(std::vector<std::string>& notes, const std::string& note) {
  if (!note.empty() && std::find(notes.begin(), notes.end(), note) == notes.end())
    notes.push_back(note);
}

bool was_declined(const RunState& run) {
  bool declined = false;
  for (const Task& task : run.tasks) {
    if (!task.skipped) continue;
    if (*task.skipped == SkipReason::kDeclined) {
      declined = true;
    } else if (*task.skipped != SkipReason::kNeeded) {
      return false;
    }
  }
  return declined;
}

}  // namespace

AgentReport report_of(const RunState& run, const std::vector<Event>& events, const Agents& agents,
                      const CostFold& costs, const RunRequest& request, const Tables& tables,
                      std::vector<FileDelta> changed) {
  const Facts facts = facts_of(events);
  AgentReport report;
  report.run = run.created.run;
  report.workflow = run.created.workflow;
  report.status = to_string(run.status);
  report.reason = run.reason;
  report.request = agents.input().request;
  report.started = run.created.at;
  report.elapsed = costs.elapsed();
  report.approach = agents.approach();
  report.answer = agents.direct_answer();
  tell_branch(report, run, agents, facts);
  report.changed = std::move(changed);
  for (const Task& task : run.tasks)
    report.tasks.push_back(line_of(task, agents, facts.of(task.spec.id)));
  report.checks = checks_of(run, agents);
  report.reviews = rounds_of(run, agents);
  report.findings = remaining(report.reviews, agents);
  report.contexts = contexts_of(run, agents, facts, tables.catalog);
  report.repository = agents.input().repository;
  report.by_worker = cost_by_role(costs, agents);
  report.cost = costs.report(tables.catalog, request.models[Tier::kDeep]);
  report.compared = compared_all_deep(events, request, tables.catalog);
  for (const std::string& note : agents.notes()) add_once(report.notes, note);
  return report;
}

ExitCode exit_code_of(const RunState& run, const AgentReport& report) {
  switch (run.status) {
    case RunStatus::kRunning:
    case RunStatus::kPaused:
      return run.halt ? ExitCode::kProvider : ExitCode::kInterrupted;
    case RunStatus::kBudgetExhausted:
      return ExitCode::kBudgetExhausted;
    case RunStatus::kPartial:
    case RunStatus::kFailed:
      return was_declined(run) ? ExitCode::kInterrupted : ExitCode::kProvider;
    case RunStatus::kComplete:
      break;
  }
  const bool failed =
      std::any_of(report.checks.begin(), report.checks.end(),
                  [](const CheckLine& check) { return check.state == CheckState::kFailed; });
  return failed ? ExitCode::kFindings : ExitCode::kDone;
}

std::string rendered(const AgentReport& report, const std::string& format,
                     const TerminalStyle& style) {
  if (format == "json") return to_json(report);
  if (format == "md") return to_markdown(report);
  return to_terminal(report, style);
}

}  // namespace baton
