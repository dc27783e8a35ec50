#include "app/day_options.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

TEST(DayOptionsTest, ADayIsOneOfTheCalendar) {
  for (const char* day : {"2026-10-07", "2024-02-29", "0001-01-01"}) {
    EXPECT_EQ(*day_or_today(day), day);
  }
  for (const char* none : {"2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "7 Oct",
                           "2026-10-07 ", "0000-01-01"}) {
    EXPECT_FALSE(day_or_today(none)) << none;
  }
}

TEST(DayOptionsTest, WithoutADayItIsToday) {
  EXPECT_EQ(day_or_today("")->size(), std::string("2026-10-07").size());
}

}  // namespace
}  // namespace baton
