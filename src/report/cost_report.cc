#include "report/cost_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "report/percent.h"

namespace baton {
namespace {

struct Call {
  CallReserved reserved;
  Money charge;
  Usage usage;
  bool known = false;
  bool ended = false;
  Verdict verdict = Verdict::kNone;
  int chain = 0;  // of its task
};

// Calls of one task that stand or fall together: an attempt and its turns. A retry that keeps the
// turns goes on with the chain.
using ChainId = std::pair<TaskId, int>;
struct Chain {
  bool accepted = false;
  bool failed = false;  // as its last call has it
};
using Chains = std::map<ChainId, Chain>;

bool goes_on(Verdict verdict) {
  return verdict == Verdict::kContinue || verdict == Verdict::kTools;
}

// `ended`: those whose end was told by the task's, and whether that was a good one.
Chains chains_of(const std::map<CallId, Call>& calls, const std::map<ChainId, bool>& ended) {
  Chains chains;
  for (const auto& [id, call] : calls) {
    Chain& chain = chains[{call.reserved.task, call.chain}];
    const bool accepted = call.verdict == Verdict::kAccepted;
    chain.accepted = chain.accepted || accepted;
    chain.failed = call.ended && !accepted && !goes_on(call.verdict);
  }
  for (const auto& [id, well] : ended) (well ? chains[id].accepted : chains[id].failed) = true;
  return chains;
}

// Whether what it cost brought nothing: it had no answer, or its attempt was not accepted.
bool wasted(const Call& call, const Chains& chains, int latest_chain) {
  if (!call.ended) return false;  // it may still come to something
  if (call.verdict == Verdict::kNone) return true;
  const Chain& chain = chains.at({call.reserved.task, call.chain});
  return !chain.accepted && (chain.failed || call.chain < latest_chain);
}

void count(CostLine& line, const CostedCall& call) {
  ++line.calls;
  line.usage += call.usage;
  line.charged += call.charge;
}

CostLine& line_of(std::vector<CostLine>& lines, std::string_view name) {
  const auto found = std::find_if(lines.begin(), lines.end(),
                                  [&](const CostLine& line) { return line.name == name; });
  if (found != lines.end()) return *found;
  lines.push_back({.name = std::string(name), .calls = 0, .usage = {}, .charged = {}});
  return lines.back();
}

}  // namespace

// What the journal says of tasks and calls, by their ids.
struct CostFold::Facts {
  // How often a task was tried.
  struct Tries {
    int chain = 0;
    bool keeps_turns = false;
  };

  CostReport report;
  std::map<TaskId, TaskSpec> tasks;
  std::map<TaskId, Tries> tries;
  std::map<CallId, Call> calls;
  std::vector<CallReserved> lost;  // what stands for events that were lost
  std::map<ChainId, bool> ended;   // by what tools or the task's end said of them
  std::vector<Instant> escalations;
  Instant first;
  Instant last;

  void operator()(const RunCreated& event) {
    first = last = event.at;
    report.budget = event.budget;
    if (event.forecast) report.estimate = event.forecast->likely;
  }
  void operator()(const BudgetRaised& event) { report.budget = event.budget; }
  void operator()(const TaskAdded& event) { tasks[event.spec.id] = event.spec; }
  void operator()(const AttemptStarted& event) {
    const auto [tried, is_first] = tries.try_emplace(event.task);
    if (is_first) return;
    ++report.retries;
    if (!std::exchange(tried->second.keeps_turns, false)) ++tried->second.chain;
  }
  void operator()(const RetryScheduled& event) {
    const auto tried = tries.find(event.task);
    if (tried != tries.end()) tried->second.keeps_turns = event.keeps_turns;
  }
  void operator()(const ToolsEnded& event) {
    if (!event.result.empty()) ended[{event.task, chain_of(event.task)}] = true;
  }
  void operator()(const TaskSkipped& event) {
    ended.try_emplace({event.task, chain_of(event.task)});
  }
  void operator()(const Escalated& event) { escalations.push_back(event.at); }
  void operator()(const CallReserved& event) {
    calls[event.call] = {.reserved = event, .charge = event.hold, .chain = chain_of(event.task)};
  }
  void operator()(const TailLost& event) {
    CallReserved booked;
    booked.at = event.at;
    booked.hold = event.amount;
    booked.model = "not known";
    lost.push_back(std::move(booked));
  }
  void operator()(const CallEnded& event) {
    const auto call = calls.find(event.call);
    if (call == calls.end()) return;  // ended without having been sent
    call->second.charge = event.charge;
    call->second.usage = event.usage;
    call->second.known = event.bill != BillState::kUnknown;
    call->second.ended = true;
    call->second.verdict = event.verdict;
  }
  void operator()(const auto&) {}

  int chain_of(TaskId task) const {
    const auto tried = tries.find(task);
    return tried == tries.end() ? 0 : tried->second.chain;
  }
};

double CostReport::saved_percent() const {
  const Money known = total - unknown;
  if (known == Money()) return 0;
  return percent((all_deep - known).picodollars(), all_deep.picodollars());
}

double CostReport::cached_percent() const {
  return percent(usage.cache_read.count(), usage.prompt().count());
}

CostFold::CostFold() : facts_(std::make_unique<Facts>()) {}
CostFold::~CostFold() = default;
CostFold::CostFold(CostFold&&) noexcept = default;
CostFold& CostFold::operator=(CostFold&&) noexcept = default;

void CostFold::add(const std::vector<Event>& events) {
  for (const Event& event : events) std::visit(*facts_, event);
  if (!events.empty()) facts_->last = at_of(events.back());
}

Millis CostFold::elapsed() const {
  return facts_->last - facts_->first;
}

Instant CostFold::began() const {
  return facts_->first;
}

const std::vector<Instant>& CostFold::escalations() const {
  return facts_->escalations;
}

void CostFold::each_call(const std::function<void(const CostedCall&)>& see) const {
  const Facts& facts = *facts_;
  const Chains chains = chains_of(facts.calls, facts.ended);
  for (const auto& [id, call] : facts.calls) {
    const TaskId task = call.reserved.task;
    see({.reserved = call.reserved,
         .task = facts.tasks.at(task),
         .charge = call.charge,
         .usage = call.usage,
         .known = call.known,
         .wasted = wasted(call, chains, facts.chain_of(task))});
  }
  TaskSpec of_no_task;
  of_no_task.id = TaskId(-1);
  of_no_task.type = "lost_events";
  for (const CallReserved& booked : facts.lost)
    see({.reserved = booked, .task = of_no_task, .charge = booked.hold, .usage = {}});
}

std::optional<Money> deep_price(const CostedCall& call, const Model* deep) {
  if (deep == nullptr || !call.known) return std::nullopt;
  const PriceSheet* sheet = deep->sheet_on(date_of(call.reserved.at));
  if (sheet == nullptr) return std::nullopt;
  return sheet->bill(call.usage);
}

CostReport CostFold::report(const Catalog& catalog, std::string_view deep_model) const {
  CostReport report = facts_->report;
  report.deep_model = deep_model;
  report.escalations = static_cast<int>(facts_->escalations.size());
  report.by_role = {{.name = "orchestrator", .calls = 0, .usage = {}, .charged = {}},
                    {.name = "workers", .calls = 0, .usage = {}, .charged = {}}};
  const Model* deep = catalog.find(deep_model);
  bool comparable = true;
  std::map<TaskId, CostLine> by_task;
  each_call([&](const CostedCall& call) {
    ++report.calls;
    report.usage += call.usage;
    report.total += call.charge;
    if (call.wasted) report.wasted += call.charge;
    const std::optional<Money> price = deep_price(call, deep);
    if (price) report.all_deep += *price;
    if (!call.known) {
      ++report.unknown_calls;
      report.unknown += call.charge;
    } else if (!price) {
      comparable = false;
    }
    count(report.by_role[call.task.role == Role::kOrchestrator ? 0 : 1], call);
    count(line_of(report.by_model, call.reserved.model), call);
    CostLine& line = by_task[call.task.id];
    line.name = call.task.id < TaskId(0)
                    ? call.task.type
                    : fmt::format("{} {}", call.task.id.to_string(), call.task.type);
    count(line, call);
  });
  if (!comparable) report.all_deep = Money();
  for (auto& [id, line] : by_task) report.by_task.push_back(std::move(line));
  std::stable_sort(report.by_model.begin(), report.by_model.end(),
                   [](const CostLine& a, const CostLine& b) {
                     return a.charged != b.charged ? a.charged > b.charged : a.name < b.name;
                   });
  return report;
}

CostReport cost_of(const std::vector<Event>& events, const Catalog& catalog,
                   std::string_view deep_model) {
  CostFold fold;
  fold.add(events);
  return fold.report(catalog, deep_model);
}

}  // namespace baton
