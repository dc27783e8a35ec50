#include "workflow/array_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Read {
  std::vector<std::string> elements;
  std::string error;   // of feed(); empty: none
  std::string finish;  // likewise of finish()
  bool operator==(const Read&) const = default;
};

Read read_in(const std::vector<std::string>& pieces) {
  Read result;
  ArrayStream stream("tasks");
  for (const std::string& piece : pieces) {
    const Status status = stream.feed(
        piece, [&](std::string_view element) { result.elements.emplace_back(element); });
    if (!status) {
      EXPECT_EQ(status.error().kind, ErrorKind::kInput);
      result.error = status.error().message;
    }
  }
  const Status status = stream.finish();
  if (!status) result.finish = status.error().message;
  return result;
}

TEST(ArrayStreamTest, AnElementIsHandedOverWithItsClosingBrace) {
  ArrayStream stream("tasks");
  int elements = 0;
  const auto count = [&](std::string_view) { ++elements; };
  ASSERT_TRUE(stream.feed(R"({"goal":"x","tasks":[{"a":{"b":[1]})", count));
  EXPECT_EQ(elements, 0);
  ASSERT_TRUE(stream.feed("}", count));
  EXPECT_EQ(elements, 1);
  ASSERT_TRUE(stream.feed(R"(,{"c":2},{"d")", count));
  EXPECT_EQ(elements, 2);
}

TEST(ArrayStreamTest, ElementsKeepTheirValuesOfEveryKind) {
  const Read read = read_in(
      {R"({"tasks":[{"s":"a\n\u00e9","n":-1,"u":18446744073709551615,"d":1.5,"t":true,"z":null,)"
       R"("list":[[],{}]},{}]})"});
  EXPECT_THAT(read.elements,
              ElementsAre("{\"s\":\"a\\né\",\"n\":-1,\"u\":18446744073709551615,\"d\":1.5E0,"
                          "\"t\":true,\"z\":null,\"list\":[[],{}]}",
                          "{}"));
  EXPECT_EQ(read.error + read.finish, "");
}

TEST(ArrayStreamTest, OnlyTheRootsOwnKeyCounts) {
  EXPECT_THAT(read_in({R"({"x":{"tasks":[{"no":1}]},"tasksy":[{"no":2}],"task":[{"no":3}],)"
                       R"("y":[[{"no":4}]],"tasks":[{"yes":[{"tasks":[{}]}]}],"z":[{"no":5}]})"})
                  .elements,
              ElementsAre(R"({"yes":[{"tasks":[{}]}]})"));
}

TEST(ArrayStreamTest, ElementsThatAreNoObjectsAreSkipped) {
  EXPECT_THAT(read_in({R"({"tasks":[1,"two",[{"three":3}],null,{"four":4}]})"}).elements,
              ElementsAre(R"({"four":4})"));
}

TEST(ArrayStreamTest, WhatCameBeforeASyntaxErrorStaysDelivered) {
  const Read read = read_in({R"({"tasks":[{"a":1},{"b":2},)", "oops]}", R"({"c":3}]})"});
  EXPECT_THAT(read.elements, ElementsAre(R"({"a":1})", R"({"b":2})"));
  EXPECT_THAT(read.error, HasSubstr("not JSON at byte 26"));
  EXPECT_EQ(read.finish, read.error);
}

TEST(ArrayStreamTest, TextAfterTheObjectIsAnError) {
  EXPECT_EQ(read_in({"{\"tasks\":[]} \n", " \t"}).error, "");
  EXPECT_THAT(read_in({"{\"tasks\":[]}", " x"}).error, HasSubstr("not JSON at byte"));
  EXPECT_THAT(read_in({"{\"tasks\":[]}{}"}).error, HasSubstr("not JSON at byte"));
}

TEST(ArrayStreamTest, FinishTellsWhetherTheWholeObjectWasThere) {
  EXPECT_EQ(read_in({R"({"tasks":[]})"}).finish, "");
  EXPECT_THAT(read_in({R"({"tasks":[{"a":1})"}).finish, HasSubstr("ends at byte 17"));
  EXPECT_THAT(read_in({""}).finish, HasSubstr("ends at byte 0"));
  for (const char* text : {"{}", "[]", "7 ", "\"tasks\"", R"({"tasks":{}})", R"([{"tasks":[]}])"}) {
    EXPECT_THAT(read_in({text}).finish, HasSubstr("no array \"tasks\"")) << text;
  }
}

TEST(ArrayStreamTest, ASecondArrayOfTheSameKeyIsAnError) {
  EXPECT_NE(read_in({R"({"tasks":[{"a":1}],"tasks":[{"b":2}]})"}).error, "");
}

TEST(ArrayStreamTest, ATextTooDeepIsRefused) {
  EXPECT_EQ(
      read_in({R"({"tasks":[{"a":)" + std::string(29, '[') + std::string(29, ']') + "}]}"}).error,
      "");
  EXPECT_NE(
      read_in({R"({"tasks":[{"a":)" + std::string(30, '[') + std::string(30, ']') + "}]}"}).error,
      "");
  EXPECT_NE(read_in({std::string(100'000, '[')}).error, "");
}

TEST(ArrayStreamTest, AnElementTooLargeIsRefusedWhileItComes) {
  const Read read = read_in({R"({"tasks":[{"small":1},{"a":")", std::string(300'000, 'x')});
  EXPECT_THAT(read.elements, ElementsAre(R"({"small":1})"));
  EXPECT_THAT(read.error, HasSubstr("passes 256 KiB"));
  std::string many = R"({"tasks":[{"a":[)";
  for (int i = 0; i < 100'000; ++i) many += "1,";
  EXPECT_THAT(read_in({many}).error, HasSubstr("passes 256 KiB"));
}

TEST(ArrayStreamTest, LargeTextOutsideTheArrayTakesNoMemoryAndNoOffence) {
  EXPECT_EQ(read_in({R"({"notes":")", std::string(1'000'000, 'x'), R"(","tasks":[]})"}).error, "");
}

std::string some_json(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 7 : 5);
  switch (kind) {
    case 0:
      return std::to_string(*rc::gen::arbitrary<std::int64_t>());
    case 1:
      return "-12.5e3";
    case 2:
      return *rc::gen::element<std::string>("true", "false", "null");
    case 3:
      return boost::json::serialize(
          boost::json::value(*rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127))));
    case 4:
      return R"("\u00e9\ud83d\ude00€")";
    default:
      break;
  }
  std::string out;
  const int members = *rc::gen::inRange(0, 4);
  for (int i = 0; i < members; ++i) {
    if (i > 0) out += ", ";
    if (kind == 5) out += "\"k" + std::to_string(i) + "\" : ";
    out += some_json(depth - 1);
  }
  return kind == 5 ? "{" + out + "}" : "[" + out + "]";
}

RC_GTEST_PROP(ArrayStreamProperty, WhereTheTextIsCutDoesNotMatter, ()) {
  std::string text = "{\"before\": " + some_json(2) + ", \"tasks\": [";
  const int elements = *rc::gen::inRange(0, 5);
  for (int i = 0; i < elements; ++i) {
    text += (i > 0 ? ",\n" : "") + std::string("{\"value\":") + some_json(3) + "}";
  }
  text += "], \"after\": " + some_json(2) + "}";
  if (*rc::gen::arbitrary<bool>()) text.resize(*rc::gen::inRange<std::size_t>(0, text.size()));
  if (*rc::gen::inRange(0, 4) == 0) text += "]";

  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = *rc::gen::inRange<std::size_t>(1, 12);
    pieces.push_back(text.substr(at, length));
    at += length;
  }
  const Read cut = read_in(pieces);
  const Read whole = read_in({text});
  RC_ASSERT(cut.elements == whole.elements);
  RC_ASSERT(cut.error.empty() == whole.error.empty());
  RC_ASSERT(cut.finish.empty() == whole.finish.empty());
}

}  // namespace
}  // namespace baton
