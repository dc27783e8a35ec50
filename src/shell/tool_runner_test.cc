#include "shell/tool_runner.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <future>
#include <latch>
#include <mutex>
#include <thread>

#include "base/temporary_folder.h"

namespace baton {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kAll = {"read", "write", "edit", "memory", "finish"};

// A task's place, as the driver owns it: the site and what it refers to, in one.
struct Place {
  Place() : site{.workspace = workspace} {}

  TemporaryFolder folder = *TemporaryFolder::create("tool-runner-test");
  Workspace workspace = *Workspace::open(folder.path());
  ToolSite site;
};

class ToolRunnerTest : public testing::Test {
 protected:
  ToolTurn turn(std::vector<ToolUse> uses) {
    return {std::move(uses), kAll, std::shared_ptr<const ToolSite>(place, &place->site)};
  }

  ToolTurnEnd run(std::vector<ToolUse> uses) {
    std::optional<ToolTurnEnd> end;
    runner->run(turn(std::move(uses)), [&](ToolTurnEnd ended) {
      EXPECT_EQ(std::this_thread::get_id(), loop_thread);
      end = std::move(ended);
      loop.stop();
    });
    EXPECT_FALSE(end.has_value()) << "reported from inside the call";
    loop.run();
    return *end;
  }

  Loop loop;
  const std::thread::id loop_thread = std::this_thread::get_id();
  std::shared_ptr<Place> place = std::make_shared<Place>();
  std::unique_ptr<ToolRunner> runner = make_tool_runner(loop, 4);
};

ToolUse write(std::string id, std::string text) {
  return {std::move(id), "write", fmt::format(R"({{"path":"a.txt","text":"{}"}})", text)};
}
ToolUse read(std::string id) {
  return {std::move(id), "read", R"({"path":"a.txt"})"};
}
ToolUse recall(std::string id) {
  return {std::move(id), "memory", R"({"action":"search","text":"x"})"};
}

std::vector<std::string> texts_of(const ToolTurnEnd& end) {
  std::vector<std::string> texts;
  for (const ToolCallRecord& call : end.calls) texts.push_back(call.result.text);
  return texts;
}

TEST_F(ToolRunnerTest, ChangesTakePlaceInTheModelsOrderAndReadsSeeThoseBeforeThem) {
  for (int round = 0; round < 20; ++round) {
    const ToolTurnEnd end = run({write("1", "one"), read("2"), read("3"), write("4", "two"),
                                 read("5"), write("6", "three"), read("7")});
    EXPECT_THAT(texts_of(end),
                ElementsAre(HasSubstr(" a.txt"), "1\tone\n", "1\tone\n", HasSubstr("replaced"),
                            "1\ttwo\n", HasSubstr("replaced"), "1\tthree\n"));
    EXPECT_TRUE(end.changed());
  }
}

// Each waits for the other: one after the other they would never end.
TEST_F(ToolRunnerTest, CallsThatChangeNothingRunSideBySide) {
  std::latch both(2);
  place->site.memory.search = [&](const std::string&) {
    both.arrive_and_wait();
    return std::string("met");
  };
  const ToolTurnEnd end = run({recall("1"), recall("2")});
  EXPECT_THAT(texts_of(end), ElementsAre("met", "met"));
  EXPECT_FALSE(end.changed());
}

TEST_F(ToolRunnerTest, TheReplyIsWhatTheMessagesApiWantsOneBlockACallInOrder) {
  const ToolTurnEnd end = run({write("toolu_A", "x"),
                               {"toolu_B", "read", R"({"file":1})"},
                               {"toolu_C", "shell", R"({"command":"id"})"}});
  const json::array blocks = json::parse(end.reply).as_array();
  ASSERT_EQ(blocks.size(), 3U);
  EXPECT_EQ(blocks[0], json::parse(R"({"type":"tool_result","tool_use_id":"toolu_A","content":[
      {"type":"text","text":"wrote a.txt: 1 line, 1 byte"}]})"));
  EXPECT_EQ(blocks[1].at("tool_use_id").as_string(), "toolu_B");
  EXPECT_TRUE(blocks[1].at("is_error").as_bool());
  EXPECT_THAT(std::string(blocks[2].at("content").at(0).at("text").as_string()),
              HasSubstr("there is no tool shell here"));
}

TEST_F(ToolRunnerTest, BytesThatAreNoTextStillMakeValidJson) {
  ASSERT_TRUE(place->workspace.write("a.txt", "caf\xE9 \x1b[31m \"q\" \\ \x01\n"));
  const ToolTurnEnd end = run({read("1")});
  const json::value reply = json::parse(end.reply);
  EXPECT_THAT(std::string(reply.at(0).at("content").at(0).at("text").as_string()),
              HasSubstr("caf\uFFFD"));
}

TEST_F(ToolRunnerTest, FinishAloneEndsTheAttempt) {
  const ToolTurnEnd end = run({{"1", "finish", R"({"summary":"done"})"}});
  EXPECT_EQ(end.answer(), R"({"summary":"done"})");
}

TEST_F(ToolRunnerTest, FinishBesideOthersIsRefusedAndTheOthersRun) {
  const ToolTurnEnd end =
      run({write("1", "x"), {"2", "finish", R"({"summary":"done"})"}, read("3")});
  EXPECT_THAT(texts_of(end), ElementsAre(HasSubstr("wrote"), HasSubstr("call it alone"), "1\tx\n"));
  EXPECT_TRUE(end.calls[1].result.failed);
  EXPECT_EQ(end.answer(), "");
}

TEST_F(ToolRunnerTest, FinishTwiceIsRefusedTwice) {
  const ToolTurnEnd end =
      run({{"1", "finish", R"({"summary":"a"})"}, {"2", "finish", R"({"summary":"b"})"}});
  EXPECT_EQ(end.answer(), "");
  EXPECT_TRUE(end.calls[0].result.failed && end.calls[1].result.failed);
}

TEST_F(ToolRunnerTest, ACancelledTurnStillAnswersAndWhatHadNotBegunNeverDoes) {
  std::promise<void> begun;
  std::promise<void> let_go;
  place->site.memory.search = [&](const std::string&) {
    begun.set_value();
    let_go.get_future().wait();
    return std::string("late");
  };
  std::optional<ToolTurnEnd> end;
  const ToolRunner::TurnId id =
      runner->run(turn({recall("1"), write("2", "never")}), [&](ToolTurnEnd ended) {
        end = std::move(ended);
        loop.stop();
      });
  begun.get_future().wait();
  runner->cancel(id);
  let_go.set_value();
  loop.run();
  EXPECT_TRUE(end->cancelled);
  EXPECT_THAT(texts_of(*end), ElementsAre("late", "cancelled before it began"));
  EXPECT_FALSE(place->workspace.read("a.txt", 100).ok());
  runner->cancel(id);  // it has ended: nothing happens
}

TEST_F(ToolRunnerTest, NothingRunsOrIsReportedOnceItIsLetGoOf) {
  std::promise<void> begun;
  std::atomic<int> calls = 0;
  std::atomic<bool> let_go = false;
  place->site.memory.search = [&](const std::string&) {
    if (calls++ == 0) begun.set_value();
    while (!let_go) std::this_thread::yield();
    return std::string();
  };
  runner = make_tool_runner(loop, 1);
  bool reported = false;
  runner->run(turn({recall("1"), recall("2"), recall("3")}),
              [&](const ToolTurnEnd&) { reported = true; });
  begun.get_future().wait();
  std::thread other([&] { let_go = true; });
  runner.reset();
  const int until_then = calls;
  other.join();
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(reported);
  EXPECT_EQ(calls, until_then);
  EXPECT_EQ(place.use_count(), 1) << "the site is still held";
}

TEST_F(ToolRunnerTest, ACommandThatRunsIsStoppedWhenTheRunnerIsLetGoOf) {
  const Result<Sandbox> sandbox = Sandbox::open();
  if (!sandbox && sandbox.error().kind == ErrorKind::kNotFound) {
    GTEST_SKIP() << "bubblewrap is not installed";
  }
  ASSERT_TRUE(sandbox) << sandbox.error().message;
  ASSERT_TRUE(Sandbox::adopt(place->folder.path()));
  place->site.sandbox = &*sandbox;
  std::promise<void> begun;
  place->site.allow_command = [&](const std::string&) {
    begun.set_value();
    return true;
  };
  ToolTurn asked = turn({{"1", "shell", R"({"command":"sleep 600"})"}, write("2", "never")});
  asked.allowed.push_back("shell");
  runner->run(std::move(asked), [](const ToolTurnEnd&) { FAIL(); });
  begun.get_future().wait();
  runner.reset();
  EXPECT_FALSE(place->workspace.read("a.txt", 100).ok());
}

TEST_F(ToolRunnerTest, ManyTurnsAtOnceEachGetTheirOwnResults) {
  constexpr int kTurns = 64;
  int ended = 0;
  for (int i = 0; i < kTurns; ++i) {
    auto own = std::make_shared<Place>();
    const auto site = std::shared_ptr<const ToolSite>(own, &own->site);
    runner->run({{write("w", fmt::format("turn {}", i)), read("r")}, kAll, site},
                [&, i](const ToolTurnEnd& end) {
                  EXPECT_EQ(end.calls[1].result.text, fmt::format("1\tturn {}\n", i));
                  if (++ended == kTurns) loop.stop();
                });
  }
  loop.run();
  EXPECT_EQ(ended, kTurns);
}

}  // namespace
}  // namespace baton
