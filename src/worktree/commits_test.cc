#include <gmock/gmock.h>

#include "worktree/test_run.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// Two writers who each do something to the same base.
struct TwoWriters : TestRun {
  TwoWriters() : repository(open()) {}

  // What `change` makes of the base's files, as a commit.
  template <typename Change>
  std::string writer(const std::string& name, Change change) {
    const fs::path worktree = value_of(repository.worktree(name, base));
    change(worktree);
    return value_of(
        repository.commit(name, value_of(repository.snapshot(name)), {base}, said(name)));
  }

  // The blob at that path of the commit; empty if there is none.
  std::string blob(const std::string& commit, const std::string& path) const {
    const Result<ProgramOutput> output =
        run_and_read({.argv = {"git", "--git-dir", repository.git_folder().string(), "rev-parse",
                               "--verify", "--quiet", commit + ":" + path},
                      .environment = {},
                      .input = {}});
    return output && output->status == 0 ? output->out.substr(0, output->out.find('\n')) : "";
  }

  Conflict conflict(const std::string& path, const std::string& ours, const std::string& theirs) {
    return {path, blob(ours, path), blob(theirs, path), blob(base, path)};
  }

  RunRepository repository;
};

TEST(CommitTest, AMessageIsTextAndItsTrailersAreOurs) {
  TestRun run;
  RunRepository repository = run.open();
  const CommitText text{
      .subject = "Add\nparser \x1b[31m",
      .body = "\nWhat it does.\n\nBaton-Cost: $0.00\n\n",
      .trailers = {{"Baton-Worker", "code-writer\nBaton-Cost: $0"}, {"Baton-Cost", "$0.12"}},
      .at = Instant::from_unix_ms(1'795'000'000'999)};
  const std::string tree = value_of(repository.tree_of(run.base));
  const std::string id = value_of(repository.commit("b", tree, {run.base}, text));
  EXPECT_EQ(value_of(repository.commit("b", tree, {run.base}, text)), id);
  const Result<ProgramOutput> raw =
      run_and_read({.argv = {"git", "--git-dir", repository.git_folder().string(), "cat-file",
                             "commit", "refs/heads/b"},
                    .environment = {},
                    .input = {}});
  ASSERT_TRUE(raw.ok());
  EXPECT_EQ(raw->out, "tree " + tree + "\nparent " + run.base +
                          "\nauthor baton <baton@localhost> 1795000000 +0000\n"
                          "committer baton <baton@localhost> 1795000000 +0000\n\n"
                          "Add parser \xEF\xBF\xBD[31m\n\nWhat it does.\n\nBaton-Cost: $0.00\n\n"
                          "Baton-Worker: code-writer Baton-Cost: $0\nBaton-Cost: $0.12\n");
}

TEST(CommitTest, WhatIsNoIdOrNoBranchIsRefused) {
  TestRun run;
  RunRepository repository = run.open();
  const std::string tree = value_of(repository.tree_of(run.base));
  EXPECT_EQ(repository.commit("b", "HEAD^{tree}", {}, said("x")).error().kind, ErrorKind::kInput);
  EXPECT_EQ(repository.commit("b", tree, {"--all"}, said("x")).error().kind, ErrorKind::kInput);
  EXPECT_FALSE(repository.commit("../../x", tree, {run.base}, said("x")).ok());
  EXPECT_EQ(repository.tree_of("--all").error().kind, ErrorKind::kInput);
  EXPECT_FALSE(repository.diff("--output=/tmp/x", run.base, 10).ok());
}

TEST(MergeTest, WhatDoesNotMeetIsMergedAndTheSameWorkGivesTheSameCommit) {
  TwoWriters run;
  const std::string ours =
      run.writer("ours", [](const fs::path& at) { write_file(at / "a.txt", "ONE\ntwo\nthree\n"); });
  const std::string theirs = run.writer("theirs", [](const fs::path& at) {
    fs::rename(at / "src/b.txt", at / "src/renamed.txt");
    write_file(at / "new.txt", "new\n");
  });
  const MergeResult merged = value_of(run.repository.merge(ours, theirs, said("Merge")));
  EXPECT_THAT(merged.conflicts, IsEmpty());
  EXPECT_EQ(value_of(run.repository.files(merged.commit)),
            (std::vector<std::string>{".gitignore", "a.txt", "new.txt", "src/renamed.txt"}));
  EXPECT_EQ(value_of(run.repository.text(merged.commit, "a.txt", 100)), "ONE\ntwo\nthree\n");
  EXPECT_EQ(value_of(run.repository.merge(ours, theirs, said("Merge"))), merged);
  const MergeResult again = value_of(run.repository.merge(merged.commit, theirs, said("Merge")));
  EXPECT_EQ(again.commit, merged.commit) << "merged already";
}

TEST(MergeTest, AFileEditedByBothIsAConflictWithAllItsSides) {
  TwoWriters run;
  const std::string ours =
      run.writer("ours", [](const fs::path& at) { write_file(at / "a.txt", "ours\n"); });
  const std::string theirs =
      run.writer("theirs", [](const fs::path& at) { write_file(at / "a.txt", "theirs\n"); });
  const MergeResult merged = value_of(run.repository.merge(ours, theirs, said("Merge")));
  EXPECT_EQ(merged.commit, "");
  EXPECT_THAT(merged.conflicts, ElementsAre(run.conflict("a.txt", ours, theirs)));
  EXPECT_THAT(merged.messages, HasSubstr("Merge conflict in a.txt"));
  EXPECT_EQ(value_of(run.repository.text(merged.tree, "a.txt", 1000)),
            "<<<<<<< " + ours + "\nours\n=======\ntheirs\n>>>>>>> " + theirs + "\n");
  EXPECT_EQ(value_of(run.repository.merge(ours, theirs, said("Merge"))), merged);
  // The tree with its markers is what an integrator begins with.
  const std::string both = value_of(
      run.repository.commit("both", merged.tree, {ours, theirs}, said("To be integrated")));
  value_of(run.repository.worktree("integrator", both));
}

TEST(MergeTest, AFileAddedByBothHasNoBase) {
  TwoWriters run;
  const auto add = [](const char* text) {
    return [text](const fs::path& at) { write_file(at / "new.txt", text); };
  };
  const std::string ours = run.writer("ours", add("ours\n"));
  const std::string theirs = run.writer("theirs", add("theirs\n"));
  const MergeResult merged = value_of(run.repository.merge(ours, theirs, said("Merge")));
  ASSERT_THAT(merged.conflicts, ElementsAre(run.conflict("new.txt", ours, theirs)));
  EXPECT_EQ(merged.conflicts[0].base, "");
  EXPECT_NE(merged.conflicts[0].ours, "");
}

TEST(MergeTest, AFileDeletedHereAndEditedThereHasOneSide) {
  TwoWriters run;
  const std::string ours = run.writer("ours", [](const fs::path& at) { fs::remove(at / "a.txt"); });
  const std::string theirs =
      run.writer("theirs", [](const fs::path& at) { write_file(at / "a.txt", "theirs\n"); });
  const MergeResult merged = value_of(run.repository.merge(ours, theirs, said("Merge")));
  ASSERT_THAT(merged.conflicts, ElementsAre(run.conflict("a.txt", ours, theirs)));
  EXPECT_EQ(merged.conflicts[0].ours, "");
  const MergeResult turned = value_of(run.repository.merge(theirs, ours, said("Merge")));
  ASSERT_THAT(turned.conflicts, SizeIs(1));
  EXPECT_EQ(turned.conflicts[0].theirs, "");
}

TEST(MergeTest, AFileRenamedInTwoWaysIsNamedThreeTimes) {
  TwoWriters run;
  const std::string ours =
      run.writer("ours", [](const fs::path& at) { fs::rename(at / "a.txt", at / "ours.txt"); });
  const std::string theirs =
      run.writer("theirs", [](const fs::path& at) { fs::rename(at / "a.txt", at / "theirs.txt"); });
  const MergeResult merged = value_of(run.repository.merge(ours, theirs, said("Merge")));
  const std::string blob = run.blob(run.base, "a.txt");
  EXPECT_THAT(merged.conflicts,
              ElementsAre(Conflict{"a.txt", "", "", blob}, Conflict{"ours.txt", blob, "", ""},
                          Conflict{"theirs.txt", "", blob, ""}));
}

TEST(MergeTest, AnEditFollowsARename) {
  TwoWriters run;
  const std::string ours =
      run.writer("ours", [](const fs::path& at) { fs::rename(at / "a.txt", at / "moved.txt"); });
  const std::string theirs = run.writer(
      "theirs", [](const fs::path& at) { write_file(at / "a.txt", "one\ntwo\nthree\nfour\n"); });
  const MergeResult merged = value_of(run.repository.merge(ours, theirs, said("Merge")));
  EXPECT_EQ(value_of(run.repository.text(merged.commit, "moved.txt", 100)),
            "one\ntwo\nthree\nfour\n");
}

TEST(MergeTest, ModesMergeApartFromTexts) {
  TwoWriters run;
  const std::string ours = run.writer(
      "ours", [](const fs::path& at) { fs::permissions(at / "a.txt", fs::perms(0755)); });
  const std::string theirs =
      run.writer("theirs", [](const fs::path& at) { write_file(at / "a.txt", "theirs\n"); });
  const MergeResult merged = value_of(run.repository.merge(ours, theirs, said("Merge")));
  EXPECT_EQ(value_of(run.repository.changes(theirs, merged.commit)),
            (std::vector<FileChange>{{'M', "a.txt", 0, 0}}));
}

TEST(MergeTest, BinaryFilesAndLinksConflictWhole) {
  TwoWriters run;
  const std::string ours = run.writer("ours", [](const fs::path& at) {
    write_file(at / "image", std::string("o\0urs", 5));
    fs::remove(at / "a.txt");
    fs::create_symlink("elsewhere", at / "a.txt");
  });
  const std::string theirs = run.writer("theirs", [](const fs::path& at) {
    write_file(at / "image", std::string("t\0heirs", 7));
    write_file(at / "a.txt", "theirs\n");
  });
  const MergeResult merged = value_of(run.repository.merge(ours, theirs, said("Merge")));
  EXPECT_EQ(merged.commit, "");
  EXPECT_THAT(merged.messages, HasSubstr("Cannot merge binary files: image"));
  EXPECT_THAT(merged.messages, HasSubstr("a.txt had different types on each side"));
  std::vector<std::string> paths;
  for (const Conflict& conflict : merged.conflicts) paths.push_back(conflict.path);
  EXPECT_THAT(paths, testing::Contains("image"));
  EXPECT_EQ(value_of(run.repository.merge(ours, theirs, said("Merge"))), merged);
}

TEST(MergeTest, AFileAgainstAFolderOfItsNameIsAConflict) {
  TwoWriters run;
  const std::string ours =
      run.writer("ours", [](const fs::path& at) { write_file(at / "x", "a file\n"); });
  const std::string theirs =
      run.writer("theirs", [](const fs::path& at) { write_file(at / "x/y", "in a folder\n"); });
  const MergeResult merged = value_of(run.repository.merge(ours, theirs, said("Merge")));
  EXPECT_EQ(merged.commit, "");
  EXPECT_THAT(merged.conflicts, Not(IsEmpty()));
}

// A changelog to which everybody adds is no conflict where the repository says so.
TEST(MergeTest, TheRepositorysAttributesSayHowFilesMerge) {
  TwoWriters run;
  run.user.write(".gitattributes", "CHANGELOG merge=union\n*.lock -merge\n");
  run.user.write("CHANGELOG", "begin\n");
  run.user.write("x.lock", "1\n2\n3\n4\n5\n");
  run.base = run.user.commit("Attributes");
  fs::remove_all(run.folder());
  run.repository = run.open();
  const auto log = [](const char* line) {
    return
        [line](const fs::path& at) { write_file(at / "CHANGELOG", std::string("begin\n") + line); };
  };
  const std::string ours = run.writer("ours", log("ours\n"));
  const std::string theirs = run.writer("theirs", log("theirs\n"));
  const MergeResult merged = value_of(run.repository.merge(ours, theirs, said("Merge")));
  ASSERT_NE(merged.commit, "");
  EXPECT_EQ(value_of(run.repository.text(merged.commit, "CHANGELOG", 100)),
            "begin\nours\ntheirs\n");
  const std::string top =
      run.writer("top", [](const fs::path& at) { write_file(at / "x.lock", "0\n2\n3\n4\n5\n"); });
  const std::string end =
      run.writer("end", [](const fs::path& at) { write_file(at / "x.lock", "1\n2\n3\n4\n6\n"); });
  EXPECT_EQ(value_of(run.repository.merge(top, end, said("Merge"))).commit, "");
}

TEST(CommitTest, ChangesDiffFilesAndTextsTellWhatIsInACommit) {
  TwoWriters run;
  const std::string commit = run.writer("w", [](const fs::path& at) {
    write_file(at / "a.txt", "one\nthree\nfour\nfive\n");
    write_file(at / "b\n.bin", std::string("\0\1", 2));
    fs::remove(at / "src/b.txt");
    fs::create_symlink("a.txt", at / "link");
  });
  EXPECT_EQ(value_of(run.repository.changes(run.base, commit)),
            (std::vector<FileChange>{{'M', "a.txt", 2, 1},
                                     {'A', "b\n.bin", 0, 0},
                                     {'A', "link", 1, 0},
                                     {'D', "src/b.txt", 0, 1}}));
  const std::string diff = value_of(run.repository.diff(run.base, commit, 100'000));
  EXPECT_THAT(diff, HasSubstr("\n-two\n"));
  EXPECT_THAT(diff, HasSubstr("Binary files"));
  const std::string cut = value_of(run.repository.diff(run.base, commit, 60));
  EXPECT_THAT(cut, HasSubstr("more bytes are not shown]\n"));
  EXPECT_TRUE(diff.starts_with(cut.substr(0, cut.find('['))));
  EXPECT_EQ(value_of(run.repository.text(commit, "b\n.bin", 2)), std::string("\0\1", 2));
  for (const std::string path :
       {"none", "", "/a.txt", "../a.txt", "src", "a.txt/x", ":(top)a.txt"}) {
    EXPECT_FALSE(run.repository.text(commit, path, 100).ok()) << path;
  }
  EXPECT_EQ(run.repository.text(commit, "none", 100).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(run.repository.text(commit, "link", 100).error().kind, ErrorKind::kInput);
  EXPECT_EQ(run.repository.text(commit, "a.txt", 3).error().kind, ErrorKind::kInput);
}

}  // namespace
}  // namespace baton
