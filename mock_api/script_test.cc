#include "mock_api/script.h"

namespace baton::mock_api {
namespace {

Script script_of(std::string text) {
  std::replace(text.begin(), text.end(), '\'', '"');
  Result<Script> script = Script::parse(text);
  EXPECT_TRUE(script) << (script ? "" : script.error().message);
  return script ? std::move(*script) : Script();
}

std::string complaint(std::string text) {
  std::replace(text.begin(), text.end(), '\'', '"');
  const Result<Script> script = Script::parse(text);
  return script ? "none" : script.error().message;
}

std::string text_for(Script& script, const ScriptQuery& query) {
  const ScriptedAnswer* answer = script.next(query);
  return answer == nullptr ? "silent" : answer->text.value_or("no text");
}

TEST(ScriptTest, TheFirstRuleThatMatchesWithUsesLeftAnswers) {
  Script script = script_of(
      "{'rules': ["
      "{'match': {'contains': 'disk'}, 'times': 1, 'answer': {'text': 'once'}},"
      "{'match': {'regex': 'di[a-z]k', 'model': 'm1'}, 'answer': {'text': 'regex'}},"
      "{'match': {'request': 9, 'stream': true}, 'answer': {'json': {'a': 1}}}]}");
  EXPECT_EQ(text_for(script, {.model = "m1", .prompt = "the disk"}), "once");
  EXPECT_EQ(text_for(script, {.model = "m1", .prompt = "the disk"}), "regex");
  EXPECT_EQ(text_for(script, {.model = "m2", .prompt = "the disk"}), "silent");
  EXPECT_EQ(text_for(script, {.request = 9, .streamed = true}), R"({"a":1})");
  EXPECT_EQ(text_for(script, {.request = 9}), "silent");
}

TEST(ScriptTest, AnArrayOfToolUsesIsOneTurn) {
  Script script = script_of(
      "{'rules': [{'answer': {'tool_use': [{'name': 'read', 'input': {'path': 'a'}}, "
      "{'name': 'list', 'input': {}}, {'name': 'glob'}]}}]}");
  const ScriptedAnswer* answer = script.next({});
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->tool_name, "read");
  EXPECT_EQ(answer->text, R"({"path":"a"})");
  ASSERT_EQ(answer->more_calls.size(), 2u);
  EXPECT_EQ(answer->more_calls[0].name, "list");
  EXPECT_EQ(answer->more_calls[1].input, "{}");
}

TEST(ScriptTest, AnErrorTakesTheTypeOfItsStatusUnlessItNamesAnother) {
  Script script = script_of(
      "{'rules': [{'answer': {'status': 429, 'retry_after': 3,"
      " 'error': {'message': 'slow down', 'code': 'ramp_limit_exceeded'}}}]}");
  EXPECT_EQ(script.next({})->error, (ApiError{.status = 429,
                                              .type = "rate_limit_error",
                                              .message = "slow down",
                                              .code = "ramp_limit_exceeded",
                                              .retry_after = 3}));
}

TEST(ScriptTest, AScriptThatMeansNothingIsRefusedWithTheRule) {
  EXPECT_EQ(complaint("[]"), "script: expected an object with an array 'rules'");
  EXPECT_EQ(complaint("{'rules': [{}]}"), "script: rules[0]: needs an 'answer'");
  EXPECT_EQ(complaint("{'rules': [{'answer': {'txt': 'x'}}]}"),
            "script: rules[0]: unknown field 'txt'");
  EXPECT_EQ(complaint("{'rules': [{'answer': {'status': 204}}]}"),
            "script: rules[0]: status 204 is no error status");
}

}  // namespace
}  // namespace baton::mock_api
