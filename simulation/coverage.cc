#include "simulation/coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "store/event_format.h"

namespace baton::sim {
namespace {

constexpr std::array<std::string_view, 9> kRunStateNames = {
    "not created",        "plan open",       "plan closed", "stopping", "halted",
    "waits for approval", "waits for share", "paused",      "over"};

std::size_t state_of(const RunState& run) {
  if (run.created.run.empty()) return 0;
  if (run.status == RunStatus::kPaused) return 7;
  if (run.status != RunStatus::kRunning) return 8;
  if (run.halt) return 4;
  if (run.stopping) return 3;
  if (run.asked.size() > run.approved.size()) return 5;
  if (run.day.asked > Money()) return 6;
  return run.plan_closed ? 2 : 1;
}

std::optional<TaskId> task_of(const RunState& run, const Event& event) {
  return std::visit(
      [&run](const auto& e) -> std::optional<TaskId> {
        if constexpr (requires { e.task; }) return e.task;
        if constexpr (requires { e.call; }) {
          const auto call = run.open_calls.find(e.call);
          if (call != run.open_calls.end()) return call->second.task;
        }
        return std::nullopt;
      },
      event);
}

template <std::size_t... I>
std::array<std::string, sizeof...(I)> event_names(std::index_sequence<I...>) {
  return {std::string(write_event(Event(std::in_place_index<I>)).type)...};
}

template <typename Table>
std::size_t reached(const Table& table) {
  std::size_t pairs = 0;
  for (const auto& row : table)
    pairs += static_cast<std::size_t>(
        std::count_if(row.begin(), row.end(), [](std::uint64_t count) { return count > 0; }));
  return pairs;
}

template <typename Table>
void add_to(Table& sum, const Table& other) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    for (std::size_t j = 0; j < sum[i].size(); ++j) sum[i][j] += other[i][j];
  }
}

}  // namespace

void Coverage::note(const RunState& run, const Event& event) {
  ++runs_[state_of(run)][event.index()];
  const std::optional<TaskId> task = task_of(run, event);
  const bool known =
      task && task->number() >= 0 && task->number() < static_cast<int>(run.tasks.size());
  if (known) ++tasks_[static_cast<std::size_t>(run.task(*task).status)][event.index()];
}

void Coverage::add(const Coverage& other) {
  add_to(tasks_, other.tasks_);
  add_to(runs_, other.runs_);
}

std::size_t Coverage::task_pairs() const {
  return reached(tasks_);
}

std::size_t Coverage::run_pairs() const {
  return reached(runs_);
}

std::string Coverage::to_string() const {
  static const auto names = event_names(std::make_index_sequence<kEvents>());
  std::string text;
  for (std::size_t event = 0; event < kEvents; ++event) {
    text += names[event] + ":";
    for (std::size_t i = 0; i < kRunStates; ++i) {
      if (runs_[i][event] > 0) text += fmt::format(" [{}] {}", kRunStateNames[i], runs_[i][event]);
    }
    for (std::size_t i = 0; i < kStatuses; ++i) {
      if (tasks_[i][event] > 0)
        text +=
            fmt::format(" ({}) {}", baton::to_string(static_cast<TaskStatus>(i)), tasks_[i][event]);
    }
    text += '\n';
  }
  return text;
}

}  // namespace baton::sim
