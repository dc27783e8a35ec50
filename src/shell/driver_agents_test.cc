// What the driver does for tasks that use tools, bring others, or wait for a person.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shell/driver_harness.h"

namespace baton {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr std::string_view kToolCall =
    "event: message_start\n"
    R"(data: {"type":"message_start","message":{"model":"claude-haiku-4-5","usage":{"input_tokens":10,"output_tokens":1}}})"
    "\n\nevent: content_block_start\n"
    R"(data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"u1","name":"read","input":{"path":"a"}}})"
    "\n\nevent: content_block_stop\n"
    R"(data: {"type":"content_block_stop","index":0})"
    "\n\nevent: message_delta\n"
    R"(data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":20}})"
    "\n\nevent: message_stop\n"
    R"(data: {"type":"message_stop"})"
    "\n\n";

constexpr const char* kResults = R"([{"type":"tool_result","tool_use_id":"u1","content":"text"}])";

class DriverAgentsTest : public DriverTest {
 protected:
  // A run whose only call has asked for a tool.
  void asked_for_tools() {
    workflow.appraisals.push_back({Verdict::kTools, {}, {}});
    begin();
    journal.flush();
    http.open[0].on_head(200, {{"content-type", "text/event-stream"}});
    http.open[0].on_body(kToolCall);
    http.open[0].on_end({});
  }
};

TEST_F(DriverAgentsTest, ToolsRunOnceTheDecisionIsDurableAndTheirResultsAreTheNextTurn) {
  asked_for_tools();
  EXPECT_THAT(tools, SizeIs(0));
  journal.flush();
  ASSERT_THAT(tools, SizeIs(1));
  EXPECT_EQ(tools[0].uses, (std::vector<ToolUse>{{"u1", "read", R"({"path":"a"})"}}));
  tools[0].done(ToolsResult{{{"read", "1", "2"}}, kResults, {}, "tree"});
  journal.flush();
  ASSERT_THAT(http.requests, SizeIs(2));
  EXPECT_THAT(http.requests[1].body, HasSubstr(R"("tool_use_id":"u1")"));
  EXPECT_THAT(http.requests[1].body, HasSubstr(R"("type":"tool_use","id":"u1")"));
}

TEST_F(DriverAgentsTest, ToolsCanEndTheTask) {
  asked_for_tools();
  journal.flush();
  tools[0].done(ToolsResult{{{"finish", "1", "2"}}, {}, "{\"answer\":1}", "tree"});
  journal.flush();
  EXPECT_EQ(workflow.answers, (std::vector<std::string>{"{\"answer\":1}"}));
  EXPECT_EQ(driver.state().status, RunStatus::kComplete);
}

TEST_F(DriverAgentsTest, AMachineThatCannotRunThemPausesTheRun) {
  asked_for_tools();
  journal.flush();
  tools[0].done(storage_error("the disk is full"));
  journal.flush();
  EXPECT_EQ(driver.state().status, RunStatus::kPaused);
  EXPECT_EQ(driver.state().reason, "the disk is full");
}

TEST_F(DriverAgentsTest, ToolsThatTheProcessBeforeWasRunningAreRunAgain) {
  asked_for_tools();
  journal.flush();
  Driver next{parts()};
  next.resume(*replay(journal.log));
  journal.flush();
  ASSERT_THAT(tools, SizeIs(2));
  EXPECT_EQ(tools[1].uses, tools[0].uses);
  tools[1].done(ToolsResult{{{"read", "1", "2"}}, kResults, {}, "tree"});
  journal.flush();
  EXPECT_THAT(http.requests.back().body, HasSubstr(R"("tool_use_id":"u1")"));
  EXPECT_EQ(next.state().calls, 2);  // none was repeated
}

// One question whose answer brings another one.
class Leading : public Questions {
 public:
  std::vector<NewTask> first_tasks() override {
    std::vector<NewTask> tasks = Questions::first_tasks();
    tasks[0].spec.leads = true;
    tasks[0].spec.role = Role::kOrchestrator;
    return tasks;
  }
  bool plans_itself() const override { return false; }
  std::vector<NewTask> follow_up(const RunState&, const Task&) override {
    NewTask task;
    task.spec.id = TaskId(1);
    task.spec.type = "question";
    task.spec.max_output = Tokens(1000);
    task.spec.gate = "plan";
    return {task};
  }
};

class DriverLeadTest : public DriverTest {
 protected:
  void begin_leading() {
    RunCreated created;
    created.at = system_now();
    created.run = "r-test";
    created.gates = {"plan"};
    leader->begin(created, {});
    journal.flush();
  }
  std::unique_ptr<Driver> driver_of_leading() {
    DriverParts of = parts();
    return std::make_unique<Driver>(DriverParts{
        of.scheduler, of.journal, of.http, leading, of.rules, of.endpoint, of.run_checkers,
        of.on_change, of.on_end, of.batch_poll, of.run_tools, of.ask_approval});
  }

  Leading leading;
  std::unique_ptr<Driver> leader = driver_of_leading();
};

TEST_F(DriverLeadTest, WhatAnEndBringsIsAddedInTheCommitThatSaysItWas) {
  begin_leading();
  answer(0);
  journal.flush();
  EXPECT_THAT(leader->state().tasks, SizeIs(2));
  const auto is_followed = [](const Event& e) { return std::holds_alternative<TaskFollowed>(e); };
  EXPECT_EQ(std::count_if(journal.log.begin(), journal.log.end(), is_followed), 1);
}

// The process ended between a task's end and what it brings.
TEST_F(DriverLeadTest, AResumedRunAddsWhatAnEndHadStillToBring) {
  begin_leading();
  answer(0);
  std::vector<Event> log = journal.log;
  while (!std::holds_alternative<TaskFinished>(log.back())) log.pop_back();
  const std::unique_ptr<Driver> next = driver_of_leading();
  next->resume(*replay(log));
  EXPECT_THAT(next->state().tasks, SizeIs(2));
  EXPECT_EQ(next->state().to_follow, 0);
}

TEST_F(DriverLeadTest, APersonIsAskedAndTheRunGoesOnWithTheAnswer) {
  begin_leading();
  answer(0);
  journal.flush();
  ASSERT_THAT(approvals, SizeIs(1));
  EXPECT_THAT(http.requests, SizeIs(1));
  approvals[0](true);
  journal.flush();
  EXPECT_THAT(http.requests, SizeIs(2));
}

TEST_F(DriverLeadTest, WithNobodyToAskTheRunPausesAndTheQuestionIsAskedAgain) {
  begin_leading();
  answer(0);
  journal.flush();
  approvals[0](std::nullopt);
  journal.flush();
  EXPECT_EQ(leader->state().status, RunStatus::kPaused);
  EXPECT_EQ(leader->state().reason, "the plan waits for approval");
  const std::unique_ptr<Driver> next = driver_of_leading();
  next->resume(*replay(journal.log));
  journal.flush();
  EXPECT_THAT(approvals, SizeIs(2));
}

// What the user asks for beside is known as soon as the run goes on, or not at all: noted without
// the other, it would be asked for in vain.
TEST_F(DriverAgentsTest, WhatIsAskedForAndTheRunsGoingOnAreOneCommit) {
  asked_for_tools();
  journal.flush();
  std::vector<Event> before = journal.log;
  Driver next{parts()};
  journal.log.clear();
  next.resume(*replay(before), {BudgetRaised{system_now(), Money::dollars(9)}});
  ASSERT_GE(journal.first_append.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<BudgetRaised>(journal.first_append[0]));
  EXPECT_TRUE(std::holds_alternative<RunResumed>(journal.first_append[1]));
}

// A plan whose pieces name two tasks each, that belong together.
class Paired : public Questions {
 public:
  bool plans_itself() const override { return false; }
  std::vector<NewTask> read_piece(const Task&, std::string_view) override {
    std::vector<NewTask> tasks(2);
    for (int i = 0; i < 2; ++i) {
      tasks[static_cast<std::size_t>(i)].spec.id = TaskId(i + 1);
      tasks[static_cast<std::size_t>(i)].spec.type = "question";
      tasks[static_cast<std::size_t>(i)].spec.max_output = Tokens(1000);
    }
    return tasks;
  }
};

TEST_F(DriverTest, TasksOfOnePieceOfAPlanAreOneCommit) {
  Paired paired;
  DriverParts of = parts();
  Driver pair{DriverParts{of.scheduler, of.journal, of.http, paired, of.rules, of.endpoint,
                          of.run_checkers, of.on_change, of.on_end, of.batch_poll, of.run_tools,
                          of.ask_approval}};
  RunCreated created;
  created.at = system_now();
  created.run = "r-test";
  created.parallel = 4;
  pair.begin(created, {});
  journal.flush();
  const std::vector<Event> before = journal.log;
  journal.log.clear();
  http.open[0].on_head(200, {{"content-type", "text/event-stream"}});
  http.open[0].on_body(kAnswer.substr(0, kAnswer.find("event: content_block_stop")));
  const auto added = [](const std::vector<Event>& events) {
    return std::count_if(events.begin(), events.end(),
                         [](const Event& e) { return std::holds_alternative<TaskAdded>(e); });
  };
  EXPECT_EQ(added(journal.first_append), 2);
}

// One question that a program looks at first.
class Checked : public Questions {
 public:
  std::vector<NewTask> first_tasks() override {
    std::vector<NewTask> tasks = Questions::first_tasks();
    tasks[0].spec.checkers_first = true;
    return tasks;
  }
  void checked(TaskId, std::string_view findings) override { told.emplace_back(findings); }

  std::vector<std::string> told;
};

TEST_F(DriverTest, WhatAProgramFoundThatCouldNotDoTheTaskIsToldBeforeTheModelIsAsked) {
  Checked workflow_of_programs;
  DriverParts of = parts();
  const auto program = [](const CheckerRequest&, auto done) {
    done(CheckersResult{"conflicts", "", false});
  };
  Driver checking{DriverParts{of.scheduler, of.journal, of.http, workflow_of_programs, of.rules,
                              of.endpoint, program, of.on_change, of.on_end}};
  RunCreated created;
  created.at = system_now();
  created.run = "r-test";
  checking.begin(created, {});
  journal.flush();
  EXPECT_EQ(workflow_of_programs.told, (std::vector<std::string>{"conflicts"}));
  EXPECT_EQ(http.requests.size(), 1U);
}

}  // namespace
}  // namespace baton
