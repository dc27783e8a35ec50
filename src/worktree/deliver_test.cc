#include <gmock/gmock.h>

#include "worktree/test_run.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;

struct Delivery : TestRun {
  Delivery() : repository(open()) {
    const fs::path worktree = value_of(repository.worktree("w", base));
    write_file(worktree / "a.txt", "result\n");
    result = value_of(
        repository.commit("w", value_of(repository.snapshot("w")), {base}, said("Result")));
  }

  RunRepository repository;
  std::string result;
};

TEST(DeliverTest, NothingOfTheUsersChangesButForOneBranch) {
  Delivery run;
  run.user.write("a.txt", "uncommitted\n");
  run.user.write("staged.txt", "staged\n");
  run.user.git({"add", "staged.txt"});
  run.user.git({"branch", "other"});
  auto before = picture_of(run.user.path(), ".git/objects");
  expect_ok(run.repository.deliver(run.result, "feature/result"));
  auto after = picture_of(run.user.path(), ".git/objects");
  EXPECT_EQ(after[".git/refs/heads/feature/result"].substr(6), run.result + "\n");
  for (const char* made : {".git/refs/heads/feature", ".git/refs/heads/feature/result",
                           ".git/logs/refs/heads/feature", ".git/logs/refs/heads/feature/result"}) {
    EXPECT_EQ(after.erase(made), 1U) << made;
  }
  EXPECT_EQ(after, before);
  EXPECT_EQ(run.user.git({"show", "feature/result:a.txt"}), "result");
  run.user.git({"fsck", "--strict"});
}

TEST(DeliverTest, TwiceIsAsOnceAndABranchInTheWayIsLeftAlone) {
  Delivery run;
  expect_ok(run.repository.deliver(run.result, "result"));
  const auto before = picture_of(run.user.path());
  expect_ok(run.repository.deliver(run.result, "result"));
  EXPECT_EQ(picture_of(run.user.path()), before);
  run.user.git({"branch", "taken", run.base});
  const Status refused = run.repository.deliver(run.result, "taken");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(run.user.git({"rev-parse", "taken"}), run.base);
  // A folder cannot be where a file is.
  const Status below = run.repository.deliver(run.result, "taken/below");
  ASSERT_FALSE(below.ok());
  EXPECT_EQ(below.error().kind, ErrorKind::kUsage);
}

// After each of its steps it may have been broken off.
TEST(DeliverTest, WhatWasBrokenOffIsFinished) {
  Delivery run;
  expect_ok(run.repository.deliver(run.result, "first"));
  run.user.git({"update-ref", "-d", "refs/heads/first"});
  expect_ok(run.open().deliver(run.result, "first"));
  EXPECT_EQ(run.user.git({"rev-parse", "first"}), run.result);
}

TEST(DeliverTest, ANameThatIsNoBranchIsRefused) {
  Delivery run;
  const auto before = picture_of(run.user.path());
  for (const std::string name : {"", "-d", "HEAD", "@", "a..b", "a b", "../x", "x.lock", "a\nb",
                                 "a~1", "/a", "a/", "refs/../x"}) {
    const Status refused = run.repository.deliver(run.result, name);
    ASSERT_FALSE(refused.ok()) << name;
    EXPECT_EQ(refused.error().kind, ErrorKind::kUsage) << name;
  }
  EXPECT_FALSE(run.repository.deliver("HEAD", "result").ok());
  EXPECT_EQ(picture_of(run.user.path()), before);
}

// Making the branch would make all the files of the working tree look deleted or changed.
TEST(DeliverTest, ABranchThatIsCheckedOutBeforeItExistsIsRefused) {
  Delivery run;
  run.user.git({"checkout", "-q", "--orphan", "unborn"});
  const Status refused = run.repository.deliver(run.result, "unborn");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(refused.error().message, HasSubstr("checked out"));
}

// A run that is taken up again has more to deliver.
TEST(DeliverTest, ABranchThatTheRunHasMadeMovesOnUnlessSomebodyElseHasMovedIt) {
  Delivery run;
  expect_ok(run.repository.deliver(run.result, "result"));
  const std::string more = value_of(run.repository.commit(
      "more", value_of(run.repository.tree_of(run.base)), {run.result}, said("More")));
  expect_ok(run.repository.deliver(more, "result"));
  EXPECT_EQ(run.user.git({"rev-parse", "result"}), more);
  run.user.git({"branch", "-f", "result", run.base});
  const Status refused = run.repository.deliver(more, "result");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(run.user.git({"rev-parse", "result"}), run.base);
}

TEST(DeliverTest, WhetherABranchCanBeMadeIsKnownBeforehand) {
  const Delivery run;
  expect_ok(RunRepository::check_new_branch(run.user.path(), "free"));
  run.user.git({"branch", "taken"});
  run.user.git({"branch", "folder/one"});
  for (const char* name : {"taken", "taken/below", "folder", "refs/heads/x", "a..b", "-x", ""}) {
    const Status checked = RunRepository::check_new_branch(run.user.path(), name);
    ASSERT_FALSE(checked.ok()) << name;
    EXPECT_EQ(checked.error().kind, ErrorKind::kUsage) << name;
  }
}

}  // namespace
}  // namespace baton
