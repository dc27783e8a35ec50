#include "app/price_forms.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

TEST(PriceFormsTest, ADayIsOneOfTheCalendar) {
  for (const char* day : {"2026-10-07", "2024-02-29", "0001-01-01"}) {
    EXPECT_EQ(*day_or_today(day), day);
  }
  for (const char* none :
       {"2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "7 Oct", "2026-10-07 "}) {
    EXPECT_FALSE(day_or_today(none)) << none;
  }
}

TEST(PriceFormsTest, WithoutADayItIsToday) {
  EXPECT_EQ(day_or_today("")->size(), std::string("2026-10-07").size());
}

TEST(PriceFormsTest, ACellIsQuotedWhereItHasTo) {
  EXPECT_EQ(csv_line({"a", "", "b, c", "say \"so\"", "-0.25"}),
            "a,,\"b, c\",\"say \"\"so\"\"\",-0.25\r\n");
}

TEST(PriceFormsTest, ACellFromOutsideIsNeitherAFormulaNorAnEscape) {
  EXPECT_EQ(csv_line({"=HYPERLINK(1)", "@sum", "-1+cmd", "two\nlines"}),
            "'=HYPERLINK(1),'@sum,'-1+cmd,two lines\r\n");
  EXPECT_EQ(csv_line({"\x1b[2Jx"}).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace baton
