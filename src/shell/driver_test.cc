#include "shell/driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/hash.h"

namespace baton {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A journal whose disk is as slow, or as broken, as a test wants.
class HeldJournal : public Journal {
 public:
  void append(const RunId&, std::vector<Event> events, std::vector<Blob>,
              std::function<void(Status)> done) override {
    if (log.empty()) first_append = events;
    log.insert(log.end(), events.begin(), events.end());
    waiting.push_back(std::move(done));
  }
  void flush(const Status& status = {}) {
    while (!waiting.empty()) {
      const auto done = std::move(waiting.front());
      waiting.erase(waiting.begin());
      done(status);
    }
  }
  void allot(const RunId&, const DayCap&, Money amount,
             std::function<void(Result<Money>)> done) override {
    waiting.push_back([done = std::move(done), amount](const Status& status) {
      done(status ? Result<Money>(amount) : Result<Money>(status.error()));
    });
  }
  Result<std::vector<Event>> events(const RunId&) override { return log; }
  Result<std::string> blob(const BlobId&) override { return not_found("no text"); }
  Result<std::vector<RunSummary>> runs() override { return std::vector<RunSummary>(); }
  Result<std::unique_ptr<RunLease>> lease(const RunId&) override {
    return std::make_unique<RunLease>();
  }
  Result<std::vector<Damage>> verify() override { return std::vector<Damage>(); }

  std::vector<Event> log;
  std::vector<Event> first_append;
  std::vector<std::function<void(Status)>> waiting;
};

class HeldHttp : public HttpClient {
 public:
  TransferId start(HttpRequest request, HttpHandlers handlers) override {
    requests.push_back(std::move(request));
    open.push_back(std::move(handlers));
    return open.size();
  }
  void cancel(TransferId transfer) override { cancelled.push_back(transfer); }

  std::vector<HttpRequest> requests;
  std::vector<HttpHandlers> open;
  std::vector<TransferId> cancelled;
};

// One task, one question.
class OneTask : public Workflow {
 public:
  std::vector<NewTask> first_tasks() override {
    NewTask task;
    task.spec.type = "question";
    task.spec.max_output = Tokens(1000);
    return {task};
  }
  bool plans_itself() const override { return true; }
  void added(const TaskSpec&, std::string_view) override {}
  void finished(const Task&, std::string_view answer, std::string_view) override {
    answers.emplace_back(answer);
  }
  Ask ask(const RunState&, const Task&) override {
    Prompt prompt;
    prompt.user.push_back({"why?"});
    return prompt;
  }
  std::vector<NewTask> read_piece(const Task&, std::string_view) override { return {}; }
  Appraisal judge(const Task&, const CallSettled&) override { return {}; }
  CheckerRequest checkers_for(TaskId) const override { return {}; }

  std::vector<std::string> answers;
};

constexpr std::string_view kAnswer =
    "event: message_start\n"
    R"(data: {"type":"message_start","message":{"model":"claude-haiku-4-5","usage":{"input_tokens":10,"output_tokens":1}}})"
    "\n\nevent: content_block_start\n"
    R"(data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"
    "\n\nevent: content_block_delta\n"
    R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"because"}})"
    "\n\nevent: content_block_stop\n"
    R"(data: {"type":"content_block_stop","index":0})"
    "\n\nevent: message_delta\n"
    R"(data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":20}})"
    "\n\nevent: message_stop\n"
    R"(data: {"type":"message_stop"})"
    "\n\n";

class DriverTest : public testing::Test {
 protected:
  DriverTest() {
    rules.catalog = &Catalog::builtin();
    rules.models = {"claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-4-7"};
    endpoint.credentials.api_key = "secret";
  }

  void begin(std::optional<Money> budget = std::nullopt) {
    RunCreated created;
    created.at = Loop::now();
    created.run = "r-test";
    created.budget = budget;
    created.parallel = 4;
    driver.begin(created, {});
  }
  void answer(std::size_t transfer) {
    http.open[transfer].on_head(200, {{"content-type", "text/event-stream"}});
    http.open[transfer].on_body(kAnswer);
    http.open[transfer].on_end({});
  }

  Loop loop;
  HeldJournal journal;
  HeldHttp http;
  OneTask workflow;
  Rules rules;
  Endpoint endpoint;
  std::vector<Status> ends;
  Driver driver{{loop,
                 journal,
                 http,
                 workflow,
                 rules,
                 endpoint,
                 {},
                 [](const RunState&, const std::vector<Event>&) {},
                 [this](const Status& status) { ends.push_back(status); }}};
};

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

}  // namespace
}  // namespace baton
