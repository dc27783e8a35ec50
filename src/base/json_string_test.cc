#include "base/json_string.h"

#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "base/text.h"

namespace baton {
namespace {

TEST(JsonStringTest, QuotesBackslashesAndControlCharactersAreEscapedAndNothingElse) {
  EXPECT_EQ(json_string("say \"hi\" c:\\ \b\f\n\r\t\x01\x1f / é \x7f"),
            R"("say \"hi\" c:\\ \b\f\n\r\t\u0001\u001f / é )"
            "\x7f\"");
  EXPECT_EQ(json_string(""), R"("")");
}

TEST(JsonStringTest, ItIsAppendedToWhatStandsThere) {
  std::string out = "{\"a\":";
  append_json_string(out, "b");
  EXPECT_EQ(out, R"({"a":"b")");
}

TEST(JsonStringTest, BytesThatAreNoCharacterAreReplaced) {
  EXPECT_EQ(json_string("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
}

RC_GTEST_PROP(JsonStringTest, AnyBytesReadBackAsTheTextTheyAre, (const std::string& bytes)) {
  const boost::json::value read = boost::json::parse(json_string(bytes));
  RC_ASSERT(std::string(read.as_string()) == to_utf8(bytes));
}

}  // namespace
}  // namespace baton
