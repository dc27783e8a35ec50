#include "shell/subprocess.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/temporary_folder.h"
#include "base/text.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<SubprocessResult> run(SubprocessRequest request) {
  Loop loop;
  std::optional<Result<SubprocessResult>> result;
  const std::shared_ptr<Subprocess> program =
      start_subprocess(loop, std::move(request), [&](Result<SubprocessResult> ended) {
        result = std::move(ended);
        loop.stop();
      });
  EXPECT_FALSE(result.has_value()) << "reported from inside the call";
  loop.run();
  return *result;
}

SubprocessRequest shell(std::string script) {
  SubprocessRequest request;
  request.program = "/bin/sh";
  request.arguments = {"-c", std::move(script)};
  request.directory = "/";
  request.home = "/nonexistent";
  return request;
}

SubprocessResult ran(SubprocessRequest request) {
  const Result<SubprocessResult> result = run(std::move(request));
  EXPECT_TRUE(result) << result.error().message;
  return result ? *result : SubprocessResult{};
}

TEST(SubprocessTest, BothStreamsAndTheExitCodeAreReported) {
  const SubprocessResult result = ran(shell("echo out; echo err >&2; exit 7"));
  EXPECT_EQ(result.status, 7);
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_FALSE(result.truncated);
  EXPECT_FALSE(result.timed_out);
}

TEST(SubprocessTest, AProgramStartsInItsDirectoryWithNothingToReadAndNoDescriptorOfOurs) {
  const int ours = ::dup(STDOUT_FILENO);  // without close-on-exec, as a careless library leaves one
  const SubprocessResult result = ran(shell("pwd; cat; ls /proc/self/fd | wc -l"));
  ::close(ours);
  EXPECT_EQ(result.out, "/\n4\n");  // three, and the one ls reads the folder with
}

TEST(SubprocessTest, TheEnvironmentHoldsNothingButPathHomeAndLanguage) {
  ::setenv("ANTHROPIC_API_KEY", "secret", 1);
  SubprocessRequest request = shell("");
  request.program = "/usr/bin/env";
  request.arguments = {};
  const SubprocessResult result = ran(std::move(request));
  ::unsetenv("ANTHROPIC_API_KEY");
  std::vector<std::string> names;
  for (const std::string_view line : split_lines(result.out)) {
    names.emplace_back(line.substr(0, line.find('=')));
  }
  EXPECT_THAT(names, ElementsAre("PATH", "HOME", "LANG"));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("secret")));
}

TEST(SubprocessTest, AProgramThatIsNotThereIsAnAnswerAndNotACrash) {
  SubprocessRequest request = shell("");
  request.program = "/nonexistent/linter";
  const Result<SubprocessResult> result = run(std::move(request));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(result.error().message, HasSubstr("cannot start /nonexistent/linter"));
}

TEST(SubprocessTest, ADirectoryThatIsNotThereIsReportedAsWell) {
  SubprocessRequest request = shell("true");
  request.directory = "/nonexistent/folder";
  EXPECT_FALSE(run(std::move(request)));
}

// A process that was killed is a zombie until init has reaped it.
bool is_alive(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string stat;
  std::getline(file, stat);
  return !stat.empty() && stat.find(") Z") == std::string::npos &&
         stat.find(") X") == std::string::npos;
}

TEST(SubprocessTest, AProgramThatTakesTooLongIsKilledWithEverythingItStarted) {
  SubprocessRequest request = shell("sleep 60 & echo $!; wait");
  request.limit = Millis(200);
  const SubprocessResult result = ran(std::move(request));
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.status, 256 + SIGKILL);
  const int grandchild = std::atoi(result.out.c_str());
  ASSERT_GT(grandchild, 1);
  for (int wait = 0; wait < 500 && is_alive(grandchild); ++wait) ::usleep(10'000);
  EXPECT_FALSE(is_alive(grandchild));
}

TEST(SubprocessTest, AGrandchildThatKeepsThePipeOpenDoesNotDelayTheEnd) {
  const Instant before = system_now();
  const SubprocessResult result = ran(shell("sleep 60 & echo started"));
  EXPECT_EQ(result.out, "started\n");
  EXPECT_EQ(result.status, 0);
  EXPECT_LT(system_now() - before, Millis::seconds(20));
}

TEST(SubprocessTest, OutputBeyondTheLimitIsCutAndItsProgramStopped) {
  SubprocessRequest request = shell("yes");
  request.output_limit = 100'000;
  const SubprocessResult result = ran(std::move(request));
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(result.out.size(), 100'000U);
}

TEST(SubprocessTest, OutputLargerThanAPipeArrivesWhole) {
  const SubprocessResult result = ran(shell("head -c 3000000 /dev/zero"));
  EXPECT_EQ(result.out.size(), 3'000'000U);
  EXPECT_FALSE(result.truncated);
}

TEST(SubprocessTest, AProgramThatUsesTooMuchMemoryFails) {
  SubprocessRequest request = shell("sleep 0.1; x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done");
  request.memory_limit = std::size_t{64} << 20;
  const SubprocessResult result = ran(std::move(request));
  EXPECT_NE(result.status, 0);
  EXPECT_FALSE(result.timed_out);
}

TEST(SubprocessTest, LettingGoOfAProgramKillsItAndReportsNothing) {
  Loop loop;
  std::shared_ptr<Subprocess> program =
      start_subprocess(loop, shell("sleep 60"),
                       [](const Result<SubprocessResult>&) { FAIL() << "it was let go of"; });
  loop.post([&] { program.reset(); });
  loop.after(Millis(50), [&] { loop.stop(); });
  loop.run();
}

TEST(SubprocessTest, AProgramIsLookedForInTheGivenFoldersFirstAndThenOnThePath) {
  namespace fs = std::filesystem;
  const TemporaryFolder temporary = *TemporaryFolder::create("baton-test");
  const fs::path& folder = temporary.path();
  std::ofstream(folder / "sh") << "#!/bin/sh\n";
  EXPECT_EQ(find_program("sh", {folder}), find_program("sh", {})) << "it is not executable";
  fs::permissions(folder / "sh", fs::perms::owner_all);
  EXPECT_EQ(find_program("sh", {folder}), folder / "sh");
  EXPECT_EQ(find_program("no-such-program", {folder}), "");
}

}  // namespace
}  // namespace baton
