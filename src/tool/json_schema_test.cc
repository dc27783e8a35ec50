#include "tool/json_schema.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

constexpr std::string_view kSchema = R"({
  "type": "object",
  "properties": {
    "path": {"type": "string", "minLength": 1},
    "line": {"type": "integer", "minimum": 1},
    "kind": {"enum": ["bug", "style"]},
    "note": {"type": ["string", "null"]},
    "steps": {"type": "array", "minItems": 1, "items": {
      "type": "object", "properties": {"done": {"type": "boolean"}}, "required": ["done"],
      "additionalProperties": false}},
    "size": {"anyOf": [{"type": "number"}, {"const": "unknown"}]}
  },
  "required": ["path"],
  "additionalProperties": false})";

std::string problem(std::string_view value) {
  const Status checked = check_schema(value, kSchema, "");
  return checked ? "" : checked.error().message;
}

TEST(JsonSchemaTest, WhatFitsHasNoProblems) {
  EXPECT_EQ(problem(R"({"path":"a"})"), "");
  EXPECT_EQ(problem(R"({"path":"a","line":3.0,"kind":"bug","note":null,
                        "steps":[{"done":true}],"size":"unknown"})"),
            "");
  EXPECT_EQ(problem(R"({"path":"a","size":1.5})"), "");
}

TEST(JsonSchemaTest, AProblemNamesThePlaceAndWhatWasExpected) {
  EXPECT_EQ(problem("{}"), "path: missing; it is required");
  EXPECT_EQ(problem(R"({"path":7})"), "path: expected string, got 7");
  EXPECT_EQ(problem(R"({"path":""})"), "path: expected at least 1 bytes, got 0");
  EXPECT_EQ(problem(R"({"path":"a","line":0})"), "line: expected at least 1, got 0");
  EXPECT_EQ(problem(R"({"path":"a","line":1.5})"), "line: expected integer, got 1.5E0");
  EXPECT_EQ(problem(R"({"path":"a","kind":"x"})"),
            R"(kind: expected one of "bug", "style", got "x")");
  EXPECT_EQ(problem(R"({"path":"a","note":1})"), "note: expected string or null, got 1");
  EXPECT_EQ(problem(R"({"path":"a","steps":[{"done":true},{"done":"yes"}]})"),
            R"(steps[1].done: expected boolean, got "yes")");
  EXPECT_EQ(problem(R"({"path":"a","steps":[]})"), "steps: expected at least 1 elements, got 0");
  EXPECT_EQ(problem(R"({"path":"a","steps":[{"done":true,"x":1}]})"),
            "steps[0].x: unknown; what there is: done");
  EXPECT_EQ(
      problem(R"({"path":"a","size":"big"})"),
      R"(size: fits none of the forms it may have (of the first: size: expected number, got "big"))");
  EXPECT_EQ(problem("[]"), "the input: expected object, got []");
}

TEST(JsonSchemaTest, SeveralProblemsAreToldAtOnce) {
  EXPECT_EQ(problem(R"({"line":"x"})"),
            R"(path: missing; it is required; line: expected integer, got "x")");
}

TEST(JsonSchemaTest, WhatIsNoJsonIsRefusedHoweverDeepOrBroken) {
  EXPECT_EQ(problem("{").substr(0, 8), "not JSON");
  EXPECT_EQ(problem("").substr(0, 8), "not JSON");
  EXPECT_EQ(problem(std::string(100'000, '[')).substr(0, 8), "not JSON");
  EXPECT_EQ(problem(R"({"path":"a","line":1e400})").empty(), false);
}

}  // namespace
}  // namespace baton
