#include "mock_api/schema_answer.h"

#include <boost/json.hpp>
#include <set>

#include "mock_api/schema.h"
#include "mock_api/validate.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;

json::value parsed(std::string text) {
  std::replace(text.begin(), text.end(), '\'', '"');
  return json::parse(text);
}

std::string closed(const std::string& properties, const std::string& required) {
  return "{'type': 'object', 'additionalProperties': false, 'properties': {" + properties +
         "}, 'required': [" + required + "]}";
}

json::value plan_schema() {
  const std::string file = closed(
      "'path': {'type': 'string'}, 'first_line': {'type': 'integer'},"
      " 'last_line': {'type': 'integer'}",
      "'path', 'first_line', 'last_line'");
  const std::string task = closed(
      "'id': {'type': 'string'}, 'type': {'type': 'string'}, 'title': {'type': 'string'},"
      " 'instructions': {'type': 'string'}, 'files': {'type': 'array', 'items': " +
          file +
          "}, 'acceptance': {'type': 'array', 'items': {'type': 'string'}},"
          " 'depends_on': {'type': 'array', 'items': {'type': 'string'}},"
          " 'clear_rubric': {'type': 'boolean'}",
      "'id', 'type', 'title', 'instructions', 'files', 'acceptance', 'depends_on', 'clear_rubric'");
  return parsed(closed("'tasks': {'type': 'array', 'items': " + task + "}", "'tasks'"));
}

json::value findings_schema() {
  const std::string finding = closed(
      "'file': {'type': 'string'}, 'line': {'type': 'integer'},"
      " 'severity': {'type': 'string', 'enum': ['info', 'low', 'medium', 'high', 'critical']},"
      " 'category': {'type': 'string'}, 'message': {'type': 'string'},"
      " 'suggestion': {'type': 'string'}, 'confidence': {'type': 'number'}",
      "'file', 'line', 'severity', 'category', 'message', 'suggestion', 'confidence'");
  return parsed(closed(
      "'summary': {'type': 'string'}, 'findings': {'type': 'array', 'items': " + finding + "}",
      "'summary', 'findings'"));
}

constexpr std::string_view kDiff =
    "--- a/src/a.cc\n+++ b/src/a.cc\n@@ -10,2 +10,4 @@\n one\n+two\n+three\n four\n"
    "--- a/lib/b.py\n+++ b/lib/b.py\n@@ -0,0 +1,1 @@\n+x = 1\n";
constexpr std::string_view kTypes =
    "- import_organization: order of imports\n- error_message_quality: what errors say\n"
    "- naming_convention_check: names\n";

std::string_view text_at(const json::value& object, const char* name) {
  return object.at(name).as_string();
}

TEST(SchemaAnswerTest, APlanSpreadsOverTheFilesAndTypesOfThePrompt) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    const json::value schema = plan_schema();
    ASSERT_EQ(refusal_of_schema(schema), std::nullopt);
    const json::value plan =
        answer_for(schema, {.question = kDiff, .background = kTypes}, {.seed = seed});
    ASSERT_TRUE(fits(schema, schema, plan));
    const json::array& tasks = plan.at("tasks").as_array();
    EXPECT_GE(tasks.size(), 4u);
    EXPECT_LE(tasks.size(), 12u);
    std::set<std::string_view> ids, types, paths;
    for (const json::value& task : tasks) {
      for (const json::value& needed : task.at("depends_on").as_array()) {
        EXPECT_TRUE(ids.contains(needed.as_string())) << "waits for a task that is not before it";
      }
      EXPECT_TRUE(ids.insert(text_at(task, "id")).second);
      types.insert(text_at(task, "type"));
      for (const json::value& file : task.at("files").as_array()) {
        paths.insert(text_at(file, "path"));
        const auto lines =
            std::pair(file.at("first_line").as_int64(), file.at("last_line").as_int64());
        const bool of_a = text_at(file, "path") == "src/a.cc";
        EXPECT_EQ(lines, of_a ? std::pair(std::int64_t{11}, std::int64_t{12})
                              : std::pair(std::int64_t{1}, std::int64_t{1}));
      }
    }
    EXPECT_EQ(types, (std::set<std::string_view>{"import_organization", "error_message_quality",
                                                 "naming_convention_check"}));
    EXPECT_EQ(paths, (std::set<std::string_view>{"src/a.cc", "lib/b.py"}));
  }
}

TEST(SchemaAnswerTest, AForcedPlanHasThatManyDistinctTasks) {
  const json::value plan = answer_for(plan_schema(), {.question = kDiff, .background = kTypes},
                                      {.seed = 1, .plan_tasks = 1'000});
  std::set<std::string_view> titles;
  for (const json::value& task : plan.at("tasks").as_array()) titles.insert(text_at(task, "title"));
  EXPECT_EQ(titles.size(), 1'000u);
}

TEST(SchemaAnswerTest, FindingsNameAddedLines) {
  const json::value schema = findings_schema();
  std::set<std::size_t> counts;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    const json::value answer = answer_for(schema, {.question = kDiff}, {.seed = seed});
    ASSERT_TRUE(fits(schema, schema, answer));
    counts.insert(answer.at("findings").as_array().size());
    for (const json::value& finding : answer.at("findings").as_array()) {
      const std::int64_t line = finding.at("line").as_int64();
      const bool added =
          text_at(finding, "file") == "src/a.cc" ? line == 11 || line == 12 : line == 1;
      EXPECT_TRUE(added) << json::serialize(finding);
    }
  }
  EXPECT_EQ(counts, (std::set<std::size_t>{0, 1, 2, 3}));
}

TEST(SchemaAnswerTest, FindingsListedInThePromptBecomeTheAnswers) {
  const std::string listed =
      R"([{"file":"src/a.cc","line":11,"severity":"high","category":"names","message":"Bad.",)"
      R"("suggestion":"Better.","confidence":0.5,"source":"t3"},)"
      R"({"file":"lib/b.py","line":1,"severity":"absurd","message":"Odd."}])";
  const json::value schema = findings_schema();
  const json::value answer = answer_for(schema, {.question = listed}, {.seed = 3});
  ASSERT_TRUE(fits(schema, schema, answer));
  const json::array& findings = answer.at("findings").as_array();
  ASSERT_EQ(findings.size(), 2u);
  json::object first = json::parse(listed).at(0).as_object();
  first.erase("source");
  EXPECT_EQ(findings[0], json::value(first));
  EXPECT_EQ(text_at(findings[1], "message"), "Odd.");
  EXPECT_NE(text_at(findings[1], "severity"), "absurd") << "not one of the enum";
}

TEST(SchemaAnswerTest, FindingsWithIdsAreRankedByThem) {
  const json::value schema = parsed(
      closed("'ranking': {'type': 'array', 'items': " +
                 closed("'id': {'type': 'string'}, 'same_as': {'type': 'array', 'items': {'type': "
                        "'string'}}, 'severity': {'type': 'string', 'enum': ['low', 'high']}",
                        "'id', 'same_as', 'severity'") +
                 "}, 'dismissed': {'type': 'array', 'items': " +
                 closed("'id': {'type': 'string'}", "'id'") + "}",
             "'ranking', 'dismissed'"));
  const std::string listed =
      R"({"id":"f1","file":"a.cc","line":1,"severity":"high","message":"One."}
{"id":"f2","file":"a.cc","line":2,"severity":"low","message":"Two."}
{"id":"f3","file":"a.cc","line":1,"severity":"low","message":"One."})";
  const json::value answer = answer_for(schema, {.question = listed}, {.seed = 1});
  EXPECT_EQ(json::serialize(answer),
            R"({"ranking":[{"id":"f1","same_as":["f3"],"severity":"high"},)"
            R"({"id":"f2","same_as":[],"severity":"low"}],"dismissed":[]})");
}

TEST(SchemaAnswerTest, TheSameRequestAndSeedGiveTheSameAnswer) {
  const auto ask = [](std::uint64_t seed) {
    return json::serialize(
        answer_for(plan_schema(), {.question = kDiff, .background = kTypes}, {.seed = seed}));
  };
  EXPECT_EQ(ask(5), ask(5));
  EXPECT_NE(ask(5), ask(6));
}

TEST(SchemaAnswerTest, EveryKindOfSchemaGetsAValidAnswer) {
  const std::string schemas[] = {
      "{'type': 'string', 'pattern': '^[a-z]{3}-[0-9]+$'}",
      "{'type': 'string', 'pattern': '^(yes|no)\\\\d{2,4}[^x]?$'}",
      "{'type': ['integer', 'null']}",
      "{'anyOf': [{'type': 'null'}, {'type': 'string'}]}",
      "{'type': 'array', 'minItems': 1, 'items': {'const': 7}}",
      "{'enum': [1, 'two', null]}",
      "{'$ref': '#/$defs/a', '$defs': {'a': {'type': 'boolean'}}}",
      "{'allOf': [" + closed("'x': {'type': 'number'}", "'x'") + "]}",
      closed("'when': {'type': 'string', 'format': 'date-time'},"
             " 'findings': {'type': 'array', 'minItems': 1, 'items': {'type': 'string'}}",
             "'findings'"),
      closed("", ""),
  };
  for (const std::string& text : schemas) {
    SCOPED_TRACE(text);
    const json::value schema = parsed(text);
    ASSERT_EQ(refusal_of_schema(schema), std::nullopt);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const json::value answer = answer_for(schema, {.question = "nothing here"}, {.seed = seed});
      EXPECT_TRUE(fits(schema, schema, answer)) << json::serialize(answer);
    }
  }
}

// What structured output refuses, tools may have.
TEST(SchemaAnswerTest, BoundsOfAToolsInputAreKept) {
  const json::value schema = parsed(
      "{'type': 'object', 'properties': {"
      "'many': {'type': 'integer', 'minimum': 1000, 'maximum': 1001},"
      "'few': {'type': 'integer', 'exclusiveMaximum': 1, 'minimum': 0},"
      "'part': {'type': 'number', 'maximum': 0.25},"
      "'code': {'type': 'string', 'minLength': 3, 'maxLength': 5},"
      "'either': {'oneOf': [{'type': 'null'}, {'type': 'string'}]},"
      "'three': {'type': 'array', 'minItems': 3, 'items': {'type': 'boolean'}}}}");
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const json::value answer = answer_for(schema, {}, {.seed = seed});
    EXPECT_GE(answer.at("many").as_int64(), 1'000);
    EXPECT_LE(answer.at("many").as_int64(), 1'001);
    EXPECT_EQ(answer.at("few").as_int64(), 0);
    EXPECT_LE(answer.at("part").as_double(), 0.25);
    EXPECT_LE(answer.at("code").as_string().size(), 5u);
    EXPECT_GE(answer.at("code").as_string().size(), 3u);
    EXPECT_TRUE(answer.at("either").is_null());
    EXPECT_EQ(answer.at("three").as_array().size(), 3u);
  }
}

TEST(SchemaAnswerTest, ASchemaThatNeverEndsIsCutOff) {
  const json::value schema = parsed(
      "{'$defs': {'node': {'type': 'object', 'required': ['next'],"
      " 'properties': {'next': {'$ref': '#/$defs/node'}}}}, '$ref': '#/$defs/node'}");
  EXPECT_TRUE(answer_for(schema, {}, {}).is_object());
  EXPECT_TRUE(answer_for(parsed("{'$ref': '#'}"), {}, {}).is_null());
}

}  // namespace
}  // namespace baton::mock_api
