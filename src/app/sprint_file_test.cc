#include "app/sprint_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SprintPlan plan_of(const std::string& toml) {
  const Result<SprintPlan> plan = parse_sprint(toml, "/srv/plans/nightly.toml");
  EXPECT_TRUE(plan.ok()) << plan.error().message;
  return plan.ok() ? *plan : SprintPlan();
}

std::string fault_of(const std::string& toml) {
  const Result<SprintPlan> plan = parse_sprint(toml, "nightly.toml");
  if (plan.ok()) return "no fault";
  EXPECT_EQ(plan.error().kind, ErrorKind::kInput);
  return plan.error().message;
}

std::string job(const std::string& lines) {
  return "name = \"nightly\"\n[[job]]\nname = \"one\"\n" + lines;
}

TEST(SprintFileTest, AReviewIsGivenItsRangeAndTheModelsOfTheSprint) {
  const SprintPlan plan = plan_of(R"(
name = "nightly"
parallel = 2
minutes = 90
budget = 7.5
profile = "5.5"
[[job]]
name = "audit"
kind = "review"
repo = "../app"
range = "HEAD~3..HEAD"
budget = "0.125"
priority = 2
)");
  const SprintJob audit{.name = "audit",
                        .kind = SprintJobKind::kReview,
                        .repo = "/srv/app",
                        .arguments = {"--profile", "5.5"},
                        .subject = "HEAD~3..HEAD",
                        .places = {"/srv/app"},
                        .cap = *Money::parse("0.125"),
                        .priority = 2,
                        .line = 7};
  EXPECT_EQ(plan, (SprintPlan{.name = "nightly",
                              .parallel = 2,
                              .minutes = 90,
                              .budget = *Money::parse("7.5"),
                              .jobs = {audit}}));
}

TEST(SprintFileTest, AFeatureIsGivenItsRequestItsBranchAndItsShape) {
  const SprintPlan plan = plan_of(job(R"(kind = "feature"
request = "Add a --json form"
branch = "json"
base = "v1"
shape = "three-tier"
rounds = 1
)"));
  ASSERT_EQ(plan.jobs.size(), 1U);
  EXPECT_THAT(plan.jobs[0].arguments, ElementsAre("--base", "v1", "--branch", "json", "--shape",
                                                  "three-tier", "--rounds", "1"));
  EXPECT_EQ(plan.jobs[0].subject, "Add a --json form");
  EXPECT_EQ(plan.jobs[0].cap, Money::dollars(5));
}

TEST(SprintFileTest, PathsAreOfTheFolderTheFileStandsIn) {
  const SprintPlan plan = plan_of(job("kind = \"run\"\nspec = \"wishes/one.md\"\n"));
  EXPECT_EQ(plan.jobs[0].repo, "/srv/plans/");
  EXPECT_THAT(plan.jobs[0].arguments, ElementsAre("--spec", "/srv/plans/wishes/one.md"));
}

TEST(SprintFileTest, ARepeatedJobIsSeveralJobsWithNumberedNames) {
  const SprintPlan plan = plan_of(job("kind = \"review\"\nrepeat = 2\n"));
  ASSERT_EQ(plan.jobs.size(), 2U);
  EXPECT_EQ(plan.jobs[0].name, "one#1");
  EXPECT_EQ(plan.jobs[1].name, "one#2");
}

TEST(SprintFileTest, ALocalReviewPromisesNoMoney) {
  EXPECT_EQ(plan_of(job("kind = \"review\"\nlocal = true\n")).jobs[0].cap, Money());
}

TEST(SprintFileTest, EveryFaultIsToldWithItsLine) {
  const std::pair<std::string, std::string> faults[] = {
      {"name = ", "nightly.toml, line 1"},
      {"name = \"x\"\n", "at least one table [[job]]"},
      {"name = \"x\"\ncolour = 1\n[[job]]\nname=\"a\"\nkind=\"review\"\n",
       "nightly.toml, line 2, column 1: 'colour' is not a key"},
      {"budget = \"lots\"\n" + job("kind = \"review\"\n"),
       "line 1, column 10: 'budget' is not an amount in dollars above zero"},
      {"budget = -1\n" + job("kind = \"review\"\n"), "'budget' is not an amount"},
      {"budget = inf\n" + job("kind = \"review\"\n"), "'budget' is not an amount"},
      {"parallel = 0\n" + job("kind = \"review\"\n"), "'parallel' is not a whole number"},
      {job("kind = \"cook\"\n"), "line 4, column 8: 'kind' is 'cook', expected review, feature"},
      {job("kind = \"review\"\nrequest = \"x\"\n"), "line 5, column 1: 'request' is not a key"},
      {job("kind = \"run\"\nrounds = 1\nrequest = \"x\"\n"), "'rounds' is not a key"},
      {job("kind = \"review\"\nrange = \"HEAD\"\ntree = \".\"\n"), "line 6, column 8: give one of"},
      {job("kind = \"feature\"\n"), "line 2, column 1: a 'request' (in words) or a 'spec'"},
      {job("kind = \"feature\"\nrequest = \"x\"\nbranch = \"b\"\nrepeat = 2\n"),
       "each repetition needs a branch of its own"},
      {job("kind = \"review\"\nmode = \"fast\"\n"), "'mode' is none of"},
      {job("kind = \"review\"\nlocal = true\nbudget = 1\n"), "a local review costs nothing"},
      {job("kind = \"review\"\nrepeat = 1001\n"), "'repeat' is not a whole number from 1 to 1000"},
      {job("kind = \"review\"\n[[job]]\nname = \"one\"\nkind = \"review\"\n"),
       "line 6, column 8: two jobs are called 'one'"},
      {"name = \"x\"\n[[job]]\nname = \"a/b\"\nkind = \"review\"\n", "line 3, column 8: 'name'"},
      {job("kind = \"run\"\nrequest = \"x\"\nbranch = \"b\"\n[[job]]\nname = \"two\"\n"
           "kind = \"run\"\nrequest = \"y\"\nbranch = \"b\"\n"),
       "line 11, column 10: an earlier job makes this branch"},
  };
  for (const auto& [toml, fault] : faults) EXPECT_THAT(fault_of(toml), HasSubstr(fault)) << toml;
}

TEST(SprintFileTest, ARepositoryThatIsNotThereIsToldBeforeAnythingStarts) {
  const Result<TemporaryFolder> folder = TemporaryFolder::create("sprint");
  const std::string file = (folder->path() / "nightly.toml").string();
  const Result<SprintPlan> sound = parse_sprint(job("kind = \"review\"\n"), file);
  EXPECT_TRUE(check_places(*sound, file).ok());
  const Result<SprintPlan> plan = parse_sprint(job("kind = \"review\"\nrepo = \"gone\"\n"), file);
  const Status checked = check_places(*plan, file);
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(checked.error().message, HasSubstr("nightly.toml, line 2: job 'one' names"));
}

}  // namespace
}  // namespace baton
