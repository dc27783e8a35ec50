// Whatever happens to a run: no cap is passed, no money is lost from the books, everything ends
// once, and the run comes to an end.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/chance.h"
#include "core/audit.h"
#include "core/story.h"

namespace baton {
namespace {

constexpr std::int64_t kMilli = 1'000'000'000;  // picodollars in a tenth of a cent

Money milli(std::uint64_t count) {
  return Money::pico(static_cast<std::int64_t>(count) * kMilli);
}

// A provider, a store, users and processes, all of them at the mercy of a seed.
class World {
 public:
  // `closely`: also check that every prefix of the journal folds to a state that decides what was
  // decided; that costs more.
  World(std::uint64_t seed, bool closely) : seed_(seed), closely_(closely) {
    rules_.longest_gate = Millis(static_cast<std::int64_t>(draw(5'000)));
    rules_.most_batched = 1 + draw(4);
    rules_.allotment_calls = static_cast<std::int64_t>(1 + draw(8));
    if (one_in(3)) rules_.models = {"small", "small", "small"};
    project_cap_ = milli(draw(150));
    most_tasks_ = 1 + draw(6);
    tell(asked());
    tell(TaskAdded{now_, spec(0, Role::kOrchestrator, Tier::kDeep)});
    TaskSpec report = spec(1, Role::kOrchestrator, Tier::kDeep);
    report.last = true;
    tell(TaskAdded{now_, report});
  }

  // Until the run has ended and nobody wants it to go on. What went wrong; empty if nothing.
  std::string live() {
    for (int turn = 0; turn < 2'000 && broken_.empty(); ++turn) {
      if (turn == 60) calm_ = true;
      if (run_.status != RunStatus::kRunning) {
        if (!go_on()) return broken_;
      } else if (!happen()) {
        wait_for_time();
      }
    }
    if (broken_.empty()) broken_ = "the run does not end";
    return broken_;
  }

 private:
  std::uint64_t draw(std::uint64_t below) { return mix(seed_, ++drawn_) % below; }
  bool one_in(std::uint64_t odds) { return draw(odds) == 0; }
  // One of what faults make possible; never once the world is calm.
  bool fault(std::uint64_t odds) { return !calm_ && one_in(odds); }

  RunCreated asked() {
    RunCreated created = Story::asked(std::nullopt, static_cast<int>(1 + draw(4)));
    const auto maybe = [this](std::uint64_t odds, std::uint64_t least, std::uint64_t below) {
      return one_in(odds) ? std::optional(milli(least + draw(below))) : std::nullopt;
    };
    created.budget = milli(draw(150));
    if (one_in(4)) created.budget.reset();
    created.caps.call = maybe(4, 2, 12);
    created.caps.attempt = maybe(4, 2, 20);
    created.caps.task = maybe(4, 2, 40);
    created.caps.day = maybe(2, 0, 1);
    if (created.caps.day) created.caps.day = project_cap_;
    if (const auto cap = maybe(3, 2, 50)) created.caps.worker["naming_convention_check"] = *cap;
    if (one_in(3)) created.limits.turns = 1 + static_cast<std::int64_t>(draw(3));
    if (one_in(6)) created.limits.tokens = Tokens(static_cast<std::int64_t>(draw(30'000)));
    if (one_in(6)) created.limits.wall = Millis(static_cast<std::int64_t>(draw(60'000)));
    return created;
  }

  // ---- one event and what it decides, checked ----

  void tell(Event fact) {
    if (const auto wrong = contradiction(run_, fact)) return fail("a contradiction: " + *wrong);
    check(step(run_, std::move(fact), rules_));
  }
  void fail(std::string why) {
    if (broken_.empty()) broken_ = std::move(why);
  }

  void check(const std::vector<Event>& events) {
    for (auto event = events.begin(); event != events.end(); ++event) {
      if (const auto wrong = contradiction(folded_, *event)) return fail("not to fold: " + *wrong);
      evolve(folded_, *event);
      if (std::string broken = audit_.follow(*event, folded_); !broken.empty())
        return fail(std::move(broken));
      if (closely_) check_prefix({event + 1, events.end()}, *event);
    }
    check_share();
    if (closely_ && !(folded_ == run_)) fail("the journal folds to another state");
    const auto wake = next_wake(run_, rules_, now_);
    if (wake && *wake <= now_) fail("a wake-up that is due has not been seen to");
  }

  // A crash between a fact and the last decision upon it: what is decided next is what stands
  // there.
  void check_prefix(const std::vector<Event>& rest, const Event& last) {
    // Written off by a new process, which tells it again.
    if (!rest.empty() && std::holds_alternative<CallEnded>(rest.front())) return;
    RunState recovered = folded_;
    if (tick(recovered, at_of(last), rules_) != rest) fail("a replay goes on otherwise");
  }

  // What the run uses of a day's cap never passes what the store has set aside for it.
  void check_share() {
    if (!run_.created.caps.day) return;
    for (const auto& [day, share] : shares_) {
      if (audit_.used_on(day) > share && !overbilled_) fail("the share of " + day);
    }
    for (const auto& [id, call] : run_.open_calls) {
      if (!shares_.contains(call.day)) fail("a call without a share");
    }
    if (run_.status != RunStatus::kRunning) shares_[run_.day.day] = run_.day.used;
  }

  // ---- what may happen ----

  bool happen() {
    now_ = now_ + Millis(static_cast<std::int64_t>(draw(calm_ ? 10 : 1'500)));
    if (fault(80)) now_ = now_ + Millis::seconds(9 * 3600);
    if (fault(25)) return crash();
    if (fault(60)) return tell(StopRequested{now_}), true;
    if (fault(4)) return check(tick(run_, now_, rules_)), true;
    constexpr bool (World::*kHappenings[])() = {
        &World::add,          &World::prepare,  &World::end_checkers,
        &World::answer,       &World::begin,    &World::allot,
        &World::accept_batch, &World::end_item, &World::tell_it_twice};
    const std::uint64_t first = draw(std::size(kHappenings));
    for (std::size_t i = 0; i < std::size(kHappenings); ++i) {
      if ((this->*kHappenings[(first + i) % std::size(kHappenings)])()) return true;
    }
    return false;
  }

  // Where nothing is in flight, only time can bring the run on, and it says when.
  void wait_for_time() {
    const auto wake = next_wake(run_, rules_, now_);
    if (!wake && run_.open_calls.size() > run_.unbatched.size()) return;
    if (!wake) return fail("nothing is in flight, nothing is waited for, and tasks are left");
    now_ = std::max(now_, *wake);
    check(tick(run_, now_, rules_));
  }

  bool crash() {
    folded_ == run_ ? void() : fail("the journal folds to another state");
    run_ = folded_;
    if (one_in(6)) now_ = now_ + Millis::seconds(-20 * 3600);  // another machine, another clock
    tell(RunResumed{now_});
    return true;
  }

  // A run that was stopped is resumed; one that ended for want of money perhaps with more of it.
  bool go_on() {
    const bool paused = run_.status == RunStatus::kPaused;
    if (!paused && (run_.status != RunStatus::kBudgetExhausted || raised_ == 2 || one_in(2)))
      return false;
    if (!paused || fault(3)) {
      ++raised_;
      std::optional<Money> budget = run_.created.budget;
      if (budget) budget = one_in(4) ? std::nullopt : std::optional(*budget + milli(draw(60)));
      tell(BudgetRaised{now_, budget});
    }
    tell(RunResumed{now_});
    return true;
  }

  bool add() {
    if (run_.plan_closed || run_.tasks.size() >= 2 + most_tasks_) return false;
    TaskSpec s = worker(static_cast<int>(run_.tasks.size()));
    if (one_in(2)) s.type = "code_review";
    if (one_in(4)) s.after.push_back(TaskId(static_cast<int>(2 * draw(run_.tasks.size()) / 3)));
    std::erase_if(s.after, [](TaskId id) { return id == kReport; });
    s.batch = one_in(4);
    s.checkers_first = one_in(6);
    tell(TaskAdded{now_, std::move(s)});
    return true;
  }

  const Task* one_that(TaskStatus status) {
    std::vector<const Task*> tasks;
    for (const Task& task : run_.tasks) {
      if (task.status == status) tasks.push_back(&task);
    }
    return tasks.empty() ? nullptr : tasks[draw(tasks.size())];
  }

  bool prepare() {
    const Task* task = one_that(TaskStatus::kPreparing);
    if (task == nullptr) return false;
    CallPrepared fact{now_, task->spec.id, "key"};
    fact.input_estimate = Tokens(static_cast<std::int64_t>(draw(1'000)));
    if (one_in(40)) fact.input_estimate = Tokens(250'000);
    fact.input_bound = fact.input_estimate + fact.input_estimate + Tokens(100);
    fact.cache_marked = one_in(2);
    if (fact.cache_marked) {
      fact.prefix = task->model + (one_in(2) ? "/a" : "/b");
      fact.prefix_ttl = Millis::seconds(300);
    }
    tell(std::move(fact));
    return true;
  }

  bool end_checkers() {
    const Task* task = one_that(TaskStatus::kChecking);
    if (task == nullptr) return false;
    tell(CheckersEnded{now_, task->spec.id, "findings", "", one_in(2)});
    return true;
  }

  // A call that is open and, if `batched`, in a batch the provider has taken.
  std::optional<CallId> one_open(bool batched) {
    std::vector<CallId> calls;
    for (const auto& [id, call] : run_.open_calls) {
      if (call.batch != batched) continue;
      const auto batch = run_.batches.find(call.in);
      if (!batched || (batch != run_.batches.end() && !batch->second.name.empty()))
        calls.push_back(id);
    }
    if (calls.empty()) return std::nullopt;
    return calls[draw(calls.size())];
  }

  bool answer() {
    const auto call = one_open(false);
    if (call) end(*call, calm_ ? 99 : draw(26));
    return call.has_value();
  }
  bool end_item() {
    const auto call = one_open(true);
    if (!call || (!calm_ && one_in(2))) return false;
    end(*call, calm_ ? 99 : draw(26));
    return true;
  }

  CallSettled settled(const OpenCall& call) {
    CallSettled outcome;
    const CallPrepared& prepared = *run_.task(call.task).prepared;
    const auto input = static_cast<std::uint64_t>(prepared.input_estimate.count());
    const Tokens part(static_cast<std::int64_t>(draw(input + 1)));
    (prepared.cache_marked ? outcome.usage.cache_write_1h : outcome.usage.input) = part;
    (prepared.cache_marked ? outcome.usage.cache_read : outcome.usage.input) +=
        prepared.input_estimate - part;
    outcome.usage.output = Tokens(
        static_cast<std::int64_t>(draw(static_cast<std::uint64_t>(call.max_output.count()) + 1)));
    if (fault(200)) {  // the price is not what we think it is
      outcome.usage.output += Tokens(100'000);
      overbilled_ = audit_.run_may_be_overbilled = true;
    }
    return outcome;
  }

  void end(CallId id, std::uint64_t how) {
    const OpenCall& call = run_.open_calls.at(id);
    CallOutcome outcome = settled(call);
    Verdict verdict = Verdict::kNone;
    const auto refused = [&](FailureKind kind) {
      outcome = CallNotBilled{kind, "it failed", 0, std::nullopt, {}};
    };
    if (how == 0) refused(FailureKind::kThrottled);
    if (how == 1) refused(FailureKind::kUnavailable);
    if (how == 2) refused(FailureKind::kUnreachable);
    if (how == 3) refused(FailureKind::kRejected);
    if (how == 4) refused(one_in(8) ? FailureKind::kDenied : FailureKind::kExpired);
    if (how == 5) refused(one_in(4) ? FailureKind::kSpendLimit : FailureKind::kTooLarge);
    if (how == 6) outcome = CallUnknown{};
    if (how == 7)
      outcome = CallUnknown{FailureKind::kCut, "cut", std::get<CallSettled>(outcome).usage, {}};
    if (std::holds_alternative<CallSettled>(outcome)) {
      verdict = how < 12   ? Verdict::kContinue
                : how < 15 ? Verdict::kInvalid
                : how < 16 ? Verdict::kTruncated
                : how < 17 ? Verdict::kRefused
                : how < 18 ? Verdict::kWindowFull
                           : Verdict::kAccepted;
    }
    CallEnded end = booked_end(run_, id, outcome, verdict, "answer", prices(), now_);
    if (verdict != Verdict::kAccepted && !one_in(4)) end.reply = "reply";
    last_end_ = end;
    tell(std::move(end));
  }

  bool begin() {
    std::vector<CallId> writers;
    for (const auto& [key, prefix] : run_.prefixes) {
      if (run_.open_calls.contains(prefix.writer)) writers.push_back(prefix.writer);
    }
    if (writers.empty() || one_in(2)) return false;
    tell(FirstByte{now_, writers[draw(writers.size())]});
    return true;
  }

  // What the store has left for this run: other runs of the project have their part.
  bool allot() {
    if (run_.day.asked == Money() || !broken_.empty()) return false;
    Money& share = shares_[run_.day.day];
    const Money others = milli(fault(3) ? draw(100) : 0);
    const Money amount = std::clamp(project_cap_ - others - share, Money(), run_.day.asked);
    share += amount;
    if (fault(10)) return crash();  // granted, and nobody was told
    tell(DayAllotted{now_, run_.day.day, amount});
    return true;
  }

  bool accept_batch() {
    for (const auto& [id, batch] : run_.batches) {
      if (batch.name.empty()) return tell(BatchAccepted{now_, id, "msgbatch_1"}), true;
    }
    return false;
  }

  // Answers that come twice change nothing: they are refused.
  bool tell_it_twice() {
    if (last_end_ && !contradiction(run_, *last_end_)) fail("a call may end twice");
    return false;
  }

  std::uint64_t seed_;
  std::uint64_t drawn_ = 0;
  bool closely_;
  bool calm_ = false;  // nothing goes wrong any more
  bool overbilled_ = false;
  int raised_ = 0;
  std::uint64_t most_tasks_ = 0;
  Money project_cap_;
  Rules rules_ = test_rules();
  Instant now_ = kNoon;
  RunState run_;
  RunState folded_;  // from the events alone
  Audit audit_;
  std::map<std::string, Money> shares_;  // in the store, by day
  std::optional<CallEnded> last_end_;
  std::string broken_;
};

// Split, so that they can be run at the same time.
class CapProperty : public testing::TestWithParam<std::uint64_t> {};

TEST_P(CapProperty, NoInterleavingPassesACapOrLosesMoneyOrStandsStill) {
  constexpr std::uint64_t kSeeds = 2'500;
  for (std::uint64_t seed = GetParam() * kSeeds; seed < (GetParam() + 1) * kSeeds; ++seed) {
    World world(seed, /*closely=*/seed % 20 == 0);
    ASSERT_EQ(world.live(), "") << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, CapProperty, testing::Range<std::uint64_t>(0, 4));

}  // namespace
}  // namespace baton
