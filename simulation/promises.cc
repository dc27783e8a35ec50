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
  if (const auto* ended = std::get_if<CallEnded>(&event)) {
    const auto question = open_.extract(ended->call);
    const bool useful =
        ended->bill == BillState::kSettled &&
        (ended->verdict == Verdict::kAccepted || ended->verdict == Verdict::kTools ||
         (ended->verdict == Verdict::kContinue && !ended->reply.empty()));
    if (question && useful) bought_.insert(question.mapped());
  }
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
  const Question question{reserved.task, task.attempts, task.turns.size()};
  if (bought_.contains(question))
    return fmt::format("{} is bought again", reserved.task.to_string());
  open_.emplace(reserved.call, question);
  return {};
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
