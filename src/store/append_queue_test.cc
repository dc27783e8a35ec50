#include "store/append_queue.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>

namespace baton {
namespace {

Append append_of(
    const RunId& run, std::function<void(Status)> done = [](const Status&) {}) {
  return {run, {RunResumed{}}, {}, std::move(done), {}};
}

std::vector<RunId> runs_of(const std::vector<Append>& group) {
  std::vector<RunId> runs;
  for (const Append& append : group) runs.push_back(append.run);
  return runs;
}

TEST(AppendQueueTest, WhatArrivesDuringACommitSharesTheNextOne) {
  std::promise<void> first_began;
  std::promise<void> all_queued;
  std::vector<std::vector<RunId>> groups;
  {
    AppendQueue queue(
        [&](std::vector<Append>& group) {
          groups.push_back(runs_of(group));
          if (groups.size() == 1) {
            first_began.set_value();
            all_queued.get_future().wait();
          }
          return Status();
        },
        [](const std::function<void()>& task) { task(); });
    queue.push(append_of("r-0"));
    first_began.get_future().wait();
    for (const char* run : {"r-1", "r-2", "r-1", "r-3"}) queue.push(append_of(run));
    all_queued.set_value();
  }
  EXPECT_EQ(groups, (std::vector<std::vector<RunId>>{{"r-0"}, {"r-1", "r-2", "r-1", "r-3"}}));
}

TEST(AppendQueueTest, AnAnswerComesThroughPostAndNotBeforeItsCommit) {
  std::vector<std::string> story;
  std::vector<std::function<void()>> posted;
  {
    AppendQueue queue(
        [&](std::vector<Append>&) {
          story.emplace_back("committed");
          return Status();
        },
        [&](std::function<void()> task) { posted.push_back(std::move(task)); });
    queue.push(append_of("r-1", [&](const Status& status) {
      story.push_back(status.ok() ? "answered" : status.error().message);
    }));
  }
  EXPECT_EQ(story, std::vector<std::string>{"committed"});
  for (const auto& task : posted) task();
  EXPECT_EQ(story, (std::vector<std::string>{"committed", "answered"}));
}

TEST(AppendQueueTest, AfterAFailedCommitNoOtherIsTried) {
  int commits = 0;
  std::vector<Status> answers;
  {
    AppendQueue queue(
        [&](std::vector<Append>&) {
          ++commits;
          return storage_error("the disk is gone");
        },
        [](const std::function<void()>& task) { task(); });
    for (int i = 0; i < 3; ++i) {
      std::promise<void> answered;
      queue.push(append_of("r-1", [&](Status status) {
        answers.push_back(std::move(status));
        answered.set_value();
      }));
      answered.get_future().wait();
    }
  }
  EXPECT_EQ(commits, 1);
  ASSERT_EQ(answers.size(), 3U);
  for (const Status& answer : answers) {
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error(),
              storage_error("run r-1: 1 new events could not be journaled: the disk is gone; "
                            "nothing was sent that is not in the journal: `baton resume r-1` goes "
                            "on once that is put right"));
  }
}

TEST(AppendQueueTest, AnAppendRefusedAloneDoesNotStopTheQueue) {
  std::vector<bool> accepted;
  {
    AppendQueue queue(
        [](std::vector<Append>& group) {
          for (Append& append : group) {
            if (append.run == "r-none") append.outcome = not_found("there is no run r-none");
          }
          return Status();
        },
        [](const std::function<void()>& task) { task(); });
    for (const char* run : {"r-1", "r-none", "r-1"}) {
      queue.push(append_of(run, [&](const Status& status) { accepted.push_back(status.ok()); }));
    }
  }
  EXPECT_EQ(accepted, (std::vector<bool>{true, false, true}));
}

}  // namespace
}  // namespace baton
