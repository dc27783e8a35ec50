#include "app/memory_command.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/temporary_folder.h"
#include "memory/memory.h"

namespace baton {
namespace {

using testing::HasSubstr;
using testing::Not;

class MemoryCommandTest : public testing::Test {
 protected:
  struct Outcome {
    ExitCode code = ExitCode::kDone;
    std::string out;
    std::string err;
  };
  Outcome run(MemoryOptions options) {
    options.state = state();
    options.project = "shop";
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const ExitCode code = memory_command(options);
    std::fflush(stdout);
    return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }
  std::string state() const { return (folder_.path() / "state").string(); }

  TemporaryFolder folder_ = *TemporaryFolder::create("baton-test");
};

TEST_F(MemoryCommandTest, APersonAddsChangesFindsAndDropsFacts) {
  const Outcome added = run({.action = "add", .text = "The tests need a database"});
  EXPECT_EQ(added.code, ExitCode::kDone) << added.err;
  EXPECT_THAT(added.out, HasSubstr("    1  kept      "));
  run({.action = "edit", .text = "The tests need a running database", .id = 1});
  EXPECT_THAT(run({.action = "search", .text = "databases"}).out,
              HasSubstr("The tests need a running database\n"));
  EXPECT_THAT(run({.action = "show", .id = 1}).out, HasSubstr("from     a person\n"));
  run({.action = "drop", .id = 1, .why = "not any more"});
  EXPECT_EQ(run({.action = "list"}).out, "There are no such facts of shop.\n");
  EXPECT_THAT(run({.action = "list", .only = "all"}).out, HasSubstr("    1  dropped   "));
  EXPECT_THAT(
      run({.action = "show", .id = 1, .format = "json"}).out,
      HasSubstr(R"("state":"dropped","run":"","task":"","worker":"","why":"not any more")"));
}

TEST_F(MemoryCommandTest, LookingMakesNoStateFolder) {
  EXPECT_EQ(run({.action = "list", .format = "json"}).out, "[]\n");
  EXPECT_EQ(run({.action = "show", .id = 3}).code, ExitCode::kUsage);
  EXPECT_FALSE(std::filesystem::exists(state()));
}

TEST_F(MemoryCommandTest, WhatIsWrongIsSaid) {
  const Outcome secret = run({.action = "add", .text = "The password is hunter2"});
  EXPECT_EQ(secret.code, ExitCode::kUsage);
  EXPECT_EQ(secret.err, "baton: the fact was not taken: it looks like it holds a secret\n");
  run({.action = "add", .text = "The tests need a database"});
  EXPECT_THAT(run({.action = "drop", .id = 7}).err, HasSubstr("there is no fact 7"));
  EXPECT_THAT(run({.action = "list", .only = "gone"}).err, HasSubstr("there is no state 'gone'"));
}

// Names come from workers' files; the terminal must not obey them.
TEST_F(MemoryCommandTest, WhatAWorkerIsCalledDoesNothingToTheTerminal) {
  {
    auto memory = Memory::open(state());
    ASSERT_TRUE(memory.ok());
    const FactSource source{"r-1", "t1", "evil\x1b[2J"};
    ASSERT_TRUE((*memory)->propose("shop", "The tests need a database", source, Instant()).ok());
  }
  EXPECT_THAT(run({.action = "show", .id = 1}).out, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace baton
