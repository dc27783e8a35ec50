#include "shell/background.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace baton {
namespace {

TEST(BackgroundTest, WorkRunsElsewhereAndItsEndIsToldOnTheLoopsThread) {
  Loop loop;
  const auto background = make_background(loop, 1);
  const std::thread::id here = std::this_thread::get_id();
  std::thread::id worked, told;
  background->run([&] { worked = std::this_thread::get_id(); },
                  [&] {
                    told = std::this_thread::get_id();
                    loop.stop();
                  });
  loop.run();
  EXPECT_NE(worked, here);
  EXPECT_EQ(told, here);
}

TEST(BackgroundTest, OneThreadBeginsWorkInTheOrderItCame) {
  Loop loop;
  const auto background = make_background(loop, 1);
  std::vector<int> order;
  for (int i = 0; i < 20; ++i) background->run([&order, i] { order.push_back(i); }, [] {});
  background->run([] {}, [&] { loop.stop(); });
  loop.run();
  std::vector<int> expected(20);
  for (int i = 0; i < 20; ++i) expected[static_cast<std::size_t>(i)] = i;
  EXPECT_EQ(order, expected);
}

TEST(BackgroundTest, LettingGoOfItWaitsForWhatRunsAndTellsNothingMore) {
  Loop loop;
  std::atomic<bool> ended = false;
  bool told = false;
  auto background = make_background(loop, 1);
  std::atomic<bool> begun = false;
  background->run(
      [&] {
        begun = true;
        std::this_thread::yield();
        ended = true;
      },
      [&] { told = true; });
  while (!begun) std::this_thread::yield();
  background.reset();
  EXPECT_TRUE(ended);
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace baton
