#include "mock_api/respond.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "mock_api/schema.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;

json::object asked(std::string fields, int tool_results = 0) {
  std::replace(fields.begin(), fields.end(), '\'', '"');
  json::object body = json::parse("{" + fields + "}").as_object();
  if (!body.contains("max_tokens")) body["max_tokens"] = 100'000;
  json::array messages{{{"role", "user"}, {"content", "Look at it."}}};
  for (int i = 0; i < tool_results; ++i) {
    const std::string id = fmt::format("t{}", i);
    messages.push_back(
        {{"role", "assistant"},
         {"content",
          json::array{
              {{"type", "tool_use"}, {"id", id}, {"name", "a"}, {"input", json::object()}}}}});
    messages.push_back({{"role", "user"},
                        {"content", json::array{{{"type", "tool_result"}, {"tool_use_id", id}}}}});
  }
  body["messages"] = messages;
  return body;
}

const std::string kTwoTools =
    "'tools': [{'name': 'read_file', 'input_schema': {'type': 'object', 'required': ['path'],"
    " 'properties': {'path': {'type': 'string'}}}},"
    " {'name': 'search', 'input_schema': {'type': 'object', 'required': ['limit'],"
    " 'properties': {'limit': {'type': 'integer', 'minimum': 5}}}},"
    " {'type': 'web_search_20260318', 'name': 'web_search'}]";

Response answer(const json::object& body, const Options& options = {},
                const ScriptedAnswer* scripted = nullptr,
                std::string_view model = "claude-haiku-4-5") {
  return respond({.body = body, .model = *find_model(model), .scripted = scripted, .seed = 5}, {},
                 options);
}

std::string said(const Response& response) {
  return response.said.tool_name.empty()
             ? response.said.stop_reason
             : response.said.stop_reason + " " + response.said.tool_name;
}

TEST(RespondTest, ALoopCallsAToolUntilItHasItsResultsAndThenAnswers) {
  const Options four{.tool_turns = 4};
  EXPECT_EQ(said(answer(asked(kTwoTools, 0), four)), "tool_use read_file");
  EXPECT_EQ(said(answer(asked(kTwoTools, 1), four)), "tool_use search");
  EXPECT_EQ(said(answer(asked(kTwoTools, 2), four)), "tool_use read_file");
  EXPECT_EQ(said(answer(asked(kTwoTools, 3), four)), "end_turn");
  EXPECT_EQ(said(answer(asked("", 0), four)), "end_turn") << "without tools there is no loop";
  EXPECT_EQ(said(answer(asked(kTwoTools, 0))), "end_turn") << "nor without being asked for";
}

TEST(RespondTest, ToolChoiceForcesForbidsOrNames) {
  const Options four{.tool_turns = 4};
  EXPECT_EQ(said(answer(asked(kTwoTools + ", 'tool_choice': {'type': 'none'}"), four)), "end_turn");
  EXPECT_EQ(said(answer(asked(kTwoTools + ", 'tool_choice': {'type': 'any'}"))),
            "tool_use read_file");
  EXPECT_EQ(said(answer(asked(kTwoTools + ", 'tool_choice': {'type': 'tool', 'name': 'search'}"))),
            "tool_use search");
}

TEST(RespondTest, ATurnMayMakeSeveralCallsUnlessThatIsForbidden) {
  const Options pairs{.tool_turns = 2, .tool_calls = 3};
  const Response response = answer(asked(kTwoTools), pairs);
  EXPECT_EQ(said(response), "tool_use read_file");
  ASSERT_EQ(response.said.more_calls.size(), 2u);
  EXPECT_EQ(response.said.more_calls[0].name, "search");
  EXPECT_EQ(response.said.more_calls[1].name, "read_file");
  EXPECT_EQ(said(answer(asked(kTwoTools, 1), pairs)), "end_turn");
  const std::string single =
      kTwoTools + ", 'tool_choice': {'type': 'auto', 'disable_parallel_tool_use': true}";
  EXPECT_TRUE(answer(asked(single), pairs).said.more_calls.empty());
}

TEST(RespondTest, ACallsInputFitsTheToolsSchema) {
  const json::object body = asked(kTwoTools, 1);
  const json::value& schema = body.at("tools").at(1).at("input_schema");
  const json::value input = json::parse(answer(body, {.tool_turns = 9}).said.text);
  EXPECT_TRUE(fits(schema, schema, input)) << input;
  EXPECT_GE(input.at("limit").as_int64(), 5);
}

TEST(RespondTest, AScriptMayLoopAndThenSpeak) {
  const ScriptedAnswer scripted{.text = "All read.", .tool_turns = 2};
  EXPECT_EQ(said(answer(asked(kTwoTools, 0), {}, &scripted)), "tool_use read_file");
  const Response last = answer(asked(kTwoTools, 1), {}, &scripted);
  EXPECT_EQ(said(last), "end_turn");
  EXPECT_EQ(last.said.text, "All read.");
}

TEST(RespondTest, AScriptedCallWithoutInputGetsOneThatFits) {
  const ScriptedAnswer scripted{.tool_name = "search"};
  const Response response = answer(asked(kTwoTools), {}, &scripted);
  EXPECT_EQ(said(response), "tool_use search");
  EXPECT_GE(json::parse(response.said.text).at("limit").as_int64(), 5);
}

TEST(RespondTest, AScriptMayMakeSeveralCallsInOneTurn) {
  const ScriptedAnswer scripted{
      .text = R"({"path":"a"})", .tool_name = "read_file", .more_calls = {{"search", "{}"}}};
  const Response response = answer(asked(kTwoTools), {}, &scripted);
  EXPECT_EQ(said(response), "tool_use read_file");
  ASSERT_EQ(response.said.more_calls.size(), 1u);
  EXPECT_EQ(response.said.more_calls[0].name, "search");
}

// For every model, tokenizer and kind of answer, to the token.
TEST(RespondTest, AnAnswerOfAGivenSizeCountsExactlyThatMany) {
  const std::string schema =
      "'output_config': {'format': {'type': 'json_schema', 'schema': {'type': 'object',"
      " 'properties': {'a': {'type': 'boolean'}}, 'required': ['a']}}}";
  for (const Model& model : all_models()) {
    for (const std::int64_t tokens : {20, 21, 22, 23, 999, 1'000, 20'000}) {
      for (const std::string& fields : {std::string(), schema, kTwoTools}) {
        SCOPED_TRACE(fmt::format("{} {} {}", model.id, tokens, fields));
        const Options options{.tool_turns = 2, .output_tokens = tokens};
        const Response response = answer(asked(fields), options, nullptr, model.id);
        EXPECT_EQ(response.head.usage.output, tokens);
        const auto text = static_cast<std::int64_t>(response.said.text.size());
        EXPECT_GE(text, tokens - response.head.usage.thinking) << "a token is a byte at least";
        if (!fields.empty()) json::parse(response.said.text);
      }
    }
  }
}

TEST(RespondTest, AScriptsSizeWinsOverTheOptionsAndMaxTokensOverBoth) {
  const ScriptedAnswer scripted{.output_tokens = 50};
  EXPECT_EQ(answer(asked(""), {.output_tokens = 90}, &scripted).head.usage.output, 50);
  const Response cut = answer(asked("'max_tokens': 40"), {.output_tokens = 90}, &scripted);
  EXPECT_EQ(cut.head.usage.output, 40);
  EXPECT_EQ(cut.said.stop_reason, "max_tokens");
}

TEST(RespondTest, WarmingTheCacheSaysNothingAndCostsNoOutput) {
  for (const std::string& fields :
       {std::string("'max_tokens': 0"), "'max_tokens': 0, " + kTwoTools}) {
    const Response response =
        answer(asked(fields), {.tool_turns = 3, .output_tokens = 10}, nullptr, "claude-opus-5-5");
    EXPECT_EQ(response.said.text, "");
    EXPECT_EQ(response.said.stop_reason, "max_tokens");
    EXPECT_EQ(response.head.usage, Usage{});
  }
}

}  // namespace
}  // namespace baton::mock_api
