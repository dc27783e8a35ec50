// The judges of a world can judge: each tells of what it is there for.
#include <gtest/gtest.h>

#include "simulation/call_book.h"
#include "simulation/prices.h"
#include "simulation/shared_store.h"

namespace baton::sim {
namespace {

constexpr int kHolder = 1;

CallReserved reserved(int call, int task = 0) {
  CallReserved event;
  event.call = CallId(call);
  event.task = TaskId(task);
  event.model = "small";
  event.max_output = Tokens(500);
  event.hold = Money::cents(1);
  event.price_date = "2026-01-01";
  return event;
}

CallEnded ended(int call, BillState bill, Money charge = {}) {
  CallEnded event;
  event.call = CallId(call);
  event.bill = bill;
  event.charge = charge;
  return event;
}

TEST(CallBookTest, NothingLeavesThatIsNotPromisedOrHasLeft) {
  CallBook book;
  EXPECT_EQ(book.leaving(kHolder, TaskId(0), "small", 500), nullptr);
  EXPECT_EQ(book.told(kHolder, reserved(1)), "");
  EXPECT_EQ(book.leaving(kHolder + 1, TaskId(0), "small", 500), nullptr);
  EXPECT_EQ(book.leaving(kHolder, TaskId(0), "small", 501), nullptr);
  EXPECT_NE(book.leaving(kHolder, TaskId(0), "small", 500), nullptr);
  EXPECT_EQ(book.leaving(kHolder, TaskId(0), "small", 500), nullptr);
}

TEST(CallBookTest, ACallIsReservedOnceAndEndsOnce) {
  CallBook book;
  book.told(kHolder, reserved(1));
  EXPECT_EQ(book.told(kHolder, reserved(1)), "call c1 is reserved twice");
  EXPECT_EQ(book.check(true), "call c1 has no end");
  book.told(kHolder, ended(1, BillState::kUnknown, Money::cents(1)));
  EXPECT_EQ(book.told(kHolder, ended(1, BillState::kUnknown)), "call c1 ends twice");
  EXPECT_EQ(book.check(true), "");
}

TEST(CallBookTest, TheLedgerIsWhatTheProviderBills) {
  const auto judged = [](CallEnded end, int seen, std::optional<Tokens> output) {
    CallBook book;
    book.told(kHolder, reserved(1));
    BookedCall* call = book.find(CallId(1));
    call->seen = seen;
    call->metered = output.has_value();
    call->usage.output = output.value_or(Tokens());
    book.told(kHolder, end);
    return book.check(true);
  };
  const Money bill = bill_of("small", "2026-01-01", {.output = Tokens(100)}, false);
  EXPECT_EQ(bill, Money::pico(500'000'000));
  EXPECT_EQ(judged(ended(1, BillState::kSettled, bill), 1, Tokens(100)), "");
  EXPECT_NE(judged(ended(1, BillState::kSettled, bill + Money::pico(1)), 1, Tokens(100)), "");
  EXPECT_NE(judged(ended(1, BillState::kSettled, bill), 2, Tokens(100)), "");
  EXPECT_NE(judged(ended(1, BillState::kSettled), 0, std::nullopt), "");
  EXPECT_NE(judged(ended(1, BillState::kNotBilled), 1, Tokens(100)), "");
  EXPECT_NE(judged(ended(1, BillState::kUnknown, bill - Money::pico(1)), 1, Tokens(100)), "");
}

TEST(SharedStoreTest, WhoHasLostTheLeaseCommitsNothing) {
  std::vector<int> holders;
  SharedStore store([&](int holder, const Event&) { holders.push_back(holder); });
  const auto commit = [&](int holder) {
    Transaction transaction;
    transaction.events = {StopRequested{}};
    transaction.bytes = written(transaction.events);
    return store.commit(holder, transaction);
  };
  const int first = store.take_lease();
  EXPECT_TRUE(commit(first));
  const int second = store.take_lease();
  EXPECT_EQ(commit(first).error().kind, ErrorKind::kBusy);
  EXPECT_TRUE(commit(second));
  EXPECT_EQ(holders, (std::vector<int>{first, second}));
  EXPECT_EQ(store.log().size(), 2U);
}

TEST(SharedStoreTest, ADaysCapIsNotPassedByWhatRunsAreGiven) {
  SharedStore store([](int, const Event&) {});
  const DayCap cap{"p", "2026-11-20", Money::cents(10)};
  store.promise_to_others(cap, Money::cents(7));
  Transaction asked;
  asked.allotment = {cap, Money::cents(5)};
  ASSERT_TRUE(store.commit(store.take_lease(), asked));
  EXPECT_EQ(asked.granted, Money::cents(3));
}

}  // namespace
}  // namespace baton::sim
