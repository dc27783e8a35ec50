#include "mock_api/validate.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "mock_api/message_format.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

// Single quotes stand for double ones.
json::object body_of(std::string text) {
  std::replace(text.begin(), text.end(), '\'', '"');
  return json::parse(text).as_object();
}

// The smallest request that passes, with `fields` laid over it.
json::object request(const std::string& fields) {
  json::object body = body_of(
      "{'model': 'claude-opus-4-7', 'max_tokens': 100,"
      " 'messages': [{'role': 'user', 'content': 'hello'}]}");
  for (auto& [name, value] : body_of("{" + fields + "}")) body.insert_or_assign(name, value);
  return body;
}

std::string answer_to(const json::object& body, std::string_view version = "2023-06-01") {
  const std::optional<ApiError> error = refusal(body, Endpoint::kMessages, version);
  return error ? fmt::format("{} {}", error->status, error->message) : "ok";
}
std::string answer_to(const std::string& fields, std::string_view version = "2023-06-01") {
  return answer_to(request(fields), version);
}

TEST(ValidateTest, TheSmallestRequestPasses) {
  EXPECT_EQ(answer_to(""), "ok");
}

TEST(ValidateTest, RequiredFieldsAreNamed) {
  for (const char* field : {"model", "max_tokens", "messages"}) {
    json::object body = request("");
    body.erase(field);
    EXPECT_EQ(answer_to(body), fmt::format("400 {}: Field required", field));
  }
}

TEST(ValidateTest, UnknownModelsAreNotFoundAndUnknownFieldsRefused) {
  EXPECT_EQ(answer_to("'model': 'claude-opus-4-7-20250415'"),
            "404 model: claude-opus-4-7-20250415");
  EXPECT_EQ(answer_to("'max_token': 5"), "400 max_token: Extra inputs are not permitted");
}

TEST(ValidateTest, MaxTokensMayNotPassTheModelsMaximum) {
  EXPECT_EQ(answer_to("'max_tokens': 128000"), "ok");
  EXPECT_THAT(answer_to("'max_tokens': 128001"), HasSubstr("128001 > 128000"));
  EXPECT_THAT(answer_to("'model': 'claude-haiku-4-5', 'max_tokens': 64001"), HasSubstr("64000"));
}

TEST(ValidateTest, SamplingFieldsDependOnVersionAndModel) {
  const std::string old_model = "'model': 'claude-sonnet-4-6', 'temperature': 0.5";
  EXPECT_EQ(answer_to(old_model), "ok");
  EXPECT_THAT(answer_to(old_model, "2026-10-21"), HasSubstr("temperature"));
  EXPECT_THAT(answer_to("'temperature': 0.5"), HasSubstr("temperature"));
  EXPECT_EQ(answer_to("'temperature': 1.0"), "ok");
  EXPECT_THAT(answer_to("'top_k': 5"), HasSubstr("top_k"));
  EXPECT_THAT(answer_to("'top_p': 0.5"), HasSubstr("top_p"));
}

TEST(ValidateTest, ThinkingModesAreTheModelsOwn) {
  struct Case {
    const char* model;
    const char* thinking;
    bool taken;
  };
  const Case cases[] = {
      {"claude-opus-4-7", "'adaptive'", true},
      {"claude-opus-4-7", "'enabled', 'budget_tokens': 1024", false},
      {"claude-haiku-4-5", "'enabled', 'budget_tokens': 1024", true},
      {"claude-haiku-4-5", "'enabled', 'budget_tokens': 1023", false},
      {"claude-haiku-4-5", "'enabled', 'budget_tokens': 4096", false},  // max_tokens
      {"claude-haiku-4-5", "'adaptive'", false},
      {"claude-opus-5-5", "'disabled'", false},
      {"claude-opus-5", "'disabled'", true},
      {"claude-sonnet-5-5", "'between_tools'", true},
      {"claude-sonnet-5-5", "'disabled'", false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(fmt::format("{} {}", c.model, c.thinking));
    const std::string fields = fmt::format(
        "'model': '{}', 'max_tokens': 4096, 'thinking': {{'type': {}}}", c.model, c.thinking);
    EXPECT_EQ(answer_to(fields) == "ok", c.taken) << answer_to(fields);
  }
}

TEST(ValidateTest, NewerModelsEndWithAUserMessage) {
  const std::string prefill =
      ", 'messages': [{'role': 'user', 'content': 'a'}, {'role': 'assistant', 'content': 'b'}]";
  EXPECT_THAT(answer_to("'model': 'claude-sonnet-4-6'" + prefill), HasSubstr("prefill"));
  EXPECT_EQ(answer_to("'model': 'claude-haiku-4-5'" + prefill), "ok");
}

// A conversation in which the assistant called t1; `rest` is what comes after.
std::string after_call(const std::string& rest) {
  return answer_to(
      "'tools': [{'name': 'n', 'input_schema': {'type': 'object'}}],"
      " 'messages': [{'role': 'user', 'content': 'a'},"
      " {'role': 'assistant', 'content': [{'type': 'tool_use', 'id': 't1', 'name': 'n', 'input': "
      "{}}]}" +
      rest + "]");
}
std::string with_results(const std::string& results) {
  return after_call(", {'role': 'user', 'content': [" + results + "]}");
}

TEST(ValidateTest, EachToolCallHasOneResultAtTheStartOfTheNextMessage) {
  const std::string result = "{'type': 'tool_result', 'tool_use_id': 't1'}";
  const std::string other = "{'type': 'tool_result', 'tool_use_id': 't2'}";
  const std::string text = "{'type': 'text', 'text': 'x'}";
  EXPECT_EQ(with_results(result), "ok");
  EXPECT_EQ(with_results(result + "," + text), "ok");
  EXPECT_THAT(with_results(text), HasSubstr("without `tool_result`"));
  EXPECT_THAT(with_results(text + "," + result), HasSubstr("must come before"));
  EXPECT_THAT(with_results(result + "," + result), HasSubstr("single result"));
  EXPECT_THAT(with_results(result + "," + other), HasSubstr("unexpected `tool_use_id`"));
}

TEST(ValidateTest, ACallWithoutAResultIsToldInTheWordsOfTheApi) {
  const std::string told =
      "400 messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: "
      "t1. Each `tool_use` block must have a corresponding `tool_result` block in the next "
      "message.";
  EXPECT_EQ(after_call(""), told);
  EXPECT_EQ(after_call(", {'role': 'user', 'content': 'well?'}"), told);
  EXPECT_EQ(after_call(", {'role': 'user', 'content': 'well?'},"
                       " {'role': 'assistant', 'content': 'b'}, {'role': 'user', 'content': 'c'}"),
            told);
}

TEST(ValidateTest, NeighboursOfOneRoleAreOneTurn) {
  const std::string result = "{'type': 'tool_result', 'tool_use_id': 't1'}";
  const std::string second =
      ", {'role': 'assistant', 'content': [{'type': 'tool_use', 'id': 't2', 'name': 'n', 'input': "
      "{}}]}";
  const std::string both = second + ", {'role': 'user', 'content': [" + result +
                           "]}, {'role': 'user', 'content': [{'type': 'tool_result',"
                           " 'tool_use_id': 't2'}]}";
  EXPECT_EQ(after_call(both), "ok");
  EXPECT_THAT(after_call(second + ", {'role': 'user', 'content': [" + result + "]}"),
              HasSubstr("immediately after: t2."));
}

TEST(ValidateTest, AConversationWithCallsNamesItsTools) {
  const std::string called =
      "'messages': [{'role': 'user', 'content': 'a'}, {'role': 'assistant', 'content':"
      " [{'type': 'tool_use', 'id': 't1', 'name': 'n', 'input': {}}]}, {'role': 'user',"
      " 'content': [{'type': 'tool_result', 'tool_use_id': 't1'}]}]";
  EXPECT_THAT(answer_to(called), HasSubstr("must define tools"));
}

TEST(ValidateTest, AThinkingBlockComesBackWithItsOwnSignature) {
  const auto thought = [](const std::string& signature) {
    return answer_to(
        "'messages': [{'role': 'user', 'content': 'a'}, {'role': 'assistant', 'content':"
        " [{'type': 'thinking', 'thinking': '', 'signature': '" +
        signature + "'}]}, {'role': 'user', 'content': 'b'}]");
  };
  EXPECT_EQ(thought(std::string(kSignature)), "ok");
  EXPECT_EQ(thought("forged"), "400 messages.1.content.0: Invalid `signature` in `thinking` block");
}

std::string marked(const std::vector<std::string>& marks, const std::string& more = "") {
  std::string blocks;
  for (const std::string& mark : marks) {
    if (!blocks.empty()) blocks += ',';
    blocks +=
        "{'type': 'text', 'text': 'x'" + (mark.empty() ? "" : ", 'cache_control': " + mark) + "}";
  }
  return answer_to("'messages': [{'role': 'user', 'content': [" + blocks + "]}]" + more);
}

TEST(ValidateTest, AtMostFourCacheMarksAndHoursBeforeMinutes) {
  const std::string minutes = "{'type': 'ephemeral'}";
  const std::string hour = "{'type': 'ephemeral', 'ttl': '1h'}";
  const std::string automatic = ", 'cache_control': {'type': 'ephemeral'}";
  EXPECT_EQ(marked({minutes, minutes, minutes, minutes}), "ok");
  EXPECT_THAT(marked({minutes, minutes, minutes, minutes, minutes}), HasSubstr("Found 5"));
  EXPECT_EQ(marked({hour, minutes}), "ok");
  EXPECT_THAT(marked({minutes, hour}), HasSubstr("ttl='1h'"));
  EXPECT_EQ(marked({minutes, minutes, minutes, minutes}, automatic), "ok");  // the same twice
  EXPECT_THAT(marked({minutes, minutes, minutes, minutes, ""}, automatic), HasSubstr("Found 5"));
  EXPECT_THAT(marked({hour}, automatic), HasSubstr("different ttl"));
  EXPECT_THAT(marked({"{'type': 'ephemeral', 'ttl': '2h'}"}), HasSubstr("ttl"));
}

TEST(ValidateTest, AWarmUpGoesWithNothingThatNeedsAnAnswer) {
  EXPECT_EQ(answer_to("'max_tokens': 0"), "ok");
  EXPECT_THAT(answer_to("'max_tokens': 0, 'stream': true"), HasSubstr("stream"));
}

TEST(ValidateTest, ForcedToolsAreRefusedWhereTheModelDoesNotTakeThem) {
  const std::string forced =
      ", 'tools': [{'name': 'n', 'input_schema': {'type': 'object'}}],"
      " 'tool_choice': {'type': 'any'}";
  EXPECT_EQ(answer_to("'model': 'claude-opus-4-7'" + forced), "ok");
  EXPECT_THAT(answer_to("'model': 'claude-opus-5-5'" + forced), HasSubstr("tool_choice.any"));
}

std::string schema_answer(const std::string& schema) {
  return answer_to("'output_config': {'format': {'type': 'json_schema', 'schema': " + schema +
                   "}}");
}

TEST(ValidateTest, SchemasAreCheckedAsTheGrammarCompilerDoes) {
  const std::string closed = "'additionalProperties': false";
  EXPECT_EQ(
      schema_answer("{'type': 'object', 'properties': {'a': {'type': 'string'}}, " + closed + "}"),
      "ok");
  EXPECT_THAT(schema_answer("{'type': 'object', 'properties': {}}"),
              HasSubstr("additionalProperties"));
  EXPECT_THAT(schema_answer("{'type': 'integer', 'minimum': 1}"), HasSubstr("minimum"));
  EXPECT_THAT(schema_answer("{'type': 'array', 'items': {'type': 'string', 'maxLength': 3}}"),
              HasSubstr("maxLength"));
  EXPECT_THAT(schema_answer("{'type': 'array', 'minItems': 2, 'items': {'type': 'string'}}"),
              HasSubstr("minItems"));
  EXPECT_THAT(schema_answer("{'$ref': 'https://example.com/schema'}"), HasSubstr("$ref"));
  EXPECT_THAT(
      schema_answer("{'type': 'object', " + closed + ", 'properties': {'next': {'$ref': '#'}}}"),
      HasSubstr("Recursive"));
}

// Twenty definitions that each use the next one twice unfold to a million schemas.
TEST(ValidateTest, ASchemaThatUnfoldsWithoutEndIsRefusedQuickly) {
  std::string definitions;
  for (int i = 0; i < 20; ++i) {
    definitions += fmt::format(
        "'d{0}': {{'anyOf': [{{'$ref': '#/$defs/d{1}'}}, {{'$ref': '#/$defs/d{1}'}}]}},", i, i + 1);
  }
  EXPECT_THAT(schema_answer("{'$defs': {" + definitions +
                            "'d20': {'type': 'string'}}, '$ref': '#/$defs/d0'}"),
              HasSubstr("too complex"));
}

TEST(ValidateTest, APromptAboveTheWindowIsTooLong) {
  const Model& haiku = *find_model("claude-haiku-4-5");
  EXPECT_EQ(too_long(haiku, 200'000), std::nullopt);
  EXPECT_THAT(too_long(haiku, 200'001)->message, HasSubstr("200001 tokens > 200000 maximum"));
}

}  // namespace
}  // namespace baton::mock_api
