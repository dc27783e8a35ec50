#include "base/cancellation.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

namespace baton {
namespace {

TEST(CancellationTest, WhoeverPollsItWakesWhenAnotherThreadCancels) {
  Cancellation cancellation;
  EXPECT_FALSE(cancellation.cancelled());
  std::thread other([&] { cancellation.cancel(); });
  pollfd waiting{cancellation.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&waiting, 1, 10'000), 1);
  other.join();
  EXPECT_TRUE(cancellation.cancelled());
}

TEST(CancellationTest, CancellingAgainChangesNothing) {
  Cancellation cancellation;
  cancellation.cancel();
  cancellation.cancel();
  EXPECT_TRUE(cancellation.cancelled());
}

}  // namespace
}  // namespace baton
