#include "core/budget.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace baton {
namespace {

constexpr CallId kFirst{1};
constexpr CallId kSecond{2};

TEST(BudgetTest, CallsInFlightAreNeverPromisedMoreThanTheCap) {
  Budget budget(Money::cents(10));
  budget.reserve(kFirst, Money::cents(7));
  EXPECT_FALSE(budget.fits(Money::cents(4)));
  budget.settle(kFirst, Money::cents(2));  // cheaper than its worst case: the rest is free again
  EXPECT_TRUE(budget.fits(Money::cents(8)));
  EXPECT_EQ(budget.available(), Money::cents(8));
}

TEST(BudgetTest, AZeroCapAdmitsOnlyWhatCostsNothing) {
  const Budget budget(Money{});
  EXPECT_TRUE(budget.fits(Money()));
  EXPECT_FALSE(budget.fits(Money::pico(1)));
}

TEST(BudgetTest, ABillIsAFactEvenAboveItsHold) {
  Budget budget(Money::cents(5));
  budget.reserve(kFirst, Money::cents(5));
  budget.settle(kFirst, Money::cents(6));
  EXPECT_EQ(budget.charged(), Money::cents(6));
  EXPECT_TRUE(budget.overdrawn());
  EXPECT_FALSE(budget.fits(Money()));
}

TEST(BudgetDeathTest, ACallReservesOnceAndSettlesOnce) {
  Budget budget(Money::cents(5));
  budget.reserve(kFirst, Money::cents(1));
  EXPECT_DEATH(budget.reserve(kFirst, Money::cents(1)), "internal error");
  EXPECT_DEATH(budget.settle(kSecond, Money()), "internal error");
}

// Whatever the order of holds and bills: charged + held <= cap, as long as no bill passes its hold.
RC_GTEST_PROP(BudgetTest, HoldsUnderAnyInterleaving,
              (const std::vector<std::pair<bool, std::uint16_t>>& moves)) {
  const Money cap = Money::pico(100'000);
  Budget budget(cap);
  std::map<CallId, Money> open;
  int calls = 0;
  for (const auto& [reserve, amount] : moves) {
    if (reserve && budget.fits(Money::pico(amount))) {
      const CallId call(++calls);
      budget.reserve(call, Money::pico(amount));
      open.emplace(call, Money::pico(amount));
    } else if (!open.empty()) {
      const auto [call, hold] = *open.begin();
      open.erase(open.begin());
      budget.settle(call, Money::pico(amount % (hold.picodollars() + 1)));
    }
    RC_ASSERT(budget.charged() + budget.held() <= cap);
  }
}

}  // namespace
}  // namespace baton
