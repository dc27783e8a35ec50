#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "base/hash.h"
#include "shell/driver_harness.h"

namespace baton {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(DriverTest, NoByteLeavesBeforeItsReservationIsDurable) {
  begin();
  EXPECT_EQ(driver.state().open_calls.size(), 1U);  // decided
  EXPECT_THAT(http.requests, IsEmpty());            // and not done
  journal.flush();
  ASSERT_THAT(http.requests, SizeIs(1));
  EXPECT_THAT(http.requests[0].body, HasSubstr("why?"));
}

TEST_F(DriverTest, ARunBeginsInOneCommitWithAllItsFirstTasks) {
  begin();
  EXPECT_TRUE(
      std::any_of(journal.first_append.begin(), journal.first_append.end(),
                  [](const Event& event) { return std::holds_alternative<PlanClosed>(event); }));
}

TEST_F(DriverTest, TheEndOfARunIsToldOnceItIsDurable) {
  begin();
  journal.flush();
  answer(0);
  EXPECT_THAT(workflow.answers, testing::ElementsAre("because"));
  EXPECT_THAT(ends, IsEmpty());
  journal.flush();
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_TRUE(ends[0].ok());
  // 10 tokens in at $1 and 20 out at $5 per million.
  EXPECT_EQ(driver.state().budget.charged(), Money::pico(110'000'000));
}

TEST_F(DriverTest, WhatIsJournaledFoldsToTheStateThatWasDrivenTo) {
  begin(Money::dollars(1));
  journal.flush();
  answer(0);
  EXPECT_TRUE(*replay(journal.log) == driver.state());
}

TEST_F(DriverTest, AFailedJournalStopsEverything) {
  begin();
  journal.flush(storage_error("disk full"));
  EXPECT_THAT(http.requests, IsEmpty());
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(ends[0].error().message, "disk full");
}

TEST_F(DriverTest, ALoweredOutputIsWhatIsSent) {
  begin(Money::pico(
      6'000'000'000));  // input of some 2,000 tokens' bound at $2, the rest for output at $5
  journal.flush();
  ASSERT_THAT(http.requests, SizeIs(1));
  const auto& call = driver.state().open_calls.begin()->second;
  EXPECT_LT(call.max_output, Tokens(1000));
  EXPECT_THAT(http.requests[0].body,
              HasSubstr(fmt::format("\"max_tokens\":{}", call.max_output.count())));
}

TEST_F(DriverTest, AStopBeforeTheReservationIsDurableSendsNothingAndCostsNothing) {
  begin();
  driver.stop();
  journal.flush();
  EXPECT_THAT(http.requests, IsEmpty());
  EXPECT_EQ(driver.state().budget.charged(), Money());
  EXPECT_EQ(driver.state().status, RunStatus::kPaused);
}

// What was promised finds room for its settlement, since nothing new is promised before.
TEST_F(DriverTest, WhileRoomIsShortWhatIsInFlightIsSettledAndNothingIsBegun) {
  workflow.count = 5;  // one more than there are hands
  begin();
  journal.flush();
  ASSERT_EQ(http.requests.size(), 4U);
  journal.short_of_room = true;
  for (std::size_t call = 0; call < 4; ++call) answer(call);
  journal.flush();
  EXPECT_EQ(http.requests.size(), 4U);
  EXPECT_THAT(http.cancelled, IsEmpty());
  EXPECT_EQ(driver.state().status, RunStatus::kPaused);
  EXPECT_EQ(driver.state().reason, "the journal's disk is nearly full");
  EXPECT_EQ(driver.state().unknown, Money());
  EXPECT_EQ(driver.state().budget.held(), Money());
}

TEST_F(DriverTest, ARunThatBeginsWhileRoomIsShortPromisesNothing) {
  journal.short_of_room = true;
  begin();
  journal.flush();
  EXPECT_THAT(http.requests, IsEmpty());
  EXPECT_EQ(driver.state().budget.charged(), Money());
  EXPECT_EQ(driver.state().status, RunStatus::kPaused);
}

TEST_F(DriverTest, ACutCallIsBookedAndTheRunCanBeResumed) {
  begin();
  journal.flush();
  driver.cut();
  EXPECT_THAT(http.cancelled, SizeIs(1));
  http.open[0].on_end({TransferEnd::Kind::kCancelled, "cancelled"});
  journal.flush();
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(driver.state().status, RunStatus::kPaused);
  EXPECT_GT(driver.state().unknown, Money());

  HeldJournal next_journal;
  HeldHttp next_http;
  Driver next({loop,
               next_journal,
               next_http,
               workflow,
               rules,
               endpoint,
               {},
               [](const RunState&, const std::vector<Event>&) {},
               [](const Status&) {}});
  next.resume(*replay(journal.log));
  next_journal.flush();
  EXPECT_THAT(next_http.requests, SizeIs(1));
}

// It waited for what the first call held. The raise alone would let it go, before anybody has ended
// what the process before had in flight.
TEST_F(DriverTest, ABudgetRaisedAfterACrashPaysForNothingThatWasNotSent) {
  workflow.count = 2;
  begin(Money::pico(10'000'000'000));
  journal.flush();
  ASSERT_THAT(http.requests, SizeIs(1));
  ASSERT_THAT(driver.state().prepared, SizeIs(1));
  const Money in_flight = driver.state().budget.held();

  HeldHttp next_http;
  Driver next({loop,
               journal,
               next_http,
               workflow,
               rules,
               endpoint,
               {},
               [](const RunState&, const std::vector<Event>&) {},
               [](const Status&) {}});
  next.resume(*replay(journal.log), {BudgetRaised{system_now(), Money::dollars(1)}});
  journal.flush();
  EXPECT_EQ(next.state().unknown, in_flight);
  EXPECT_THAT(next_http.requests, SizeIs(2));
  EXPECT_TRUE(*replay(journal.log) == next.state());
}

// ---- turns ----

TEST_F(DriverTest, AnAnswerThatGoesOnIsSentBackWithWhatIsSaidToIt) {
  workflow.appraisals = {{Verdict::kContinue, "", kReply}};
  begin();
  journal.flush();
  answer(0);
  EXPECT_THAT(http.requests, SizeIs(1));  // its reservation is not durable yet
  journal.flush();
  ASSERT_THAT(http.requests, SizeIs(2));
  EXPECT_THAT(http.requests[1].body, HasSubstr("why?"));
  EXPECT_THAT(http.requests[1].body, HasSubstr("because"));
  EXPECT_THAT(http.requests[1].body, HasSubstr("say more"));
  answer(1);
  journal.flush();
  EXPECT_THAT(workflow.answers, testing::ElementsAre("because"));
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(driver.state().budget.charged(), Money::pico(220'000'000));  // two calls
}

TEST_F(DriverTest, ABadAnswerIsShownToTheModelOnceThenTheQuestionIsAskedAnew) {
  workflow.appraisals = {{Verdict::kInvalid, "no list", kReply},
                         {Verdict::kInvalid, "no list", kReply}};
  begin();
  journal.flush();
  answer(0);
  journal.flush();
  ASSERT_THAT(http.requests, SizeIs(2));
  EXPECT_THAT(http.requests[1].body, HasSubstr("say more"));
  answer(1);
  journal.flush();
  ASSERT_THAT(http.requests, SizeIs(3));
  EXPECT_EQ(http.requests[2].body, http.requests[0].body);
}

TEST_F(DriverTest, ATurnThatWasInFlightIsSentAgainByTheNextProcessAsItWas) {
  workflow.appraisals = {{Verdict::kContinue, "", kReply}};
  begin();
  journal.flush();
  answer(0);
  journal.flush();
  ASSERT_THAT(http.requests, SizeIs(2));

  HeldHttp next_http;
  Driver next({loop,
               journal,
               next_http,
               workflow,
               rules,
               endpoint,
               {},
               [](const RunState&, const std::vector<Event>&) {},
               [](const Status&) {}});
  next.resume(*replay(journal.log));
  journal.flush();
  ASSERT_THAT(next_http.requests, SizeIs(1));
  EXPECT_EQ(next_http.requests[0].body, http.requests[1].body);
}

TEST_F(DriverTest, ATurnWhoseTextsAreLostIsNotGoneOnWith) {
  workflow.appraisals = {{Verdict::kContinue, "", kReply}};
  begin();
  journal.flush();
  answer(0);
  journal.texts.clear();
  std::vector<Status> next_ends;
  Driver next({loop,
               journal,
               http,
               workflow,
               rules,
               endpoint,
               {},
               [](const RunState&, const std::vector<Event>&) {},
               [&](const Status& status) { next_ends.push_back(status); }});
  next.resume(*replay(journal.log));
  ASSERT_THAT(next_ends, SizeIs(1));
  EXPECT_EQ(next_ends[0].error().message, "no text");
}

// ---- shared prefixes ----

TEST_F(DriverTest, SiblingsAreSentOnceTheFirstAnswerHasBegun) {
  workflow.count = 3;
  workflow.prompt = {.user = {{std::string(40'000, 'x'), true}, {"why?"}}, .uses = 3};
  begin();
  journal.flush();
  ASSERT_THAT(http.requests, SizeIs(1));
  http.open[0].on_head(200, {{"content-type", "text/event-stream"}});
  journal.flush();
  EXPECT_THAT(http.requests, SizeIs(1));
  http.open[0].on_body(kAnswer.substr(0, 200));
  journal.flush();
  EXPECT_THAT(http.requests, SizeIs(3));
}

TEST_F(DriverTest, SiblingLoopsWaitForTheFirstToo) {
  workflow.count = 2;
  workflow.prompt = {.tools = R"([{"name":"read","input_schema":{"type":"object"}}])",
                     .user = {{std::string(40'000, 'x'), true}, {"why?"}},
                     .uses = 2};
  workflow.ask_apart = true;
  begin();
  journal.flush();
  ASSERT_THAT(http.requests, SizeIs(1));
  http.open[0].on_head(200, {{"content-type", "text/event-stream"}});
  http.open[0].on_body(kAnswer.substr(0, 200));
  journal.flush();
  EXPECT_THAT(http.requests, SizeIs(2));
}

// ---- limits that other runs share ----

TEST_F(DriverTest, ADriverThatIsLetGoGivesUpThePlaceOfACallThatWasNotSentYet) {
  Pacer pacer;
  rules.pacer = &pacer;
  {
    Driver other(parts());
    RunCreated created;
    created.at = system_now();
    created.run = "r-other";
    created.parallel = 1;
    other.begin(created, {});
    ASSERT_TRUE(other.state().open_calls.contains(CallId(1)));
  }
  EXPECT_EQ(pacer.claim("r-other", CallId(1)), std::nullopt) << "nobody would ever give it up";
}

// ---- the day's cap ----

TEST_F(DriverTest, NothingIsSentBeforeTheStoreHasSetItAside) {
  begin(std::nullopt, {.day = Money::dollars(1)});
  EXPECT_THAT(journal.asked, IsEmpty());  // what is asked for is durable first
  journal.flush();
  EXPECT_THAT(journal.asked, SizeIs(1));
  ASSERT_THAT(http.requests, SizeIs(1));
  EXPECT_LE(driver.state().day.used, driver.state().day.allotted);
}

TEST_F(DriverTest, WithNothingLeftOfTheDayTheRunEndsAndSaysWhy) {
  journal.most_allotted = Money();
  begin(std::nullopt, {.day = Money::dollars(1)});
  journal.flush();
  EXPECT_THAT(http.requests, IsEmpty());
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(driver.state().status, RunStatus::kBudgetExhausted);
  EXPECT_THAT(driver.state().reason, HasSubstr("of the day's cap are left"));
}

TEST_F(DriverTest, ARunThatEndsBeforeItHasAskedTheStoreAsksForNothing) {
  begin(std::nullopt, {.day = Money::dollars(1)});
  driver.stop();
  journal.flush();
  EXPECT_EQ(driver.state().status, RunStatus::kPaused);
  EXPECT_THAT(journal.asked, IsEmpty());
}

// ---- batches ----

TEST_F(DriverTest, AStopBeforeABatchIsDurableSendsNothingAndCostsNothing) {
  workflow.batch = true;
  workflow.count = 2;
  begin();
  ASSERT_THAT(driver.state().batches, SizeIs(1));
  driver.stop();
  journal.flush();
  EXPECT_THAT(http.requests, IsEmpty());
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(driver.state().status, RunStatus::kPaused);
  EXPECT_EQ(driver.state().budget.charged(), Money());
}

// A loop whose clock has gone on while its process stood still.
class LateClock : public Scheduler {
 public:
  explicit LateClock(Loop& loop) : loop_(loop) {}
  Instant now() const override { return loop_.now() + late; }
  void post(std::function<void()> work) override { loop_.post(std::move(work)); }
  void after(Millis length, std::function<void()> work) override {
    loop_.after(length, std::move(work));
  }
  Millis late;

 private:
  Loop& loop_;
};

// Whoever has taken the run over meanwhile has called the batch not created.
TEST_F(DriverTest, ABatchIsNotCreatedByAProcessThatStoodStillSinceItWasFormed) {
  workflow.batch = true;
  LateClock clock(loop);
  const DriverParts usual = parts();
  Driver late({clock, usual.journal, usual.http, usual.workflow, usual.rules, usual.endpoint,
               usual.run_checkers, usual.on_change, usual.on_end});
  RunCreated created;
  created.at = clock.now();
  created.run = "r-late";
  late.begin(created, {});
  ASSERT_THAT(late.state().batches, SizeIs(1));
  clock.late = Millis::seconds(60);
  journal.flush();
  EXPECT_THAT(http.requests, IsEmpty());
  EXPECT_THAT(late.state().batches, IsEmpty());
  EXPECT_EQ(late.state().budget.held(), Money());
  EXPECT_EQ(late.state().task(TaskId(0)).status, TaskStatus::kBackingOff);
}

// ---- prefixes that runs on other machines share ----

class DriverOfAFleetTest : public DriverTest {
 protected:
  DriverOfAFleetTest() {
    journal.shared = &fleet;
    rules.shared_prefixes = true;
    workflow.prompt.system = {{std::string(200'000, 'x'), true}};
    workflow.prompt.uses = 20;
    begin();
    journal.flush();
  }
  void answered(Result<PrefixAnswer> answer) {
    fleet.asked.at(0).second(std::move(answer));
    journal.flush();
  }
  HeldFleet fleet;
};

TEST_F(DriverOfAFleetTest, AsksWhoWritesAPrefixAndSaysWhenItIsWritten) {
  ASSERT_EQ(fleet.asked.size(), 1U);
  EXPECT_TRUE(http.open.empty());
  answered(PrefixAnswer{.mine = true, .readable_for = {}});
  ASSERT_EQ(http.open.size(), 1U);
  EXPECT_TRUE(fleet.written.empty());
  answer(0);
  EXPECT_EQ(fleet.written, (std::vector{std::pair(fleet.asked[0].first, Millis::seconds(300))}));
}

TEST_F(DriverOfAFleetTest, WithoutAnAnswerItGoesOnAsIfItWereAlone) {
  answered(storage_error("the store does not answer"));
  EXPECT_EQ(http.open.size(), 1U);
}

}  // namespace
}  // namespace baton
