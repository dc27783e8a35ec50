// Runs of agents as they go: which tasks follow from which, and upon which commits they stand.
#include <gmock/gmock.h>

#include "workflow/example_agents.h"

namespace baton {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string found(std::string_view severity, std::string_view message = "It overflows.") {
  return fmt::format(
      R"({{"summary":"So so.","findings":[{{"file":"src/a.cc","line":2,"severity":"{}","message":"{}","suggestion":"Use a wider type."}}]}})",
      severity, message);
}

const std::string kClean = R"({"summary":"Good.","findings":[]})";

// t2 writes, t3 merges it; the review of the whole is t4.
Office built() {
  Office office;
  office.plan(plan_of({{.id = "code"}}));
  office.write(2, "c2");
  office.merge(3);
  return office;
}

TEST(AgentsTest, BeginsWithAPlanAndADeliveryThatComesLast) {
  Office office;
  EXPECT_EQ(office.task(0).spec.type, "plan");
  EXPECT_TRUE(office.task(0).spec.leads);
  const TaskSpec& delivery = office.task(1).spec;
  EXPECT_EQ(delivery.type, "delivery");
  EXPECT_EQ(delivery.tier, Tier::kLocal);
  EXPECT_TRUE(delivery.last && delivery.checkers_first);
  EXPECT_EQ(delivery.gate, "merge");
}

TEST(AgentsTest, WithoutABranchNothingIsDelivered) {
  AgentInput input = example_input();
  input.branch.clear();
  Office office(input);
  EXPECT_EQ(office.story.run.tasks.size(), 1U);
}

TEST(AgentsTest, AWriterStartsWhileThePlanStillStreamsAndItsWorkIsThenMerged) {
  Office office;
  const std::string plan = plan_of({{.id = "code"}, {.id = "tests", .worker = "test-writer"}});
  office.hear(plan.substr(0, plan.find(R"(,{"id":"tests")")));
  EXPECT_TRUE(office.in_call(2));
  const TaskSpec& work = office.task(2).spec;
  EXPECT_EQ(work.type, "code-writer");
  EXPECT_EQ(work.tier, Tier::kDeep);
  EXPECT_EQ(work.gate, "plan");
  const TaskSpec& merge = office.task(3).spec;
  EXPECT_EQ(merge.type, "integration");
  EXPECT_TRUE(merge.checkers_first);
  EXPECT_THAT(merge.after, ElementsAre(TaskId(2)));
  EXPECT_THAT(merge.needs, ElementsAre(TaskId(2)));
}

TEST(AgentsTest, FromThePlanToTheBranch) {
  Office office = built();
  EXPECT_EQ(office.agents.head(), "mc2");
  EXPECT_EQ(office.task(4).spec.type, "reviewer");
  office.finish(4, kClean);
  EXPECT_THAT(office.programs, ElementsAre(TaskId(1)));
  office.merge(1);
  EXPECT_EQ(office.story.run.status, RunStatus::kComplete);
  EXPECT_THAT(office.agents.open_findings(), IsEmpty());
}

TEST(AgentsTest, AWriterBeginsWhereTheWorkItDependsOnWasMerged) {
  Office office;
  office.plan(plan_of({{.id = "code"},
                       {.id = "docs", .worker = "documentation-writer"},
                       {.id = "tests", .worker = "test-writer", .after = {"code"}}}));
  EXPECT_THAT(office.task(6).spec.after, ElementsAre(TaskId(3)));
  EXPECT_THAT(office.task(6).spec.needs, ElementsAre(TaskId(3)));
  office.write(4, "c4");  // documentation is ready first, and waits for its place in the plan
  EXPECT_THAT(office.programs, IsEmpty());
  office.write(2, "c2");
  office.merge(3);
  EXPECT_EQ(office.agents.base_of(TaskId(6)), "mc2");
  EXPECT_EQ(office.agents.integration(TaskId(5)),
            (Integration{TaskId(4), "mc2", "c4", "Merge: Work", {}}));
  office.merge(5);
  EXPECT_EQ(office.agents.base_of(TaskId(6)), "mc2") << "what it does not depend on moves nothing";
  EXPECT_EQ(office.agents.head(), "mc4");
  EXPECT_THAT(office.agents.merged(), ElementsAre(TaskId(3), TaskId(5)));
}

TEST(AgentsTest, AReaderHasNothingToMergeAndHandsItsResultOn) {
  AgentInput input = example_input("run");
  Office office(input);
  office.plan(plan_of(
      {{.id = "look", .worker = "reviewer", .title = "Look"}, {.id = "code", .after = {"look"}}}));
  EXPECT_THAT(office.task(3).spec.after, ElementsAre(TaskId(2)));
  EXPECT_THAT(office.task(3).spec.needs, IsEmpty());
  office.finish(2, found("low", "The loop is odd."));
  EXPECT_THAT(office.message(3), HasSubstr("### What came of 'Look' (reviewer)"));
  EXPECT_THAT(office.message(3), HasSubstr("The loop is odd."));
}

TEST(AgentsTest, AWriterThatWroteNothingHasNothingMerged) {
  Office office;
  office.plan(
      plan_of({{.id = "code"}, {.id = "tests", .worker = "test-writer", .after = {"code"}}}));
  office.write(2, "");
  EXPECT_EQ(office.agents.integration(TaskId(3)).theirs, "");
  office.merge(3);
  EXPECT_EQ(office.agents.head(), "base");
  EXPECT_EQ(office.agents.base_of(TaskId(4)), "base");
}

TEST(AgentsTest, WhatIsNotMergedIsNotBuiltUponAndTheRestGoesOn) {
  Office office;
  office.plan(plan_of({{.id = "code"},
                       {.id = "tests", .worker = "test-writer", .after = {"code"}},
                       {.id = "docs", .worker = "documentation-writer"}}));
  office.refuse(2);
  EXPECT_EQ(office.task(3).skipped, SkipReason::kNeeded);
  EXPECT_EQ(office.task(4).skipped, SkipReason::kNeeded);
  office.write(6, "c6");
  office.merge(7);
  office.finish(8, kClean);
  office.merge(1);
  EXPECT_EQ(office.agents.head(), "mc6");
  EXPECT_EQ(office.story.run.status, RunStatus::kPartial);
}

// ---- conflicts ----

TEST(AgentsTest, AConflictGoesToTheIntegratorWithBothSidesAndTheCriteria) {
  Office office;
  office.plan(plan_of({{.id = "a", .title = "Add A", .commands = {"make a"}},
                       {.id = "b", .title = "Add B", .commands = {"make b"}}}));
  office.write(2, "c2");
  office.merge(3);
  office.write(4, "c4");
  office.conflict(5);
  ASSERT_TRUE(office.in_call(5));
  EXPECT_EQ(office.agents.base_of(TaskId(5)), "mc2");
  EXPECT_EQ(office.agents.first_tree_of(TaskId(5)), "conflicted");
  EXPECT_THAT(office.agents.grant(TaskId(5)).commands, ElementsAre("make b", "make a"));
  const std::string& message = office.message(5);
  EXPECT_THAT(message, HasSubstr("Conflicts in:\n- src/a.cc"));
  EXPECT_THAT(message, HasSubstr("Add A is done"));
  EXPECT_THAT(message, HasSubstr("Add B is done"));
  EXPECT_THAT(message, HasSubstr("-base\n+c4"));
  EXPECT_THAT(message, HasSubstr("-base\n+mc2"));
  EXPECT_THAT(message, Not(HasSubstr("src/b.cc"))) << "only what conflicts is shown";
  office.finish(5, R"({"summary":"Both.","files":[]})", "m5");
  EXPECT_EQ(office.agents.head(), "m5");
}

TEST(AgentsTest, CommandsThatFailAfterTheMergeAreShownToTheIntegrator) {
  Office office;
  office.plan(plan_of({{.id = "a", .commands = {"make a"}}}));
  office.write(2, "c2");
  IntegrationTrouble trouble{"merged", {}, {{"make a", false, "a.cc:3: no such name"}}};
  office.agents.checked(TaskId(3), write_trouble(trouble));
  const auto prompt = std::get<Prompt>(office.agents.ask(office.story.run, office.task(3)));
  EXPECT_THAT(prompt.user[0].text, HasSubstr("`make a` failed"));
  EXPECT_THAT(prompt.user[0].text, HasSubstr("a.cc:3: no such name"));
}

TEST(AgentsTest, WithoutAnIntegratorConflictsGoToTheOneThatMends) {
  AgentInput input = example_input();
  std::erase_if(input.workers, [](const Worker& w) { return w.name == "integrator"; });
  Office office(input);
  office.plan(plan_of({{.id = "a"}}));
  EXPECT_EQ(office.agents.task(TaskId(3)).worker, "code-writer");
}

// After a retry integrations may end in another order than the plan's: the commits tell it.
TEST(AgentsTest, TheHeadIsFoundByFollowingTheMerges) {
  Office office;
  office.plan(plan_of({{.id = "a"}, {.id = "b", .worker = "test-writer"}}));
  const auto merged = [&](int id, std::string onto, std::string commit) {
    Task task = office.task(id);
    task.covered = true;
    AgentResult result;
    result.onto = std::move(onto);
    result.commit = std::move(commit);
    office.agents.finished(task, "", write_agent_result(result));
  };
  merged(3, "second", "third");
  EXPECT_EQ(office.agents.head(), "base") << "it stands upon a merge that is not there";
  merged(5, "base", "second");
  EXPECT_EQ(office.agents.head(), "third");
  EXPECT_THAT(office.agents.merged(), ElementsAre(TaskId(5), TaskId(3)));
}

// ---- review and fixes ----

TEST(AgentsTest, FindingsGoBackToAWriterAndAreReviewedAgain) {
  Office office = built();
  office.finish(4, found("high"));
  const TaskSpec& fix = office.task(5).spec;
  EXPECT_EQ(fix.type, "code-writer");
  EXPECT_EQ(office.agents.task(TaskId(5)).kind, AgentTaskKind::kFix);
  EXPECT_THAT(office.message(5), HasSubstr("- src/a.cc:2 (high) It overflows."));
  EXPECT_THAT(office.message(5), HasSubstr("     2|  two"));
  EXPECT_EQ(office.agents.base_of(TaskId(5)), "mc2");
  office.write(5, "c5");
  office.merge(6);
  EXPECT_THAT(office.message(7), HasSubstr("What the last review found"));
  EXPECT_THAT(office.message(7), HasSubstr("-base\n+mc5"));
  office.finish(7, kClean);
  office.merge(1);
  EXPECT_EQ(office.story.run.status, RunStatus::kComplete);
}

TEST(AgentsTest, FindingsOfTheLastRoundAreReportedAndNotMended) {
  Office office = built();
  office.finish(4, found("high"));
  office.write(5, "c5");
  office.merge(6);
  office.finish(7, found("medium", "It still overflows."));
  EXPECT_EQ(office.story.run.tasks.size(), 8U);
  ASSERT_EQ(office.agents.open_findings().size(), 1U);
  EXPECT_EQ(office.agents.open_findings()[0].message, "It still overflows.");
}

TEST(AgentsTest, SmallFindingsBringNoFix) {
  Office office = built();
  office.finish(4, found("low"));
  EXPECT_EQ(office.story.run.tasks.size(), 5U);
  EXPECT_EQ(office.agents.open_findings().size(), 1U);
}

TEST(AgentsTest, AFixThatChangesNothingIsNotReviewedAgain) {
  Office office = built();
  office.finish(4, found("high"));
  office.write(5, "");
  office.merge(6);
  EXPECT_EQ(office.task(7).status, TaskStatus::kDone);
  EXPECT_EQ(office.task(7).attempts, 1);
  EXPECT_FALSE(office.prompts.contains(TaskId(7)));
  EXPECT_EQ(office.agents.open_findings().size(), 1U) << "what was found still stands";
  EXPECT_EQ(office.story.run.tasks.size(), 8U);
}

TEST(AgentsTest, WhereNothingWasWrittenThereIsNothingToReview) {
  Office office;
  office.plan(plan_of({{.id = "code"}}));
  office.refuse(2);
  EXPECT_EQ(office.task(4).status, TaskStatus::kDone);
  EXPECT_FALSE(office.prompts.contains(TaskId(4)));
  EXPECT_EQ(office.agents.answer(TaskId(4)).summary, "Nothing was written.");
}

TEST(AgentsTest, AReviewerCannotChangeWhatItReviews) {
  AgentInput input = example_input();
  for (Worker& worker : input.workers) {
    if (worker.name == "reviewer") worker.tools = {"read", "edit", "write", "shell"};
  }
  Office office(input);
  office.plan(plan_of({{.id = "code", .commands = {"make"}}}));
  const ToolGrant grant = office.agents.grant(TaskId(4));
  EXPECT_THAT(grant.tools, ElementsAre("read", "shell", "finish"));
  EXPECT_FALSE(grant.writes);
  EXPECT_THAT(grant.commands, IsEmpty());
  EXPECT_THAT(grant.answer_schema, HasSubstr("findings"));
}

TEST(AgentsTest, ThreeTiersPlanImplementAndCleanUp) {
  Office office(example_input("feature", "three-tier"));
  office.plan(plan_of({{.id = "code", .commands = {"make test"}}}));
  EXPECT_EQ(office.task(0).spec.tier, Tier::kDeep);
  EXPECT_EQ(office.task(2).spec.tier, Tier::kBalanced);
  EXPECT_EQ(office.agents.task(TaskId(4)).kind, AgentTaskKind::kCleanUp);
  EXPECT_EQ(office.task(4).spec.tier, Tier::kFast);
  EXPECT_THAT(office.task(4).spec.after, ElementsAre(TaskId(3)));
  EXPECT_THAT(office.task(6).spec.after, ElementsAre(TaskId(3), TaskId(5)));
  office.write(2, "c2");
  office.merge(3);
  EXPECT_THAT(office.agents.grant(TaskId(4)).commands, ElementsAre("make test"));
  EXPECT_THAT(office.message(4), HasSubstr("-base\n+mc2"));
}

TEST(AgentsTest, APlanThatFailedBringsNothingMore) {
  Office office;
  office.hear(plan_of({{.id = "code"}}));
  while (office.in_call(0)) office.answer(0, "", StopReason::kRefusal);
  EXPECT_EQ(office.story.run.tasks.size(), 4U);
}

// ---- answers ----

TEST(AgentsTest, ThePlannerMayAnswerByItself) {
  Office office(example_input("run"));
  EXPECT_EQ(office.plan(R"({"approach":"","answer":"It is 42.","tasks":[]})"), Verdict::kAccepted);
  EXPECT_EQ(office.agents.direct_answer(), "It is 42.");
  EXPECT_EQ(office.agents.question("plan"), "");
  EXPECT_EQ(office.agents.question("merge"), "");
  office.merge(1);
  EXPECT_EQ(office.story.run.status, RunStatus::kComplete);
}

TEST(AgentsTest, AnAnswerWithoutAToolDoesNotEndATask) {
  Office office;
  office.plan(plan_of({{.id = "code"}}));
  EXPECT_EQ(office.answer(2, R"({"summary":"Done.","files":[]})"), Verdict::kInvalid);
  EXPECT_THAT(office.reply, HasSubstr("call `finish`"));
  EXPECT_TRUE(office.in_call(2)) << "it is told, and goes on";
}

TEST(AgentsTest, AnAnswerThatWasCutOrDeclinedIsNone) {
  Office office;
  office.plan(plan_of({{.id = "code"}}));
  const Task& task = office.task(2);
  const auto verdict = [&](StopReason stop) {
    CallSettled settled;
    settled.stop = stop;
    settled.tool_uses = {{"u1", "read", "{}"}};
    return office.agents.judge(task, settled).verdict;
  };
  EXPECT_EQ(verdict(StopReason::kRefusal), Verdict::kRefused);
  EXPECT_EQ(verdict(StopReason::kMaxTokens), Verdict::kTruncated);
  EXPECT_EQ(verdict(StopReason::kWindowExceeded), Verdict::kWindowFull);
  EXPECT_EQ(verdict(StopReason::kToolUse), Verdict::kTools);
}

// ---- people ----

TEST(AgentsTest, APersonIsAskedAboutThePlanAndAboutTheMerge) {
  Office office(example_input(), two_sources(), {"plan", "merge"});
  office.plan(
      plan_of({{.id = "code", .title = "Count", .files = {"src/a.cc:1-2"}, .commands = {"make"}}}));
  EXPECT_THAT(office.questions, ElementsAre("plan"));
  EXPECT_EQ(office.agents.question("plan"),
            "In steps.\n\n"
            "t2 code-writer: Count\n"
            "   why: it fits\n"
            "   files: src/a.cc:1-2\n"
            "   done when: Count is done\n"
            "   must pass: make\n");
  EXPECT_FALSE(office.in_call(2));
  office.approve("plan", true);
  office.write(2, "c2");
  office.merge(3);
  office.finish(4, found("low"));
  EXPECT_THAT(office.questions, ElementsAre("merge", "plan"));
  EXPECT_EQ(office.agents.question("merge"),
            "The branch baton/counter would hold:\n"
            "mc2 Count (code-writer)\n"
            "Files: src/a.cc, src/b.cc\n"
            "Not mended: src/a.cc:2 (low) It overflows.\n");
}

// A criterion cannot pass for a task of its own, nor an approach for the list.
TEST(AgentsTest, WhatModelsWroteDoesNotLookLikeALineOfTheQuestion) {
  Office office;
  office.plan(
      R"({"approach":"Fine.\nt2 code-writer: nothing","answer":"","tasks":[{"id":"a","worker":"code-writer",)"
      R"("title":"Count\nt7 reviewer: all is well","acceptance":["ok\nt8 ci-writer: harmless"],"commands":["a\nb"]}]})");
  EXPECT_EQ(office.agents.question("plan"),
            "Fine. t2 code-writer: nothing\n\n"
            "t2 code-writer: Count t7 reviewer: all is well\n"
            "   done when: ok t8 ci-writer: harmless\n"
            "   must pass: a b\n");
}

TEST(AgentsTest, WhatAPersonDeclinesIsNotWrittenNorDelivered) {
  Office office(example_input(), two_sources(), {"plan"});
  office.plan(plan_of({{.id = "code"}}));
  office.approve("plan", false);
  EXPECT_EQ(office.task(2).skipped, SkipReason::kDeclined);
  EXPECT_EQ(office.agents.head(), "base");
}

}  // namespace
}  // namespace baton
