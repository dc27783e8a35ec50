#include "base/json_fields.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

boost::json::object object_of(std::string_view text) {
  const Result<boost::json::object> object = parse_object(text, "the test's object");
  EXPECT_TRUE(object.ok()) << object.error().message;
  return *object;
}

TEST(JsonFieldsTest, AFieldOfItsTypeIsRead) {
  const boost::json::object object = object_of(
      R"({"text": "hi", "integer": -7, "bool": false, "object": {"in": "side"}, "array": [1, 2]})");
  EXPECT_EQ(text_at(object, "text"), "hi");
  EXPECT_EQ(integer_at(object, "integer"), -7);
  EXPECT_EQ(bool_at(object, "bool"), false);
  EXPECT_EQ(text_at(object_at(object, "object"), "in"), "side");
  EXPECT_EQ(array_at(object, "array")->size(), 2u);
}

TEST(JsonFieldsTest, AFieldThatIsAbsentNullOrOfAnotherTypeReadsAsNothing) {
  for (const char* text : {"{}", R"({"a": null})", R"({"a": 1.5})"}) {
    SCOPED_TRACE(text);
    const boost::json::object object = object_of(text);
    EXPECT_EQ(text_at(object, "a"), "");
    EXPECT_EQ(integer_at(object, "a"), std::nullopt);
    EXPECT_EQ(bool_at(object, "a"), std::nullopt);
    EXPECT_EQ(object_at(object, "a"), nullptr);
    EXPECT_EQ(array_at(object, "a"), nullptr);
    EXPECT_THAT(texts_at(object, "a"), IsEmpty());
    each_object_at(object, "a", [](const boost::json::object&) { ADD_FAILURE(); });
  }
  EXPECT_EQ(value_at(object_of(R"({"a": null})"), "a"), nullptr);
}

TEST(JsonFieldsTest, WhatIsNoObjectHasNoFields) {
  const boost::json::value number = 5;
  EXPECT_EQ(text_at(number, "a"), "");
  EXPECT_EQ(text_at(static_cast<const boost::json::value*>(nullptr), "a"), "");
  EXPECT_EQ(text_at(object_at(object_of(R"({"a": [1]})"), "a"), "b"), "");
}

TEST(JsonFieldsTest, AWholeNumberMayBeWrittenWithAFractionOfZero) {
  const boost::json::object object = object_of(
      R"({"plain": 3.0, "power": 2e3, "half": 2.5, "huge": 1e300, "unsigned": 18446744073709551615,
          "least": -9223372036854775808})");
  EXPECT_EQ(integer_at(object, "plain"), 3);
  EXPECT_EQ(integer_at(object, "power"), 2000);
  EXPECT_EQ(integer_at(object, "half"), std::nullopt);
  EXPECT_EQ(integer_at(object, "huge"), std::nullopt);
  EXPECT_EQ(integer_at(object, "unsigned"), std::nullopt);
  EXPECT_EQ(integer_at(object, "least"), std::numeric_limits<std::int64_t>::min());
}

TEST(JsonFieldsTest, ElementsOfAnotherTypeArePassedOver) {
  const boost::json::object object = object_of(R"({"mixed": ["a", 1, {"n": 1}, null, "b", {}]})");
  EXPECT_THAT(texts_at(object, "mixed"), ElementsAre("a", "b"));
  std::vector<std::size_t> sizes;
  each_object_at(object, "mixed", [&](const boost::json::object& o) { sizes.push_back(o.size()); });
  EXPECT_THAT(sizes, ElementsAre(1, 0));
}

TEST(JsonFieldsTest, WhatIsNotOneObjectIsAnErrorThatNamesWhatItIs) {
  for (const char* text : {"", "{", "{}{}", "{\"a\":\"\xFF\"}", "no"}) {
    const auto object = parse_object(text, "the answer");
    ASSERT_FALSE(object.ok()) << text;
    EXPECT_EQ(object.error().kind, ErrorKind::kInput);
    EXPECT_THAT(object.error().message, HasSubstr("the answer is not JSON: "));
  }
  EXPECT_EQ(parse_object("[]", "the answer").error().message, "the answer is not a JSON object");
  // So deep that reading it could overflow the stack.
  EXPECT_FALSE(parse_object("{\"a\":" + std::string(100'000, '['), "the answer").ok());
}

}  // namespace
}  // namespace baton
