#include <gmock/gmock.h>

#include "worktree/test_run.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

using testing::Contains;
using testing::HasSubstr;

TEST(AdoptTest, AnUnchangedWorkingTreeHasNothingToAdopt) {
  TestRun run;
  run.user.write("ignored/x", "x");
  EXPECT_EQ(value_of(run.open().adopt_uncommitted_changes()), std::nullopt);
}

TEST(AdoptTest, TheTreeIsWhatTheWorkingTreeShowsAndNothingOfTheUsersIsWritten) {
  TestRun run;
  run.user.write("staged.txt", "staged, then changed\n");
  run.user.write("a.txt", "staged\n");
  run.user.git({"add", "staged.txt", "a.txt"});
  run.user.write("a.txt", "in the working tree\n");
  run.user.write("new/file.txt", "new\n");
  run.user.write("private.txt", "kept out by rules of this clone\n");
  run.user.write(".git/info/exclude", "private.txt\n");
  run.user.remove("src/b.txt");
  RunRepository repository = run.open();
  const auto before = picture_of(run.user.path());
  const std::optional<std::string> tree = value_of(repository.adopt_uncommitted_changes());
  EXPECT_EQ(picture_of(run.user.path()), before);
  ASSERT_TRUE(tree.has_value());
  EXPECT_EQ(value_of(repository.files(*tree)),
            (std::vector<std::string>{".gitignore", "a.txt", "new/file.txt", "staged.txt"}));
  EXPECT_EQ(value_of(repository.text(*tree, "a.txt", 100)), "in the working tree\n");
  EXPECT_EQ(value_of(repository.adopt_uncommitted_changes()), tree);
  run.user.git({"add", "-A"});
  EXPECT_EQ(run.user.git({"write-tree"}), *tree) << "what the user's git would have committed";

  const std::string commit =
      value_of(repository.commit("adopted", *tree, {run.base}, said("Uncommitted changes")));
  const fs::path worktree = value_of(repository.worktree("w", commit));
  EXPECT_EQ(bytes_of(worktree / "new/file.txt"), "new\n");
  run.user.git({"reset", "-q", "--hard"});
  expect_ok(repository.deliver(commit, "result"));
  EXPECT_EQ(run.user.git({"show", "result:new/file.txt"}), "new");
}

TEST(AdoptTest, WhatTheUserIgnoresEverywhereIsNotTaken) {
  TestRun run;
  TestFolder home;
  home.write("ignore", "*.secret\n");
  run.user.git({"config", "core.excludesFile", (home.path() / "ignore").string()});
  run.user.write("x.secret", "x");
  EXPECT_EQ(value_of(run.open().adopt_uncommitted_changes()), std::nullopt);
}

TEST(AdoptTest, ChangesOfAnotherCommitThanTheBaseAreRefused) {
  TestRun run;
  RunRepository repository = run.open();
  run.user.write("a.txt", "second\n");
  run.user.commit("Second");
  EXPECT_EQ(value_of(repository.adopt_uncommitted_changes()), std::nullopt);
  run.user.write("a.txt", "third\n");
  EXPECT_EQ(repository.adopt_uncommitted_changes().error().kind, ErrorKind::kUsage);
}

TEST(AdoptTest, AChangedFileThatGoesThroughAFilterIsNamed) {
  TestRun run;
  run.user.write(".gitattributes", "*.psd filter=lfs\n");
  run.user.write("image.psd", "pointer\n");
  run.base = run.user.commit("Attributes");
  RunRepository repository = run.open();
  run.user.write("a.txt", "changed\n");
  EXPECT_TRUE(value_of(repository.adopt_uncommitted_changes()).has_value());
  run.user.write("image.psd", "the image itself\n");
  const auto refused = repository.adopt_uncommitted_changes();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(refused.error().message, HasSubstr("image.psd"));
}

TEST(AdoptTest, OtherRepositoriesWithinTheWorkingTreeStayOut) {
  TestRun run;
  run.user.write("nested/file", "x");
  run_and_read({.argv = {"git", "-C", (run.user.path() / "nested").string(), "init", "-q"},
                .environment = {},
                .input = {}})
      .ok();
  EXPECT_EQ(value_of(run.open().adopt_uncommitted_changes()), std::nullopt);
}

// Files that a sparse checkout leaves out are not deleted.
TEST(AdoptTest, ASparseCheckoutIsWhole) {
  for (const char* form : {"--no-sparse-index", "--sparse-index"}) {
    SCOPED_TRACE(form);
    TestRun run;
    run.user.write("big/file", "x\n");
    run.user.write("small/file", "x\n");
    run.base = run.user.commit("Two folders");
    run.user.git({"sparse-checkout", "init", "--cone", form});
    run.user.git({"sparse-checkout", "set", "small"});
    ASSERT_FALSE(run.user.has("big/file"));
    RunRepository repository = run.open();
    EXPECT_EQ(value_of(repository.adopt_uncommitted_changes()), std::nullopt);
    run.user.write("small/file", "y\n");
    const auto tree = value_of(repository.adopt_uncommitted_changes());
    ASSERT_TRUE(tree.has_value());
    EXPECT_THAT(value_of(repository.files(*tree)), Contains("big/file"));
  }
}

TEST(AdoptTest, AWorktreeOfTheUsersHasItsOwnChanges) {
  TestRun run;
  TestFolder other;
  run.user.git({"worktree", "add", "-q", "-b", "side", (other.path() / "side").string()});
  other.write("side/a.txt", "changed there\n");
  const RunRepository repository =
      value_of(RunRepository::open(run.folder(), other.path() / "side" / "src", run.base));
  const auto tree = value_of(repository.adopt_uncommitted_changes());
  ASSERT_TRUE(tree.has_value());
  EXPECT_EQ(value_of(repository.text(*tree, "a.txt", 100)), "changed there\n");
}

}  // namespace
}  // namespace baton
