#include "report/cost_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

namespace baton {
namespace {

struct Call {
  CallReserved reserved;
  Money charge;
  Usage usage;
  bool known = false;
};

void count(CostLine& line, const Call& call) {
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

// With one decimal, rounded down, also below zero.
double percent(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return 0;
  // A 64-bit part times 1,000 overflows at $9,223, so the division is split.
  const std::int64_t quotient = part / whole;
  const auto rest = static_cast<long double>(part % whole);
  const auto tenths = std::floor(rest * 1000 / static_cast<long double>(whole));
  return static_cast<double>(static_cast<long double>(quotient) * 1000 + tenths) / 10;
}

Money all_deep(const std::map<CallId, Call>& calls, const Model* deep) {
  if (deep == nullptr) return {};
  Money total;
  for (const auto& [id, call] : calls) {
    if (!call.known) continue;  // its tokens are not known either
    const PriceSheet* sheet = deep->sheet_on(date_of(call.reserved.at));
    if (sheet == nullptr) return {};
    total += sheet->bill(call.usage);
  }
  return total;
}

}  // namespace

// What the journal says of tasks and calls, by their ids.
struct CostFold::Facts {
  CostReport report;
  std::map<TaskId, TaskSpec> tasks;
  std::set<TaskId> attempted;
  std::map<CallId, Call> calls;
  Instant first;
  Instant last;

  void operator()(const RunCreated& event) {
    first = last = event.at;
    report.budget = event.budget;
    report.estimate = event.estimate;
  }
  void operator()(const TaskAdded& event) { tasks[event.spec.id] = event.spec; }
  void operator()(const AttemptStarted& event) {
    const bool is_first = attempted.insert(event.task).second;
    if (!is_first) ++report.retries;
  }
  void operator()(const Escalated&) { ++report.escalations; }
  void operator()(const CallReserved& event) {
    calls[event.call] = {.reserved = event, .charge = event.hold, .usage = {}, .known = false};
  }
  void operator()(const CallEnded& event) {
    const auto call = calls.find(event.call);
    if (call == calls.end()) return;  // ended without having been sent
    call->second.charge = event.charge;
    call->second.usage = event.usage;
    call->second.known = event.bill != BillState::kUnknown;
  }
  void operator()(const auto&) {}
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

CostReport CostFold::report(const Catalog& catalog, std::string_view deep_model) const {
  const Facts& facts = *facts_;
  CostReport report = facts.report;
  report.deep_model = deep_model;
  report.all_deep = all_deep(facts.calls, catalog.find(deep_model));
  report.by_role = {{.name = "orchestrator", .calls = 0, .usage = {}, .charged = {}},
                    {.name = "workers", .calls = 0, .usage = {}, .charged = {}}};
  std::map<TaskId, CostLine> by_task;
  for (const auto& [id, call] : facts.calls) {
    const TaskSpec& task = facts.tasks.at(call.reserved.task);
    ++report.calls;
    report.usage += call.usage;
    report.total += call.charge;
    if (!call.known) {
      ++report.unknown_calls;
      report.unknown += call.charge;
    }
    count(report.by_role[task.role == Role::kOrchestrator ? 0 : 1], call);
    count(line_of(report.by_model, call.reserved.model), call);
    CostLine& line = by_task[call.reserved.task];
    line.name = fmt::format("{} {}", call.reserved.task.to_string(), task.type);
    count(line, call);
  }
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
