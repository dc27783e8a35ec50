#include "shell/conversations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace baton {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr TaskId kTask{0};
constexpr TaskId kOther{1};

PromptTurn turn(const std::string& answer) {
  return {R"([{"type":"text","text":")" + answer + "\"}]", "[{}]", false};
}

// Two turns of a task, and one of another.
Conversations two_and_one() {
  Conversations conversations;
  conversations.hold(kTask, turn("one"));
  conversations.follow(TurnStarted{.task = kTask, .turn = 2});
  conversations.hold(kTask, turn("two"));
  conversations.follow(TurnStarted{.task = kTask, .turn = 3});
  conversations.hold(kOther, turn("other"));
  conversations.follow(TurnStarted{.task = kOther, .turn = 2});
  return conversations;
}

// Texts and nothing else.
class Texts : public Journal {
 public:
  void append(const RunId&, std::vector<Event>, std::vector<Blob>,
              std::function<void(Status)>) override {}
  void allot(const RunId&, const DayCap&, Money, std::function<void(Result<Money>)>) override {}
  Result<std::vector<Event>> events(const RunId&) override { return not_found("none"); }
  Result<std::string> blob(const BlobId& id) override {
    const auto text = texts.find(id);
    return text == texts.end() ? Result<std::string>(not_found("no text " + id)) : text->second;
  }
  Result<std::vector<RunSummary>> runs() override { return not_found("none"); }
  Result<std::optional<RunId>> run_with_key(const std::string&) override {
    return std::optional<RunId>();
  }
  Result<std::unique_ptr<RunLease>> lease(const RunId&) override { return not_found("none"); }
  Result<std::vector<Damage>> verify() override { return not_found("none"); }

  std::map<BlobId, std::string> texts;
};

RunState run_with(std::vector<Turn> turns, TaskStatus status = TaskStatus::kReady) {
  RunState run;
  run.tasks.resize(1);
  run.tasks[0].spec.id = kTask;
  run.tasks[0].status = status;
  run.tasks[0].turns = std::move(turns);
  return run;
}

TEST(ConversationsTest, ATurnIsKeptInItsOrderOnceTheAttemptGoesOn) {
  Conversations conversations = two_and_one();
  EXPECT_THAT(conversations.of(kTask), ElementsAre(turn("one"), turn("two")));
  EXPECT_THAT(conversations.of(kOther), ElementsAre(turn("other")));
}

TEST(ConversationsTest, WhatIsHeldIsNoTurnUntilTheAttemptGoesOn) {
  Conversations conversations;
  conversations.hold(kTask, turn("one"));
  EXPECT_THAT(conversations.of(kTask), IsEmpty());
}

TEST(ConversationsTest, AnAttemptThatBeginsAnewAndATaskThatEndsForgetTheirTurnsAlone) {
  for (const Event& event :
       {Event(AttemptStarted{.task = kTask}), Event(TaskFinished{.task = kTask}),
        Event(TaskSkipped{.task = kTask})}) {
    Conversations conversations = two_and_one();
    conversations.follow(event);
    EXPECT_THAT(conversations.of(kTask), IsEmpty());
    EXPECT_THAT(conversations.of(kOther), ElementsAre(turn("other")));
  }
}

TEST(ConversationsTest, TheSameTurnMadeAgainIsNotAnotherOne) {
  Conversations conversations = two_and_one();
  conversations.follow(RetryScheduled{.task = kTask, .keeps_turns = true});
  conversations.follow(TurnStarted{.task = kTask, .turn = 3});
  EXPECT_THAT(conversations.of(kTask), ElementsAre(turn("one"), turn("two")));
}

TEST(ConversationsTest, AnAnswerWhoseCallIsMadeAgainIsNotGoneOnFrom) {
  Conversations conversations = two_and_one();
  conversations.hold(kTask, turn("cut short"));
  conversations.follow(RetryScheduled{.task = kTask, .keeps_turns = true});
  conversations.follow(TurnStarted{.task = kTask, .turn = 3});
  EXPECT_THAT(conversations.of(kTask), ElementsAre(turn("one"), turn("two")));
}

TEST(ConversationsTest, TheyAreReadFromTheJournalAsTheyWereHeld) {
  Texts journal;
  journal.texts = {{"a", "one"}, {"c", R"([{"type":"tool_use"}])"}, {"r", "[{}]"}};
  Conversations conversations;
  ASSERT_TRUE(conversations.restore(run_with({{"a", "", "r"}, {"a", "c", "r"}}), journal).ok());
  EXPECT_THAT(conversations.of(kTask),
              ElementsAre(turn("one"), PromptTurn{R"([{"type":"tool_use"}])", "[{}]", false}));
}

TEST(ConversationsTest, OfATaskThatHasEndedNothingIsRead) {
  Texts journal;
  Conversations conversations;
  EXPECT_TRUE(conversations.restore(run_with({{"a", "", "r"}}, TaskStatus::kDone), journal).ok());
  EXPECT_THAT(conversations.of(kTask), IsEmpty());
}

TEST(ConversationsTest, ATextThatIsLostIsNamed) {
  Texts journal;
  journal.texts = {{"a", "one"}};
  Conversations conversations;
  const Status read = conversations.restore(run_with({{"a", "", "r"}}), journal);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error(), not_found("no text r"));
}

}  // namespace
}  // namespace baton
