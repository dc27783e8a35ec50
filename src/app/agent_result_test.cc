// What a run of agents is told to have come to: runs are played, and their reports compared.
#include "app/agent_result.h"

#include <gmock/gmock.h>

#include "app/agent_checks.h"
#include "base/example_money.h"
#include "workflow/example_agents.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kClean = R"({"summary":"Good.","findings":[]})";

std::string found(std::string_view severity, std::string_view message) {
  return fmt::format(
      R"({{"summary":"So so.","findings":[{{"file":"src/a.cc","line":2,"severity":"{}","message":"{}","suggestion":""}}]}})",
      severity, message);
}

Tables tables() {
  Tables tables;
  tables.catalog = prices();
  return tables;
}

RunRequest asked() {
  RunRequest request;
  request.models = {"small", "large", "large"};
  return request;
}

AgentReport report_of(const Office& office, std::vector<FileDelta> changed = {}) {
  CostFold costs;
  costs.add(office.story.journal);
  return report_of(office.story.run, office.story.journal, office.agents, costs, asked(), tables(),
                   std::move(changed));
}

// t2 writes, t3 merges it, t4 reviews the whole; "make test" is to pass.
Office planned_with_check(AgentInput input = example_input()) {
  Office office(std::move(input));
  office.plan(plan_of({{.id = "code", .title = "Count", .commands = {"make test"}}}));
  return office;
}

// The result of a task that has ended, as the shell would have made it.
void came_to(Office& office, int id, AgentResult result) {
  const Task& task = office.task(id);
  const AgentTaskKind kind = office.agents.task(TaskId(id)).kind;
  const bool program = kind == AgentTaskKind::kIntegration || kind == AgentTaskKind::kDelivery;
  const std::string text = write_agent_result(result);
  office.agents.finished(task, program ? "" : text, program ? text : "");
}

AgentResult written(bool passed = true) {
  AgentResult result;
  result.answer = R"({"summary":"Done.","files":["src/a.cc"],"notes":["Slow."]})";
  result.commit = "c2";
  result.checks = {{"make test", passed, ""}};
  return result;
}

AgentResult merged(std::vector<CheckRun> checks) {
  AgentResult result;
  result.onto = "base";
  result.commit = "mc2";
  result.checks = std::move(checks);
  return result;
}

std::string check_text(const CheckLine& check) {
  return fmt::format("{}: {}, {}{}, {} of {} failed{}{}", check.command, to_string(check.state),
                     check.task, check.merged ? " merged" : "", check.failures, check.runs,
                     check.detail.empty() ? "" : ", ", check.detail);
}

std::vector<std::string> checks_in(const Office& office) {
  std::vector<std::string> texts;
  for (const CheckLine& check : checks_of(office.story.run, office.agents))
    texts.push_back(check_text(check));
  return texts;
}

TEST(AgentResultTest, ARunFromItsPlanToItsBranch) {
  Office office = planned_with_check();
  office.write(2, "c2");
  came_to(office, 2, written());
  office.merge(3);
  office.finish(4, kClean);
  office.merge(1);
  AgentResult delivered;
  delivered.commit = "mc2";
  came_to(office, 1, delivered);
  const AgentReport report = report_of(office, {{'M', "src/a.cc", 3, 1}});
  EXPECT_EQ(report.status, "complete");
  EXPECT_EQ(report.request, "Add a counter.");
  EXPECT_EQ(report.approach, "In steps.");
  EXPECT_EQ(report.base, "base");
  EXPECT_EQ(report.branch, "baton/counter");
  EXPECT_EQ(report.commit, "mc2");
  EXPECT_EQ(report.undelivered, "");
  EXPECT_EQ(report.changed.size(), 1U);
  EXPECT_EQ(report.repository, Tokens(1'000));
  ASSERT_EQ(report.tasks.size(), 5U);
  const AgentTaskLine& work = report.tasks[2];
  EXPECT_EQ(work.kind, "work");
  EXPECT_EQ(work.title, "Count");
  EXPECT_EQ(work.worker, "code-writer");
  EXPECT_EQ(work.reason, "it fits");
  EXPECT_EQ(work.tier, "deep");
  EXPECT_EQ(work.model, "large");
  EXPECT_EQ(work.status, "done");
  EXPECT_EQ(work.attempts, 1);
  EXPECT_EQ(work.turns, 1);
  EXPECT_EQ(work.tool_calls, 1);
  EXPECT_EQ(work.summary, "Done.");
  EXPECT_THAT(work.files, ElementsAre("src/a.cc"));
  EXPECT_THAT(work.notes, ElementsAre("Slow."));
  const AgentTaskLine& merge = report.tasks[3];
  EXPECT_EQ(merge.of, "t2");
  EXPECT_EQ(merge.worker, "") << "a program did it";
  EXPECT_EQ(merge.model, "");
  EXPECT_EQ(merge.trouble, "");
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(exit_code_of(office.story.run, report), ExitCode::kDone);
}

TEST(AgentResultTest, WhereThereIsNoBranchTheReportSaysWhy) {
  Office going = planned_with_check();
  EXPECT_EQ(report_of(going).undelivered,
            "there is no branch yet: the run has not come to its end");
  EXPECT_EQ(report_of(going).tasks[2].status, "pending");

  Office declined(example_input(), two_sources(), {"merge"});
  declined.plan(plan_of({{.id = "code"}}));
  declined.write(2, "c2");
  declined.merge(3);
  declined.finish(4, kClean);
  declined.approve("merge", false);
  const AgentReport report = report_of(declined);
  EXPECT_EQ(report.undelivered, "there is no branch: the merge was not approved of");
  EXPECT_EQ(declined.story.run.status, RunStatus::kPartial);
  EXPECT_EQ(exit_code_of(declined.story.run, report), ExitCode::kInterrupted);
}

TEST(AgentResultTest, ADirectAnswerIsTheWholeReport) {
  Office office;
  office.plan(R"({"approach":"","answer":"It is 42.","tasks":[]})");
  office.merge(1);
  const AgentReport report = report_of(office);
  EXPECT_EQ(report.answer, "It is 42.");
  EXPECT_EQ(report.commit, "");
  EXPECT_EQ(report.undelivered, "");
  EXPECT_THAT(report.checks, IsEmpty());
  EXPECT_THAT(report.reviews, IsEmpty());
}

// ---- checks ----

TEST(AgentChecksTest, ACommandIsNotRunBeforeItsTaskHasEnded) {
  Office office = planned_with_check();
  EXPECT_THAT(checks_in(office),
              ElementsAre("make test: not_run, t2, 0 of 0 failed, t2 has not ended"));
  office.refuse(2);
  EXPECT_THAT(checks_in(office),
              ElementsAre("make test: not_run, t2, 0 of 0 failed, t2 was not done"));
}

TEST(AgentChecksTest, WhatPassedBeforeTheMergeSaysNothingOfTheWhole) {
  Office office = planned_with_check();
  office.write(2, "c2");
  came_to(office, 2, written());
  EXPECT_THAT(checks_in(office), ElementsAre("make test: passed, t2, 0 of 1 failed"));
  office.merge(3);
  came_to(office, 3, merged({{"make test", true, ""}}));
  EXPECT_THAT(checks_in(office), ElementsAre("make test: passed, t2 merged, 0 of 2 failed"));
}

TEST(AgentChecksTest, AMergeThatChangesNothingIsNotCheckedAgain) {
  Office office = planned_with_check();
  office.write(2, "c2");
  came_to(office, 2, written());
  office.merge(3);
  came_to(office, 3, merged({}));
  EXPECT_THAT(checks_in(office), ElementsAre("make test: passed, t2 merged, 0 of 1 failed"));
}

TEST(AgentChecksTest, AFailureAfterTheMergeIsWhatCounts) {
  Office office = planned_with_check();
  office.write(2, "c2");
  came_to(office, 2, written());
  office.merge(3);
  came_to(office, 3, merged({{"make test", false, "a.cc:1: error"}}));
  EXPECT_THAT(checks_in(office),
              ElementsAre("make test: failed, t2 merged, 1 of 2 failed, a.cc:1: error"));
  RunState complete;
  complete.status = RunStatus::kComplete;
  EXPECT_EQ(exit_code_of(complete, report_of(office)), ExitCode::kFindings);
}

TEST(AgentChecksTest, WithoutASandboxNothingIsCalledPassedOrFailed) {
  AgentInput input = example_input();
  input.commands = false;
  Office office = planned_with_check(std::move(input));
  office.write(2, "c2");
  came_to(office, 2, written(/*passed=*/false));
  office.merge(3);
  EXPECT_THAT(checks_in(office), ElementsAre("make test: not_run, t2, 0 of 0 failed, "
                                             "there was no sandbox to run commands in"));
}

TEST(AgentChecksTest, OfALongOutputTheEndIsShown) {
  Office office = planned_with_check();
  office.write(2, "c2");
  office.merge(3);
  came_to(office, 3, merged({{"make test", false, std::string(5'000, 'x') + "\nError 1"}}));
  EXPECT_EQ(checks_of(office.story.run, office.agents).at(0).detail, "…\nError 1");
}

// ---- merges, reviews ----

TEST(AgentResultTest, AMergeThatAProgramCouldNotDoNamesWhoMendedIt) {
  Office office;
  office.plan(plan_of({{.id = "code"}}));
  office.write(2, "c2");
  office.conflict(3);
  office.finish(3, R"({"summary":"Kept both.","files":[]})", "m");
  std::vector<Event> events = office.story.journal;
  for (Event& event : events) {
    auto* checked = std::get_if<CheckersEnded>(&event);
    if (checked != nullptr && !checked->covered) checked->note = "its work conflicts in 1 file";
  }
  CostFold costs;
  costs.add(events);
  const AgentReport report =
      report_of(office.story.run, events, office.agents, costs, asked(), tables(), {});
  EXPECT_EQ(report.tasks[3].trouble, "its work conflicts in 1 file");
  EXPECT_EQ(report.tasks[3].worker, "integrator");
  EXPECT_EQ(report.tasks[3].summary, "Kept both.");
}

TEST(AgentResultTest, ARoundNamesItsFixAndWhatWasTooSmallToMendRemains) {
  Office office;
  office.plan(plan_of({{.id = "code"}}));
  office.write(2, "c2");
  office.merge(3);
  office.finish(4, R"({"summary":"So so.","findings":[
    {"file":"src/a.cc","line":2,"severity":"high","message":"It overflows.","suggestion":""},
    {"file":"src/a.cc","line":3,"severity":"low","message":"An odd name.","suggestion":""}]})");
  EXPECT_THAT(report_of(office).reviews, testing::SizeIs(2));
  office.write(5, "c5");
  office.merge(6);
  office.finish(7, found("medium", "It is slow."));
  const AgentReport report = report_of(office);
  ASSERT_EQ(report.reviews.size(), 2U);
  EXPECT_EQ(report.reviews[0].task, TaskId(4));
  EXPECT_EQ(report.reviews[0].findings, 2);
  EXPECT_EQ(report.reviews[0].fix, TaskId(5));
  EXPECT_EQ(report.reviews[0].fix_status, "done");
  EXPECT_EQ(report.reviews[1].findings, 1);
  EXPECT_EQ(report.reviews[1].fix, std::nullopt);
  ASSERT_EQ(report.findings.size(), 2U);
  EXPECT_EQ(report.findings[0].message, "It is slow.");
  EXPECT_EQ(report.findings[1].message, "An odd name.");
}

// ---- costs, contexts ----

// The journal as if the n-th call had had a prompt of n thousand tokens.
std::vector<Event> billed(std::vector<Event> events) {
  std::map<CallId, std::string> models;
  std::int64_t calls = 0;
  for (Event& event : events) {
    if (const auto* reserved = std::get_if<CallReserved>(&event))
      models[reserved->call] = reserved->model;
    auto* end = std::get_if<CallEnded>(&event);
    if (end == nullptr) continue;
    end->usage.input = Tokens(++calls * 1'000);
    end->charge = prices().find(models.at(end->call))->sheets.at(0).bill(end->usage);
  }
  return events;
}

AgentReport billed_report() {
  Office office;
  office.plan(plan_of({{.id = "code"}, {.id = "tests", .worker = "test-writer"}}));
  office.write(2, "c2");
  office.merge(3);
  office.write(4, "c4");
  const std::vector<Event> events = billed(office.story.journal);
  CostFold costs;
  costs.add(events);
  return report_of(office.story.run, events, office.agents, costs, asked(), tables(), {});
}

TEST(AgentResultTest, TheLargestPromptOfARoleIsTheOneThatWasBilled) {
  const AgentReport report = billed_report();
  std::vector<std::string> lines;
  for (const ContextLine& context : report.contexts) {
    lines.push_back(fmt::format("{} {} {} of {}, budget {}", context.role, context.model,
                                context.largest.count(), context.window.value_or(Tokens()).count(),
                                context.budget.count()));
    EXPECT_GT(context.pack, Tokens());
  }
  EXPECT_THAT(lines, testing::IsSupersetOf({"planner large 1000 of 1000000, budget 40000",
                                            "code-writer large 2000 of 1000000, budget 80000",
                                            "test-writer small 3000 of 200000, budget 60000"}));
}

TEST(AgentResultTest, TheCostOfTheRolesAddsUpToTheWhole) {
  const AgentReport report = billed_report();
  std::vector<std::string> lines;
  Money sum;
  for (const CostLine& line : report.by_worker) {
    lines.push_back(fmt::format("{} {}", line.name, line.charged.to_display()));
    sum += line.charged;
  }
  EXPECT_EQ(lines.at(0), "planner $0.0050");
  EXPECT_EQ(lines.at(1), "code-writer $0.0100");
  EXPECT_EQ(lines.at(2), "test-writer $0.0030");
  EXPECT_EQ(sum, report.cost.total);
}

// 3,000 tokens of the small model are 3,900 of the large one, which counts otherwise.
TEST(AgentResultTest, AllDeepIsComparedByTheDeepModelsOwnCountOfTokens) {
  const AgentReport report = billed_report();
  EXPECT_EQ(report.cost.all_deep, dollars("0.03"));
  EXPECT_EQ(report.compared, dollars("0.0345"));
}

// ---- exit codes ----

TEST(AgentExitCodeTest, EveryWayARunEndsHasItsCode) {
  const auto code = [](RunStatus status) {
    RunState run;
    run.status = status;
    return exit_code_of(run, AgentReport());
  };
  EXPECT_EQ(code(RunStatus::kComplete), ExitCode::kDone);
  EXPECT_EQ(code(RunStatus::kBudgetExhausted), ExitCode::kBudgetExhausted);
  EXPECT_EQ(code(RunStatus::kPartial), ExitCode::kProvider);
  EXPECT_EQ(code(RunStatus::kFailed), ExitCode::kProvider);
  EXPECT_EQ(code(RunStatus::kPaused), ExitCode::kInterrupted);
  EXPECT_EQ(code(RunStatus::kRunning), ExitCode::kInterrupted);
}

TEST(AgentExitCodeTest, ARunThatTheProviderHaltedIsTheProvidersFault) {
  RunState run;
  run.status = RunStatus::kPaused;
  run.halt = Halt{FailureKind::kDenied, "401"};
  EXPECT_EQ(exit_code_of(run, AgentReport()), ExitCode::kProvider);
}

}  // namespace
}  // namespace baton
