#include "base/time.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

TEST(TimeTest, AnInstantIsShownInUtc) {
  const Instant at = Instant::from_unix_ms(1'795'197'891'250);
  EXPECT_EQ(timestamp_of(at), "2026-11-20T18:04:51Z");
  EXPECT_EQ(date_of(at), "2026-11-20");
  EXPECT_EQ(date_of(Instant::from_unix_ms(-1)), "1969-12-31");
}

TEST(TimeTest, ADurationIsShownInTheUnitAPersonWouldUse) {
  EXPECT_EQ(duration_text(Millis(850)), "850ms");
  EXPECT_EQ(duration_text(Millis(4'250)), "4.2s");
  EXPECT_EQ(duration_text(Millis(185'000)), "3m05s");
  EXPECT_EQ(duration_text(Millis(7'800'000)), "2h10m");
}

}  // namespace
}  // namespace baton
