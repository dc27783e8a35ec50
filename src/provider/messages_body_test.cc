#include <fmt/format.h>
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

constexpr const char* kMark = R"(,"cache_control":{"type":"ephemeral"})";

std::size_t marks_in(const std::string& body) {
  std::size_t count = 0;
  for (std::size_t at = body.find("cache_control"); at != body.npos;
       at = body.find("cache_control", at + 1)) {
    ++count;
  }
  return count;
}

TEST(MessagesBodyTest, ToolsComeFirstAndTurnsGoBackAsTheyCame) {
  const std::string answer =
      R"([{"type":"thinking","thinking":"","signature":"Eq=="},)"
      R"({"type":"tool_use","id":"toolu_1","name":"read","input":{"line": 7}}])";
  const Prompt prompt{
      .tools = R"([{"name":"read","input_schema":{"type":"object"}}])",
      .system = {{"Be brief.", false}},
      .user = {{"Go.", false}},
      .turns = {{answer, R"([{"type":"tool_result","tool_use_id":"toolu_1","content":"x"}])",
                 true}},
      .schema = "",
      .ttl = CacheTtl::k1Hour};
  EXPECT_EQ(messages_body(request_with(prompt)),
            R"({"model":"claude-haiku-4-5","max_tokens":1024,"stream":true,)"
            R"("tools":[{"name":"read","input_schema":{"type":"object"}}],)"
            R"("system":[{"type":"text","text":"Be brief."}],)"
            R"("messages":[{"role":"user","content":[{"type":"text","text":"Go."}]},)"
            R"({"role":"assistant","content":)" +
                answer +
                R"(},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1",)"
                R"("content":"x","cache_control":{"type":"ephemeral","ttl":"1h"}}]}]})");
}

TEST(MessagesBodyTest, ABatchItemAsksForNoStream) {
  const ModelRequest request =
      request_with({.tools = "", .system = {}, .user = {{"hi", false}}, .turns = {}, .schema = ""});
  EXPECT_EQ(messages_body(request, Delivery::kBatch),
            R"({"model":"claude-haiku-4-5","max_tokens":1024,)"
            R"("messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]})");
}

TEST(MessagesBodyTest, ATurnIsMarkedOnItsLastBlockThatCanCarryAMark) {
  const auto marked = [](const std::string& reply) {
    Prompt prompt;
    prompt.user = {{"Go.", false}};
    prompt.turns = {{R"([{"type":"text","text":"a"}])", reply, true}};
    const std::string body = messages_body(request_with(prompt));
    EXPECT_NO_THROW(boost::json::parse(body)) << body;
    const std::size_t begin = body.rfind(R"("user","content":)") + 17;
    return body.substr(begin, body.size() - begin - 3);
  };
  const std::string tail = std::string(kMark) + "}";
  EXPECT_EQ(marked(R"([{"type":"text","text":"x ]}\" {["},{"type":"text","text":""}])"),
            R"([{"type":"text","text":"x ]}\" {[")" + tail + R"(,{"type":"text","text":""}])");
  EXPECT_EQ(marked(R"([ {"type":"tool_result","content":[{"type":"text","text":"y"}] } ])"),
            R"([ {"type":"tool_result","content":[{"type":"text","text":"y"}] )" + tail + " ]");
  EXPECT_EQ(marked(R"([{"type":"text","text":""}])"), R"([{"type":"text","text":""}])");
}

TEST(MessagesBodyTest, OfTooManyMarksTheSharedEndAndTheLastTwoTurnsStay) {
  Prompt prompt;
  prompt.system = {{"s1", true}, {"s2", true}};
  prompt.user = {{"u1", true}, {"u2", true}};
  EXPECT_EQ(marks_in(messages_body(request_with(prompt))), 4u);
  for (int turn = 1; turn <= 3; ++turn) {
    prompt.turns.push_back({R"([{"type":"text","text":"a"}])",
                            fmt::format(R"([{{"type":"text","text":"r{}"}}])", turn), true});
  }
  const std::string body = messages_body(request_with(prompt));
  EXPECT_EQ(marks_in(body), 4u);
  for (const char* part : {"s1", "u2", "r2", "r3"}) {
    EXPECT_NE(body.find(fmt::format(R"("{}"{})", part, kMark)), body.npos) << part;
  }
}

TEST(MessagesBodyTest, MarksTheSharedPartDoesNotNeedGoToTurns) {
  Prompt prompt;
  prompt.user = {{"u1", true}};
  for (int turn = 0; turn < 5; ++turn) {
    prompt.turns.push_back(
        {R"([{"type":"text","text":"a"}])", R"([{"type":"text","text":"r"}])", true});
  }
  EXPECT_EQ(marks_in(messages_body(request_with(prompt))), 4u);
  prompt.user[0].cache_mark = false;
  EXPECT_EQ(marks_in(messages_body(request_with(prompt))), 4u);
}

// ---- what is shared ----

TEST(PrefixTest, SiblingsShareAKeyThatEveryChangeOfTheSharedPartBreaks) {
  ModelRequest request = request_with({.tools = R"([{"name":"t"}])",
                                       .system = {{"s", false}},
                                       .user = {{"shared", true}, {"own", false}},
                                       .turns = {}});
  const SharedPrefix prefix = prefix_of(request);
  EXPECT_FALSE(prefix.key.empty());
  EXPECT_GT(prefix.estimate, Tokens(0));

  ModelRequest sibling = request;
  sibling.prompt.user[1].text = "other";
  sibling.prompt.turns.push_back({"[{}]", R"([{"type":"text","text":"r"}])", true});
  sibling.max_output = Tokens(7);
  EXPECT_EQ(prefix_of(sibling), prefix);

  const auto changed = [&](auto change) {
    ModelRequest other = request;
    change(other);
    return prefix_of(other).key;
  };
  for (const std::string& key :
       {changed([](ModelRequest& r) { r.model = "claude-opus-4-7"; }),
        changed([](ModelRequest& r) { r.effort = "low"; }),
        changed([](ModelRequest& r) { r.prompt.schema = "{}"; }),
        changed([](ModelRequest& r) { r.prompt.tools = R"([{"name":"u"}])"; }),
        changed([](ModelRequest& r) { r.prompt.system[0].text = "S"; }),
        changed([](ModelRequest& r) { r.prompt.user[0].text = "Shared"; }),
        changed([](ModelRequest& r) {  // the same bytes on the other side of a border
          r.prompt.system[0].text = "ssha";
          r.prompt.user[0].text = "red";
        })}) {
    EXPECT_NE(key, prefix.key);
  }
}

TEST(PrefixTest, SiblingLoopsShareWhatStandsBeforeTheirOwnTasks) {
  const auto loop = [](const char* task, bool is_shared) {
    Prompt prompt;
    prompt.tools = "[{}]";
    prompt.user = {{"shared", is_shared}, {task, true}};
    prompt.own_mark = true;
    return prefix_of(request_with(prompt));
  };
  EXPECT_FALSE(loop("mine", true).key.empty());
  EXPECT_EQ(loop("mine", true), loop("yours", true));
  EXPECT_EQ(loop("mine", false), SharedPrefix{});
}

TEST(MessagesBodyTest, ALoopsOwnMarkTakesNoPlaceFromWhatIsShared) {
  Prompt prompt;
  prompt.system = {{"s1", true}, {"s2", true}};
  prompt.user = {{"u1", true}, {"own", true}};
  prompt.own_mark = true;
  prompt.turns = {{R"([{"type":"text","text":"a"}])", R"([{"type":"text","text":"r1"}])", true}};
  const std::string body = messages_body(request_with(prompt));
  EXPECT_EQ(marks_in(body), 4u);
  for (const char* kept : {"s1", "u1", "own", "r1"})
    EXPECT_NE(body.find(fmt::format(R"("text":"{}"{})", kept, kMark)), body.npos) << kept;
}

TEST(PrefixTest, WithoutASharedMarkThereIsNone) {
  Prompt prompt;
  prompt.user = {{"own", false}};
  prompt.turns = {{"[{}]", R"([{"type":"text","text":"r"}])", true}};
  EXPECT_EQ(prefix_of(request_with(prompt)), SharedPrefix{});
}

TEST(MessagesBodyTest, AnAnswerGoesBackAsItsBlocksOrItsText) {
  CallSettled answer;
  EXPECT_EQ(answer_blocks(answer), "[]");
  answer.text = "say \"hi\"";
  EXPECT_EQ(answer_blocks(answer), R"([{"type":"text","text":"say \"hi\""}])");
  answer.content = R"([{"type":"redacted_thinking","data":"x"}])";
  EXPECT_EQ(answer_blocks(answer), answer.content);
}

TEST(MessagesBodyTest, TheInputBoundIsNeverBelowTheBytesOfTheBody) {
  EXPECT_GE(input_bound(std::string(1000, 'x')), Tokens(1000));
}

}  // namespace
}  // namespace baton
