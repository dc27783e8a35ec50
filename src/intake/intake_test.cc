#include "intake/intake.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "intake/read_beneath.h"
#include "intake/test_repository.h"

namespace baton {
namespace {

using State = ChangedFile::State;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

Change range_of(const TestRepository& repository, const std::string& range) {
  Result<Change> change = change_from_range(repository.path(), range);
  EXPECT_TRUE(change.ok()) << change.error().message;
  return change ? *change : Change{};
}

Change tree_of(const std::filesystem::path& path) {
  Result<Change> change = change_from_tree(path);
  EXPECT_TRUE(change.ok()) << change.error().message;
  return change ? *change : Change{};
}

Change diff_of(const std::string& text, const std::optional<std::filesystem::path>& repo) {
  Result<Change> change = change_from_diff(text, "x.diff", repo);
  EXPECT_TRUE(change.ok()) << change.error().message;
  return change ? *change : Change{};
}

std::string refusal(const Result<Change>& change) {
  if (change) return "(it was accepted)";
  EXPECT_EQ(change.error().kind, ErrorKind::kUsage);
  return change.error().message;
}

std::vector<std::string> paths_of(const Change& change) {
  std::vector<std::string> paths;
  for (const ChangedFile& file : change.files) paths.push_back(file.path);
  return paths;
}

// Every line a hunk shows is the line its text has there.
void expect_hunks_agree(const Change& change) {
  for (const ChangedFile& file : change.files) {
    ChangedFile shown = file;
    shown.text.reset();
    for (const LineRange& range : file.reviewed()) {
      for (int line = range.first; line <= range.last; ++line) {
        EXPECT_EQ(shown.line(line), file.line(line)) << file.path << ":" << line;
      }
    }
  }
}

TEST(IntakeOfARange, OneRevisionIsWhatItChanged) {
  const TestRepository repository;
  repository.write("src/x.cc", "1\n2\n3\n");
  repository.commit("One");
  repository.write("src/x.cc", "1\ntwo\n3\n");
  const std::string id = repository.commit("Two\n\nWith a reason.");

  const Change change = range_of(repository, "HEAD");
  EXPECT_EQ(change.kind, Change::Kind::kRange);
  EXPECT_EQ(change.title, "HEAD (" + id.substr(0, 10) + ")");
  EXPECT_EQ(change.description, "Two\n\nWith a reason.");
  ASSERT_THAT(paths_of(change), ElementsAre("src/x.cc"));
  EXPECT_EQ(change.files[0].text, "1\ntwo\n3\n");
  EXPECT_THAT(change.files[0].added(), ElementsAre(LineRange{2, 2}));
  EXPECT_THAT(change.map, HasSubstr("src/x.cc  modified, 3 lines, 1 added"));
  expect_hunks_agree(change);
}

TEST(IntakeOfARange, TheFirstCommitIsComparedWithNothing) {
  const TestRepository repository;
  repository.write("x", "1\n");
  repository.commit("One");
  const Change change = range_of(repository, "HEAD");
  ASSERT_THAT(paths_of(change), ElementsAre("x"));
  EXPECT_EQ(change.files[0].state, State::kAdded);
}

TEST(IntakeOfARange, AMergeIsComparedWithItsFirstParent) {
  const TestRepository repository;
  repository.write("x", "1\n");
  repository.commit("One");
  repository.git({"checkout", "-q", "-b", "side"});
  repository.write("side", "s\n");
  repository.commit("Side");
  repository.git({"checkout", "-q", "main"});
  repository.write("main", "m\n");
  repository.commit("Main");
  repository.git({"merge", "-q", "--no-ff", "-m", "Merge", "side"});
  const Change change = range_of(repository, "HEAD");
  EXPECT_THAT(paths_of(change), ElementsAre("side"));
  EXPECT_EQ(change.description, "Merge");
}

TEST(IntakeOfARange, TwoDotsCompareTheEndsAndThreeDotsSinceTheyParted) {
  const TestRepository repository;
  repository.write("x", "1\n");
  repository.commit("One");
  repository.git({"checkout", "-q", "-b", "side"});
  repository.write("side", "s\n");
  repository.commit("Side");
  repository.git({"checkout", "-q", "main"});
  repository.write("main", "m\n");
  repository.commit("Main");
  EXPECT_THAT(paths_of(range_of(repository, "main..side")), ElementsAre("main", "side"));
  EXPECT_THAT(paths_of(range_of(repository, "main...side")), ElementsAre("side"));
  EXPECT_THAT(paths_of(range_of(repository, "side..")), ElementsAre("main", "side"));
}

TEST(IntakeOfARange, NothingChangedIsAChangeWithoutFiles) {
  const TestRepository repository;
  repository.commit("Nothing");
  EXPECT_THAT(range_of(repository, "HEAD..HEAD").files, IsEmpty());
  EXPECT_THAT(range_of(repository, "HEAD").files, IsEmpty());
}

TEST(IntakeOfARange, RenamesDeletionsAndAdditionsAreTold) {
  const TestRepository repository;
  std::string text;
  for (int i = 0; i < 40; ++i) text += "line " + std::to_string(i) + "\n";
  repository.write("old.cc", text);
  repository.write("gone.cc", "gone\n");
  repository.commit("One");
  repository.remove("old.cc");
  repository.write("new name.cc", text + "more\n");
  repository.remove("gone.cc");
  repository.write("added.cc", "new\n");
  repository.commit("Two");

  const Change change = range_of(repository, "HEAD");
  ASSERT_THAT(paths_of(change), ElementsAre("added.cc", "gone.cc", "new name.cc"));
  EXPECT_EQ(change.files[0].state, State::kAdded);
  EXPECT_EQ(change.files[1].state, State::kDeleted);
  EXPECT_EQ(change.files[1].text, std::nullopt);
  EXPECT_EQ(change.files[1].hunks.size(), 1U);
  EXPECT_EQ(change.files[2].state, State::kRenamed);
  EXPECT_EQ(change.files[2].old_path, "old.cc");
  EXPECT_THAT(change.files[2].added(), ElementsAre(LineRange{41, 41}));
  expect_hunks_agree(change);
}

TEST(IntakeOfARange, NamesOfEveryKindComeThrough) {
  const TestRepository repository;
  const std::vector<std::string> names = {"a b.cc",   "line\nbreak.cc", "qu\"ote'.cc",
                                          "t\tab.cc", "täst/日本.cc",   "-dash.cc",
                                          " lead",    "b/x => y"};
  for (const std::string& name : names) repository.write(name, "x\n");
  repository.commit("One");
  const Change change = range_of(repository, "HEAD");
  EXPECT_THAT(paths_of(change), testing::UnorderedElementsAreArray(names));
  for (const ChangedFile& file : change.files) EXPECT_EQ(file.text, "x\n") << file.path;
  EXPECT_THAT(paths_of(tree_of(repository.path())), testing::UnorderedElementsAreArray(names));
}

TEST(IntakeOfARange, WhatCannotBeReviewedIsSkippedWithItsReason) {
  const TestRepository repository;
  repository.commit("One");
  repository.write("binary.bin", std::string("a\0b\n", 4));
  repository.write("large.txt", [] {
    std::string text;
    while (text.size() < (10 << 20)) text += "a line of a file that is too large to be reviewed\n";
    return text.substr(0, 10 << 20);
  }());
  repository.write("minified.js", std::string(30'000, 'x') + "\n");
  repository.write("run.sh", "echo\n");
  std::filesystem::create_symlink("/etc/passwd", repository.path() / "link");
  repository.git({"update-index", "--add", "--cacheinfo",
                  "160000," + repository.git({"rev-parse", "HEAD"}) + ",lib"});
  repository.git({"add", "-A", "--", ":!lib"});
  repository.git({"commit", "-q", "-m", "Two"});

  const Change change = range_of(repository, "HEAD");
  EXPECT_THAT(paths_of(change), ElementsAre("run.sh"));
  EXPECT_THAT(change.skipped,
              UnorderedElementsAre(
                  SkippedFile{"binary.bin", "binary"},
                  SkippedFile{"large.txt", "larger than 1 MiB (10.0 MiB)"},
                  SkippedFile{"minified.js", "minified or generated: a line of 30000 characters"},
                  SkippedFile{"link", "symbolic link"}, SkippedFile{"lib", "submodule"}));

  repository.git({"update-index", "--chmod=+x", "run.sh"});
  repository.git({"commit", "-q", "-m", "Three"});
  EXPECT_THAT(range_of(repository, "HEAD").skipped,
              ElementsAre(SkippedFile{"run.sh", "only its mode changed"}));
}

TEST(IntakeOfARange, ForeignLineEndsAndEncodingsKeepTheirLineNumbers) {
  const TestRepository repository;
  repository.git({"config", "core.autocrlf", "false"});
  repository.write("dos.txt", "one\r\ntwo\r\nthree\r\n");
  repository.write("latin.txt", "a\ncaf\xE9\n");
  repository.commit("One");
  repository.write("dos.txt", "one\r\nTWO\r\nthree\r\n");
  repository.write("latin.txt", "a\nCaf\xE9\n");
  repository.commit("Two");
  const Change change = range_of(repository, "HEAD");
  ASSERT_THAT(paths_of(change), ElementsAre("dos.txt", "latin.txt"));
  EXPECT_EQ(change.files[0].text, "one\nTWO\nthree\n");
  EXPECT_EQ(change.files[1].line(2), "Caf\uFFFD");
  EXPECT_THAT(change.notes, ElementsAre(HasSubstr("latin.txt is not UTF-8")));
  expect_hunks_agree(change);
}

TEST(IntakeOfARange, TheUsersOwnDiffSettingsChangeNothing) {
  const TestRepository repository;
  repository.write("x", "1\n");
  repository.commit("One");
  repository.write("x", "2\n");
  repository.commit("Two");
  const Change plain = range_of(repository, "HEAD");
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"diff.noprefix", "true"},
                                                        {"diff.mnemonicPrefix", "true"},
                                                        {"color.ui", "always"},
                                                        {"diff.context", "0"},
                                                        {"diff.submodule", "log"},
                                                        {"diff.suppressBlankEmpty", "true"},
                                                        {"log.follow", "true"},
                                                        {"log.diffMerges", "on"},
                                                        {"diff.relative", "true"},
                                                        {"diff.orderFile", "/nowhere"},
                                                        {"diff.wordRegex", "."},
                                                        {"core.quotePath", "false"}}) {
    repository.git({"config", key, value});
  }
  EXPECT_EQ(range_of(repository, "HEAD"), plain);
}

TEST(IntakeOfARange, AFolderInsideTheRepositoryServesAsWellAsItsRoot) {
  const TestRepository repository;
  repository.write("src/x.cc", "1\n");
  repository.write("y", "1\n");
  repository.commit("One");
  const Result<Change> change = change_from_range(repository.path() / "src", "HEAD");
  ASSERT_TRUE(change.ok());
  EXPECT_THAT(paths_of(*change), ElementsAre("src/x.cc", "y"));
}

TEST(IntakeOfARange, WhatCannotBeIsSaidWithWhatToDo) {
  const TestFolder plain;
  const TestRepository empty;
  const TestRepository repository;
  repository.commit("One");
  const auto said = [](const TestFolder& where, std::string_view range) {
    return refusal(change_from_range(where.path(), range));
  };
  EXPECT_THAT(said(plain, "HEAD"), HasSubstr("is not in a git repository: name one with --repo"));
  EXPECT_THAT(said(empty, "HEAD"), HasSubstr("has no commit yet"));
  EXPECT_THAT(said(repository, "nope"), HasSubstr("has no revision \"nope\": `git log`"));
  EXPECT_THAT(said(repository, "HEAD..nope"), HasSubstr("has no revision \"nope\""));
  EXPECT_THAT(said(repository, "--output=/tmp/x"),
              HasSubstr("has no revision \"--output=/tmp/x\""));
  EXPECT_THAT(said(repository, ".."), HasSubstr("\"..\" names no revision"));
  EXPECT_THAT(said(repository, "HEAD^{tree}"), HasSubstr("has no revision"));
  EXPECT_THAT(refusal(change_from_range("/no/such/folder", "HEAD")),
              HasSubstr("there is no folder /no/such/folder"));
}

TEST(IntakeOfARange, AShallowCloneLacksTheParentAndSaysHowToGetIt) {
  const TestRepository origin;
  origin.write("x", "1\n");
  origin.commit("One");
  origin.write("x", "2\n");
  origin.commit("Two");
  const TestFolder place;
  origin.git({"clone", "-q", "--depth=1", "file://" + origin.path().string(),
              (place.path() / "clone").string()});
  EXPECT_THAT(refusal(change_from_range(place.path() / "clone", "HEAD")),
              HasSubstr("`git fetch --deepen=1`"));
}

TEST(IntakeOfARange, WithoutACommonAncestorThreeDotsAreRefused) {
  const TestRepository repository;
  repository.commit("One");
  repository.git({"checkout", "-q", "--orphan", "other"});
  repository.git({"commit", "-q", "--allow-empty", "-m", "Other"});
  EXPECT_THAT(refusal(change_from_range(repository.path(), "main...other")),
              HasSubstr("have no common ancestor"));
}

constexpr std::string_view kTwoBecameTwo =
    "--- a/x.cc\n+++ b/x.cc\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n";

TEST(IntakeOfADiff, AFileThatAgreesIsReadWhole) {
  const TestFolder folder;
  folder.write("x.cc", "1\ntwo\n3\n4\n5\n");
  const Change change = diff_of(std::string(kTwoBecameTwo), folder.path());
  EXPECT_EQ(change.kind, Change::Kind::kDiff);
  EXPECT_EQ(change.title, "x.diff");
  ASSERT_EQ(change.files.size(), 1U);
  EXPECT_EQ(change.files[0].text, "1\ntwo\n3\n4\n5\n");
  EXPECT_THAT(change.notes, IsEmpty());
}

TEST(IntakeOfADiff, AFileThatIsNotThereOrDiffersIsNoted) {
  const TestFolder folder;
  EXPECT_THAT(diff_of(std::string(kTwoBecameTwo), folder.path()).notes,
              ElementsAre("the diff names x.cc, which is not in " + folder.path().string() +
                          ": only the lines the diff shows are reviewed"));
  folder.write("x.cc", "1\n2\n3\n");
  const Change change = diff_of(std::string(kTwoBecameTwo), folder.path());
  EXPECT_THAT(change.notes, ElementsAre(HasSubstr("is not as the diff leaves it: only the lines")));
  ASSERT_EQ(change.files.size(), 1U);
  EXPECT_EQ(change.files[0].text, std::nullopt);
}

TEST(IntakeOfADiff, WithoutARepositoryOnlyTheDiffCounts) {
  const Change change = diff_of(std::string(kTwoBecameTwo), std::nullopt);
  ASSERT_EQ(change.files.size(), 1U);
  EXPECT_EQ(change.files[0].text, std::nullopt);
  EXPECT_THAT(change.notes, IsEmpty());
}

TEST(IntakeOfADiff, PathsAreThoseOfTheRepositorysRoot) {
  const TestRepository repository;
  repository.write("x.cc", "1\ntwo\n3\n");
  std::filesystem::create_directory(repository.path() / "src");
  EXPECT_EQ(diff_of(std::string(kTwoBecameTwo), repository.path() / "src").files[0].text,
            "1\ntwo\n3\n");
}

TEST(IntakeOfADiff, NoPathLeadsOutOfTheFolder) {
  const TestFolder outside;
  outside.write("x.cc", "1\ntwo\n3\nsecret\n");
  const TestFolder folder;
  std::filesystem::create_symlink(outside.path() / "x.cc", folder.path() / "x.cc");
  std::filesystem::create_directory_symlink(outside.path(), folder.path() / "dir");
  const Change change =
      diff_of(std::string(kTwoBecameTwo) +
                  "--- a/dir/x.cc\n+++ b/dir/x.cc\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
              folder.path());
  ASSERT_EQ(change.files.size(), 2U);
  EXPECT_EQ(change.files[0].text, std::nullopt);
  EXPECT_EQ(change.files[1].text, std::nullopt);
  EXPECT_THAT(change.notes, Contains(HasSubstr("x.cc")).Times(2));
}

TEST(IntakeOfADiff, WhatIsNoDiffIsRefusedByItsName) {
  EXPECT_THAT(refusal(change_from_diff("hello", "x.diff", std::nullopt)),
              StartsWith("cannot read the diff x.diff: not a unified diff"));
  EXPECT_THAT(refusal(change_from_diff("hello", "-", std::nullopt)), HasSubstr("standard input"));
  EXPECT_THAT(diff_of("", std::nullopt).files, IsEmpty());
}

TEST(IntakeOfADiff, ADiffThatCannotBeReadIsAnError) {
  const TestFolder folder;
  folder.write("x.diff", "text");
  EXPECT_EQ(*read_diff((folder.path() / "x.diff").string()), "text");
  EXPECT_THAT(read_diff((folder.path() / "no.diff").string()).error().message,
              HasSubstr("No such file"));
  EXPECT_THAT(read_diff(folder.path().string()).error().message, HasSubstr("it is a folder"));
}

TEST(IntakeOfATree, ARepositorysFilesAreThoseGitKnowsOrWouldAdd) {
  const TestRepository repository;
  repository.write(".gitignore", "*.o\n");
  repository.write("src/x.cc", "1\n2\n");
  repository.write("top", "1\n");
  repository.commit("One");
  repository.write("src/new.cc", "1\n");
  repository.write("src/x.o", "1\n");
  repository.write("removed", "1\n");
  repository.git({"add", "removed"});
  repository.remove("removed");

  const Change change = tree_of(repository.path());
  EXPECT_EQ(change.kind, Change::Kind::kTree);
  EXPECT_THAT(paths_of(change), ElementsAre(".gitignore", "src/new.cc", "src/x.cc", "top"));
  EXPECT_EQ(change.files[2].state, State::kWhole);
  EXPECT_THAT(change.files[2].reviewed(), ElementsAre(LineRange{1, 2}));
  EXPECT_THAT(change.skipped, IsEmpty());

  EXPECT_THAT(paths_of(tree_of(repository.path() / "src")), ElementsAre("src/new.cc", "src/x.cc"));
  EXPECT_THAT(paths_of(tree_of(repository.path() / "src/x.cc")), ElementsAre("src/x.cc"));
  EXPECT_THAT(paths_of(tree_of(repository.path() / "src/x.o")), ElementsAre("src/x.o"))
      << "what is named is reviewed, though ignored";
}

TEST(IntakeOfATree, OutsideOfARepositoryEveryFileCounts) {
  const TestFolder folder;
  folder.write("b/c.txt", "1\n");
  folder.write("a.txt", "1\n");
  folder.write("empty", "");
  folder.write("data.bin", std::string(10, '\0'));
  std::filesystem::create_symlink("/etc/passwd", folder.path() / "link");
  std::filesystem::create_directory_symlink("/etc", folder.path() / "etc");
  ASSERT_EQ(mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  const Change change = tree_of(folder.path());
  EXPECT_THAT(paths_of(change), ElementsAre("a.txt", "b/c.txt"));
  EXPECT_THAT(change.skipped,
              ElementsAre(SkippedFile{"data.bin", "binary"}, SkippedFile{"empty", "empty"},
                          SkippedFile{"etc", "symbolic link"}, SkippedFile{"link", "symbolic link"},
                          SkippedFile{"pipe", "unreadable: not a regular file"}));
}

TEST(IntakeOfATree, ARepositoryWhoseConfigurationPointsElsewhereIsReadWhereItIs) {
  const TestFolder outside;
  outside.write("secret", "s\n");
  const TestRepository repository;
  repository.write("x", "1\n");
  repository.commit("One");
  repository.git({"config", "core.worktree", outside.path().string()});
  EXPECT_THAT(paths_of(tree_of(repository.path())), ElementsAre("x"));
}

TEST(IntakeOfATree, AMissingPathIsAnError) {
  EXPECT_THAT(refusal(change_from_tree("/no/such/folder")),
              HasSubstr("cannot read /no/such/folder: No such file"));
}

TEST(ReadBeneath, OnlyPathsInsideTheFolderAreRead) {
  const TestFolder folder;
  folder.write("a/b", "text");
  const Result<Folder> opened = Folder::open(folder.path());
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->read("a/b", 100).bytes, "text");
  EXPECT_EQ(opened->read("a/b", 3).kind, FileRead::Kind::kTooLarge);
  EXPECT_EQ(opened->read("a", 100).kind, FileRead::Kind::kFolder);
  EXPECT_EQ(opened->read("a/b/c", 100).kind, FileRead::Kind::kMissing);
  for (const std::string_view path : {"../x", "a/../a/b", "/etc/passwd", "a//b", "", "."}) {
    EXPECT_EQ(opened->read(path, 100).kind, FileRead::Kind::kUnreadable) << path;
  }
}

}  // namespace
}  // namespace baton
