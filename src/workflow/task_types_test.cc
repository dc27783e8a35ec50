#include "workflow/task_types.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "workflow/example_task_types.h"

namespace baton {
namespace {

using testing::HasSubstr;

TEST(TaskTypesTest, TheBuiltInTypesHaveTheirTiersAndEfforts) {
  const TaskTypes& types = TaskTypes::builtin();
  EXPECT_EQ(types.all().size(), 15U);
  for (const char* deep :
       {"architectural_analysis", "design_pattern_review", "performance_bottleneck_detection",
        "security_vulnerability_assessment", "direct_review"}) {
    EXPECT_EQ(types.find(deep)->tier, Tier::kDeep) << deep;
    EXPECT_EQ(types.find(deep)->effort, "high") << deep;
  }
  EXPECT_EQ(types.find("task_decomposition")->tier, Tier::kDeep);
  EXPECT_EQ(types.find("task_decomposition")->effort, "medium");
  EXPECT_EQ(types.find("result_synthesis")->tier, Tier::kDeep);
  EXPECT_EQ(types.find("result_synthesis")->effort, "low");
  for (const char* fast :
       {"naming_convention_check", "import_organization", "documentation_completeness",
        "type_annotation_check", "error_message_quality", "test_coverage_verification",
        "deprecated_api_scan", "log_statement_review"}) {
    EXPECT_EQ(types.find(fast)->tier, Tier::kFast) << fast;
    EXPECT_EQ(types.find(fast)->effort, "low") << fast;
  }
}

TEST(TaskTypesTest, AnUnknownTypeGoesByTheRule) {
  EXPECT_EQ(TaskTypes::builtin().route("licence_header_check", /*clear_rubric=*/true).tier,
            Tier::kFast);
  EXPECT_EQ(TaskTypes::builtin().route("api_taste", /*clear_rubric=*/false).tier, Tier::kDeep);
}

TEST(TaskTypesTest, APlanCanNotNameTheOrchestratorsOwnTypes) {
  EXPECT_EQ(TaskTypes::builtin().route("result_synthesis", true).role, Role::kWorker);
}

TEST(TaskTypesTest, TheUsersRowsReplaceAndAdd) {
  const auto types = TaskTypes::parse(kOrchestratorsTypes, R"(
    [[type]]
    name = "house_rules"
    tier = "balanced"
    max_output = 2000
  )");
  ASSERT_TRUE(types.ok());
  EXPECT_EQ(types->find("house_rules")->tier, Tier::kBalanced);
  EXPECT_EQ(types->find("house_rules")->effort, "");
}

TEST(TaskTypesTest, AnEffortIsOneThatTheProviderKnows) {
  const auto with_effort = [](std::string_view effort) {
    return TaskTypes::parse(kOrchestratorsTypes,
                            fmt::format("[[type]]\nname = \"x\"\ntier = \"deep\"\n"
                                        "max_output = 1000\neffort = {}\n",
                                        effort));
  };
  for (const char* known : {"low", "medium", "high", "xhigh", "max"})
    EXPECT_EQ(with_effort(fmt::format("\"{}\"", known))->find("x")->effort, known);
  for (const char* other : {"\"highest\"", "\"\"", "3"}) {
    const auto refused = with_effort(other);
    ASSERT_FALSE(refused.ok()) << other;
    EXPECT_THAT(refused.error().message,
                HasSubstr("effort must be low, medium, high, xhigh or max"));
  }
}

TEST(TaskTypesTest, AnInventedTypeTriesAsHardAsItsJudgementAsks) {
  EXPECT_EQ(TaskTypes::builtin().route("licence_header_check", true).effort, "low");
  EXPECT_EQ(TaskTypes::builtin().route("api_taste", false).effort, "high");
}

TEST(TaskTypesTest, AMistakeIsNamedWithItsLine) {
  const auto types = TaskTypes::parse(
      kOrchestratorsTypes, "[[type]]\nname = \"x\"\ntier = \"cheap\"\nmax_output = 1000\n");
  ASSERT_FALSE(types.ok());
  EXPECT_THAT(types.error().message,
              HasSubstr("the user's task types:1: tier must be fast, balanced or deep"));
}

}  // namespace
}  // namespace baton
