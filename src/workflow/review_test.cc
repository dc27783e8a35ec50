#include "workflow/review.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Change two_files() {
  Change change;
  change.title = "HEAD";
  for (const char* path : {"src/a.py", "src/b.py"}) {
    ChangedFile file;
    file.path = file.old_path = path;
    file.state = ChangedFile::State::kAdded;
    file.text = "import os\nx = 1\ny = 2\n";
    file.hunks = {Hunk{0,
                       1,
                       "",
                       {{HunkLine::Kind::kAdded, "import os"},
                        {HunkLine::Kind::kAdded, "x = 1"},
                        {HunkLine::Kind::kAdded, "y = 2"}}}};
    change.files.push_back(std::move(file));
  }
  return change;
}

std::string planned(std::string_view id, std::string_view type, std::string_view path,
                    std::string_view after = "") {
  return fmt::format(
      R"({{"id":"{}","type":"{}","title":"Look","instructions":"look at {}","files":[{{"path":"{}","first_line":1,"last_line":3}}],)"
      R"("acceptance":[],"depends_on":[{}],"clear_rubric":true}})",
      id, type, path, path, after.empty() ? "" : fmt::format("\"{}\"", after));
}

std::string plan_of(const std::vector<std::string>& tasks) {
  return fmt::format(R"({{"tasks":[{}]}})", fmt::join(tasks, ","));
}

std::string found(std::string_view file, int line, std::string_view message) {
  return fmt::format(
      R"({{"file":"{}","line":{},"severity":"low","category":"c","message":"{}","suggestion":"","confidence":0.5}})",
      file, line, message);
}

std::string answer_of(const std::vector<std::string>& findings) {
  return fmt::format(R"({{"findings":[{}]}})", fmt::join(findings, ","));
}

// A review whose plan has been asked for; its tasks are given their places as a driver would.
class Desk {
 public:
  explicit Desk(Review::Settings settings = {})
      : review(two_files(), TaskTypes::builtin(), ReviewWords::builtin(), std::move(settings)) {
    for (const NewTask& task : review.first_tasks()) place(task);
    ask(TaskId(0));
  }

  void place(const NewTask& task) {
    review.added(task.spec, task.brief);
    evolve(run, TaskAdded{{}, task.spec});
  }
  Ask ask(TaskId task) { return review.ask(run, run.task(task)); }
  std::vector<NewTask> hear(std::string_view piece) {
    std::vector<NewTask> tasks = review.read_piece(run.task(TaskId(0)), piece);
    for (const NewTask& task : tasks) place(task);
    return tasks;
  }
  void finish(TaskId task, std::string_view answer, std::string_view findings = "") {
    review.finished(run.task(task), answer, findings);
  }
  Verdict judge(TaskId task, std::string text, StopReason stop = StopReason::kEndTurn) {
    CallSettled settled;
    settled.text = std::move(text);
    settled.stop = stop;
    Appraisal appraisal = review.judge(run.task(task), settled);
    why = std::move(appraisal.why);
    return appraisal.verdict;
  }

  Review review;
  RunState run;
  std::string why;
};

TEST(ReviewTest, BeginsWithAPlanAndAReportThatComesLast) {
  Desk desk;
  EXPECT_EQ(desk.run.task(TaskId(0)).spec.type, "task_decomposition");
  EXPECT_EQ(desk.run.task(TaskId(1)).spec.type, "result_synthesis");
  EXPECT_TRUE(desk.run.task(TaskId(1)).spec.last);
}

TEST(ReviewTest, ATaskIsThereTheMomentItsBraceCloses) {
  Desk desk;
  const std::string plan = plan_of({planned("p1", "naming_convention_check", "src/a.py"),
                                    planned("p2", "api_taste", "src/b.py")});
  const std::size_t first_brace = plan.find("}", plan.find("clear_rubric")) + 1;
  const auto first = desk.hear(plan.substr(0, first_brace));
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].spec.tier, Tier::kFast);
  const auto second = desk.hear(plan.substr(first_brace));
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].spec.id, TaskId(3));
  EXPECT_EQ(desk.judge(TaskId(0), plan), Verdict::kAccepted);
}

TEST(ReviewTest, ATaskWaitsOnlyForEarlierOnes) {
  Desk desk;
  const auto tasks = desk.hear(plan_of(
      {planned("p1", "a_check", "src/a.py", "p2"), planned("p2", "b_check", "src/a.py", "p1")}));
  EXPECT_THAT(tasks[0].spec.after, IsEmpty());
  EXPECT_THAT(tasks[1].spec.after, ElementsAre(TaskId(2)));
}

TEST(ReviewTest, APlanAskedForAgainFindsItsTasksUnderWay) {
  Desk desk;
  const std::string first = planned("p1", "naming_convention_check", "src/a.py");
  desk.hear(R"({"tasks":[)" + first);  // and then the stream was cut
  desk.ask(TaskId(0));
  const auto again =
      desk.hear(plan_of({first, planned("p2", "import_organization", "src/b.py", "p1")}));
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_THAT(again[0].spec.after, ElementsAre(TaskId(2)));
}

// Otherwise a plan that broke off early would lose all but the first task of a type for a file.
TEST(ReviewTest, APlanAskedForAgainMayNameMoreTasksOfAKindThanBefore) {
  Desk desk;
  const auto look_at = [](std::string_view part) {
    std::string task = planned("p1", "naming_convention_check", "src/a.py");
    constexpr std::string_view kInstructions = "look at src/a.py";
    return task.replace(task.find(kInstructions), kInstructions.size(), part);
  };
  desk.hear(R"({"tasks":[)" + look_at("Look at a.") + ',' + look_at("Look at b."));
  desk.ask(TaskId(0));
  const auto again = desk.hear(
      plan_of({look_at("Look at a, again."), look_at("Look at b."), look_at("Look at c.")}));
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_THAT(again[0].brief, HasSubstr("Look at c."));
}

TEST(ReviewTest, WhatThePlanNamesAndTheChangeDoesNotHaveIsLeftOutAndSaid) {
  Desk desk;
  EXPECT_THAT(desk.hear(plan_of({planned("p1", "naming_convention_check", "etc/passwd")})),
              IsEmpty());
  desk.finish(TaskId(0), plan_of({planned("p1", "naming_convention_check", "etc/passwd")}));
  EXPECT_THAT(desk.review.notes(), ElementsAre(HasSubstr("names no file that is reviewed"),
                                               HasSubstr("no usable task")));
}

TEST(ReviewTest, APlanIsCutAtTheMostTasksAndSaysSo) {
  Review::Settings settings;
  settings.max_tasks = 1;
  Desk desk(std::move(settings));
  const std::string plan =
      plan_of({planned("p1", "a_check", "src/a.py"), planned("p2", "b_check", "src/a.py")});
  EXPECT_THAT(desk.hear(plan), SizeIs(1));
  desk.finish(TaskId(0), plan);
  EXPECT_THAT(desk.review.notes(),
              ElementsAre(HasSubstr("has 2 tasks; those beyond 1 are left out")));
}

TEST(ReviewTest, ATaskThatCheckersCoverGoesToThemFirst) {
  Review::Settings settings;
  settings.covering = [](std::string_view type, const std::vector<std::string>&) {
    return type == "import_organization" ? std::vector<std::string>{"pylint"}
                                         : std::vector<std::string>{};
  };
  Desk desk(std::move(settings));
  const auto tasks = desk.hear(plan_of(
      {planned("p1", "import_organization", "src/a.py"), planned("p2", "api_taste", "src/a.py")}));
  EXPECT_TRUE(tasks[0].spec.checkers_first);
  EXPECT_FALSE(tasks[1].spec.checkers_first);
  EXPECT_THAT(desk.review.checkers_for(TaskId(2)).files, ElementsAre("src/a.py"));
}

TEST(ReviewTest, AWorkerSeesItsTaskAndItsFilesAndNothingElse) {
  Desk desk;
  desk.hear(plan_of({planned("p1", "naming_convention_check", "src/a.py")}));
  const Prompt prompt = std::get<Prompt>(desk.ask(TaskId(2)));
  EXPECT_THAT(prompt.user[0].text, HasSubstr("     2|+ x = 1"));
  EXPECT_THAT(prompt.user[0].text, testing::Not(HasSubstr("src/b.py")));
  EXPECT_THAT(prompt.schema, HasSubstr("findings"));
}

TEST(ReviewTest, AFindingOnALineThatIsNotThereIsDroppedAndCounted) {
  Desk desk;
  desk.hear(plan_of({planned("p1", "naming_convention_check", "src/a.py")}));
  desk.finish(TaskId(2), answer_of({found("src/a.py", 2, "real"), found("src/a.py", 99, "no line"),
                                    found("c.py", 1, "no file")}));
  EXPECT_THAT(desk.review.report(), SizeIs(1));
  EXPECT_EQ(desk.review.dropped().no_such_line, 1);
  EXPECT_EQ(desk.review.dropped().no_such_file, 1);
}

TEST(ReviewTest, WithoutFindingsNoModelIsAskedForAReport) {
  Desk desk;
  EXPECT_EQ(desk.ask(TaskId(1)), Ask(std::string("{}")));
}

class RankedReviewTest : public testing::Test {
 protected:
  void SetUp() override {
    desk.hear(plan_of({planned("p1", "naming_convention_check", "src/a.py"),
                       planned("p2", "api_taste", "src/b.py")}));
    desk.finish(TaskId(2), answer_of({found("src/a.py", 1, "one"), found("src/a.py", 2, "two")}));
    desk.finish(TaskId(3),
                answer_of({found("src/b.py", 1, "three"), found("src/b.py", 2, "four")}));
  }
  std::vector<std::string> messages() const {
    std::vector<std::string> texts;
    for (const Finding& finding : desk.review.report()) texts.push_back(finding.message);
    return texts;
  }
  Desk desk;
};

TEST_F(RankedReviewTest, TheSynthesisSeesFindingsAndNoCode) {
  const Prompt prompt = std::get<Prompt>(desk.ask(TaskId(1)));
  EXPECT_THAT(prompt.user[0].text, HasSubstr(R"({"id":"f1","file":"src/a.py","line":1)"));
  EXPECT_THAT(prompt.user[0].text, testing::Not(HasSubstr("import os")));
}

TEST_F(RankedReviewTest, TheSynthesisRanksMergesAndDismissesByIdAlone) {
  desk.finish(TaskId(1),
              R"({"summary":"Fine.","ranking":[{"id":"f3","same_as":["f1"],"severity":"critical"},
                             {"id":"f99","same_as":[],"severity":"low"}],"dismissed":[{"id":"f4","reason":"by design"}]})");
  EXPECT_THAT(messages(), ElementsAre("three", "two"));
  EXPECT_EQ(desk.review.report()[0].severity, Severity::kCritical);
  EXPECT_EQ(desk.review.report()[0].source, "t3, t2");
  EXPECT_EQ(desk.review.synthesis()->summary, "Fine.");
  EXPECT_THAT(desk.review.notes(),
              ElementsAre(HasSubstr("dismissed: src/b.py:2 four (by design)")));
}

TEST_F(RankedReviewTest, WithoutASynthesisTheFindingsAreMergedByProgram) {
  EXPECT_THAT(messages(), ElementsAre("one", "two", "three", "four"));
  EXPECT_FALSE(desk.review.synthesis().has_value());
}

TEST(ReviewJudgementTest, AnAnswerIsWorthWhatItsStopAndItsFormSay) {
  Desk desk;
  desk.hear(plan_of({planned("p1", "naming_convention_check", "src/a.py")}));
  const std::string good = answer_of({found("src/a.py", 1, "one")});
  EXPECT_EQ(desk.judge(TaskId(2), good), Verdict::kAccepted);
  EXPECT_EQ(desk.judge(TaskId(2), good, StopReason::kMaxTokens), Verdict::kTruncated);
  EXPECT_EQ(desk.judge(TaskId(2), good, StopReason::kWindowExceeded), Verdict::kWindowFull);
  EXPECT_EQ(desk.judge(TaskId(2), "", StopReason::kRefusal), Verdict::kRefused);
  EXPECT_EQ(desk.judge(TaskId(2), R"({"findings":[{"file":3}]})"), Verdict::kInvalid);
  desk.ask(TaskId(0));
  desk.hear(R"({"tasks":[)");
  EXPECT_EQ(desk.judge(TaskId(0), R"({"tasks":[)"), Verdict::kInvalid);
  EXPECT_THAT(desk.why, testing::Not(IsEmpty()));
}

TEST(ReviewTest, ATaskTriesAsHardAsItsTypeSays) {
  Desk desk;
  EXPECT_EQ(desk.run.task(TaskId(0)).spec.effort, "medium");
  EXPECT_EQ(desk.run.task(TaskId(1)).spec.effort, "low");
  const auto tasks = desk.hear(plan_of({planned("p1", "naming_convention_check", "src/a.py"),
                                        planned("p2", "architectural_analysis", "src/a.py")}));
  EXPECT_EQ(tasks[0].spec.effort, "low");
  EXPECT_EQ(tasks[1].spec.effort, "high");
}

TEST(ReviewTest, ATaskGoesByBatchIfThePlanSaysThatItMayWaitOrTheUserThatAllMay) {
  const auto batched = [](Review::Settings settings) {
    Desk desk(std::move(settings));
    std::string urgent = planned("p1", "naming_convention_check", "src/a.py");
    std::string patient = planned("p2", "import_organization", "src/a.py");
    patient.insert(patient.size() - 1, R"(,"urgency":"batch")");
    std::vector<bool> batch;
    for (const NewTask& task : desk.hear(plan_of({urgent, patient})))
      batch.push_back(task.spec.batch);
    return batch;
  };
  EXPECT_THAT(batched({}), ElementsAre(false, true));
  Review::Settings all;
  all.batch = true;
  EXPECT_THAT(batched(std::move(all)), ElementsAre(true, true));
}

// ---- what siblings share ----

class FilePackTest : public testing::Test {
 protected:
  Prompt asked(int task) { return std::get<Prompt>(desk.ask(TaskId(task))); }
  Desk desk;
};

TEST_F(FilePackTest, TheFilesStandBeforeTheTaskAndAreTheSameForAllThatLookAtThem) {
  desk.hear(plan_of({planned("p1", "naming_convention_check", "src/a.py"),
                     planned("p2", "import_organization", "src/a.py")}));
  const Prompt first = asked(2);
  const Prompt second = asked(3);
  ASSERT_THAT(first.user, SizeIs(2));
  EXPECT_EQ(first.system, second.system);
  EXPECT_EQ(first.schema, second.schema);
  EXPECT_EQ(first.user[0], second.user[0]);
  EXPECT_TRUE(first.user[0].cache_mark);
  EXPECT_NE(first.user[1].text, second.user[1].text);
  EXPECT_FALSE(first.user[1].cache_mark);
  EXPECT_EQ(first.user[0].text.find("t2"), std::string::npos);
}

TEST_F(FilePackTest, ATaskAloneWithItsFilesMarksNothing) {
  desk.hear(plan_of({planned("p1", "naming_convention_check", "src/a.py"),
                     planned("p2", "naming_convention_check", "src/b.py")}));
  EXPECT_EQ(asked(2).uses, 1);
  EXPECT_FALSE(asked(2).cache_marked());
}

TEST_F(FilePackTest, TheUsesAreTheSiblingsKnownAndOneMoreWhileThePlanIsOpen) {
  const std::string first = planned("p1", "naming_convention_check", "src/a.py");
  const std::string second = planned("p2", "import_organization", "src/a.py");
  desk.hear(R"({"tasks":[)" + first + ',' + second);
  EXPECT_EQ(asked(2).uses, 3);
  evolve(desk.run, PlanClosed{});
  EXPECT_EQ(asked(3).uses, 2);
}

// It was sent without a mark, so there is nothing of it to read.
TEST_F(FilePackTest, ATaskThatWasAskedBeforeAnyOtherWasKnownIsNoUse) {
  desk.hear(R"({"tasks":[)" + planned("p1", "naming_convention_check", "src/a.py"));
  EXPECT_EQ(asked(2).uses, 1);
  desk.hear(',' + planned("p2", "import_organization", "src/a.py"));
  EXPECT_EQ(asked(3).uses, 2);  // itself, and one more that may come
  desk.hear(',' + planned("p3", "type_annotation_check", "src/a.py") + ',' +
            planned("p4", "log_statement_review", "src/a.py") + "]}");
  evolve(desk.run, PlanClosed{});
  EXPECT_EQ(asked(4).uses, 3);
  // Asked again, it finds company.
  EXPECT_EQ(asked(2).uses, 4);
}

TEST_F(FilePackTest, OnlyTasksOfOneModelAndOneEffortShare) {
  desk.hear(plan_of({planned("p1", "naming_convention_check", "src/a.py"),
                     planned("p2", "architectural_analysis", "src/a.py")}));
  EXPECT_FALSE(asked(2).cache_marked());
  EXPECT_FALSE(asked(3).cache_marked());
}

TEST_F(FilePackTest, WhatGoesByBatchIsNotMarked) {
  Review::Settings settings;
  settings.batch = true;
  Desk batched(std::move(settings));
  batched.hear(plan_of({planned("p1", "naming_convention_check", "src/a.py"),
                        planned("p2", "import_organization", "src/a.py")}));
  EXPECT_FALSE(std::get<Prompt>(batched.ask(TaskId(3))).cache_marked());
}

TEST_F(FilePackTest, ThePlanIsAskedOnceAndMarksNothing) {
  EXPECT_FALSE(asked(0).cache_marked());
}

// ---- one call alone ----

Review direct_review(std::string effort = "") {
  Review::Settings settings;
  settings.direct = true;
  settings.effort = std::move(effort);
  return Review(two_files(), TaskTypes::builtin(), ReviewWords::builtin(), std::move(settings));
}

TEST(DirectReviewTest, IsOneDeepCallThatSeesTheWholeChange) {
  Review review = direct_review();
  EXPECT_TRUE(review.plans_itself());
  const std::vector<NewTask> tasks = review.first_tasks();
  ASSERT_THAT(tasks, SizeIs(1));
  EXPECT_EQ(tasks[0].spec.type, "direct_review");
  EXPECT_EQ(tasks[0].spec.role, Role::kWorker);
  EXPECT_EQ(tasks[0].spec.tier, Tier::kDeep);
  EXPECT_EQ(tasks[0].spec.effort, "high");
  EXPECT_EQ(direct_review("low").first_tasks()[0].spec.effort, "low");
  RunState run;
  review.added(tasks[0].spec, tasks[0].brief);
  evolve(run, TaskAdded{{}, tasks[0].spec});
  const Prompt prompt = std::get<Prompt>(review.ask(run, run.task(TaskId(0))));
  EXPECT_THAT(prompt.user[0].text, HasSubstr("src/a.py"));
  EXPECT_THAT(prompt.user[0].text, HasSubstr("src/b.py"));
  EXPECT_FALSE(prompt.cache_marked());
}

TEST(DirectReviewTest, ItsFindingsAreTheReport) {
  Review review = direct_review();
  const NewTask task = review.first_tasks().at(0);
  RunState run;
  review.added(task.spec, task.brief);
  evolve(run, TaskAdded{{}, task.spec});
  CallSettled settled;
  settled.stop = StopReason::kEndTurn;
  settled.text = R"({"tasks":[]})";
  EXPECT_EQ(review.judge(run.task(TaskId(0)), settled).verdict, Verdict::kInvalid);
  settled.text = answer_of({found("src/a.py", 2, "real"), found("src/a.py", 99, "no line")});
  EXPECT_EQ(review.judge(run.task(TaskId(0)), settled).verdict, Verdict::kAccepted);
  EXPECT_THAT(review.read_piece(run.task(TaskId(0)), settled.text), IsEmpty());
  review.finished(run.task(TaskId(0)), settled.text, "");
  ASSERT_THAT(review.report(), SizeIs(1));
  EXPECT_EQ(review.report()[0].message, "real");
  EXPECT_EQ(review.dropped().no_such_line, 1);
  EXPECT_FALSE(review.synthesis().has_value());
}

TEST(LocalReviewTest, ThePlanIsTheCheckersThatApply) {
  Review::Settings settings;
  settings.local = true;
  ReviewTask task;
  task.type = "import_organization";
  task.files = {FilePart{"src/a.py", {1, 1}, true}};
  task.checkers = {"pylint"};
  settings.local_tasks = [task] { return std::vector<ReviewTask>{task}; };
  Review review(two_files(), TaskTypes::builtin(), ReviewWords::builtin(), std::move(settings));
  EXPECT_TRUE(review.plans_itself());
  const auto tasks = review.first_tasks();
  ASSERT_THAT(tasks, SizeIs(1));
  EXPECT_EQ(tasks[0].spec.tier, Tier::kLocal);
  EXPECT_TRUE(tasks[0].spec.checkers_first);
}

}  // namespace
}  // namespace baton
