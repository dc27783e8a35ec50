#include <gmock/gmock.h>

#include "worktree/left_over.h"
#include "worktree/test_run.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// All of a run's life on a repository of that kind: nothing of it may depend on how it is laid out.
void live_on(const fs::path& user, const std::string& base, const fs::path& folder) {
  for (int time = 0; time < 2; ++time) {
    SCOPED_TRACE(time == 0 ? "at first" : "a second time");
    const Result<RunRepository> opened = RunRepository::open(folder, user, base);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    RunRepository repository = *opened;
    const fs::path worktree = value_of(repository.worktree("w", base));
    write_file(worktree / "result.txt", "result\n");
    const std::string tree = value_of(repository.snapshot("w"));
    expect_ok(repository.restore("w", tree));
    const std::string commit = value_of(repository.commit("w", tree, {base}, said("Result")));
    EXPECT_EQ(value_of(repository.changes(base, commit)),
              (std::vector<FileChange>{{'A', "result.txt", 1, 0}}));
    const std::string other = value_of(
        repository.commit("o", value_of(repository.tree_of(base)), {base}, said("Nothing")));
    const MergeResult merged = value_of(repository.merge(other, commit, said("Merge")));
    expect_ok(repository.deliver(merged.commit, "baton/result"));
    const Result<ProgramOutput> shown =
        run_and_read({.argv = {"git", "-C", user.string(), "show", "baton/result:result.txt"},
                      .environment = {},
                      .input = {}});
    ASSERT_TRUE(shown.ok());
    EXPECT_EQ(shown->out, "result\n") << shown->err;
  }
}

TEST(RunRepositoryTest, AnOrdinaryRepositoryWillDo) {
  TestRun run;
  live_on(run.user.path(), run.base, run.folder());
}

TEST(RunRepositoryTest, AFolderWithinARepositoryNamesIt) {
  TestRun run;
  live_on(run.user.path() / "src", run.base, run.folder());
}

TEST(RunRepositoryTest, AWorktreeOfARepositoryWillDo) {
  TestRun run;
  TestFolder other;
  run.user.git({"worktree", "add", "-q", "-b", "side", (other.path() / "side").string()});
  live_on(other.path() / "side", run.base, run.folder());
}

TEST(RunRepositoryTest, AWorktreeOfARunWillDo) {
  TestRun run;
  RunRepository outer = run.open();
  const fs::path worktree = value_of(outer.worktree("outer", run.base));
  live_on(worktree, run.base, run.state.path() / "worktrees" / "run-2");
}

TEST(RunRepositoryTest, ARepositoryWithoutAWorkingTreeWillDo) {
  TestRun run;
  TestFolder bare;
  run.user.git({"clone", "-q", "--bare", ".", (bare.path() / "x.git").string()});
  live_on(bare.path() / "x.git", run.base, run.folder());
  Result<RunRepository> repository =
      RunRepository::open(run.folder(), bare.path() / "x.git", run.base);
  EXPECT_EQ(value_of(repository->adopt_uncommitted_changes()), std::nullopt);
}

TEST(RunRepositoryTest, AGitFolderElsewhereWillDo) {
  TestRun run;
  TestFolder elsewhere;
  fs::rename(run.user.path() / ".git", elsewhere.path() / "real.git");
  run.user.write(
      ".git",
      "gitdir: " + (elsewhere.path() / "real.git").lexically_relative(run.user.path()).string() +
          "\n");
  live_on(run.user.path(), run.base, run.folder());
}

TEST(RunRepositoryTest, ARepositoryThatBorrowsObjectsItselfWillDo) {
  TestRun run;
  TestFolder clones;
  run.user.git({"clone", "-q", "--shared", ".", (clones.path() / "one").string()});
  run.user.git({"clone", "-q", "--shared", (clones.path() / "one").string(),
                (clones.path() / "two").string()});
  write_file(clones.path() / "two/.git/objects/info/alternates", "../../../one/.git/objects\n");
  live_on(clones.path() / "two", run.base, run.folder());
  const RunRepository repository =
      value_of(RunRepository::open(run.folder(), clones.path() / "two", run.base));
  EXPECT_THAT(repository.readable(),
              testing::UnorderedElementsAre(
                  run.folder() / "repo.git", clones.path() / "two/.git/objects",
                  clones.path() / "one/.git/objects", run.user.path() / ".git/objects"));
}

TEST(RunRepositoryTest, AShallowCloneWillDo) {
  TestRun run;
  run.user.write("a.txt", "second\n");
  const std::string second = run.user.commit("Second");
  TestFolder clones;
  run.user.git({"clone", "-q", "--depth", "1", "file://" + run.user.path().string(),
                (clones.path() / "shallow").string()});
  live_on(clones.path() / "shallow", second, run.folder());
}

TEST(RunRepositoryTest, ARepositoryOfLongIdsWillDo) {
  TestFolder folder;
  const auto git = [&folder](std::vector<std::string> words) {
    words.insert(words.begin(), {"git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-C",
                                 folder.path().string()});
    return run_and_read({.argv = words, .environment = {}, .input = {}})->out;
  };
  git({"init", "-q", "--object-format=sha256"});
  git({"commit", "-q", "--allow-empty", "-m", "Base"});
  const std::string base = git({"rev-parse", "HEAD"}).substr(0, 64);
  ASSERT_THAT(base, SizeIs(64));
  TestFolder state;
  live_on(folder.path(), base, state.path() / "run");
}

TEST(RunRepositoryTest, APathMayHoldWhatAnAlternatesFileCannot) {
  TestRun run;
  TestFolder odd;
  const fs::path moved = odd.path() / "a \"b\"\\\n#c";
  fs::create_directories(moved);
  fs::rename(run.user.path() / ".git", moved / ".git");
  run.user.git({"init", "-q"});  // for the end of the test
  live_on(moved, run.base, run.folder());
}

TEST(RunRepositoryTest, ARepositoryThatMovedIsFoundAgain) {
  TestRun run;
  run.open();
  TestFolder elsewhere;
  fs::rename(run.user.path() / ".git", elsewhere.path() / ".git");
  run.user.git({"init", "-q"});
  live_on(elsewhere.path(), run.base, run.folder());
}

TEST(RunRepositoryTest, WhatCannotBeBuiltUponIsSaidSo) {
  TestRun run;
  TestFolder nothing;
  TestRepository empty;
  const auto error_on = [&](const fs::path& user, const std::string& base) {
    const Result<RunRepository> opened = RunRepository::open(nothing.path() / "run", user, base);
    EXPECT_FALSE(opened.ok());
    return opened ? Error{} : opened.error();
  };
  EXPECT_EQ(error_on(nothing.path(), run.base).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_on(empty.path(), "HEAD").kind, ErrorKind::kUsage);
  EXPECT_THAT(error_on(empty.path(), "HEAD").message, HasSubstr("has no commit yet"));
  EXPECT_EQ(error_on(run.user.path(), "--all").kind, ErrorKind::kUsage);
  EXPECT_EQ(error_on(run.user.path(), std::string(40, '1')).kind, ErrorKind::kUsage);
}

TEST(RunRepositoryTest, ARunKeepsTheCommitItWasMadeFor) {
  TestRun run;
  EXPECT_EQ(run.open().base(), run.base);
  run.user.write("a.txt", "second\n");
  const std::string second = run.user.commit("Second");
  const Result<RunRepository> other = RunRepository::open(run.folder(), run.user.path(), second);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().kind, ErrorKind::kInput);
  EXPECT_EQ(run.open().base(), run.base);
}

TEST(RunRepositoryTest, AHalfMadeRepositoryIsMadeAgain) {
  TestRun run;
  write_file(run.folder() / "repo.git.draft" / "HEAD", "half");
  run.open();
  EXPECT_FALSE(fs::exists(run.folder() / "repo.git.draft"));
  live_on(run.user.path(), run.base, run.folder());
}

TEST(RunRepositoryTest, WhatRunsLeftIsListedAndRemovedWhole) {
  TestRun run;
  EXPECT_THAT(run_repositories(run.state.path()), testing::IsEmpty());
  RunRepository repository = run.open();
  value_of(repository.worktree("w", run.base));
  write_file(run.state.path() / "worktrees/run-0/file", std::string(1000, 'x'));
  const std::vector<LeftOver> found = run_repositories(run.state.path());
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0], (LeftOver{run.state.path() / "worktrees/run-0", 1000}));
  EXPECT_EQ(found[1].path, run.folder());
  expect_ok(repository.remove());
  expect_ok(repository.remove());
  EXPECT_FALSE(fs::exists(run.folder()));
  EXPECT_THAT(run_repositories(run.state.path()), SizeIs(1));
}

}  // namespace
}  // namespace baton
