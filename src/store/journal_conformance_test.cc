// The promises of journal.h, for every store that instantiates JournalConformance.
#include "store/journal_conformance.h"

namespace baton {
namespace {

TEST_P(JournalConformance, GivesBackTheEventsOfARunInTheirOrder) {
  const std::unique_ptr<Journal> journal = opened(*store_);
  ASSERT_TRUE(append(*journal, "r-1", {created("r-1"), mark(1)}).ok());
  ASSERT_TRUE(append(*journal, "r-1", {mark(2), mark(3)}).ok());

  const Result<std::vector<Event>> events = journal->events("r-1");
  ASSERT_TRUE(events.ok()) << events.error().message;
  EXPECT_EQ(*events, (std::vector<Event>{created("r-1"), mark(1), mark(2), mark(3)}));
  EXPECT_EQ(damage_of(*journal), std::vector<std::string>{});
}

TEST_P(JournalConformance, WhatIsDoneIsThereAfterReopening) {
  ASSERT_TRUE(append(*opened(*store_), "r-1", {created("r-1")}, {make_blob("a text")}).ok());
  ASSERT_TRUE(append(*opened(*store_), "r-1", {mark(1)}).ok());

  const std::unique_ptr<Journal> journal = opened(*store_);
  const Result<std::vector<Event>> events = journal->events("r-1");
  ASSERT_TRUE(events.ok()) << events.error().message;
  EXPECT_EQ(*events, (std::vector<Event>{created("r-1"), mark(1)}));
  const Result<std::string> text = journal->blob(make_blob("a text").id);
  ASSERT_TRUE(text.ok()) << text.error().message;
  EXPECT_EQ(*text, "a text");
  EXPECT_EQ(damage_of(*journal), std::vector<std::string>{});
}

TEST_P(JournalConformance, ItsEndMakesDurableWhatWasQueued) {
  std::atomic<int> answers = 0;
  {
    const std::unique_ptr<Journal> journal = opened(*store_);
    journal->append("r-1", {created("r-1")}, {}, [&](const Status& s) { answers += s.ok(); });
    for (int i = 1; i < 100; ++i) {
      journal->append("r-1", {mark(i)}, {}, [&](const Status& s) { answers += s.ok(); });
    }
  }
  EXPECT_EQ(answers, 100);
  const Result<std::vector<Event>> events = opened(*store_)->events("r-1");
  ASSERT_TRUE(events.ok()) << events.error().message;
  EXPECT_EQ(events->size(), 100U);
  EXPECT_EQ(events->back(), mark(99));
}

TEST_P(JournalConformance, RunsOfManyThreadsKeepTheirOwnOrder) {
  const std::unique_ptr<Journal> journal = opened(*store_);
  constexpr int kRuns = 6;
  constexpr int kAppends = 40;
  std::vector<std::thread> drivers;
  for (int r = 0; r < kRuns; ++r) {
    drivers.emplace_back([&journal, run = fmt::format("r-{}", r)] {
      EXPECT_TRUE(append(*journal, run, {created(run)}).ok());
      for (int i = 0; i < kAppends; ++i) {
        EXPECT_TRUE(append(*journal, run, {mark(2 * i), mark(2 * i + 1)}).ok());
      }
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(journal->runs().ok());  // reads go on beside
  for (std::thread& driver : drivers) driver.join();

  for (int r = 0; r < kRuns; ++r) {
    const RunId run = fmt::format("r-{}", r);
    std::vector<Event> expected = {created(run)};
    for (int i = 0; i < 2 * kAppends; ++i) expected.push_back(mark(i));
    const Result<std::vector<Event>> events = journal->events(run);
    ASSERT_TRUE(events.ok()) << events.error().message;
    EXPECT_EQ(*events, expected);
  }
  EXPECT_EQ(damage_of(*journal), std::vector<std::string>{});
}

TEST_P(JournalConformance, ListsRunsNewestFirstWithWhatTheyHaveSpent) {
  const std::unique_ptr<Journal> journal = opened(*store_);
  const Instant later = kNoon + Millis(5);
  ASSERT_TRUE(append(*journal, "r-old",
                     {created("r-old"), CallReserved{.at = kNoon, .call = CallId(1)},
                      CallReserved{.at = kNoon, .call = CallId(2)},
                      CallEnded{.at = kNoon, .call = CallId(1), .charge = Money::cents(3)},
                      CallEnded{.at = later, .call = CallId(2), .charge = Money::cents(4)}})
                  .ok());
  ASSERT_TRUE(append(*journal, "r-new", {created("r-new", later)}).ok());
  ASSERT_TRUE(
      append(*journal, "r-new", {RunEnded{.at = later, .status = RunStatus::kPaused}}).ok());

  const auto listed = [&] {
    std::vector<std::string> lines;
    const Result<std::vector<RunSummary>> runs = journal->runs();
    EXPECT_TRUE(runs.ok()) << runs.error().message;
    for (const RunSummary& r : *runs) {
      lines.push_back(fmt::format("{} {} '{}' +{} +{} {} {} {}", r.run, r.workflow, r.title,
                                  (r.created - kNoon).count(), (r.updated - kNoon).count(),
                                  r.status, r.spent.to_display(), r.events));
    }
    return lines;
  };
  EXPECT_EQ(listed(),
            (std::vector<std::string>{"r-new review 'title of r-new' +5 +5 paused $0.00 2",
                                      "r-old review 'title of r-old' +0 +5 running $0.0700 5"}));
  ASSERT_TRUE(append(*journal, "r-new", {RunResumed{.at = later}}).ok());
  EXPECT_EQ(listed()[0], "r-new review 'title of r-new' +5 +5 running $0.00 3");
}

TEST_P(JournalConformance, ATextIsKeptOnceAndComesBackAsItWas) {
  const std::unique_ptr<Journal> journal = opened(*store_);
  std::string large;
  for (int i = 0; i < 20'000; ++i) large += fmt::format("line {} of a file\n", i);
  const std::string binary("\0\xff\x80 any bytes\0", 13);

  ASSERT_TRUE(append(*journal, "r-1", {created("r-1")},
                     {make_blob(large), make_blob(large), make_blob(""), make_blob(binary)})
                  .ok());
  ASSERT_TRUE(append(*journal, "r-1", {mark(1)}, {make_blob(large)}).ok());

  for (const std::string& text : {large, std::string(), binary}) {
    const Result<std::string> back = journal->blob(make_blob(text).id);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_TRUE(*back == text);
  }
  EXPECT_EQ(damage_of(*journal), std::vector<std::string>{});
}

TEST_P(JournalConformance, WhatIsNotThereIsNotFound) {
  const std::unique_ptr<Journal> journal = opened(*store_);
  EXPECT_EQ(journal->events("r-none").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(journal->events("../../etc/passwd").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(journal->blob(make_blob("never stored").id).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(journal->blob("").error().kind, ErrorKind::kNotFound);
}

TEST_P(JournalConformance, AnAppendThatContradictsTheJournalIsRefusedAlone) {
  const std::unique_ptr<Journal> journal = opened(*store_);
  EXPECT_EQ(append(*journal, "r-1", {mark(1)}).error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(append(*journal, "r-1", {created("r-1")}).ok());
  EXPECT_EQ(append(*journal, "r-1", {created("r-1")}).error().kind, ErrorKind::kInput);
  EXPECT_EQ(append(*journal, "r-1", {mark(1), created("r-1")}).error().kind, ErrorKind::kInput);
  EXPECT_EQ(append(*journal, "../r-2", {created("../r-2")}).error().kind, ErrorKind::kInput);

  EXPECT_TRUE(append(*journal, "r-1", {mark(1)}).ok());
  EXPECT_EQ(*journal->events("r-1"), (std::vector<Event>{created("r-1"), mark(1)}));
}

TEST_P(JournalConformance, TwoOpenJournalsContinueEachOthersRuns) {
  const std::unique_ptr<Journal> first = opened(*store_);
  const std::unique_ptr<Journal> second = opened(*store_);
  ASSERT_TRUE(append(*first, "r-1", {created("r-1")}).ok());
  for (int i = 0; i < 10; ++i) {
    Journal& journal = i % 2 == 0 ? *second : *first;
    const Status status = append(journal, "r-1", {mark(i)});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  EXPECT_EQ(first->events("r-1")->size(), 11U);
  EXPECT_EQ(damage_of(*second), std::vector<std::string>{});
}

TEST_P(JournalConformance, ARunIsDrivenByOneHolderAtATime) {
  const std::unique_ptr<Journal> journal = opened(*store_);
  Result<std::unique_ptr<RunLease>> held = journal->lease("r-1");
  ASSERT_TRUE(held.ok()) << held.error().message;
  EXPECT_EQ(journal->lease("r-1").error(),
            (Error{ErrorKind::kBusy,
                   fmt::format("run r-1 is being driven by process {}: wait for it or stop it",
                               ::getpid())}));
  EXPECT_TRUE(journal->lease("r-2").ok()) << "another run is free";

  held->reset();
  EXPECT_TRUE(journal->lease("r-1").ok()) << "let go, it can be taken again";
}

TEST_P(JournalConformance, AKilledProcessLetsGoOfItsRun) {
  SharedCounter holding;
  Child driver([&] {
    const std::unique_ptr<Journal> journal = opened(*store_);
    const Result<std::unique_ptr<RunLease>> lease = journal->lease("r-1");
    if (!lease) return 1;
    holding.set(1);
    for (;;) ::pause();
  });
  ASSERT_TRUE(holding.reaches(1));

  const std::unique_ptr<Journal> journal = opened(*store_);
  const Result<std::unique_ptr<RunLease>> refused = journal->lease("r-1");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error(),
            (Error{ErrorKind::kBusy,
                   fmt::format("run r-1 is being driven by process {}: wait for it or stop it",
                               driver.pid())}));
  driver.kill_now();
  EXPECT_TRUE(leased_within(*journal, "r-1", store_->longest_lease_of_the_dead()));
}

TEST_P(JournalConformance, AKilledProcessLeavesWholeAppendsOnlyAndAllThatWereAnswered) {
  SharedCounter answered;
  constexpr int kEach = 3;
  for (int round = 0; round < 5; ++round) {
    const RunId run = fmt::format("r-{}", round);
    answered.set(0);
    Child driver([&] {
      const std::unique_ptr<Journal> journal = opened(*store_);
      if (!append(*journal, run, {created(run)}).ok()) return 1;
      for (int i = 1;; ++i) {
        if (!append(*journal, run, std::vector<Event>(kEach, mark(i)), {make_blob(run)}).ok()) {
          return 1;
        }
        answered.set(i);
      }
    });
    ASSERT_TRUE(answered.reaches(20 + 7 * round));
    driver.kill_now();

    const std::unique_ptr<Journal> journal = opened(*store_);
    const Result<std::vector<Event>> events = journal->events(run);
    ASSERT_TRUE(events.ok()) << events.error().message;
    EXPECT_EQ((events->size() - 1) % kEach, 0U);
    EXPECT_GE(static_cast<int>(events->size() - 1) / kEach, answered.get());
    EXPECT_TRUE(append(*journal, run, {mark(0)}).ok()) << "and it can be gone on with";
    EXPECT_EQ(damage_of(*journal), std::vector<std::string>{});
  }
}

TEST_P(JournalConformance, AfterAFailedAppendNothingMoreIsAcceptedUntilItIsOpenedAgain) {
  SharedCounter answered;
  Child full([&] {
    const std::unique_ptr<Journal> journal = opened(*store_);
    if (!append(*journal, "r-1", {created("r-1")}).ok()) return 1;
    store_->leave_no_room();
    Status status;
    for (int i = 1; i < 10'000 && status.ok(); ++i) {
      status = append(*journal, "r-1", {mark(i)}, {make_blob(fmt::format("text {}", i))});
      if (status.ok()) answered.set(i);
    }
    if (status.ok()) return 2;
    if (status.error().kind != ErrorKind::kStorage) return 3;
    if (status.error().message.find("baton resume r-1") == std::string::npos) return 4;
    const Status later = append(*journal, "r-2", {created("r-2")});
    if (later.ok() || later.error().kind != ErrorKind::kStorage) return 5;
    return 0;
  });
  EXPECT_EQ(full.exit_code(), 0);
  EXPECT_GT(answered.get(), 0);

  const std::unique_ptr<Journal> journal = opened(*store_);
  const Result<std::vector<Event>> events = journal->events("r-1");
  ASSERT_TRUE(events.ok()) << events.error().message;
  EXPECT_GE(static_cast<int>(events->size()) - 1, answered.get());
  EXPECT_EQ(journal->events("r-2").error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(append(*journal, "r-1", {mark(0)}).ok());
  EXPECT_EQ(damage_of(*journal), std::vector<std::string>{});
}

// ---- the submitter's key ----

Event created_with(const RunId& run, const std::string& key) {
  return RunCreated{.at = kNoon, .run = run, .workflow = "review", .key = key};
}

TEST_P(JournalConformance, AKeyGivesOneRunHoweverOftenItIsSubmitted) {
  const std::unique_ptr<Journal> journal = opened(*store_);
  EXPECT_EQ(*journal->run_with_key("nightly"), std::nullopt);
  ASSERT_TRUE(append(*journal, "r-1", {created_with("r-1", "nightly")}).ok());
  const Status again = append(*journal, "r-2", {created_with("r-2", "nightly")});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, ErrorKind::kBusy);
  EXPECT_NE(again.error().message.find("r-1"), std::string::npos);
  EXPECT_EQ(*journal->run_with_key("nightly"), RunId("r-1"));
  // It was refused alone: the journal goes on, and runs without a key are as many as one likes.
  EXPECT_TRUE(append(*journal, "r-3", {created_with("r-3", "")}).ok());
  EXPECT_TRUE(append(*journal, "r-4", {created_with("r-4", "")}).ok());
  EXPECT_EQ(*journal->run_with_key(""), std::nullopt);
}

// ---- what runs may promise of their project's cap for a day ----

const DayCap kTenDollarsToday = {"shop", "2026-11-20", Money::dollars(10)};

Event ended_with(Money day_used) {
  return RunEnded{.at = kNoon, .day = kTenDollarsToday.day, .day_used = day_used};
}

TEST_P(JournalConformance, RunsOfAProjectTogetherAreNeverAllottedMoreThanItsDay) {
  const std::unique_ptr<Journal> journal = opened(*store_);
  for (const char* run : {"r-1", "r-2"}) ASSERT_TRUE(append(*journal, run, {created(run)}).ok());
  EXPECT_EQ(*allot(*journal, "r-1", Money::dollars(6), kTenDollarsToday), Money::dollars(6));
  EXPECT_EQ(*allot(*journal, "r-2", Money::dollars(6), kTenDollarsToday), Money::dollars(4));
  EXPECT_EQ(*allot(*journal, "r-1", Money::dollars(1), kTenDollarsToday), Money());
}

TEST_P(JournalConformance, WhatARunHasNotUsedOfItsShareGoesBackAtItsEnd) {
  const std::unique_ptr<Journal> journal = opened(*store_);
  for (const char* run : {"r-1", "r-2"}) ASSERT_TRUE(append(*journal, run, {created(run)}).ok());
  EXPECT_EQ(*allot(*journal, "r-1", Money::dollars(9), kTenDollarsToday), Money::dollars(9));
  ASSERT_TRUE(append(*journal, "r-1", {ended_with(Money::dollars(2))}).ok());
  EXPECT_EQ(*allot(*journal, "r-2", Money::dollars(9), kTenDollarsToday), Money::dollars(8));
}

TEST_P(JournalConformance, WhatARunHasUsedOfItsDayStaysUsedWhenItIsResumed) {
  const std::unique_ptr<Journal> journal = opened(*store_);
  ASSERT_TRUE(append(*journal, "r-1", {created("r-1")}).ok());
  EXPECT_EQ(*allot(*journal, "r-1", Money::dollars(9), kTenDollarsToday), Money::dollars(9));
  ASSERT_TRUE(append(*journal, "r-1", {ended_with(Money::dollars(2))}).ok());
  EXPECT_EQ(*allot(*journal, "r-1", Money::dollars(3), kTenDollarsToday), Money::dollars(3));
  ASSERT_TRUE(append(*journal, "r-1", {ended_with(Money::dollars(4))}).ok());
  EXPECT_EQ(*allot(*journal, "r-1", Money::dollars(9), kTenDollarsToday), Money::dollars(6));
}

TEST_P(JournalConformance, AnotherDayAndAnotherProjectHaveTheirOwn) {
  const std::unique_ptr<Journal> journal = opened(*store_);
  ASSERT_TRUE(append(*journal, "r-1", {created("r-1")}).ok());
  EXPECT_EQ(*allot(*journal, "r-1", Money::dollars(10), kTenDollarsToday), Money::dollars(10));
  const DayCap tomorrow = {"shop", "2026-11-21", Money::dollars(10)};
  EXPECT_EQ(*allot(*journal, "r-1", Money::dollars(7), tomorrow), Money::dollars(7));
  const DayCap elsewhere = {"stall", "2026-11-20", Money::dollars(10)};
  EXPECT_EQ(*allot(*journal, "r-1", Money::dollars(7), elsewhere), Money::dollars(7));
  // The end of the first day's work leaves the others as they are.
  ASSERT_TRUE(append(*journal, "r-1", {ended_with(Money())}).ok());
  EXPECT_EQ(*allot(*journal, "r-1", Money::dollars(7), tomorrow), Money::dollars(3));
}

TEST_P(JournalConformance, ACapThatWasLoweredAllotsNothingMore) {
  const std::unique_ptr<Journal> journal = opened(*store_);
  ASSERT_TRUE(append(*journal, "r-1", {created("r-1")}).ok());
  EXPECT_EQ(*allot(*journal, "r-1", Money::dollars(8), kTenDollarsToday), Money::dollars(8));
  const DayCap lowered = {"shop", "2026-11-20", Money::dollars(5)};
  EXPECT_EQ(*allot(*journal, "r-1", Money::dollars(1), lowered), Money());
}

TEST_P(JournalConformance, AnAllotmentOutlivesItsProcess) {
  {
    const std::unique_ptr<Journal> journal = opened(*store_);
    ASSERT_TRUE(append(*journal, "r-1", {created("r-1")}).ok());
    EXPECT_EQ(*allot(*journal, "r-1", Money::dollars(8), kTenDollarsToday), Money::dollars(8));
  }
  EXPECT_EQ(*allot(*opened(*store_), "r-1", Money::dollars(8), kTenDollarsToday),
            Money::dollars(2));
}

TEST_P(JournalConformance, ARunThatIsNotThereIsAllottedNothing) {
  const std::unique_ptr<Journal> journal = opened(*store_);
  EXPECT_EQ(allot(*journal, "r-none", Money::dollars(1), kTenDollarsToday).error().kind,
            ErrorKind::kNotFound);
}

// Asks by the cent until nothing is left; how many cents it got, or -1.
int take_all(Journal& journal, const RunId& run) {
  if (!append(journal, run, {created(run)}).ok()) return -1;
  for (int cents = 0;; ++cents) {
    const Result<Money> granted =
        allot(journal, run, Money::cents(1), {"shop", "2026-11-20", Money::cents(60)});
    if (!granted) return -1;
    if (*granted == Money()) return cents;
  }
}

TEST_P(JournalConformance, ProcessesThatAskAtTheSameTimeNeverPassTheCapTogether) {
  constexpr int kProcesses = 3;
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(std::make_unique<Child>(
        [&] { return take_all(*opened(*store_), fmt::format("r-{}", i)); }));
  }
  int cents = 0;
  for (const auto& child : children) cents += child->exit_code();
  EXPECT_EQ(cents, 60);
}

TEST_P(JournalConformance, TwoOpenJournalsThatAskAtTheSameTimeNeverPassTheCapTogether) {
  const std::unique_ptr<Journal> first = opened(*store_);
  const std::unique_ptr<Journal> second = opened(*store_);
  int by_second = 0;
  std::thread other([&] { by_second = take_all(*second, "r-2"); });
  const int by_first = take_all(*first, "r-1");
  other.join();
  EXPECT_EQ(by_first + by_second, 60);
}

}  // namespace
}  // namespace baton
