// A run of agents that is resumed at any moment goes on as it would have.
#include <gmock/gmock.h>

#include "base/chance.h"
#include "workflow/example_agents.h"

namespace baton {
namespace {

// Everything that a run asks of its workflow next.
void expect_same(const Office& office, Agents& original) {
  Agents again = office.resumed();
  ASSERT_EQ(again.head(), original.head());
  ASSERT_EQ(again.merged(), original.merged());
  ASSERT_EQ(again.question("plan"), original.question("plan"));
  ASSERT_EQ(again.question("merge"), original.question("merge"));
  ASSERT_EQ(again.open_findings(), original.open_findings());
  ASSERT_EQ(again.notes(), original.notes());
  for (const Task& task : office.story.run.tasks) {
    const TaskId id = task.spec.id;
    ASSERT_EQ(again.task(id), original.task(id));
    ASSERT_EQ(again.base_of(id), original.base_of(id));
    ASSERT_EQ(again.first_tree_of(id), original.first_tree_of(id));
    ASSERT_EQ(again.grant(id), original.grant(id));
    if (id != TaskId(0)) {
      ASSERT_EQ(again.ask(office.story.run, task), original.ask(office.story.run, task)) << id;
    }
    if (original.task(id).kind == AgentTaskKind::kIntegration) {
      ASSERT_EQ(again.integration(id), original.integration(id));
    }
  }
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : seed_(seed) {}
  int below(int most) {
    return static_cast<int>(mix(seed_, ++throws_) % static_cast<unsigned>(most));
  }
  bool one_in(int most) { return below(most) == 0; }

 private:
  std::uint64_t seed_;
  std::uint64_t throws_ = 0;
};

std::vector<Planned> some_plan(Dice& dice) {
  constexpr const char* kWorkers[] = {"code-writer", "test-writer", "documentation-writer",
                                      "nobody", "ci-writer"};
  std::vector<Planned> plan;
  const int count = 1 + dice.below(5);
  for (int i = 0; i < count; ++i) {
    Planned task;
    task.id = fmt::format("p{}", i);
    task.worker = kWorkers[dice.below(5)];
    task.title = fmt::format("Part {}", i);
    task.files = {dice.one_in(2) ? "src/a.cc:1-2" : "src/b.cc"};
    if (dice.one_in(4)) task.files.emplace_back("none.cc");
    if (i > 0 && dice.one_in(2)) task.after = {fmt::format("p{}", dice.below(i))};
    if (dice.one_in(3)) task.commands = {fmt::format("make p{}", i)};
    plan.push_back(task);
  }
  return plan;
}

std::string review_of(Dice& dice) {
  if (dice.one_in(2)) return R"({"summary":"Good.","findings":[]})";
  return R"({"summary":"Bad.","findings":[{"file":"src/a.cc","line":1,"severity":"high","message":"Wrong.","suggestion":""}]})";
}

// One thing that can happen next, happens. False: nothing can.
bool go_on(Office& office, Dice& dice) {
  std::vector<int> calls;
  for (const Task& task : office.story.run.tasks) {
    if (task.status == TaskStatus::kCalling) calls.push_back(task.spec.id.number());
  }
  if (!office.programs.empty() && (calls.empty() || dice.one_in(2))) {
    const int id = office.programs.begin()->number();
    const bool merges = office.agents.task(TaskId(id)).kind == AgentTaskKind::kIntegration;
    if (merges && dice.one_in(3) && !office.agents.integration(TaskId(id)).theirs.empty()) {
      office.conflict(id);
    } else {
      office.merge(id);
    }
    return true;
  }
  if (calls.empty()) return false;
  const int id = calls[static_cast<std::size_t>(dice.below(static_cast<int>(calls.size())))];
  switch (office.agents.task(TaskId(id)).kind) {
    case AgentTaskKind::kReview:
      office.finish(id, review_of(dice));
      break;
    default:
      if (dice.one_in(6)) {
        office.refuse(id);
      } else {
        office.write(id, dice.one_in(5) ? std::string() : fmt::format("c{}", id));
      }
  }
  return true;
}

TEST(AgentsResumeTest, ARunThatIsTakenUpAsksWhatItWouldHaveAsked) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Dice dice(seed);
    Office office(example_input("feature", dice.one_in(2) ? "three-tier" : ""));
    const std::string plan = plan_of(some_plan(dice));
    office.hear(plan.substr(0, plan.size() / 2));
    ASSERT_NO_FATAL_FAILURE(expect_same(office, office.agents));
    office.hear(plan.substr(plan.size() / 2));
    ASSERT_EQ(office.answer(0, plan), Verdict::kAccepted);
    int steps = 0;
    do {
      ASSERT_NO_FATAL_FAILURE(expect_same(office, office.agents));
      ASSERT_LT(++steps, 100);
    } while (go_on(office, dice));
    EXPECT_NE(office.story.run.status, RunStatus::kRunning) << "every run comes to its end";
  }
}

// The plan's call broke off with the process: the plan is asked for again, and finds its tasks.
TEST(AgentsResumeTest, APlanThatIsAskedForAgainFindsItsTasksUnderWay) {
  Office office;
  const std::string plan = plan_of({{.id = "code", .files = {"src/a.cc"}},
                                    {.id = "tests", .worker = "test-writer", .after = {"code"}}});
  office.hear(plan.substr(0, plan.find(R"(,{"id":"tests")")));
  Agents again = office.resumed();
  again.ask(office.story.run, office.task(0));
  const std::string anew = plan_of({{.id = "p1", .title = "Otherwise", .files = {"src/a.cc"}},
                                    {.id = "p2", .worker = "test-writer", .after = {"p1"}}});
  const std::vector<NewTask> tasks = again.read_piece(office.task(0), anew);
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_EQ(tasks[0].spec.type, "test-writer");
  EXPECT_EQ(tasks[0].spec.after, std::vector<TaskId>{TaskId(3)});
}

}  // namespace
}  // namespace baton
