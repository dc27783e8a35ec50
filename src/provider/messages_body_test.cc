#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "provider/messages.h"

namespace baton {
namespace {

ModelRequest request_with(Prompt prompt) {
  return {.model = "claude-haiku-4-5",
          .max_output = Tokens(1024),
          .prompt = std::move(prompt),
          .effort = ""};
}

TEST(MessagesBodyTest, KeysStandInOneOrderAndMarksWhereTheyWereSet) {
  ModelRequest request = request_with({.system = {{"Be brief.", true}},
                                       .user = {{"shared", true}, {"own", false}},
                                       .schema = R"({"type":"object"})"});
  request.effort = "low";
  EXPECT_EQ(
      messages_body(request),
      R"({"model":"claude-haiku-4-5","max_tokens":1024,"stream":true,)"
      R"("system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],)"
      R"("messages":[{"role":"user","content":[)"
      R"({"type":"text","text":"shared","cache_control":{"type":"ephemeral"}},)"
      R"({"type":"text","text":"own"}]}],)"
      R"("output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}}})");
}

TEST(MessagesBodyTest, WhatWasNotAskedForIsNotSent) {
  EXPECT_EQ(messages_body(request_with({.system = {}, .user = {{"hi", false}}, .schema = ""})),
            R"({"model":"claude-haiku-4-5","max_tokens":1024,"stream":true,)"
            R"("messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]})");
}

TEST(MessagesBodyTest, AnEmptyBlockIsLeftOutAndItsMarkMovesToTheBlockBefore) {
  const Prompt with_empty{
      .system = {{"", false}}, .user = {{"a", false}, {"", true}}, .schema = ""};
  const Prompt without{.system = {}, .user = {{"a", true}}, .schema = ""};
  EXPECT_EQ(messages_body(request_with(with_empty)), messages_body(request_with(without)));
}

TEST(MessagesBodyTest, EveryByteOfTextComesThroughJsonUnchanged) {
  std::string text = "é€😀 \"quoted\" back\\slash ";
  for (char c = 0; c < 0x20; ++c) text += c;
  text += '\x7F';
  const std::string body =
      messages_body(request_with({.system = {}, .user = {{text, false}}, .schema = ""}));
  const boost::json::value parsed = boost::json::parse(body);
  EXPECT_EQ(parsed.at_pointer("/messages/0/content/0/text").as_string(), text);
}

TEST(MessagesBodyTest, TextThatIsNotUtf8IsMadeSo) {
  const std::string body =
      messages_body(request_with({.system = {}, .user = {{"a\xFFz", false}}, .schema = ""}));
  EXPECT_NE(body.find("a\xEF\xBF\xBDz"), body.npos);
}

TEST(MessagesBodyTest, TheInputBoundIsNeverBelowTheBytesOfTheBody) {
  EXPECT_GE(input_bound(std::string(1000, 'x')), Tokens(1000));
}

}  // namespace
}  // namespace baton
