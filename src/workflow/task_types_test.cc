#include "workflow/task_types.h"

#include <gmock/gmock.h>

namespace baton {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSmallest = R"(
[[type]]
name = "task_decomposition"
role = "orchestrator"
tier = "deep"
max_output = 1000
[[type]]
name = "result_synthesis"
role = "orchestrator"
tier = "deep"
max_output = 1000
)";

TEST(TaskTypesTest, TheFourteenBuiltInTypesHaveTheirTiers) {
  const TaskTypes& types = TaskTypes::builtin();
  EXPECT_EQ(types.all().size(), 14U);
  for (const char* deep :
       {"architectural_analysis", "design_pattern_review", "performance_bottleneck_detection",
        "security_vulnerability_assessment", "task_decomposition", "result_synthesis"}) {
    EXPECT_EQ(types.find(deep)->tier, Tier::kDeep) << deep;
  }
  for (const char* fast :
       {"naming_convention_check", "import_organization", "documentation_completeness",
        "type_annotation_check", "error_message_quality", "test_coverage_verification",
        "deprecated_api_scan", "log_statement_review"}) {
    EXPECT_EQ(types.find(fast)->tier, Tier::kFast) << fast;
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
  const auto types = TaskTypes::parse(kSmallest, R"(
    [[type]]
    name = "house_rules"
    tier = "balanced"
    max_output = 2000
  )");
  ASSERT_TRUE(types.ok());
  EXPECT_EQ(types->find("house_rules")->tier, Tier::kBalanced);
}

TEST(TaskTypesTest, AMistakeIsNamedWithItsLine) {
  const auto types =
      TaskTypes::parse(kSmallest, "[[type]]\nname = \"x\"\ntier = \"cheap\"\nmax_output = 1000\n");
  ASSERT_FALSE(types.ok());
  EXPECT_THAT(types.error().message,
              HasSubstr("the user's task types:1: tier must be fast, balanced or deep"));
}

}  // namespace
}  // namespace baton
