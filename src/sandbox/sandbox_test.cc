#include "sandbox/sandbox.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/run_and_read.h"
#include "base/temporary_folder.h"
#include "base/test_files.h"
#include "sandbox/command_line.h"
#include "sandbox/start.h"

namespace baton {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sandbox_.ok()) << sandbox_.error().message;
    fs::create_directory(workspace());
    ASSERT_TRUE(Sandbox::adopt(workspace()).ok());
  }

  fs::path workspace() const { return folder_.path() / "workspace"; }
  SandboxJob job(const std::string& line) const {
    return {.argv = {"bash", "-c", line}, .workspace = workspace()};
  }
  SandboxEnd run(const SandboxJob& job, const Cancellation* cancel = nullptr) const {
    const Result<SandboxEnd> end = sandbox_->run(job, cancel);
    EXPECT_TRUE(end.ok()) << end.error().message;
    return end ? *end : SandboxEnd{};
  }
  std::string says(const std::string& line) const { return run(job(line)).output; }

  const Result<Sandbox> sandbox_ = Sandbox::open();
  static TemporaryFolder make_folder() {
    Result<TemporaryFolder> folder = TemporaryFolder::create("baton-sandbox-test");
    BATON_CHECK(folder.ok());
    return std::move(*folder);
  }
  const TemporaryFolder folder_ = make_folder();
};

TEST_F(SandboxTest, ACommandStartsInTheWorkspaceAndBothItsStreamsAreHeardInOrder) {
  const SandboxEnd end = run(job("pwd; echo wrong >&2; echo done; exit 3"));
  EXPECT_EQ(end.output, "/workspace\nwrong\ndone\n");
  EXPECT_EQ(end.status, 3);
  EXPECT_FALSE(end.timed_out || end.cancelled || end.truncated);
}

TEST_F(SandboxTest, WhatItWritesInTheWorkspaceStaysAndNothingElseDoes) {
  EXPECT_EQ(run(job("mkdir a && echo text >a/b && echo x >/tmp/c && echo x >~/d")).status, 0);
  EXPECT_EQ(bytes_of(workspace() / "a" / "b"), "text\n");
  EXPECT_EQ(says("ls -A /tmp ~"), "/home/worker:\n\n/tmp:\n");
}

TEST_F(SandboxTest, AFolderGivenToReadIsAtItsOwnPlaceAndCannotBeWritten) {
  const fs::path readable = folder_.path() / "readable";
  fs::create_directory(readable);
  ::chmod(readable.c_str(), 0777);
  write_file(readable / "file", "text");
  SandboxJob reads = job(fmt::format("cat {0}/file; echo x >{0}/new", readable.string()));
  reads.readable = {readable};
  const SandboxEnd end = run(reads);
  EXPECT_THAT(end.output, HasSubstr("text"));
  EXPECT_THAT(end.output, HasSubstr("Read-only file system"));
  EXPECT_FALSE(fs::exists(readable / "new"));
}

TEST_F(SandboxTest, ItsEnvironmentIsItsOwn) {
  ::setenv("BATON_TEST_KEY", "secret", 1);
  EXPECT_EQ(says("env | grep -v -e ^GIT_ -e ^_= | cut -d= -f1 | sort | tr '\\n' ' '"),
            "ASAN_OPTIONS HOME LANG LOGNAME PATH PWD SHELL SHLVL TERM TMPDIR USER ");
  EXPECT_EQ(says("cat /proc/1/environ"), "");
  EXPECT_EQ(says("id -un; id -u; hostname"), "worker\n1000\nsandbox\n");
}

TEST_F(SandboxTest, ItHasNothingToReadAndNoTerminal) {
  EXPECT_EQ(says("cat; tty"), "not a tty\n");
}

TEST_F(SandboxTest, ACommandThatTakesTooLongIsStoppedWithAllItStarted) {
  SandboxJob slow = job("echo begun; (trap '' TERM HUP; setsid sleep 100) & sleep 100");
  slow.limit = Millis(300);
  const SandboxEnd end = run(slow);
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.status, 256 + SIGKILL);
  EXPECT_EQ(end.output, "begun\n");
  EXPECT_LT(end.took, Millis::seconds(10));
}

TEST_F(SandboxTest, WhatACommandLeavesRunningEndsWithIt) {
  const SandboxEnd end = run(job("setsid sleep 100 & echo left"));
  EXPECT_EQ(end.output, "left\n");
  EXPECT_LT(end.took, Millis::seconds(10));
}

TEST_F(SandboxTest, ACancelledCommandEndsAtOnce) {
  Cancellation cancel;
  std::thread later([&] {
    while (!fs::exists(workspace() / "begun")) std::this_thread::yield();
    cancel.cancel();
  });
  const SandboxEnd end = run(job("touch begun; sleep 100"), &cancel);
  later.join();
  EXPECT_TRUE(end.cancelled);
  EXPECT_FALSE(end.timed_out);
  EXPECT_EQ(end.status, 256 + SIGKILL);
}

TEST_F(SandboxTest, ACommandCancelledBeforeItsStartDoesNothing) {
  Cancellation cancel;
  cancel.cancel();
  EXPECT_TRUE(run(job("touch begun"), &cancel).cancelled);
  EXPECT_FALSE(fs::exists(workspace() / "begun"));
}

TEST_F(SandboxTest, OfAFloodTheBeginningAndTheEndAreKept) {
  SandboxJob flood = job("echo first; head -c 20000000 /dev/zero | tr '\\0' x; echo; echo last");
  flood.output_limit = 1000;
  const SandboxEnd end = run(flood);
  EXPECT_TRUE(end.truncated);
  EXPECT_EQ(end.status, 0);
  EXPECT_LT(end.output.size(), 1100U);
  EXPECT_TRUE(end.output.starts_with("first\nxxx"));
  EXPECT_TRUE(end.output.ends_with("xxx\nlast\n"));
}

TEST_F(SandboxTest, ACommandKilledBySignalSaysSoAsShellsDo) {
  EXPECT_EQ(run(job("kill -SEGV $$")).status, 128 + SIGSEGV);
}

TEST_F(SandboxTest, AProgramThatIsNotThereIsToldAsShellsDo) {
  const Result<SandboxEnd> end =
      sandbox_->run({.argv = {"no-such-program"}, .workspace = workspace()}, nullptr);
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->status, 127);
  EXPECT_THAT(end->output, HasSubstr("no-such-program: not found"));
}

// bubblewrap goes on when whoever holds its gate dies; what it begins then must not.
TEST_F(SandboxTest, WithoutItsPermitNoCommandIsBegun) {
  const std::vector<std::string> command = permitted({"echo", "begun"});
  const auto begun = [&](const std::string& permission) {
    const std::string line = fmt::format("printf '{}' | {} 8<&0", permission, "\"$@\"");
    std::vector<std::string> argv = {"bash", "-c", line, "bash"};
    argv.insert(argv.end(), command.begin(), command.end());
    const Result<ProgramOutput> output =
        run_and_read({.argv = argv, .environment = {}, .input = {}});
    return output ? output->out : output.error().message;
  };
  EXPECT_EQ(begun(std::string(kPermission)), "begun\n");
  EXPECT_EQ(begun(""), "");
  EXPECT_EQ(begun("g"), "");
}

TEST_F(SandboxTest, FoldersThatCannotBeShownAreUsageErrors) {
  for (const char* folder : {"/", "relative", "/no/such/folder"}) {
    const Result<SandboxEnd> end = sandbox_->run({.argv = {"true"}, .workspace = folder}, nullptr);
    ASSERT_FALSE(end.ok());
    EXPECT_EQ(end.error().kind, ErrorKind::kUsage) << end.error().message;
  }
  fs::create_symlink("/etc", workspace() / ".git");
  const Result<SandboxEnd> end = sandbox_->run(job("true"), nullptr);
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ErrorKind::kUsage);
}

// git on the host must never work with a configuration that a command wrote.
TEST_F(SandboxTest, NoCommandMakesARepositoryThatGitObeys) {
  run(
      job("git init -q . ; mkdir .git; git init -q new && cp -r new/.git/. . ; mv new/.git .git; "
          "rm -f .git; ln -sf new .git; ln -s new/.git .git"));
  const Result<ProgramOutput> git = run_and_read(
      {.argv = {"git", "-C", workspace().string(), "-c", "safe.directory=*", "status"}});
  ASSERT_TRUE(git.ok());
  EXPECT_NE(git->status, 0);
  EXPECT_THAT(git->err, HasSubstr("not a git repository"));
}

TEST_F(SandboxTest, GitAnswersInAWorktreeWhoseRepositoryMayBeRead) {
  const std::string repository = (folder_.path() / "repository").string();
  const std::string worktree = (folder_.path() / "worktree").string();
  const std::string make = fmt::format(
      "umask 022 && git init -q {0} && cd {0} && git config user.name a && git config user.email b "
      "&& echo text >file && git add file && git commit -q -m First && "
      "git worktree add -q --detach {1} && echo more >>{1}/file",
      repository, worktree);
  const Result<ProgramOutput> made = run_and_read({.argv = {"sh", "-c", make}});
  ASSERT_TRUE(made.ok() && made->status == 0) << made->err;
  ASSERT_TRUE(Sandbox::adopt(worktree).ok());
  SandboxJob asks = job("git log --format=%s; git status --short; git commit -qam Mine");
  asks.workspace = worktree;
  asks.readable = {repository + "/.git"};
  EXPECT_THAT(run(asks).output, testing::MatchesRegex("First\n M file\nfatal: .*Read-only.*\n"));
}

TEST_F(SandboxTest, AProgramCanBeCompiledAndRun) {
  if (::access("/usr/bin/cc", X_OK) != 0) GTEST_SKIP() << "no compiler is installed";
  EXPECT_EQ(says("echo 'int main(void) { return 7; }' >a.c && cc -o a a.c && ./a; echo $?"), "7\n");
}

TEST_F(SandboxTest, ManyRunAtATime) {
  std::vector<std::thread> threads;
  std::vector<std::string> outputs(8);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    threads.emplace_back([&, i] { outputs[i] = says(fmt::format("echo {0} >{0}; cat {0}", i)); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(outputs,
              testing::ElementsAre("0\n", "1\n", "2\n", "3\n", "4\n", "5\n", "6\n", "7\n"));
}

TEST_F(SandboxTest, TheProbeTellsWhatItTried) {
  EXPECT_GE(sandbox_->probes().size(), 10U);
  for (const ProbeResult& probe : sandbox_->probes()) EXPECT_TRUE(probe.held) << probe.attack;
}

TEST_F(SandboxTest, AdoptedFilesAreTheSandboxUsersAndWhatLinksLeadToIsNot) {
  if (!started_by_root()) GTEST_SKIP() << "nothing changes hands unless root runs it";
  write_file(folder_.path() / "elsewhere", "");
  write_file(workspace() / "file", "");
  fs::create_symlink(folder_.path() / "elsewhere", workspace() / "symbolic");
  fs::create_hard_link(folder_.path() / "elsewhere", workspace() / "hard");
  ASSERT_TRUE(Sandbox::adopt(workspace()).ok());
  const auto owner = [](const fs::path& file) {
    struct stat status = {};
    EXPECT_EQ(::lstat(file.c_str(), &status), 0);
    return status.st_uid;
  };
  EXPECT_EQ(owner(workspace() / "file"), kSandboxUser);
  EXPECT_EQ(owner(workspace() / "symbolic"), kSandboxUser);
  EXPECT_EQ(owner(workspace() / "hard"), 0U);
  EXPECT_EQ(owner(folder_.path() / "elsewhere"), 0U);
}

TEST_F(SandboxTest, ARootsWorkspaceMayLieWhereNobodyElseCanGo) {
  ::chmod(folder_.path().c_str(), 0700);
  EXPECT_EQ(says("echo text >file && cat file"), "text\n");
}

TEST_F(SandboxTest, ProcessesThatTogetherTakeTooMuchMemoryAreStopped) {
  SandboxJob greedy =
      job("for i in 1 2 3 4; do (x=$(head -c 60M /dev/zero | tr '\\0' x); sleep 3) & done; wait");
  greedy.memory_limit = 150 << 20;
  greedy.limit = Millis::seconds(20);
  const SandboxEnd end = run(greedy);
  EXPECT_TRUE(end.out_of_memory);
}

TEST_F(SandboxTest, AProgramThatReservesMuchAndUsesLittleRuns) {
  if (::access("/usr/bin/python3", X_OK) != 0) GTEST_SKIP() << "no python3 is installed";
  const SandboxEnd end = run(job(
      "python3 -c 'import mmap; m = mmap.mmap(-1, 1 << 40, mmap.MAP_PRIVATE | 0x4000); m[0] = 1'"));
  EXPECT_EQ(end.output, "");
  EXPECT_FALSE(end.out_of_memory);
}

bool is_running(const std::string& mark) {
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    if (bytes_of(entry.path() / "cmdline").starts_with(mark)) return true;
  }
  return false;
}

// kill -9 leaves nobody to clean up: the kernel does.
TEST_F(SandboxTest, WithTheProcessThatStartedItACommandEnds) {
  const std::string mark = "mark-" + folder_.path().filename().string();
  const pid_t starter = ::fork();
  if (starter == 0) {
    (void)sandbox_->run(job(fmt::format("(exec -a {0} sleep 60) & exec -a {0} sleep 60", mark)),
                        nullptr);
    ::_exit(0);
  }
  while (!is_running(mark)) std::this_thread::yield();
  ::kill(starter, SIGKILL);
  ::waitpid(starter, nullptr, 0);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (is_running(mark) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(is_running(mark));
}

TEST(SandboxDeathTest, WithoutBubblewrapTheUserIsToldWhatToInstall) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process in which nothing was opened before
  EXPECT_EXIT(
      {
        ::setenv("PATH", "/nonexistent", 1);
        const Result<Sandbox> sandbox = Sandbox::open();
        fmt::print(stderr, "{}\n", sandbox ? "opened" : sandbox.error().message);
        std::exit(sandbox ? 0 : 1);
      },
      testing::ExitedWithCode(1), "apt install bubblewrap");
}

}  // namespace
}  // namespace baton
