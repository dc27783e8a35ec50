#include "forecast/size_estimate.h"

#include <gmock/gmock.h>

#include "base/example_money.h"
#include "catalog/example_prices.h"
#include "prompt/pack.h"
#include "workflow/example_task_types.h"

namespace baton {
namespace {

// Beside the orchestrator's two: one type for the small model, one for the large.
TaskTypes two_kinds_of_work() {
  return *TaskTypes::parse(kOrchestratorsTypes, R"(
    [[type]]
    name = "naming"
    tier = "fast"
    max_output = 1000
    [[type]]
    name = "design"
    tier = "deep"
    max_output = 1000
  )");
}

// 1,496 bytes of material as a model is shown it, and 1,500 bytes of map.
Change change_of_known_size() {
  ChangedFile file;
  file.path = "a.py";
  file.state = ChangedFile::State::kWhole;
  file.text = "";
  const auto shown = [&] { return render_hunks(file).size(); };
  while (shown() < 1'400) *file.text += "x = 1\n";
  while (shown() < 1'496) file.text->insert(0, "x");
  EXPECT_EQ(shown(), 1'496u);
  Change change;
  change.files = {file};
  change.map = std::string(1'500, 'm');
  return change;
}

const TierModels kModels{"small", "large", "large"};

TEST(EstimateTest, EveryPartOfAReviewCostsItsMaterialAndAUsualAnswer) {
  const ReviewEstimate estimate =
      estimate_review(change_of_known_size(), two_kinds_of_work(), kModels, prices(), "2026-11-20");
  // 5,000 + 1,496 + 1,500 bytes are 2,000 tokens, 2,600 of the large model's, at $5; 2,500 out at
  // $25.
  EXPECT_EQ(estimate.plan, dollars("0.0755"));
  ASSERT_EQ(estimate.work.size(), 2u);
  // 2,500 + 1,496 bytes are 1,000 tokens at $1; 600 out at $5.
  EXPECT_EQ(estimate.work[0].type, "naming");
  EXPECT_EQ(estimate.work[0].tier, Tier::kFast);
  EXPECT_EQ(estimate.work[0].cost, dollars("0.004"));
  // The same for the large model: 1,300 tokens at $5; 600 out at $25.
  EXPECT_EQ(estimate.work[1].type, "design");
  EXPECT_EQ(estimate.work[1].tier, Tier::kDeep);
  EXPECT_EQ(estimate.work[1].cost, dollars("0.0215"));
  // 2,500 bytes and two findings of 350 for each of the two tasks: 976 tokens, 1,268 of the large
  // model's, at $5; 1,000 out at $25.
  EXPECT_EQ(estimate.report, dollars("0.03134"));
  EXPECT_EQ(estimate.total(), dollars("0.13234"));
}

TEST(EstimateTest, AModelWithoutAPriceOnTheDayCountsAsNothing) {
  const ReviewEstimate before =
      estimate_review(Change(), two_kinds_of_work(), kModels, prices(), "2025-12-31");
  EXPECT_EQ(before.total(), Money());
  const ReviewEstimate unknown = estimate_review(Change(), two_kinds_of_work(),
                                                 {"small", "gone", "gone"}, prices(), "2026-11-20");
  EXPECT_EQ(unknown.plan, Money());
  EXPECT_GT(unknown.work[0].cost, Money());
  EXPECT_EQ(unknown.work[1].cost, Money());
}

}  // namespace
}  // namespace baton
