#include "provider/call_plan.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace baton {
namespace {

constexpr Instant kNow = Instant::from_unix_ms(1'795'176'000'000);  // 2026-11-20

class CallPlanTest : public testing::Test {
 protected:
  CallPlanTest() {
    task.spec.id = TaskId(3);
    task.max_output = Tokens(1000);
    task.effort = "low";
  }
  const Model* choose(const char* name) {
    task.model = name;
    return Catalog::builtin().find(name);
  }

  Task task;
  Prompt prompt{.user = {{"why?"}}};
};

TEST_F(CallPlanTest, AsksForNoMoreOutputThanTheModelGives) {
  const Model* model = choose("claude-haiku-4-5");
  ASSERT_NE(model, nullptr);
  task.max_output = model->max_output + Tokens(1);
  EXPECT_EQ(plan_call(task, prompt, model, kNow).request.max_output, model->max_output);
}

TEST_F(CallPlanTest, EffortGoesOnlyToModelsThatTakeIt) {
  for (const char* name : {"claude-haiku-4-5", "claude-opus-4-7"}) {
    const Model* model = choose(name);
    ASSERT_NE(model, nullptr) << name;
    EXPECT_EQ(plan_call(task, prompt, model, kNow).request.effort,
              model->takes_effort ? "low" : "");
  }
}

TEST_F(CallPlanTest, IsDescribedByWhatIsSent) {
  const Model* model = choose("claude-haiku-4-5");
  const PlannedCall call = plan_call(task, prompt, model, kNow);
  const CallPrepared fact = described(call, task.spec.id, model, true, kNow);
  EXPECT_EQ(call.body, messages_body(call.request));
  EXPECT_EQ(fact.task, TaskId(3));
  EXPECT_EQ(fact.at, kNow);
  EXPECT_EQ(fact.content_key, sha256_hex(call.body));
  EXPECT_EQ(fact.input_bound, input_bound(call.body));
  EXPECT_EQ(fact.prefix, "");
  EXPECT_FALSE(fact.cache_marked);
}

TEST_F(CallPlanTest, AGatewayMayMarkWhatWeDidNot) {
  const Model* model = choose("claude-haiku-4-5");
  const PlannedCall call = plan_call(task, prompt, model, kNow);
  EXPECT_TRUE(described(call, task.spec.id, model, false, kNow).cache_marked);
}

TEST_F(CallPlanTest, AMarkThatPaysNamesThePrefixAndHowLongItLives) {
  const Model* model = choose("claude-haiku-4-5");
  ASSERT_NE(model, nullptr);
  const std::string shared(8 * static_cast<std::size_t>(model->min_cacheable.count()), 'x');
  prompt.system = {{shared, true}};
  prompt.uses = 20;
  const PlannedCall call = plan_call(task, prompt, model, kNow);
  const CallPrepared fact = described(call, task.spec.id, model, true, kNow);
  EXPECT_TRUE(fact.cache_marked);
  EXPECT_EQ(fact.prefix, prefix_of(call.request, model->tokenizer_percent).key);
  EXPECT_EQ(fact.prefix_ttl, Millis::seconds(300));
}

TEST_F(CallPlanTest, AModelWithoutARowIsStillDescribedSoThatItCanBeRefused) {
  EXPECT_EQ(choose("no-such-model"), nullptr);
  const PlannedCall call = plan_call(task, prompt, nullptr, kNow);
  EXPECT_EQ(call.request.max_output, Tokens(1000));
  EXPECT_EQ(described(call, task.spec.id, nullptr, true, kNow).input_bound, input_bound(call.body));
}

}  // namespace
}  // namespace baton
