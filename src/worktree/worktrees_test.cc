#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "base/fd.h"
#include "worktree/test_run.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string git_in(const fs::path& folder, std::vector<std::string> arguments) {
  std::vector<std::string> argv = {"git", "-c", "safe.directory=*", "-C", folder.string()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const Result<ProgramOutput> output = run_and_read({.argv = argv, .environment = {}, .input = {}});
  EXPECT_TRUE(output.ok() && output->status == 0) << (output ? output->err : "");
  return output ? output->out : "";
}

TEST(WorktreeTest, ItHoldsTheCommitsFilesAndIsOneGitWorksIn) {
  TestRun run;
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("writer-1", run.base));
  EXPECT_EQ(bytes_of(folder / "a.txt"), "one\ntwo\nthree\n");
  EXPECT_EQ(git_in(folder, {"status", "--porcelain", "--branch"}), "## writer-1\n");
  EXPECT_EQ(git_in(folder, {"rev-parse", "HEAD"}), run.base + "\n");
  write_file(folder / "a.txt", "new\n");
  value_of(repository.snapshot("writer-1"));
  EXPECT_EQ(git_in(folder, {"status", "--porcelain"}), " M a.txt\n")
      << "a snapshot hides nothing from the worker's own git";
}

TEST(WorktreeTest, ItIsLeftAsItWasForTheSameCommitAndMadeAnewForAnother) {
  TestRun run;
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  write_file(folder / "new.txt", "mine\n");
  value_of(run.open().worktree("w", run.base));
  EXPECT_EQ(bytes_of(folder / "new.txt"), "mine\n");
  const std::string tree = value_of(repository.snapshot("w"));
  const std::string next = value_of(repository.commit("w", tree, {run.base}, said("Next")));
  value_of(repository.worktree("w", next));
  write_file(folder / "another.txt", "gone soon\n");
  value_of(repository.worktree("w", run.base));
  EXPECT_FALSE(fs::exists(folder / "another.txt"));
  EXPECT_FALSE(fs::exists(folder / "new.txt"));
}

TEST(WorktreeTest, AnUnchangedWorktreeIsTheCommitsTree) {
  TestRun run;
  RunRepository repository = run.open();
  value_of(repository.worktree("w", run.base));
  EXPECT_EQ(value_of(repository.snapshot("w")), value_of(repository.tree_of(run.base)));
}

TEST(WorktreeTest, ASnapshotHasWhatChangedWhatIsNewAndNotWhatIsIgnoredOrGone) {
  TestRun run;
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  write_file(folder / "a.txt", "changed\n");
  write_file(folder / "docs/new \n name.txt", "new\n");
  write_file(folder / "ignored/x", "x");
  write_file(folder / "y.o", "y");
  fs::remove(folder / "src/b.txt");
  fs::create_symlink("/etc/passwd", folder / "link");
  const std::string tree = value_of(repository.snapshot("w"));
  EXPECT_EQ(value_of(repository.files(tree)),
            (std::vector<std::string>{".gitignore", "a.txt", "docs/new \n name.txt", "link"}));
  EXPECT_EQ(value_of(repository.snapshot("w")), tree) << "and again";
  EXPECT_EQ(value_of(repository.text(tree, "a.txt", 100)), "changed\n");
}

// What one machine ignores everywhere must not decide what a commit holds.
TEST(WorktreeTest, WhatTheMachineIgnoresEverywhereIsTakenAllTheSame) {
  TestRun run;
  TestFolder home;
  home.write("git/ignore", "*.log\n");
  home.write("config", "[core]\n\texcludesFile = " + (home.path() / "git/ignore").string() + "\n");
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  write_file(folder / "x.log", "x");
  setenv("GIT_CONFIG_GLOBAL", (home.path() / "config").c_str(), 1);
  setenv("XDG_CONFIG_HOME", home.path().c_str(), 1);
  EXPECT_EQ(git_in(folder, {"status", "--porcelain"}), "") << "git alone would ignore it";
  const std::string tree = value_of(repository.snapshot("w"));
  setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
  unsetenv("XDG_CONFIG_HOME");
  EXPECT_THAT(value_of(repository.files(tree)), Contains("x.log"));
}

TEST(WorktreeTest, RestoreBringsBackModesLinksAndFilesAndRemovesWhatIsNew) {
  TestRun run;
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  write_file(folder / "tool.sh", "#!/bin/sh\n");
  fs::permissions(folder / "tool.sh", fs::perms(0755));
  fs::create_symlink("a.txt", folder / "link");
  write_file(folder / "ignored/kept", "kept");
  const std::string tree = value_of(repository.snapshot("w"));
  const auto before = picture_of(folder);

  fs::permissions(folder / "tool.sh", fs::perms(0644));
  fs::remove(folder / "link");
  write_file(folder / "link/not a link", "x");
  fs::remove(folder / "a.txt");
  fs::create_directory_symlink("/tmp", folder / "a.txt");
  write_file(folder / "new/deep/file", "x");
  fs::create_directories(folder / "empty/folder");
  write_file(folder / ".gitignore", "new/\n");
  expect_ok(repository.restore("w", tree));
  EXPECT_EQ(picture_of(folder), before);
  EXPECT_EQ(value_of(repository.snapshot("w")), tree);
  expect_ok(repository.restore("w", tree));
  EXPECT_EQ(picture_of(folder), before);
}

// By the times of files all is as it was: only the way to them is another.
TEST(WorktreeTest, AFolderMovedBehindALinkIsSeenAndRestored) {
  TestRun run;
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  const std::string tree = value_of(repository.snapshot("w"));
  const auto before = picture_of(folder);
  fs::rename(folder / "src", folder / "other");
  fs::create_directory_symlink("other", folder / "src");
  const std::string moved = value_of(repository.snapshot("w"));
  EXPECT_EQ(value_of(repository.files(moved)),
            (std::vector<std::string>{".gitignore", "a.txt", "other/b.txt", "src"}));
  fs::remove(folder / "src");
  expect_ok(repository.restore("w", tree));
  fs::rename(folder / "src", folder / "other");
  fs::create_directory_symlink("other", folder / "src");
  expect_ok(repository.restore("w", tree));
  EXPECT_EQ(picture_of(folder), before);
}

TEST(WorktreeTest, AFileMayBecomeAFolderAndAFolderAFile) {
  TestRun run;
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  const auto before = picture_of(folder);
  fs::remove(folder / "a.txt");
  write_file(folder / "a.txt/inner", "x");
  fs::remove_all(folder / "src");
  write_file(folder / "src", "a file");
  EXPECT_EQ(value_of(repository.files(value_of(repository.snapshot("w")))),
            (std::vector<std::string>{".gitignore", "a.txt/inner", "src"}));
  expect_ok(repository.restore("w", value_of(repository.tree_of(run.base))));
  EXPECT_EQ(picture_of(folder), before);
}

// git would record a submodule that nobody can fetch, and the files would be lost.
TEST(WorktreeTest, TheFilesOfANestedRepositoryAreTakenAsFiles) {
  TestRun run;
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  for (const std::string nested : {"app", "app/deeper"}) {
    write_file(folder / nested / "main.c", "int main;\n");
    write_file(folder / nested / "main.o", "ignored by the folder round it");
    write_file(folder / nested / "own.tmp", "ignored by its own rules");
    write_file(folder / nested / ".gitignore", "*.tmp\n");
    git_in(folder / nested, {"init", "-q"});
    git_in(folder / nested, {"-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q",
                             "--allow-empty", "-m", "x"});
  }
  const std::string tree = value_of(repository.snapshot("w"));
  EXPECT_EQ(
      value_of(repository.files(tree)),
      (std::vector<std::string>{".gitignore", "a.txt", "app/.gitignore", "app/deeper/.gitignore",
                                "app/deeper/main.c", "app/main.c", "src/b.txt"}));
  write_file(folder / "app/second.c", "x\n");
  EXPECT_THAT(value_of(repository.files(value_of(repository.snapshot("w")))),
              Contains("app/second.c"));
  // A file whose place a repository takes.
  fs::remove(folder / "a.txt");
  fs::rename(folder / "app", folder / "a.txt");
  EXPECT_THAT(value_of(repository.files(value_of(repository.snapshot("w")))),
              Contains("a.txt/main.c"));
  expect_ok(repository.restore("w", value_of(repository.tree_of(run.base))));
  EXPECT_FALSE(fs::exists(folder / "app"));
  EXPECT_EQ(value_of(repository.snapshot("w")), value_of(repository.tree_of(run.base)));
}

TEST(WorktreeTest, NamesGitKeepsForItselfAndThingsThatAreNoFilesAreLeftOut) {
  TestRun run;
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  write_file(folder / ".GIT/config", "[core]\n\tfsmonitor = touch /tmp/x\n");
  write_file(folder / "sub/git~1", "x");
  write_file(folder / "sub/.Git", "x");
  fs::create_symlink("/etc/passwd", folder / ".gitmodules");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  fs::remove(folder / "a.txt");
  ASSERT_EQ(::mkfifo((folder / "a.txt").c_str(), 0600), 0);
  EXPECT_EQ(value_of(repository.files(value_of(repository.snapshot("w")))),
            (std::vector<std::string>{".gitignore", "src/b.txt"}));
  expect_ok(repository.restore("w", value_of(repository.tree_of(run.base))));
  EXPECT_FALSE(fs::exists(folder / ".GIT"));
  EXPECT_EQ(bytes_of(folder / "a.txt"), "one\ntwo\nthree\n");
}

TEST(WorktreeTest, AFileTooLargeIsNamed) {
  TestRun run;
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  write_file(folder / "core.dump", "");
  fs::resize_file(folder / "core.dump", std::uintmax_t{101} << 20);
  const Result<std::string> tree = repository.snapshot("w");
  ASSERT_FALSE(tree.ok());
  EXPECT_EQ(tree.error().kind, ErrorKind::kInput);
  EXPECT_THAT(tree.error().message, HasSubstr("core.dump is too large"));
  fs::remove(folder / "core.dump");
  value_of(repository.snapshot("w"));
}

// Folders within folders, deeper than any path can say.
void dig(const fs::path& folder, int depth) {
  Fd at(::open(folder.c_str(), O_RDONLY | O_DIRECTORY));
  for (int i = 0; i < depth; ++i) {
    ASSERT_EQ(::mkdirat(at.get(), "deep-folder", 0755), 0);
    at = Fd(::openat(at.get(), "deep-folder", O_RDONLY | O_DIRECTORY));
  }
  ASSERT_TRUE(Fd(::openat(at.get(), "bottom", O_WRONLY | O_CREAT, 0644)).ok());
}

TEST(WorktreeTest, WhatAWorkerLocksOrBuriesIsStillTakenAndRemoved) {
  TestRun run;
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  const auto before = picture_of(folder);
  write_file(folder / "locked/file", "x");
  write_file(folder / "secret", "x");
  fs::permissions(folder / "secret", fs::perms::none);
  fs::permissions(folder / "locked", fs::perms::none);
  const std::string tree = value_of(repository.snapshot("w"));
  EXPECT_THAT(value_of(repository.files(tree)), Contains("locked/file"));
  fs::permissions(folder / "locked", fs::perms::owner_read | fs::perms::owner_exec);
  dig(folder, 1500);
  (void)repository.snapshot("w");  // an answer of some kind, and no crash
  expect_ok(repository.restore("w", value_of(repository.tree_of(run.base))));
  EXPECT_EQ(picture_of(folder), before);
}

TEST(WorktreeTest, ANameThatIsNoneLeadsNowhere) {
  TestRun run;
  RunRepository repository = run.open();
  for (const std::string name : {"", ".", "..", "../x", "a/b", "-x", "x.lock", "a..b", "x\n"}) {
    EXPECT_EQ(repository.worktree(name, run.base).error().kind, ErrorKind::kInput) << name;
    EXPECT_EQ(repository.snapshot(name).error().kind, ErrorKind::kInput) << name;
    EXPECT_FALSE(repository.remove_worktree(name).ok()) << name;
  }
  EXPECT_EQ(repository.worktree("w", "HEAD").error().kind, ErrorKind::kInput);
  EXPECT_EQ(repository.snapshot("none").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(repository.restore("none", run.base).error().kind, ErrorKind::kNotFound);
}

TEST(WorktreeTest, LineEndsAndEncodingsAreConvertedAsGitConvertsThem) {
  TestRun run;
  run.user.write(".gitattributes",
                 "*.bat text eol=crlf\n*.u16 text working-tree-encoding=UTF-16LE\n*.id ident\n");
  run.user.write("x.bat", "one\r\ntwo\r\n");
  run.user.write("x.u16", std::string("a\0\n\0", 4));
  run.user.write("x.id", "$Id$\n");
  run.base = run.user.commit("Attributes");
  run.user.git({"rm", "-q", "-r", "."});
  run.user.git({"reset", "-q", "--hard"});  // as the user's git writes them
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  for (const std::string name : {"x.bat", "x.u16", "x.id"}) {
    EXPECT_EQ(bytes_of(folder / name), bytes_of(run.user.path() / name)) << name;
  }
  EXPECT_EQ(bytes_of(folder / "x.bat"), "one\r\ntwo\r\n");
  write_file(folder / "y.bat", "new\r\n");
  write_file(run.user.path() / "y.bat", "new\r\n");
  run.user.git({"add", "-A"});
  EXPECT_EQ(value_of(repository.snapshot("w")), run.user.git({"write-tree"}));
}

TEST(WorktreeTest, ASubmoduleStaysWhatItWas) {
  TestRun run;
  TestRepository other;
  other.write("x", "x");
  other.commit("Other");
  run.user.git({"-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
                other.path().string(), "module"});
  run.base = run.user.commit("A submodule");
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  EXPECT_EQ(value_of(repository.snapshot("w")), value_of(repository.tree_of(run.base)));
  write_file(folder / "module/file", "not seen");
  EXPECT_EQ(value_of(repository.snapshot("w")), value_of(repository.tree_of(run.base)));
  fs::remove_all(folder / "module");
  EXPECT_EQ(value_of(repository.snapshot("w")), value_of(repository.tree_of(run.base)));
  EXPECT_THAT(value_of(repository.files(run.base)), Not(Contains("module")));
}

// As root, baton gives a worktree to the user its commands run as.
TEST(WorktreeTest, AWorktreeOfAnotherUserIsStillOurs) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  TestRun run;
  RunRepository repository = run.open();
  const fs::path folder = value_of(repository.worktree("w", run.base));
  write_file(folder / "new", "new\n");
  constexpr const char* kNobody = "65534:65534";
  ASSERT_EQ(run_and_read(
                {.argv = {"chown", "-R", kNobody, folder.string()}, .environment = {}, .input = {}})
                ->status,
            0);
  const std::string tree = value_of(repository.snapshot("w"));
  EXPECT_THAT(value_of(repository.files(tree)), Contains("new"));
  expect_ok(repository.restore("w", value_of(repository.tree_of(run.base))));
  EXPECT_FALSE(fs::exists(folder / "new"));
  value_of(repository.worktree("w", run.base));
}

TEST(WorktreeTest, SeveralThreadsWorkEachInItsOwn) {
  TestRun run;
  RunRepository repository = run.open();
  std::vector<std::string> trees(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    threads.emplace_back([&, i] {
      const std::string name = "w" + std::to_string(i);
      const fs::path folder = value_of(repository.worktree(name, run.base));
      for (int turn = 0; turn < 5; ++turn) {
        write_file(folder / "mine", name + " " + std::to_string(turn) + "\n");
        trees[i] = value_of(repository.snapshot(name));
        value_of(repository.commit(name, trees[i], {run.base}, said(name)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < trees.size(); ++i) {
    EXPECT_EQ(value_of(repository.text(trees[i], "mine", 100)), "w" + std::to_string(i) + " 4\n");
  }
}

class Stopwatch {
 public:
  ~Stopwatch() {
    const auto took = std::chrono::steady_clock::now() - start_;
    std::printf("  %-42s %7.1f ms\n", what_,
                std::chrono::duration<double, std::milli>(took).count());
  }
  explicit Stopwatch(const char* what) : what_(what) {}

 private:
  const char* what_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

TEST(WorktreeTest, FiveThousandFilesAreNoBurden) {
  TestRun run;
  for (int i = 0; i < 5000; ++i) {
    run.user.write("d" + std::to_string(i % 70) + "/f" + std::to_string(i),
                   std::string(2000, static_cast<char>('a' + i % 26)) + std::to_string(i));
  }
  run.base = run.user.commit("Many");
  RunRepository repository = [&] {
    const Stopwatch watch("open");
    return run.open();
  }();
  const fs::path folder = [&] {
    const Stopwatch watch("worktree of 5,000 files");
    return value_of(repository.worktree("w", run.base));
  }();
  const auto snapshot = [&](const char* what) {
    const Stopwatch watch(what);
    return value_of(repository.snapshot("w"));
  };
  const std::string tree = snapshot("snapshot, nothing changed");
  EXPECT_EQ(tree, value_of(repository.tree_of(run.base)));
  write_file(folder / "d1/f1", "changed");
  write_file(folder / "d1/new", "new");
  const std::string changed = snapshot("snapshot, 2 files changed");
  run_and_read({.argv = {"chmod", "-R", "u+rw", folder.string()}, .environment = {}, .input = {}})
      .ok();
  EXPECT_EQ(snapshot("snapshot, every file touched"), changed);
  {
    const Stopwatch watch("restore, 2 files changed");
    expect_ok(repository.restore("w", tree));
  }
  const std::string commit = [&] {
    const Stopwatch watch("commit");
    return value_of(repository.commit("w", changed, {run.base}, said("Change")));
  }();
  const std::string other = value_of(repository.commit("o", tree, {run.base}, said("Nothing")));
  {
    const Stopwatch watch("merge");
    value_of(repository.merge(other, commit, said("Merge")));
  }
  {
    const Stopwatch watch("adopt uncommitted changes, one");
    run.user.write("d1/f1", "theirs");
    EXPECT_TRUE(value_of(repository.adopt_uncommitted_changes()).has_value());
  }
  {
    const Stopwatch watch("deliver");
    expect_ok(repository.deliver(commit, "result"));
  }
  {
    const Stopwatch watch("remove");
    expect_ok(repository.remove());
  }
}

}  // namespace
}  // namespace baton
