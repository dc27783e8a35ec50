#include "shell/loop.h"

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace baton {
namespace {

int spawn_shell(const std::string& script) {
  std::string shell = "/bin/sh", flag = "-c", text = script;
  char* argv[] = {shell.data(), flag.data(), text.data(), nullptr};
  int pid = 0;
  EXPECT_EQ(posix_spawn(&pid, shell.c_str(), nullptr, nullptr, argv, environ), 0);
  return pid;
}

int exit_status_of(int pid) {
  Loop loop;
  int status = -1;
  loop.on_child_exit(pid, [&](int reported) {
    status = reported;
    loop.stop();
  });
  loop.run();
  return status;
}

TEST(LoopTest, PostedWorkRunsInTheOrderOfPostingWhicheverThreadPostsIt) {
  Loop loop;
  std::vector<int> order;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) loop.post([&order, i] { order.push_back(i); });
    loop.post([&loop] { loop.stop(); });
  });
  loop.run();
  other.join();

  std::vector<int> expected(100);
  for (int i = 0; i < 100; ++i) expected[static_cast<std::size_t>(i)] = i;
  EXPECT_EQ(order, expected);
}

TEST(LoopTest, DeadlinesRunByTimeNotByTheOrderTheyWereAskedFor) {
  Loop loop;
  std::string order;
  loop.post([&] {
    loop.after(Millis(30), [&] {
      order += 'c';
      loop.stop();
    });
    loop.after(Millis(10), [&] { order += 'b'; });
    loop.after(Millis(0), [&] { order += 'a'; });
  });
  loop.run();
  EXPECT_EQ(order, "abc");
}

TEST(LoopTest, EqualDeadlinesAskedForByADeadlineStillRunInOrder) {
  Loop loop;
  std::vector<int> order;
  loop.after(Millis(1), [&] {
    for (int i = 0; i < 1000; ++i) {
      loop.after(Millis(5), [&order, i] { order.push_back(i); });
    }
    loop.after(Millis(6), [&] { loop.stop(); });
  });
  loop.run();
  ASSERT_EQ(order.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(LoopTest, AStoppedLoopCanRunAgainAndKeepsItsWork) {
  Loop loop;
  int done = 0;
  loop.post([&] { loop.stop(); });
  loop.post([&] {
    ++done;
    loop.stop();
  });
  loop.run();
  loop.run();
  EXPECT_EQ(done, 1);
}

TEST(LoopTest, EachInterruptIsReportedWithItsSignal) {
  Loop loop;
  std::vector<int> seen;
  loop.on_interrupt([&](int number) {
    seen.push_back(number);
    if (seen.size() == 1) {
      raise(SIGTERM);
    } else {
      loop.stop();
    }
  });
  loop.post([] { raise(SIGINT); });
  loop.run();
  EXPECT_EQ(seen, (std::vector<int>{SIGINT, SIGTERM}));
}

TEST(LoopTest, AChildsExitCodeIsReportedAndTheChildIsReaped) {
  const int pid = spawn_shell("exit 3");
  EXPECT_EQ(exit_status_of(pid), 3);
  EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), -1);
}

TEST(LoopTest, AChildKilledByASignalIsToldFromOneThatExited) {
  EXPECT_EQ(exit_status_of(spawn_shell("kill -KILL $$")), 256 + SIGKILL);
}

TEST(LoopTest, AChildThatEndedBeforeItWasWatchedIsStillReported) {
  const int pid = spawn_shell("exit 7");
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(exit_status_of(pid), 7);
}

}  // namespace
}  // namespace baton
