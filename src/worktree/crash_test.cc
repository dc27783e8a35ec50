// A run's process may be killed at any moment; the next one goes on.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/fd.h"
#include "base/spawn.h"
#include "worktree/test_run.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

TEST(CrashTest, WhatAKilledGitLeftBehindIsMended) {
  TestRun run;
  {
    RunRepository repository = run.open();
    value_of(repository.worktree("w", run.base));
  }
  const fs::path git = run.folder() / "repo.git";
  for (const std::string lock :
       {"worktrees/w/snapshot-index.lock", "worktrees/w/index.lock", "worktrees/w/HEAD.lock",
        "refs/heads/w.lock", "packed-refs.lock", "HEAD.lock", "config.lock"}) {
    write_file(git / lock, "half");
  }
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  write_file(folder / "a.txt", "changed\n");
  const std::string tree = value_of(repository.snapshot("w"));
  value_of(repository.commit("w", tree, {run.base}, said("Change")));
  write_file(git / "worktrees/w/snapshot-index.lock", "half");
  EXPECT_EQ(value_of(repository.snapshot("w")), tree) << "in the same process too";
  write_file(git / "worktrees/w/snapshot-index.lock", "half");
  expect_ok(repository.restore("w", tree));
}

// A process that is killed does not take its git with it.
TEST(CrashTest, WhatAKilledProcessLeftAtWorkIsLetComeToItsEnd) {
  TestRun run;
  const std::string git_folder = run.open().git_folder().string();
  std::optional<Pipe> pipe = open_pipe();
  ASSERT_TRUE(pipe.has_value());
  const Result<Spawned> left =
      spawn({.argv = {"flock", "--shared", git_folder, "sh", "-c", "echo at work; sleep 0.3"},
             .environment = {"PATH=/usr/bin:/bin"},
             .directory = {},
             .out = pipe->writer.get(),
             .err = pipe->writer.get()});
  ASSERT_TRUE(left.ok());
  char begun = 0;
  ASSERT_EQ(::read(pipe->reader.get(), &begun, 1), 1);
  run.open();
  EXPECT_EQ(::waitpid(left->pid, nullptr, WNOHANG), left->pid) << "it has ended";
}

// What a run does again and again, in a process that is killed at any moment of it. What it left
// running then is not killed with it.
TEST(CrashTest, AfterAKillAtAnyMomentTheNextProcessGoesOn) {
  TestRun run;
  for (int i = 0; i < 300; ++i) run.user.write("many/" + std::to_string(i), "x\n");
  run.base = run.user.commit("Many");
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE(round);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      RunRepository repository = run.open();
      for (int turn = 0;; ++turn) {
        const fs::path folder = *repository.worktree("w", run.base);
        fs::remove_all(folder / "many");
        write_file(folder / "a.txt", std::to_string(turn));
        const std::string tree = *repository.snapshot("w");
        (void)repository.commit("w", tree, {run.base}, said("Turn"));
        (void)repository.restore("w", *repository.tree_of(run.base));
        if (turn % 2 == 1) (void)repository.remove_worktree("w");
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10 + 17 * round));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);

    RunRepository repository = run.open();
    const fs::path folder = value_of(repository.worktree("w", run.base));
    const std::string base = value_of(repository.tree_of(run.base));
    value_of(repository.snapshot("w"));
    expect_ok(repository.restore("w", base));
    EXPECT_EQ(value_of(repository.snapshot("w")), base);
    EXPECT_EQ(bytes_of(folder / "many/299"), "x\n");
    write_file(folder / "a.txt", "after\n");
    const std::string tree = value_of(repository.snapshot("w"));
    value_of(repository.commit("w", tree, {run.base}, said("After")));
  }
}

// The mark that a worktree is complete is written last: take away what comes after each step.
TEST(CrashTest, AHalfMadeWorktreeIsMadeAgain) {
  TestRun run;
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  const fs::path admin = repository.git_folder() / "worktrees/w";
  const auto whole = picture_of(folder);
  for (const fs::path& lost :
       {admin / "baton-commit", admin / "snapshot-index", admin / "HEAD", admin, folder}) {
    SCOPED_TRACE(lost);
    write_file(folder / "left.txt", "of an attempt that was broken off");
    fs::remove(admin / "baton-commit");
    fs::remove_all(lost);
    EXPECT_EQ(value_of(repository.worktree("w", run.base)), folder);
    EXPECT_EQ(picture_of(folder), whole);
    EXPECT_EQ(value_of(repository.snapshot("w")), value_of(repository.tree_of(run.base)));
  }
  expect_ok(repository.remove_worktree("w"));
  expect_ok(repository.remove_worktree("w"));
  EXPECT_FALSE(fs::exists(folder));
  value_of(repository.worktree("w", run.base));
}

}  // namespace
}  // namespace baton
