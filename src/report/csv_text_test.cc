#include "report/csv_text.h"

namespace baton {
namespace {

TEST(CsvTextTest, ACellIsQuotedWhereItHasTo) {
  EXPECT_EQ(csv_line({"a", "", "b, c", "say \"so\"", "-0.25"}),
            "a,,\"b, c\",\"say \"\"so\"\"\",-0.25\r\n");
}

TEST(CsvTextTest, ACellFromOutsideIsNeitherAFormulaNorAnEscape) {
  EXPECT_EQ(csv_line({"=HYPERLINK(1)", "@sum", "-1+cmd", "two\nlines"}),
            "'=HYPERLINK(1),'@sum,'-1+cmd,two lines\r\n");
  EXPECT_EQ(csv_line({"\x1b[2Jx"}).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace baton
