#include "simulation/promises.h"

#include <fmt/format.h>

namespace baton::sim {

std::string Promises::follow(const Event& event) {
  coverage_.note(run_, event);
  if (const auto wrong = contradiction(run_, event))
    return "the journal contradicts itself: " + *wrong;
  if (const auto* reserved = std::get_if<CallReserved>(&event)) {
    if (std::string broken = check_question(*reserved); !broken.empty()) return broken;
    if (std::string broken = check_wait(*reserved); !broken.empty()) return broken;
  }
  if (const auto* prepared = std::get_if<CallPrepared>(&event))
    writes_before_[prepared->task] = writes_[prepared->prefix];
  note_bought(event);
  evolve(run_, event);
  if (std::string broken = audit_.follow(event, run_); !broken.empty()) return broken;
  return check_caps();
}

// A bill above its hold passes a cap, perhaps; nothing else does.
std::string Promises::check_caps() const {
  if (audit_.run_may_be_overbilled) return {};
  const auto passed = [](const Budget& budget) {
    return budget.cap() && budget.charged() + budget.held() > *budget.cap();
  };
  if (passed(run_.budget)) return "the cap of the run is passed";
  for (const auto& [type, budget] : run_.worker_budgets) {
    if (passed(budget)) return "the cap of a task type is passed";
  }
  return {};
}

std::string Promises::check_question(const CallReserved& reserved) {
  const Task& task = run_.task(reserved.task);
  if (task.ended()) return "a call for a task that has ended";
  const std::string& key = task.prepared->content_key;
  const auto bought = bought_.find(reserved.task);
  if (bought != bought_.end() && bought->second.contains(key))
    return fmt::format("{} asks what it has a good answer to", reserved.task.to_string());
  open_.emplace(reserved.call, key);
  return {};
}

namespace {

bool is_useful(const CallEnded& ended) {
  if (ended.bill != BillState::kSettled) return false;
  return ended.verdict == Verdict::kAccepted || ended.verdict == Verdict::kTools ||
         (ended.verdict == Verdict::kContinue && !ended.reply.empty());
}

}  // namespace

// An answer is good until its task begins anew: because a later one was not, or somebody asked.
void Promises::note_bought(const Event& event) {
  if (const auto* ended = std::get_if<CallEnded>(&event)) {
    auto key = open_.extract(ended->call);
    if (key && is_useful(*ended))
      bought_[run_.open_calls.at(ended->call).task].insert(std::move(key.mapped()));
  }
  if (const auto* again = std::get_if<RetryScheduled>(&event); again && !again->keeps_turns)
    bought_.erase(again->task);
  if (const auto* escalated = std::get_if<Escalated>(&event)) bought_.erase(escalated->task);
  if (std::holds_alternative<RetryAsked>(event) || std::holds_alternative<BudgetRaised>(event))
    bought_.clear();
}

// Each call that could have opened the gate meanwhile, and did not, is one more wait.
std::string Promises::check_wait(const CallReserved& reserved) {
  const CallPrepared& prepared = *run_.task(reserved.task).prepared;
  if (prepared.prefix.empty() || reserved.batch) return {};
  const int others = writes_[prepared.prefix]++ - writes_before_[reserved.task];
  if (!only_gates_) return {};
  // A process that stood still, or was slow with its disk, is late for no fault of the gate.
  constexpr Millis kLate = Millis::seconds(60);
  const Millis longest = rules_.longest_gate * (others + 2) + kLate;
  if (reserved.at - prepared.at <= longest) return {};
  return fmt::format("{} waited {} for its prefix to be written", reserved.call.to_string(),
                     duration_text(reserved.at - prepared.at));
}

}  // namespace baton::sim
