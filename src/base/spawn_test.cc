#include "base/spawn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/fd.h"

namespace baton {
namespace {

using testing::HasSubstr;

struct Ran {
  int status = -1;
  std::string out;
};

// Runs a script whose output fits into a pipe.
Ran run(const std::string& script, SpawnPlan plan = {}) {
  std::optional<Pipe> pipe = open_pipe();
  plan.argv = {"sh", "-c", script};
  plan.out = pipe->writer.get();
  plan.err = pipe->writer.get();
  const Result<Spawned> spawned = spawn(plan);
  EXPECT_TRUE(spawned) << spawned.error().message;
  if (!spawned) return {};
  pipe->writer.reset();
  Ran ran{spawned->wait(), {}};
  std::array<char, 4096> buffer{};
  const ssize_t count = ::read(pipe->reader.get(), buffer.data(), buffer.size());
  ran.out.assign(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return ran;
}

TEST(SpawnTest, AnExitCodeAndASignalAreNeverTakenForEachOther) {
  EXPECT_EQ(run("exit 137").status, 137);
  EXPECT_EQ(run("kill -KILL $$").status, 256 + SIGKILL);
  EXPECT_EQ(ending_words(137), "code 137");
  EXPECT_EQ(ending_words(256 + SIGKILL), "signal 9");
}

TEST(SpawnTest, AProgramHasTheEnvironmentAndTheDirectoryOfItsPlanAlone) {
  ::setenv("BATON_SPAWN_TEST", "ours", 1);
  const Ran ran = run("echo \"$BATON_SPAWN_TEST$GIVEN\"; pwd; cat",
                      {.environment = {"GIVEN=given"}, .directory = "/usr"});
  ::unsetenv("BATON_SPAWN_TEST");
  EXPECT_EQ(ran.out, "given\n/usr\n");
}

TEST(SpawnTest, AProgramInheritsNoDescriptorOfOurs) {
  const Fd ours(::dup(STDOUT_FILENO));  // without close-on-exec, as a careless library leaves one
  const std::string test = "test -e /proc/$$/fd/" + std::to_string(ours.get());
  EXPECT_EQ(run(test).status, 1);
}

TEST(SpawnTest, SignalsWeIgnoreOrBlockEndAProgramAsUsual) {
  const auto before = ::signal(SIGTERM, SIG_IGN);
  sigset_t term;
  sigset_t old;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &term, &old);
  const int status = run("kill -TERM $$; exit 0").status;
  ::sigprocmask(SIG_SETMASK, &old, nullptr);
  ::signal(SIGTERM, before);
  EXPECT_EQ(status, 256 + SIGTERM);
}

TEST(SpawnTest, KillingTheGroupReachesWhatTheProgramStarted) {
  for (const SpawnPlan::Leads leads : {SpawnPlan::Leads::kGroup, SpawnPlan::Leads::kSession}) {
    std::optional<Pipe> pipe = open_pipe();
    const Result<Spawned> spawned = spawn({.argv = {"sh", "-c", "sleep 60 & echo started; wait"},
                                           .out = pipe->writer.get(),
                                           .err = pipe->writer.get(),
                                           .leads = leads});
    ASSERT_TRUE(spawned);
    pipe->writer.reset();
    std::array<char, 16> buffer{};
    ASSERT_EQ(::read(pipe->reader.get(), buffer.data(), buffer.size()), 8);
    spawned->kill_group();
    EXPECT_EQ(spawned->wait(), 256 + SIGKILL);
    // The end of the pipe: the sleeping grandchild, which held it open, is gone as well.
    EXPECT_EQ(::read(pipe->reader.get(), buffer.data(), buffer.size()), 0);
  }
}

TEST(SpawnTest, AProgramThatIsNotThereIsToldByName) {
  const Result<Spawned> spawned = spawn({.argv = {"/nonexistent/program"}, .out = 1, .err = 2});
  ASSERT_FALSE(spawned);
  EXPECT_EQ(spawned.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(spawned.error().message, HasSubstr("cannot start /nonexistent/program: No such"));
}

}  // namespace
}  // namespace baton
