#include "mock_api/prompt_cache.h"

#include <boost/json.hpp>

namespace baton::mock_api {
namespace {

namespace json = boost::json;

// Blocks of 1,000 tokens each, in the older tokenizer.
constexpr std::size_t kBlock = 4'000;
const Instant kNoon = Instant::from_unix_ms(1'800'000'000'000);
const Model& haiku() {
  return *find_model("claude-haiku-4-5");
}  // caches from 4,096 tokens

struct Block {
  char letter = 'a';
  const char* ttl = nullptr;  // null: no mark
};

json::object request_of(const std::vector<Block>& blocks, json::object more = {}) {
  json::array content;
  for (const Block& block : blocks) {
    json::object text{{"type", "text"}, {"text", std::string(kBlock, block.letter)}};
    if (block.ttl != nullptr) {
      text["cache_control"] = {{"type", "ephemeral"}, {"ttl", block.ttl}};
    }
    content.push_back(text);
  }
  more["model"] = haiku().id;
  more["messages"] = {{{"role", "user"}, {"content", content}}};
  return more;
}

// "aaaaB5": letters are blocks, a digit marks the block before it: 5 for 5m, 1 for 1h.
std::vector<Block> blocks(std::string_view picture) {
  std::vector<Block> list;
  for (const char c : picture) {
    if (c == '5' || c == '1') {
      list.back().ttl = c == '5' ? "5m" : "1h";
    } else {
      list.push_back({.letter = c});
    }
  }
  return list;
}

class PromptCacheTest : public testing::Test {
 protected:
  PromptCache::Plan look_up(const json::object& body, Instant at) {
    return cache_.look_up(lay_out(body, haiku(), ""), haiku(), at);
  }
  // A request whose response has begun.
  Usage call(std::string_view picture, Instant at = kNoon, json::object more = {}) {
    const PromptCache::Plan plan = look_up(request_of(blocks(picture), std::move(more)), at);
    cache_.accepted(plan, at);
    cache_.response_began(plan, at);
    return plan.usage;
  }
  PromptCache cache_;
};

TEST_F(PromptCacheTest, WithoutAMarkNothingIsWrittenOrRead) {
  EXPECT_EQ(call("abcdef"), (Usage{.input = 6'000}));
  EXPECT_EQ(call("abcdef"), (Usage{.input = 6'000}));
}

TEST_F(PromptCacheTest, AMarkedPrefixIsWrittenOnceAndThenRead) {
  EXPECT_EQ(call("abcde5x"), (Usage{.input = 1'000, .write_5m = 5'000}));
  EXPECT_EQ(call("abcde5y"), (Usage{.input = 1'000, .read = 5'000}));
}

TEST_F(PromptCacheTest, APrefixBelowTheMinimumIsSilentlyNotCached) {
  EXPECT_EQ(call("abcd5x"), (Usage{.input = 5'000}));
  EXPECT_EQ(call("abcd5x"), (Usage{.input = 5'000}));
}

TEST_F(PromptCacheTest, AnythingChangedBeforeTheMarkLosesTheEntry) {
  call("abcde5");
  EXPECT_EQ(call("Xbcde5"), (Usage{.write_5m = 5'000}));
}

TEST_F(PromptCacheTest, AnEntryIsReadableOnlyOnceItsResponseHasBegun) {
  const PromptCache::Plan first = look_up(request_of(blocks("abcde5")), kNoon);
  EXPECT_EQ(look_up(request_of(blocks("abcde5")), kNoon).usage, (Usage{.write_5m = 5'000}));
  cache_.response_began(first, kNoon);
  EXPECT_EQ(look_up(request_of(blocks("abcde5")), kNoon).usage, (Usage{.read = 5'000}));
}

TEST_F(PromptCacheTest, ALaterMarkFindsAnEarlierEntryAndWritesTheRest) {
  call("abcde5");
  EXPECT_EQ(call("abcdefg5"), (Usage{.write_5m = 2'000, .read = 5'000}));
}

TEST_F(PromptCacheTest, TheLookBackEndsAfterTwentyPositions) {
  call("abcde5");
  const std::string nineteen(19, 'x');
  EXPECT_EQ(call("abcde" + nineteen + "5"), (Usage{.write_5m = 19'000, .read = 5'000}));
  const std::string twenty(20, 'y');
  EXPECT_EQ(call("abcde" + twenty + "5"), (Usage{.write_5m = 25'000}));
}

TEST_F(PromptCacheTest, AnEntryLivesFiveMinutesFromTheStartOfItsLastRead) {
  call("abcde5");
  const Instant later = kNoon + Millis::seconds(299);
  EXPECT_EQ(call("abcde5", later), (Usage{.read = 5'000}));
  EXPECT_EQ(call("abcde5", later + Millis::seconds(299)), (Usage{.read = 5'000}));
  EXPECT_EQ(call("abcde5", later + Millis::seconds(599)), (Usage{.write_5m = 5'000}));
}

TEST_F(PromptCacheTest, AnHourMarkLivesAnHourAndIsBilledApart) {
  EXPECT_EQ(call("abcde1fgh5x"), (Usage{.input = 1'000, .write_5m = 3'000, .write_1h = 5'000}));
  EXPECT_EQ(call("abcde1fgh5x", kNoon + Millis::seconds(3'000)),
            (Usage{.input = 1'000, .write_5m = 3'000, .read = 5'000}));
}

TEST_F(PromptCacheTest, AnAutomaticMarkSitsOnTheLastBlock) {
  const json::object automatic{{"cache_control", {{"type", "ephemeral"}}}};
  EXPECT_EQ(call("abcde", kNoon, automatic), (Usage{.write_5m = 5'000}));
  EXPECT_EQ(call("abcdef", kNoon, automatic), (Usage{.write_5m = 1'000, .read = 5'000}));
}

TEST_F(PromptCacheTest, EffortLosesMessagesUnlessItIsTheDefault) {
  call("abcde5");
  EXPECT_EQ(call("abcde5", kNoon, {{"output_config", {{"effort", "high"}}}}),
            (Usage{.read = 5'000}));
  EXPECT_EQ(call("abcde5", kNoon, {{"output_config", {{"effort", "low"}}}}),
            (Usage{.write_5m = 5'000}));
}

TEST_F(PromptCacheTest, ToolChoiceLosesMessagesAndKeepsTheSystemPrompt) {
  const auto with_system = [](json::object more) {
    more["system"] = json::array{{{"type", "text"},
                                  {"text", std::string(5 * kBlock, 's')},
                                  {"cache_control", {{"type", "ephemeral"}}}}};
    return more;
  };
  EXPECT_EQ(call("a5", kNoon, with_system({})), (Usage{.write_5m = 6'000}));
  EXPECT_EQ(call("a5", kNoon, with_system({{"tool_choice", {{"type", "none"}}}})),
            (Usage{.write_5m = 1'000, .read = 5'000}));
}

TEST_F(PromptCacheTest, ModelsAndWorkspacesDoNotShare) {
  call("abcde5");
  const json::object body = request_of(blocks("abcde5"));
  const Model& sonnet = *find_model("claude-sonnet-4-6");
  EXPECT_EQ(cache_.look_up(lay_out(body, sonnet, ""), sonnet, kNoon).usage.read, 0);
  EXPECT_EQ(cache_.look_up(lay_out(body, haiku(), "other"), haiku(), kNoon).usage.read, 0);
}

TEST_F(PromptCacheTest, TheLookBackGoesThroughTurnsBlockByBlock) {
  const auto conversation = [](std::size_t turns, std::size_t marked_turn) {
    json::array messages;
    for (std::size_t turn = 0; turn < turns; ++turn) {
      json::object text{{"type", "text"},
                        {"text", std::string(kBlock, static_cast<char>('a' + turn))}};
      if (turn == marked_turn) text["cache_control"] = {{"type", "ephemeral"}};
      messages.push_back(
          {{"role", turn % 2 == 0 ? "user" : "assistant"}, {"content", json::array{text}}});
    }
    return json::object{{"model", haiku().id}, {"messages", messages}};
  };
  const PromptCache::Plan first = look_up(conversation(5, 4), kNoon);
  cache_.response_began(first, kNoon);
  EXPECT_EQ(look_up(conversation(24, 23), kNoon).usage, (Usage{.write_5m = 19'000, .read = 5'000}));
  EXPECT_EQ(look_up(conversation(25, 24), kNoon).usage, (Usage{.write_5m = 25'000}));
}

TEST_F(PromptCacheTest, ALongTurnIsBridgedByAMarkInBetween) {
  call("abcde5");
  const std::string thirty(30, 'x');
  EXPECT_EQ(call("abcde" + thirty + "5"), (Usage{.write_5m = 35'000}));
  const std::string fifteen(15, 'y');
  EXPECT_EQ(call("abcde" + fifteen + "5" + fifteen + "5"),
            (Usage{.write_5m = 30'000, .read = 5'000}));
}

TEST_F(PromptCacheTest, MixedMarksAreBilledUpToTheLastOfEachLength) {
  call("abcde1");
  // A: what was read. B: up to the last hour mark. C: up to the last mark.
  EXPECT_EQ(call("abcdefg1hij1kl5mn"),
            (Usage{.input = 2'000, .write_5m = 2'000, .write_1h = 5'000, .read = 5'000}));
}

TEST_F(PromptCacheTest, ARequestThatIsTurnedAwayRefreshesNothing) {
  call("abcde5");
  look_up(request_of(blocks("abcde5")), kNoon + Millis::seconds(200));
  EXPECT_EQ(call("abcde5", kNoon + Millis::seconds(301)), (Usage{.write_5m = 5'000}));
}

TEST_F(PromptCacheTest, ADifferentAnswerFormatLosesEverything) {
  const auto format = [](const char* name) {
    return json::object{
        {"output_config",
         {{"format",
           {{"type", "json_schema"},
            {"schema", {{"type", "object"}, {"properties", {{name, {{"type", "string"}}}}}}}}}}}};
  };
  call("abcde5", kNoon, format("a"));
  EXPECT_GT(call("abcde5", kNoon, format("a")).read, 5'000);
  EXPECT_EQ(call("abcde5", kNoon, format("b")).read, 0);
  EXPECT_EQ(call("abcde5").read, 0);
}

TEST_F(PromptCacheTest, EffortLosesTheSystemPromptOfNewerModelsToo) {
  const auto reads = [&](std::string_view model_id) {
    const Model& model = *find_model(model_id);
    PromptCache cache;
    json::object body{{"messages", {{{"role", "user"}, {"content", "hi"}}}}};
    body["model"] = model.id;
    body["system"] = json::array{{{"type", "text"},
                                  {"text", std::string(5 * kBlock, 's')},
                                  {"cache_control", {{"type", "ephemeral"}}}}};
    const PromptCache::Plan plan = cache.look_up(lay_out(body, model, ""), model, kNoon);
    cache.response_began(plan, kNoon);
    body["output_config"] = {{"effort", "low"}};
    return cache.look_up(lay_out(body, model, ""), model, kNoon).usage.read;
  };
  EXPECT_EQ(reads("claude-sonnet-4-6"), 5'000);
  EXPECT_EQ(reads("claude-opus-4-7"), 0);
}

TEST_F(PromptCacheTest, ToolsBringTheApisOwnWordsAboutThem) {
  json::object body = request_of(blocks("a"));
  const std::int64_t bare = lay_out(body, haiku(), "").tokens;
  body["tools"] = json::array{{{"name", "n"}, {"input_schema", {{"type", "object"}}}}};
  const std::int64_t own = lay_out(body, haiku(), "", /*tool_prompt=*/false).tokens - bare;
  EXPECT_EQ(own, 12) << "the definition itself";
  EXPECT_EQ(lay_out(body, haiku(), "").tokens - bare, own + 496);
  body["tool_choice"] = {{"type", "any"}};
  EXPECT_EQ(lay_out(body, haiku(), "").tokens - bare, own + 588);
}

}  // namespace
}  // namespace baton::mock_api
