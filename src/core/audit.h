// For the tests of core/: keeps a run's books by its events alone, beside the run's own, and says
// which promise an event breaks.
#pragma once

#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/run_state.h"

namespace baton {

class Audit {
 public:
  // What the event breaks; empty if nothing. `run` is its journal's fold, this event included.
  std::string follow(const Event& event, const RunState& run) {
    broken_.clear();
    std::visit([this](const auto& e) { on(e); }, event);
    if (std::holds_alternative<BudgetRaised>(event) || std::holds_alternative<RetryAsked>(event))
      reopen(run);
    if (const auto* reserved = std::get_if<CallReserved>(&event))
      check_caps(run.created, account(reserved->task));
    check_books(run);
    return broken_;
  }

  // What calls that were reserved as part of a day's share have been charged or hold.
  Money used_on(const std::string& day) const {
    const auto used = days_.find(day);
    return used == days_.end() ? Money() : used->second;
  }
  Money charged() const { return settled_ + written_off_; }

  bool run_may_be_overbilled = false;  // the provider's prices are not ours

 private:
  struct Hold {
    TaskId task;
    Money amount;
    std::string day;
  };
  struct Account {  // what is charged and held for a task
    std::string type;
    Role role = Role::kWorker;
    bool last = false;
    Money whole;
    Money attempt;
    std::int64_t turns = 0;
    bool ended = false;
    bool skipped = false;
  };

  void expect(bool kept, std::string promise) {
    if (!kept && broken_.empty()) broken_ = std::move(promise);
  }

  template <typename E>
  void on(const E&) {}
  void on(const TaskAdded& e) {
    tasks_.push_back({.type = e.spec.type, .role = e.spec.role, .last = e.spec.last});
  }
  void on(const AllotmentAsked& e) { day_ = e.day; }
  void on(const AttemptStarted& e) {
    Account& task = account(e.task);
    expect(!task.ended, "an attempt of a task that has ended");
    task.attempt = Money();
    task.turns = 1;
  }
  void on(const TurnStarted& e) { account(e.task).turns = e.turn; }
  void on(const CallReserved& e) {
    add(e.task, e.hold);
    reserved_ += e.hold;
    held_ += e.hold;
    largest_ = std::max(largest_, e.hold);
    const std::string day = std::max(day_, date_of(e.at));
    days_[day] += e.hold;
    expect(holds_.emplace(e.call, Hold{e.task, e.hold, day}).second, "a call reserved twice");
  }
  void on(const CallEnded& e) {
    const auto hold = holds_.extract(e.call);
    if (!hold) return expect(false, "a call that ended twice");
    const auto& [task, amount, day] = hold.mapped();
    add(task, e.charge - amount);
    held_ -= amount;
    released_ += amount - e.charge;
    (e.bill == BillState::kUnknown ? written_off_ : settled_) += e.charge;
    days_[day] += e.charge - amount;
    used_tokens_ += e.usage.prompt() + e.usage.output;
    expect(e.charge <= amount || run_may_be_overbilled, "a bill above its hold");
    expect(e.bill != BillState::kNotBilled || e.charge == Money(), "a charge for nothing");
  }
  void on(const TailLost& e) {
    reserved_ += e.amount;
    written_off_ += e.amount;
    if (!day_.empty()) days_[day_] += e.amount;
  }
  void on(const TaskFinished& e) { end(account(e.task)); }
  void on(const TaskSkipped& e) {
    end(account(e.task));
    account(e.task).skipped = true;
  }
  void on(const RunEnded& e) {
    expect(e.day_used == used_on(e.day), "another sum than was used goes back to the day's cap");
  }

  // What was skipped has another chance, and what sums everything up is done again with it.
  void reopen(const RunState& run) {
    for (const Task& task : run.tasks) {
      Account& known = account(task.spec.id);
      if (task.ended() || !known.ended) continue;
      expect(known.skipped || known.last, "a finished task that is begun again");
      known.ended = known.skipped = false;
    }
  }
  void end(Account& task) {
    expect(!task.ended, "a task that ended twice");
    task.ended = true;
  }
  Account& account(TaskId id) { return tasks_.at(static_cast<std::size_t>(id.number())); }
  void add(TaskId id, Money amount) {
    Account& task = account(id);
    task.whole += amount;
    task.attempt += amount;
    types_[task.type] += amount;
  }

  // Nothing else can bring a sum nearer to its cap, a bill beyond its hold apart.
  void check_caps(const RunCreated& run, const Account& task) {
    const auto keeps = [this](std::optional<Money> cap, Money spent, const char* name) {
      expect(!cap || spent <= *cap, fmt::format("the cap of {}", name));
    };
    keeps(run.budget, charged() + held_, "the run");
    keeps(run.caps.call, largest_, "a call");
    for (const auto& [type, cap] : run.caps.worker) {
      if (type == task.type) keeps(cap, types_[type], "a worker");
    }
    keeps(run.caps.task, task.whole, "a task");
    keeps(run.caps.attempt, task.attempt, "an attempt");
    expect(!run.limits.turns || task.turns <= *run.limits.turns, "the limit of turns");
    expect(!run.limits.tokens || used_tokens_ <= *run.limits.tokens, "the limit of tokens");
  }

  // reserved = settled + written off + released + held, and the run's own books say the same.
  void check_books(const RunState& run) {
    expect(reserved_ == settled_ + written_off_ + released_ + held_, "money that is nowhere");
    expect(run.budget.held() == held_, "what is held");
    expect(run.budget.charged() == charged(), "what is charged");
    expect(run.unknown == written_off_, "what is booked unknown");
    expect(run.open_calls.size() == holds_.size(), "which calls are open");
    expect(run.workers_running <= run.created.parallel, "more workers than hands");
    if (run.status == RunStatus::kRunning && !run.day.day.empty())
      expect(run.day.used == used_on(run.day.day), "what is used of the day's share");
  }

  std::string broken_;
  std::vector<Account> tasks_;
  std::map<CallId, Hold> holds_;
  std::map<std::string, Money> types_;
  std::map<std::string, Money> days_;
  std::string day_;  // whose share was asked for last
  Money reserved_, settled_, written_off_, released_, held_, largest_;
  Tokens used_tokens_;
};

}  // namespace baton
