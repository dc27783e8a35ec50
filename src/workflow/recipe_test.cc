#include "workflow/recipe.h"

#include <gmock/gmock.h>

namespace baton {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSmall = R"(
plan = "Plan."
[[role]]
as = "any"
[[role]]
as = "fix"
worker = "w"
[[role]]
as = "integrator"
worker = "i"
)";

TEST(RecipeTest, AFeatureHasDeepWritersAndFastHelpers) {
  const Recipe feature = *builtin_recipe("feature", "");
  EXPECT_EQ(feature.planner.tier, Tier::kDeep);
  EXPECT_EQ(feature.planner.context, Tokens(40'000));
  EXPECT_EQ(feature.row("code-writer")->tier, Tier::kDeep);
  EXPECT_EQ(feature.row("ci-writer")->tier, Tier::kFast);
  EXPECT_EQ(feature.row("test-writer")->tier, Tier::kFast);
  EXPECT_EQ(feature.row("documentation-writer")->tier, Tier::kFast);
  EXPECT_EQ(feature.row("memory-keeper"), nullptr);
  EXPECT_EQ(feature.review->worker, "reviewer");
  EXPECT_EQ(feature.review->tier, Tier::kDeep);
  EXPECT_EQ(feature.review_rounds, 2);
  EXPECT_FALSE(feature.clean_up.has_value());
}

TEST(RecipeTest, AShapeIsLaidOverItsRecipeRowByRow) {
  const Recipe feature = *builtin_recipe("feature", "");
  const Recipe three = *builtin_recipe("feature", "three-tier");
  EXPECT_EQ(three.name, "feature");
  EXPECT_EQ(three.row("code-writer")->tier, Tier::kBalanced);
  EXPECT_EQ(three.row("code-writer")->context, Tokens(60'000));
  EXPECT_EQ(three.row("code-writer")->limits, feature.row("code-writer")->limits);
  EXPECT_EQ(three.clean_up->tier, Tier::kFast);
  EXPECT_EQ(three.clean_up->context, Tokens(10'000));
  EXPECT_EQ(three.plan_system, feature.plan_system);
  EXPECT_EQ(three.roles.size(), feature.roles.size());
}

TEST(RecipeTest, ARunTakesAnyWorkerAndReviewsNothing) {
  const Recipe run = *builtin_recipe("run", "");
  EXPECT_TRUE(run.any_worker);
  EXPECT_EQ(run.row("whoever"), &run.other);
  EXPECT_EQ(run.review_rounds, 0);
}

TEST(RecipeTest, WhatThereIsNotIsToldWithWhatThereIs) {
  EXPECT_EQ(builtin_recipe("bake", "").error(),
            usage_error("there is no recipe 'bake'; there are feature, run"));
  EXPECT_EQ(builtin_recipe("feature", "round").error(),
            usage_error("feature has no shape 'round'; it has three-tier"));
  EXPECT_EQ(builtin_recipe("run", "three-tier").error(),
            usage_error("run has no shape 'three-tier'; it has none"));
}

TEST(RecipeTest, TakesItsOtherWordsFromWhatAllRecipesShare) {
  const Recipe recipe = *read_recipe(kSmall, "small.toml");
  EXPECT_THAT(recipe.words.rules, HasSubstr("finish"));
  EXPECT_THAT(recipe.plan_schema, HasSubstr("depends_on"));
}

struct Fault {
  std::string line;
  std::string what;
};
void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.line;
}

class RecipeFaultTest : public testing::TestWithParam<Fault> {};

TEST_P(RecipeFaultTest, IsToldWithItsPlace) {
  const Result<Recipe> recipe = read_recipe(std::string(kSmall) + GetParam().line, "small.toml");
  ASSERT_FALSE(recipe.ok());
  EXPECT_EQ(recipe.error().kind, ErrorKind::kInput);
  EXPECT_THAT(recipe.error().message, HasSubstr("small.toml"));
  EXPECT_THAT(recipe.error().message, HasSubstr(GetParam().what));
}

const std::vector<Fault> kFaults = {
    {"[[role]]\nas = \"king\"", "'as' is planner, work"},
    {"[[role]]\nas = \"work\"", "'worker'"},
    {"[[role]]\nas = \"any\"\nworker = \"w\"", "stands for nothing here"},
    {"[[role]]\nas = \"any\"\ntier = \"local\"", "'tier' is fast, balanced or deep"},
    {"[[role]]\nas = \"any\"\neffort = \"some\"", "'effort' is low"},
    {"[[role]]\nas = \"any\"\ncontext = 10", "'context'"},
    {"[[role]]\nas = \"any\"\ncolour = \"red\"", "colour"},
    {"[[rule]]\nas = \"any\"", "rule"},
    {"[[role", "line 11, column 7"},
};
INSTANTIATE_TEST_SUITE_P(All, RecipeFaultTest, testing::ValuesIn(kFaults));

TEST(RecipeTest, ASchemaThatIsNoJsonIsAFault) {
  const auto read = [](std::string_view head) {
    return read_recipe(std::string(head) + std::string(kSmall), "small.toml").error().message;
  };
  EXPECT_THAT(read("plan_schema = '{'"), HasSubstr("'plan_schema' is not a JSON object"));
  EXPECT_THAT(read("mend_from = 'awful'"), HasSubstr("'mend_from' is a severity"));
  EXPECT_THAT(read("review_rounds = 99"), HasSubstr("review_rounds"));
}

TEST(RecipeTest, ARecipeCannotDoWithoutItsRoles) {
  EXPECT_EQ(read_recipe("plan = \"Plan.\"", "x.toml").error(),
            input_error("x.toml: a [[role]] with as = \"fix\" is missing"));
  EXPECT_EQ(read_recipe("", "x.toml").error(), input_error("x.toml: 'plan' is missing"));
}

}  // namespace
}  // namespace baton
