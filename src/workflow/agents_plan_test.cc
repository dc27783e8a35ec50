// What becomes of what a planner writes.
#include <gmock/gmock.h>

#include "workflow/example_agents.h"

namespace baton {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const AgentTask& first_work(Office& office) {
  return office.agents.task(TaskId(2));
}

TEST(AgentsPlanTest, AWorkerIsFoundHoweverItIsSpelt) {
  Office office;
  office.plan(plan_of({{.id = "a", .worker = "Test_Writer"}}));
  EXPECT_EQ(first_work(office).worker, "test-writer");
  EXPECT_THAT(first_work(office).notes, IsEmpty());
}

TEST(AgentsPlanTest, AnUnknownWorkersTaskGoesToTheOneThatMends) {
  Office office;
  office.plan(plan_of({{.id = "a", .worker = "wizard", .title = "Magic"}}));
  EXPECT_EQ(first_work(office).worker, "code-writer");
  EXPECT_THAT(office.agents.notes(),
              ElementsAre("the plan gave 'Magic' to the worker 'wizard', which this run does not "
                          "have; code-writer takes it"));
}

TEST(AgentsPlanTest, AFeatureTakesOnlyTheWorkersOfItsRecipeAndARunTakesAll) {
  const auto taken_by = [](std::string_view recipe) {
    Office office(example_input(recipe));
    office.plan(plan_of({{.id = "a", .worker = "memory-keeper"}}));
    return first_work(office).worker;
  };
  EXPECT_EQ(taken_by("feature"), "code-writer");
  EXPECT_EQ(taken_by("run"), "memory-keeper");
}

TEST(AgentsPlanTest, WithoutAnyWorkerForItATaskIsLeftOut) {
  AgentInput input = example_input();
  std::erase_if(input.workers, [](const Worker& w) { return w.name == "code-writer"; });
  Office office(input);
  EXPECT_EQ(office.plan(plan_of({{.id = "a"}, {.id = "b", .worker = "test-writer"}})),
            Verdict::kAccepted);
  EXPECT_EQ(first_work(office).worker, "test-writer");
  EXPECT_THAT(office.agents.notes(), Contains(HasSubstr("names the worker 'code-writer'")));
}

TEST(AgentsPlanTest, FilesThatAreNotThereAreLeftOutAndSaid) {
  Office office;
  office.plan(plan_of({{.id = "a", .files = {"src/a.cc", "src/none.cc"}}}));
  EXPECT_THAT(first_work(office).files, ElementsAre(FilePart{"src/a.cc", {1, 1}, true}));
  EXPECT_THAT(office.agents.notes(), Contains(HasSubstr("names src/none.cc")));
}

TEST(AgentsPlanTest, AFileMayComeFromATaskThatIsDependedUponButNotFromOutside) {
  Office office;
  office.plan(plan_of({{.id = "a"},
                       {.id = "b",
                        .worker = "test-writer",
                        .files = {"src/new.cc", "../secret", "/etc/passwd"},
                        .after = {"a"}}}));
  EXPECT_THAT(office.agents.task(TaskId(4)).files,
              ElementsAre(FilePart{"src/new.cc", {1, 1}, true}));
}

TEST(AgentsPlanTest, ATaskWaitsOnlyForEarlierOnes) {
  Office office;
  office.plan(
      plan_of({{.id = "a", .after = {"b"}}, {.id = "b", .worker = "test-writer", .after = {"a"}}}));
  EXPECT_THAT(office.task(2).spec.after, IsEmpty());
  EXPECT_THAT(office.task(4).spec.after, ElementsAre(TaskId(3)));
  EXPECT_THAT(office.agents.notes(),
              Contains(HasSubstr("depends on 'b', which is not named before")));
}

TEST(AgentsPlanTest, TheVerySameTaskIsPlannedOnce) {
  Office office;
  office.plan(plan_of({{.id = "a"}, {.id = "a"}}));
  EXPECT_EQ(office.agents.task(TaskId(4)).kind, AgentTaskKind::kReview);
}

TEST(AgentsPlanTest, FactsAreNamedByTheirNumbers) {
  Office office;
  office.plan(plan_of({{.id = "a"}}));
  EXPECT_THAT(first_work(office).facts, ElementsAre("Tests run with make test."));
  EXPECT_THAT(office.message(2), HasSubstr("Tests run with make test."));
}

TEST(AgentsPlanTest, APlanIsCutAtTheMostTasksAndSaysSo) {
  std::vector<Planned> many;
  for (int i = 0; i < 40; ++i)
    many.push_back({.id = std::to_string(i), .title = fmt::format("Part {}", i)});
  Office office;
  office.plan(plan_of(many));
  EXPECT_EQ(office.agents.task(TaskId(2 + 2 * 32)).kind, AgentTaskKind::kReview);
  EXPECT_THAT(office.agents.notes(),
              Contains("the plan has 40 tasks; those beyond 32 are left out (--max-tasks)"));
}

TEST(AgentsPlanTest, ARowOfTheRecipeWinsOverTheWorkersOwnWhereItSaysSomething) {
  AgentInput input = example_input("run");
  for (Worker& worker : input.workers) {
    if (worker.name != "test-writer") continue;
    worker.tier = Tier::kBalanced;
    worker.model = "small";
    worker.effort = "max";
    worker.max_turns = 7;
  }
  input.recipe.roles.push_back({.worker = "test-writer", .tier = Tier::kFast});
  Office office(input);
  office.plan(plan_of({{.id = "a", .worker = "test-writer"}}));
  const TaskSpec& spec = office.task(2).spec;
  EXPECT_EQ(spec.tier, Tier::kFast);
  EXPECT_EQ(spec.model, "small");
  EXPECT_EQ(spec.effort, "max");
  EXPECT_EQ(spec.limits.turns, 7);
}

TEST(AgentsPlanTest, AWorkerThatCanOnlyRunCommandsWritesNothingWhereNoneCanBeRun) {
  AgentInput input = example_input("run");
  Worker worker;
  worker.name = "runner";
  worker.tools = {"read", "shell"};
  input.workers.push_back(worker);
  const auto tasks = [&](bool commands) {
    input.commands = commands;
    Office office(input);
    office.plan(plan_of({{.id = "a", .worker = "runner"}}));
    return office.story.run.tasks.size();
  };
  EXPECT_EQ(tasks(true), 4U);
  EXPECT_EQ(tasks(false), 3U);
}

struct Unusable {
  const char* plan;
  const char* why;
};

class UnusablePlanTest : public testing::TestWithParam<Unusable> {};

TEST_P(UnusablePlanTest, IsSentBackOnceWithWhatIsWrong) {
  Office office;
  EXPECT_EQ(office.plan(GetParam().plan), Verdict::kInvalid);
  EXPECT_THAT(office.why, HasSubstr(GetParam().why));
  EXPECT_TRUE(office.in_call(0));
  EXPECT_EQ(office.plan(plan_of({{.id = "a"}})), Verdict::kAccepted) << "it may mend it";
}

const std::vector<Unusable> kUnusable = {
    {"I would start with the code.", "not"},
    {R"({"approach":"","answer":""})", "tasks"},
    {R"({"approach":"","answer":"","tasks":[]})", "neither tasks nor an answer"},
    {R"({"answer":"","tasks":[{"id":"a"}]})", "neither a title nor a description"},
    {R"({"answer":"","tasks":[{"id":"a"}})", ""},
};
INSTANTIATE_TEST_SUITE_P(All, UnusablePlanTest, testing::ValuesIn(kUnusable));

TEST(AgentsPlanTest, AHostilePlanIsBoundedAndCrashesNothing) {
  const std::string long_text(10'000, 'x');
  std::string files, lines;
  for (int i = 0; i < 500; ++i) {
    files += fmt::format(R"({}{{"path":"../{}","first_line":-5,"last_line":99999999999}})",
                         i == 0 ? "" : ",", i);
    lines += fmt::format(R"({}"{}")", i == 0 ? "" : ",", std::string(300, 'y'));
  }
  const std::string element = fmt::format(
      R"({{"id":"{0}","worker":"code-writer","why":7,"title":"A\nt9 root: rm \u001b[2J","description":"{0}","files":[{1}],"acceptance":[{2}],"commands":["{0}",3,null,"ok"],"depends_on":["{0}"],"facts":"f1"}})",
      long_text, files, lines);
  Office office;
  office.plan(R"({"approach":"","answer":"","tasks":[)" + element + "]}");
  const AgentTask& task = first_work(office);
  EXPECT_EQ(task.title, "A t9 root: rm \xEF\xBF\xBD[2J")
      << "one line, and nothing a terminal obeys";
  EXPECT_LE(task.description.size(), 8'100U);
  EXPECT_THAT(task.files, IsEmpty());
  EXPECT_THAT(task.acceptance, SizeIs(20));
  EXPECT_THAT(task.commands, ElementsAre("ok"));
  EXPECT_LT(write_agent_brief(task).size(), 64'000U);
}

TEST(AgentTaskTest, ABriefReadsBackAsItWasWritten) {
  AgentTask task;
  task.kind = AgentTaskKind::kFix;
  task.local_id = "p1";
  task.worker = "code-writer";
  task.reason = "it fits";
  task.title = "Count";
  task.description = "Do\nit.";
  task.files = {{"src/a.cc", {3, 9}, false}, {"src/b.cc", {1, 1}, true}};
  task.constraints = {"The interface stays."};
  task.acceptance = {"It counts."};
  task.commands = {"make\ntest"};
  task.output = "numbers";
  task.depends_on = {"p0"};
  task.facts = {"A fact."};
  task.round = 2;
  task.of = "t4";
  task.notes = {"a note"};
  EXPECT_EQ(*read_agent_brief(write_agent_brief(task)), task);
  EXPECT_FALSE(read_agent_brief(R"({"title":"x","kind":"feast"})").ok());
  EXPECT_FALSE(read_agent_brief("[]").ok());
}

TEST(AgentResultTest, ResultsAndTroublesReadBackAsTheyWereWritten) {
  const AgentResult result{R"({"summary":"x"})",    "c1", "c0", {"a.cc"},
                           {{"make", false, "no"}}, "n"};
  EXPECT_EQ(*read_agent_result(write_agent_result(result)), result);
  const IntegrationTrouble trouble{"tree", {"a.cc"}, {{"make", false, "no"}}};
  EXPECT_EQ(*read_trouble(write_trouble(trouble)), trouble);
  EXPECT_FALSE(read_trouble(write_agent_result(result)).ok());
}

TEST(AgentResultTest, AnAnswerIsReadForWhatItHasAndBounded) {
  EXPECT_EQ(read_agent_answer("no JSON", "t4"), AgentAnswer());
  std::string findings;
  for (int i = 0; i < 300; ++i)
    findings +=
        fmt::format(R"({}{{"file":"a","line":{},"message":"m"}})", i == 0 ? "" : ",", i - 1);
  const AgentAnswer answer = read_agent_answer(
      fmt::format(R"({{"summary":3,"findings":[7,{{"message":""}},{}]}})", findings), "t4");
  ASSERT_EQ(answer.findings.size(), 100U);
  EXPECT_EQ(answer.findings[0].line, 0);
  EXPECT_EQ(answer.findings[0].severity, Severity::kMedium);
  EXPECT_EQ(answer.findings[0].source, "t4");
}

TEST(AgentInputTest, ReadsBackAsItWasWritten) {
  AgentInput input = example_input("feature", "three-tier");
  input.instructions = "Be kind.";
  input.pdf = true;
  input.recipe.planner.limits.tokens = Tokens(5'000);
  input.workers[0].model = "large";
  input.workers[0].context = Tokens(9'000);
  input.workers[0].max_turns = 3;
  input.workers[0].omits_project_instructions = true;
  Skill skill;
  skill.name = "writing-tests";
  skill.description = "How to.";
  skill.body = "First …";
  skill.folder = "/skills/writing-tests";
  skill.is_listed = false;
  input.skills = {skill};
  EXPECT_EQ(*read_agent_input(write_agent_input(input)), input);
  EXPECT_FALSE(read_agent_input("{}").ok());
}

}  // namespace
}  // namespace baton
