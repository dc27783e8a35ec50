// Tasks that use tools, bring others, wait for a person, or build upon each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/story.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr TaskId kTask{0};

// The open call's answer asks for tools.
std::vector<Event> asks_for_tools(Story& story) {
  const CallId call = story.run.open_calls.begin()->first;
  CallSettled outcome;
  outcome.usage = {.input = Tokens(1000), .output = Tokens(100)};
  CallEnded end =
      booked_end(story.run, call, outcome, Verdict::kTools, "answer", prices(), story.now);
  end.content = "content";
  return story.tell(std::move(end));
}

ToolsEnded used(const std::string& call, const std::string& tree, TaskId task = kTask) {
  ToolsEnded end;
  end.at = kNoon;
  end.task = task;
  end.calls = {{"shell", call, "outcome", false}};
  end.reply = "reply";
  end.workspace = tree;
  return end;
}

Story begun(TaskSpec task = worker(0)) {
  Story story;
  story.add(std::move(task));
  story.prepared(kTask);
  return story;
}

std::vector<Event> one_turn(Story& story, const std::string& call, const std::string& tree) {
  asks_for_tools(story);
  std::vector<Event> events = story.tell(used(call, tree));
  if (story.run.task(kTask).status == TaskStatus::kPreparing) story.prepared(kTask);
  return events;
}

TEST(AgentsTest, AnAnswerThatAsksForToolsHasThemRunAndGoesOnWithWhatTheySay) {
  Story story = begun();
  EXPECT_EQ(only<ToolsStarted>(asks_for_tools(story)), (std::vector<ToolsStarted>{{kNoon, kTask}}));
  EXPECT_EQ(story.run.task(kTask).status, TaskStatus::kUsingTools);
  EXPECT_EQ(only<TurnStarted>(story.tell(used("a", "tree 1"))),
            (std::vector<TurnStarted>{{kNoon, kTask, 2, ""}}));
  EXPECT_EQ(story.run.task(kTask).turns, (std::vector<Turn>{{"answer", "content", "reply"}}));
  EXPECT_EQ(story.run.task(kTask).workspace(), "tree 1");
}

TEST(AgentsTest, ToolsThatEndTheTaskGiveItsResult) {
  Story story = begun();
  asks_for_tools(story);
  ToolsEnded end = used("finish", "tree 2");
  end.reply.clear();
  end.result = "result";
  EXPECT_EQ(only<TaskFinished>(story.tell(end)),
            (std::vector<TaskFinished>{{kNoon, kTask, "result"}}));
}

// What they did is not known, so they are run again, on the tree that the turn before has left.
TEST(AgentsTest, ToolsThatACrashInterruptedAreRunAgain) {
  Story story = begun();
  one_turn(story, "a", "tree 1");
  asks_for_tools(story);
  EXPECT_EQ(only<ToolsStarted>(story.tell(RunResumed{kNoon})),
            (std::vector<ToolsStarted>{{kNoon, kTask}}));
  EXPECT_EQ(story.run.task(kTask).workspace(), "tree 1");
}

TEST(AgentsTest, ANewAttemptBeginsWithAnUntouchedWorkspace) {
  Story story = begun();
  one_turn(story, "a", "tree 1");
  story.settled(story.run.open_calls.begin()->first, Verdict::kRefused);
  EXPECT_EQ(story.run.task(kTask).tier, Tier::kBalanced);
  EXPECT_EQ(story.run.task(kTask).workspace(), "");
}

TEST(AgentsTest, AnAttemptThatRepeatsItselfGoesUpATierAndSaysWhy) {
  Story story = begun();
  one_turn(story, "a", "tree");
  one_turn(story, "a", "tree");
  const auto escalated = only<Escalated>(one_turn(story, "a", "tree"));
  ASSERT_EQ(escalated.size(), 1U);
  EXPECT_EQ(escalated[0].reason,
            "it made the same call 3 times in a row, with the same result (shell)");
}

std::string skipped_for(TaskSpec task) {
  Story story = begun(std::move(task));
  for (int i = 0; i < 10 && !story.run.task(kTask).ended(); ++i)
    one_turn(story, std::to_string(i), std::to_string(i));
  return story.run.task(kTask).note;
}

TEST(AgentsTest, AnAttemptEndsAtItsLimitOfTurnsOrTokens) {
  TaskSpec task = spec(0, Role::kWorker, Tier::kDeep);
  task.limits.turns = 4;
  EXPECT_EQ(skipped_for(task), "not done after 4 turns");
  task.limits = {.turns = {}, .tokens = Tokens(3000), .wall = {}};
  EXPECT_EQ(skipped_for(task), "not done after 3300 tokens, and an attempt may take 3000");
}

TEST(AgentsTest, AnAttemptEndsAtItsLimitOfTime) {
  TaskSpec task = spec(0, Role::kWorker, Tier::kDeep);
  task.limits.wall = Millis::seconds(60);
  Story story = begun(task);
  one_turn(story, "a", "1");
  asks_for_tools(story);
  ToolsEnded late = used("b", "2");
  late.at = story.now + Millis::seconds(60);
  EXPECT_EQ(only<TaskSkipped>(story.tell(late)).at(0).message, "not done after 1m00s");
}

// A task whose end may bring others keeps the plan open until it is known what it brings.
TEST(AgentsTest, WhatATasksEndBringsIsPartOfThePlan) {
  TaskSpec lead = worker(0);
  lead.leads = true;
  Story story = begun(lead);
  EXPECT_THAT(only<PlanClosed>(story.settled(CallId(1))), IsEmpty());
  story.add(worker(1));
  EXPECT_EQ(only<PlanClosed>(story.tell(TaskFollowed{kNoon, kTask})).size(), 1U);
}

TEST(AgentsTest, ATaskIsSkippedWithTheOneItBuildsUpon) {
  Story story = begun(spec(0, Role::kWorker, Tier::kDeep));
  TaskSpec next = worker(1);
  next.after = next.needs = {kTask};
  story.add(next);
  const auto skipped =
      only<TaskSkipped>(story.settled(story.run.open_calls.begin()->first, Verdict::kRefused));
  ASSERT_EQ(skipped.size(), 2U);
  EXPECT_EQ(skipped[1].reason, SkipReason::kNeeded);
  EXPECT_EQ(skipped[1].message, "t0 naming_convention_check, which it builds upon, was skipped");
}

TEST(AgentsTest, WhatWasSkippedIsTriedAgainWhenTheUserAsksForIt) {
  Story story = begun(spec(0, Role::kWorker, Tier::kDeep));
  TaskSpec next = worker(1);
  next.after = next.needs = {kTask};
  story.add(next);
  story.settled(story.run.open_calls.begin()->first, Verdict::kRefused);
  ASSERT_EQ(story.run.status, RunStatus::kFailed);
  evolve(story.run, RetryAsked{kNoon});
  story.tell(RunResumed{kNoon});
  EXPECT_EQ(story.run.task(kTask).status, TaskStatus::kPreparing);
  EXPECT_EQ(story.run.task(TaskId(1)).status, TaskStatus::kWaiting);
}

// A run that asks before it goes from the plan to the work.
Story gated() {
  RunCreated created = Story::asked();
  created.gates = {"plan"};
  Story story(created);
  story.add(spec(0, Role::kOrchestrator, Tier::kDeep));
  story.prepared(kPlan);
  for (const int id : {1, 2}) {
    TaskSpec task = worker(id);
    task.gate = "plan";
    story.add(task);
  }
  return story;
}

TEST(AgentsTest, NothingThatWaitsForAPersonStartsBeforeTheAnswer) {
  Story story = gated();
  EXPECT_THAT(story.run.task(TaskId(1)).status, TaskStatus::kReady);
  EXPECT_EQ(only<ApprovalAsked>(story.settled(CallId(1))),
            (std::vector<ApprovalAsked>{{kNoon, "plan"}}));
  EXPECT_EQ(only<AttemptStarted>(story.tell(ApprovalGiven{kNoon, "plan", true})).size(), 2U);
}

TEST(AgentsTest, WhatAPersonDeclinesIsSkipped) {
  Story story = gated();
  story.settled(CallId(1));
  const auto skipped = only<TaskSkipped>(story.tell(ApprovalGiven{kNoon, "plan", false}));
  ASSERT_EQ(skipped.size(), 2U);
  EXPECT_EQ(skipped[0].reason, SkipReason::kDeclined);
  EXPECT_EQ(story.run.status, RunStatus::kPartial);
}

TEST(AgentsTest, AQuestionThatIsPendingIsAskedAgainAfterARestart) {
  Story story = gated();
  story.settled(CallId(1));
  EXPECT_EQ(only<ApprovalAsked>(story.tell(RunResumed{kNoon})),
            (std::vector<ApprovalAsked>{{kNoon, "plan"}}));
}

TEST(AgentsTest, APersonIsAskedWithoutAPlannerThatCouldEndBefore) {
  RunCreated created = Story::asked();
  created.gates = {"plan"};
  Story story(created);
  TaskSpec task = worker(0);
  task.gate = "plan";
  story.add(task);
  EXPECT_EQ(only<ApprovalAsked>(story.tell(PlanClosed{kNoon})),
            (std::vector<ApprovalAsked>{{kNoon, "plan"}}));
}

TEST(AgentsTest, AnAnswerToNoQuestionContradictsTheJournal) {
  const Story story = gated();
  EXPECT_EQ(contradiction(story.run, ApprovalGiven{kNoon, "plan", true}),
            "'plan' is approved of without having been asked for");
  EXPECT_EQ(contradiction(story.run, TaskFollowed{kNoon, TaskId(1)}),
            "task t1 is followed without leading to others");
}

// ---- what is done again ----

TEST(AgentsTest, AProgramThatSumsUpRunsAgainOnceWhatWasSkippedIsDone) {
  Story story;
  story.add(spec(0, Role::kOrchestrator, Tier::kDeep));
  TaskSpec last = spec(1, Role::kOrchestrator, Tier::kLocal);
  last.checkers_first = last.last = true;
  story.add(last);
  story.prepared(kPlan);
  story.add(spec(2, Role::kWorker, Tier::kDeep));
  story.prepared(TaskId(2));
  story.settled(CallId(1));
  story.settled(CallId(2), Verdict::kRefused);
  story.tell(CheckersEnded{kNoon, TaskId(1), "findings", "", true});
  ASSERT_EQ(story.run.status, RunStatus::kPartial);
  evolve(story.run, RetryAsked{kNoon});
  story.tell(RunResumed{kNoon});
  story.prepared(TaskId(2));
  const auto events = story.settled(CallId(3));
  EXPECT_EQ(only<CheckersStarted>(events), (std::vector<CheckersStarted>{{kNoon, TaskId(1)}}));
}

TEST(AgentsTest, AProgramThatAModelTookOverFromRunsAgainToo) {
  Story story;
  TaskSpec merge = spec(0, Role::kOrchestrator, Tier::kDeep);
  merge.checkers_first = true;
  story.add(merge);
  story.tell(CheckersEnded{kNoon, TaskId(0), "trouble", "a conflict", false});
  story.prepared(TaskId(0));
  story.settled(CallId(1), Verdict::kRefused);
  evolve(story.run, RetryAsked{kNoon});
  EXPECT_EQ(only<CheckersStarted>(story.tell(RunResumed{kNoon})).size(), 1U);
}

TEST(AgentsTest, ALeadThatIsDoneAgainKeepsThePlanOpenForWhatItBrings) {
  Story story;
  story.add(spec(0, Role::kOrchestrator, Tier::kDeep));
  story.prepared(kPlan);
  TaskSpec lead = spec(1, Role::kWorker, Tier::kDeep);
  lead.leads = true;
  story.add(lead);
  story.prepared(TaskId(1));
  story.settled(CallId(1));
  story.settled(CallId(2), Verdict::kRefused);
  story.tell(TaskFollowed{kNoon, TaskId(1)});
  ASSERT_EQ(story.run.status, RunStatus::kPartial);
  evolve(story.run, RetryAsked{kNoon});
  story.tell(RunResumed{kNoon});
  story.prepared(TaskId(1));
  EXPECT_THAT(only<RunEnded>(story.settled(CallId(3))), IsEmpty());
  EXPECT_EQ(only<RunEnded>(story.tell(TaskFollowed{kNoon, TaskId(1)})).size(), 1U);
}

// What will lead to more, once it has begun, keeps nobody from being asked: it may wait for this.
TEST(AgentsTest, APersonIsAskedAboutThePlanThoughAReviewIsStillToCome) {
  Story story = gated();
  TaskSpec review = worker(3);
  review.leads = true;
  review.after = {TaskId(1), TaskId(2)};
  story.add(review);
  EXPECT_EQ(only<ApprovalAsked>(story.settled(CallId(1))).size(), 1U);
}

// The planner's stream broke off: more may come.
TEST(AgentsTest, NobodyIsAskedAboutHalfAPlan) {
  RunCreated created = Story::asked();
  created.gates = {"plan"};
  Story story(created);
  story.add(spec(0, Role::kOrchestrator, Tier::kDeep));
  story.prepared(kPlan);
  TaskSpec task = worker(1);
  task.gate = "plan";
  story.add(task);
  EXPECT_THAT(only<ApprovalAsked>(story.cut(CallId(1))), IsEmpty());
}

TEST(AgentsTest, WhatWasApprovedIsAskedAboutAgainWhenItIsDoneAgain) {
  RunCreated created = Story::asked();
  created.gates = {"merge"};
  Story story(created);
  story.add(spec(0, Role::kWorker, Tier::kDeep));
  TaskSpec merge = worker(1);
  merge.last = true;
  merge.gate = "merge";
  story.add(merge);
  story.tell(PlanClosed{kNoon});
  story.prepared(TaskId(0));
  EXPECT_EQ(only<ApprovalAsked>(story.settled(CallId(1), Verdict::kRefused)).size(), 1U);
  story.tell(ApprovalGiven{kNoon, "merge", true});
  story.prepared(TaskId(1));
  story.settled(CallId(2));
  ASSERT_EQ(story.run.status, RunStatus::kPartial);
  evolve(story.run, RetryAsked{kNoon});
  story.tell(RunResumed{kNoon});
  story.prepared(TaskId(0));
  EXPECT_EQ(only<ApprovalAsked>(story.settled(CallId(3))).size(), 1U);
}

// A run that was paused over night has not used up its attempts' minutes.
TEST(AgentsTest, TheTimeInWhichNobodyDroveTheRunIsNoneOfItsAttempts) {
  TaskSpec task = spec(0, Role::kWorker, Tier::kDeep);
  task.limits.wall = Millis::seconds(3600);
  Story story = begun(task);
  asks_for_tools(story);
  story.tell(StopRequested{kNoon, {}});
  story.now = kNoon + Millis::seconds(36'000);
  story.tell(RunResumed{story.now});
  ToolsEnded end = used("a", "tree");
  end.at = story.now;
  EXPECT_EQ(only<TurnStarted>(story.tell(end)).size(), 1U);
}

TEST(AgentsTest, WhatBuildsUponATaskThatIsDoneAgainBeginsAnew) {
  Story story;
  story.add(spec(0, Role::kWorker, Tier::kDeep));
  TaskSpec next = spec(1, Role::kWorker, Tier::kDeep);
  next.after = {kTask};
  story.add(next);
  story.prepared(kTask);
  story.settled(CallId(1), Verdict::kRefused);
  story.prepared(TaskId(1));
  asks_for_tools(story);
  story.tell(used("a", "tree", TaskId(1)));
  ASSERT_EQ(story.run.task(TaskId(1)).turns.size(), 1U);
  evolve(story.run, RetryAsked{kNoon});
  story.tell(RunResumed{kNoon});
  EXPECT_EQ(story.run.task(TaskId(1)).status, TaskStatus::kWaiting);
  EXPECT_EQ(story.run.task(TaskId(1)).workspace(), "");
}

}  // namespace
}  // namespace baton
