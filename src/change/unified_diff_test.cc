#include "change/unified_diff.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace baton {
namespace {

using Kind = HunkLine::Kind;
using State = ChangedFile::State;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Change parsed(std::string_view text) {
  Result<Change> change = parse_unified_diff(text);
  EXPECT_TRUE(change.ok()) << change.error().message;
  return change ? *change : Change{};
}

std::string refused(std::string_view text) {
  const Result<Change> change = parse_unified_diff(text);
  if (change) return "(it was accepted)";
  EXPECT_EQ(change.error().kind, ErrorKind::kInput);
  return change.error().message;
}

// The one file of a diff.
ChangedFile file_of(std::string_view text) {
  const Change change = parsed(text);
  EXPECT_EQ(change.files.size(), 1U);
  return change.files.empty() ? ChangedFile{} : change.files.front();
}

// A diff of one file whose line 1 became another, under the header given.
std::string under(std::string_view header) {
  return std::string(header) + "@@ -1 +1 @@\n-old\n+new\n";
}

const std::vector<Hunk> kOldBecameNew = {
    {.old_first = 1,
     .new_first = 1,
     .section = "",
     .lines = {{Kind::kRemoved, "old"}, {Kind::kAdded, "new"}}}};

TEST(UnifiedDiff, AnEmptyTextIsAChangeWithoutFiles) {
  EXPECT_EQ(parsed(""), Change{.kind = Change::Kind::kDiff});
  EXPECT_EQ(parsed("\n\n"), Change{.kind = Change::Kind::kDiff});
}

TEST(UnifiedDiff, AModifiedFileComesWithItsHunks) {
  const ChangedFile file = file_of(
      "diff --git a/src/x.cc b/src/x.cc\n"
      "index 1111111..2222222 100644\n"
      "--- a/src/x.cc\n"
      "+++ b/src/x.cc\n"
      "@@ -10,3 +10,4 @@ int main() {\n"
      " context\n"
      "-removed\n"
      "+added\n"
      "+added too\n"
      " context\n"
      "@@ -40 +41 @@\n"
      "-a\n"
      "+b\n");
  EXPECT_EQ(file,
            (ChangedFile{.path = "src/x.cc",
                         .old_path = "src/x.cc",
                         .state = State::kModified,
                         .hunks = {{10,
                                    10,
                                    "int main() {",
                                    {{Kind::kContext, "context"},
                                     {Kind::kRemoved, "removed"},
                                     {Kind::kAdded, "added"},
                                     {Kind::kAdded, "added too"},
                                     {Kind::kContext, "context"}}},
                                   {40, 41, "", {{Kind::kRemoved, "a"}, {Kind::kAdded, "b"}}}},
                         .text = std::nullopt}));
}

TEST(UnifiedDiff, AddedAndDeletedFilesAreTold) {
  const ChangedFile added = file_of(
      "diff --git a/n b/n\nnew file mode 100644\nindex 0000000..1\n--- /dev/null\n+++ b/n\n"
      "@@ -0,0 +1 @@\n+new\n");
  EXPECT_EQ(added.path, "n");
  EXPECT_EQ(added.state, State::kAdded);

  const ChangedFile deleted = file_of(
      "diff --git a/o b/o\ndeleted file mode 100644\nindex 1..0000000\n--- a/o\n+++ /dev/null\n"
      "@@ -1 +0,0 @@\n-old\n");
  EXPECT_EQ(deleted.path, "o");
  EXPECT_EQ(deleted.state, State::kDeleted);
  EXPECT_EQ(deleted.hunks.size(), 1U);
}

TEST(UnifiedDiff, ARenameWithChangesKnowsBothNames) {
  const ChangedFile file = file_of(
      under("diff --git a/old name.cc b/new.cc\nsimilarity index 90%\nrename from old name.cc\n"
            "rename to new.cc\nindex 1..2 100644\n--- a/old name.cc\n+++ b/new.cc\n"));
  EXPECT_EQ(file.state, State::kRenamed);
  EXPECT_EQ(file.old_path, "old name.cc");
  EXPECT_EQ(file.path, "new.cc");
  EXPECT_EQ(file.hunks, kOldBecameNew);
}

TEST(UnifiedDiff, ACopyIsANewFile) {
  const ChangedFile file =
      file_of(under("diff --git a/a.cc b/b.cc\nsimilarity index 90%\ncopy from a.cc\ncopy to b.cc\n"
                    "--- a/a.cc\n+++ b/b.cc\n"));
  EXPECT_EQ(file.state, State::kAdded);
  EXPECT_EQ(file.path, "b.cc");
  EXPECT_EQ(file.old_path, "b.cc");
}

TEST(UnifiedDiff, WhatHasNoLinesToReviewIsSkippedWithItsReason) {
  const Change change = parsed(
      "diff --git a/run b/run\nold mode 100644\nnew mode 100755\n"
      "diff --git a/a b/b\nsimilarity index 100%\nrename from a\nrename to b\n"
      "diff --git a/c b/d\nsimilarity index 100%\ncopy from c\ncopy to d\n"
      "diff --git a/e b/e\nnew file mode 100644\nindex 0000000..e69de29\n"
      "diff --git a/x.png b/x.png\nindex 1..2 100644\nBinary files a/x.png and b/x.png differ\n"
      "diff --git a/lib b/lib\nindex 1..2 160000\n--- a/lib\n+++ b/lib\n@@ -1 +1 @@\n"
      "-Subproject commit 1\n+Subproject commit 2\n"
      "diff --git a/l b/l\nnew file mode 120000\nindex 0..1\n--- /dev/null\n+++ b/l\n"
      "@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n"
      "Submodule libs/y 1a2b3c4..5d6e7f8:\n  > A commit\n"
      "diff --cc m.cc\nindex 1,2..3\n--- a/m.cc\n+++ b/m.cc\n@@@ -1,1 -1,1 +1,1 @@@\n- a\n "
      "-b\n++c\n");
  EXPECT_THAT(change.files, IsEmpty());
  EXPECT_THAT(
      change.skipped,
      ElementsAre(SkippedFile{"run", "only its mode changed"},
                  SkippedFile{"b", "renamed from a without changes"},
                  SkippedFile{"d", "copied from c without changes"}, SkippedFile{"e", "empty"},
                  SkippedFile{"x.png", "binary"}, SkippedFile{"lib", "submodule"},
                  SkippedFile{"l", "symbolic link"}, SkippedFile{"libs/y", "submodule"},
                  SkippedFile{"m.cc", "a merge's combined diff"}));
}

TEST(UnifiedDiff, ABinaryPatchIsSkippedAndTheNextFileRead) {
  const Change change =
      parsed(under("diff --git a/x.bin b/x.bin\nindex 1..2 100644\nGIT binary patch\n"
                   "literal 5\nMcmZQzWMXDvWn\n\nliteral 3\nKcmZQzWMU8i\n\n"
                   "diff --git a/y b/y\n--- a/y\n+++ b/y\n"));
  EXPECT_THAT(change.skipped, ElementsAre(SkippedFile{"x.bin", "binary"}));
  ASSERT_EQ(change.files.size(), 1U);
  EXPECT_EQ(change.files[0].path, "y");
}

TEST(UnifiedDiff, QuotedNamesAreUnquoted) {
  const ChangedFile file = file_of(
      under("diff --git \"a/t\\303\\244st\\n\\\"1\\\".txt\" \"b/t\\303\\244st\\n\\\"1\\\".txt\"\n"
            "--- \"a/t\\303\\244st\\n\\\"1\\\".txt\"\n+++ \"b/t\\303\\244st\\n\\\"1\\\".txt\"\n"));
  EXPECT_EQ(file.path, "täst\n\"1\".txt");
}

TEST(UnifiedDiff, NamesMayHoldSpaces) {
  EXPECT_EQ(
      file_of(under("diff --git a/a b/c d b/a b/c d\n--- a/a b/c d\t\n+++ b/a b/c d\t\n")).path,
      "a b/c d");
  EXPECT_THAT(parsed("diff --git a/a b b/a b\nold mode 100644\nnew mode 100755\n").skipped,
              ElementsAre(SkippedFile{"a b", "only its mode changed"}));
}

TEST(UnifiedDiff, PrefixesOfEveryFashionComeOff) {
  const auto path = [](std::string_view header) { return file_of(under(header)).path; };
  EXPECT_EQ(path("diff --git i/src/x w/src/x\n--- i/src/x\n+++ w/src/x\n"), "src/x");
  EXPECT_EQ(path("diff --git src/x src/x\n--- src/x\n+++ src/x\n"), "src/x");
  EXPECT_EQ(path("diff --git a/x a/x\n--- a/x\n+++ a/x\n"), "a/x") << "a folder, not a prefix";
  EXPECT_EQ(path("--- a/src/x\n+++ b/src/x\n"), "src/x");
  EXPECT_EQ(path("--- project-1.0/src/x\n+++ project-1.1/src/x\n"), "src/x");
  EXPECT_EQ(path("--- src/x\n+++ src/x\n"), "src/x");
  EXPECT_EQ(path("--- ./x.orig\n+++ ./x\n"), "x");
}

TEST(UnifiedDiff, ADiffWithoutGitHasTimestampsBehindItsNames) {
  const ChangedFile file = file_of(
      under("diff -u a/my file.c b/my file.c\n--- a/my file.c\t2024-01-01 10:00:00.0 +0100\n"
            "+++ b/my file.c\t2024-01-02 10:00:00.0 +0100\n"));
  EXPECT_EQ(file.path, "my file.c");
  EXPECT_EQ(file.state, State::kModified);
}

TEST(UnifiedDiff, WithoutGitAnEmptySideTellsANewOrDeletedFile) {
  EXPECT_EQ(file_of("--- a/x\t1970-01-01\n+++ b/x\t2024-01-01\n@@ -0,0 +1 @@\n+new\n").state,
            State::kAdded);
  EXPECT_EQ(file_of("--- a/x\t2024-01-01\n+++ b/x\t1970-01-01\n@@ -1 +0,0 @@\n-old\n").state,
            State::kDeleted);
  EXPECT_THAT(parsed("Binary files old/x.png and new/x.png differ\n").skipped,
              ElementsAre(SkippedFile{"x.png", "binary"}));
}

TEST(UnifiedDiff, CarriageReturnsBeforeLineEndsAreDropped) {
  const ChangedFile file =
      file_of("diff --git a/x b/x\r\n--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n-old\r\n+new\r\n");
  EXPECT_EQ(file.path, "x");
  EXPECT_EQ(file.hunks, kOldBecameNew);
}

TEST(UnifiedDiff, AMissingLastLineEndIsNoLine) {
  const ChangedFile file = file_of(
      "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n\\ No newline at end of file\n+new\n"
      "\\ No newline at end of file\n");
  EXPECT_EQ(file.hunks, kOldBecameNew);
}

TEST(UnifiedDiff, LinesThatLookLikeHeadersInsideAHunkAreLines) {
  const ChangedFile file = file_of(
      "--- a/x.sql\n+++ b/x.sql\n@@ -1,2 +1,2 @@\n--- a comment\n-@@ -1 +1 @@\n"
      "+++ more\n+diff --git a/x b/x\n");
  EXPECT_THAT(
      file.hunks.front().lines,
      ElementsAre(HunkLine{Kind::kRemoved, "-- a comment"}, HunkLine{Kind::kRemoved, "@@ -1 +1 @@"},
                  HunkLine{Kind::kAdded, "++ more"}, HunkLine{Kind::kAdded, "diff --git a/x b/x"}));
}

TEST(UnifiedDiff, AnEmptyLineOfContextMayHaveLostItsSpace) {
  EXPECT_THAT(file_of("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n\n-a\n+b\n").hunks.front().lines,
              ElementsAre(HunkLine{Kind::kContext, ""}, HunkLine{Kind::kRemoved, "a"},
                          HunkLine{Kind::kAdded, "b"}));
}

TEST(UnifiedDiff, TextBeforeTheFirstFileIsTheDescriptionAndASignatureIsNot) {
  const Change change = parsed(
      under("From 1a2b Mon Sep 17 00:00:00 2001\nSubject: [PATCH] Repair x\n\nSubmodule talk\n---\n"
            " x | 2 +-\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n") +
      "-- \n2.39.5\n\n");
  EXPECT_EQ(change.description,
            "From 1a2b Mon Sep 17 00:00:00 2001\nSubject: [PATCH] Repair x\n\nSubmodule talk\n---\n"
            " x | 2 +-");
  EXPECT_EQ(change.files.size(), 1U);
}

TEST(UnifiedDiff, BytesThatAreNotUtf8AreReplacedAndNoted) {
  const Change change = parsed("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+caf\xE9\n");
  ASSERT_EQ(change.files.size(), 1U);
  EXPECT_EQ(change.files[0].line(1), "caf\uFFFD");
  EXPECT_THAT(change.notes, ElementsAre(HasSubstr("x is not UTF-8")));
}

TEST(UnifiedDiff, AFileWhoseNameIsNotUtf8IsSkipped) {
  EXPECT_THAT(parsed(under("--- \"a/\\351\"\n+++ \"b/\\351\"\n")).skipped,
              ElementsAre(SkippedFile{"\uFFFD", "its name is not UTF-8"}));
}

TEST(UnifiedDiff, PathsThatAreNoneOfTheRepositorysOwnAreSkipped) {
  const auto skipped = [](std::string_view header) { return parsed(under(header)).skipped; };
  EXPECT_THAT(skipped("--- /tmp/a/x\n+++ /tmp/b/x\n"),
              ElementsAre(SkippedFile{"/tmp/b/x", "outside the repository: its path is absolute"}));
  EXPECT_THAT(
      skipped("--- a/../../x\n+++ b/../../x\n"),
      ElementsAre(SkippedFile{"../../x", "outside the repository: its path leaves it by \"..\""}));
  EXPECT_THAT(skipped("--- a/s/.git/config\n+++ b/s/.git/config\n"),
              ElementsAre(SkippedFile{"s/.git/config", "git's own data"}));
  EXPECT_THAT(skipped("--- a/x\n+++ ./\n"),
              ElementsAre(SkippedFile{"./", "not the name of a file"}));
  EXPECT_EQ(file_of(under("--- a/x..y/..z\n+++ b/x..y/..z\n")).path, "x..y/..z");
}

TEST(UnifiedDiff, AFileThatBecameAnotherKindOfThingIsKeptOnce) {
  const std::string removed =
      "diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n";
  const std::string added =
      "diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+new\n";
  EXPECT_EQ(file_of(removed + added).state, State::kAdded);
}

TEST(UnifiedDiff, PatchesThatFollowOnEachOtherAreRefused) {
  const std::string once = under("--- a/x\n+++ b/x\n");
  EXPECT_THAT(refused(once + once), HasSubstr("line 6: x is changed a second time"));
}

TEST(UnifiedDiff, WhatIsNotADiffIsRefused) {
  EXPECT_THAT(refused("hello\nworld\n"), HasSubstr("not a unified diff: none of its 2 lines"));
  EXPECT_THAT(refused("Binary files differ\n"), HasSubstr("not a unified diff"));
  EXPECT_THAT(refused("@@ -1 +1 @@\n-a\n+b\n"), HasSubstr("line 1: a hunk without a file"));
}

TEST(UnifiedDiff, AHunkThatContradictsItsHeaderIsRefusedByItsLine) {
  const std::string file = "--- a/x\n+++ b/x\n";
  EXPECT_THAT(refused(file + "@@ -1,2 +1,2 @@\n a\n"),
              HasSubstr("line 5: the diff ends where the hunk of line 3 promises 1 more old and 1 "
                        "more new lines"));
  EXPECT_THAT(refused(file + "@@ -1 +1 @@\n-a\n+b\n+c\n"), HasSubstr("line 6: a further line"));
  EXPECT_THAT(refused(file + "@@ -1 +1 @@\n-a\n-b\n"), HasSubstr("line 5: a further old line"));
  EXPECT_THAT(refused(file + "@@ -1,3 +1,3 @@\n a\ndiff --git a/y b/y\n"),
              HasSubstr("line 5: another kind of line"));
  EXPECT_THAT(refused(file + "@@ -9 +9 @@\n-a\n+b\n@@ -1 +1 @@\n-a\n+b\n"),
              HasSubstr("line 6: the hunk begins at line 1"));
}

TEST(UnifiedDiff, NumbersOutOfRangeAreRefused) {
  const auto with = [](std::string_view numbers) {
    return refused(std::string("--- a/x\n+++ b/x\n@@ ").append(numbers).append(" @@\n-a\n+b\n"));
  };
  EXPECT_THAT(with("-1,99999999999 +1"), HasSubstr("line 3: not a hunk header"));
  EXPECT_THAT(with("-2147483647,2 +1"), HasSubstr("line 3: not a hunk header"));
  EXPECT_THAT(with("-1 +2147483647,1"), HasSubstr("line 3: not a hunk header"));
  EXPECT_THAT(with("-1 +-1"), HasSubstr("line 3: not a hunk header"));
  EXPECT_THAT(with("-1,1 +0,1"), HasSubstr("line 3: not a hunk header"));
  EXPECT_THAT(with("-1,2147483640 +1,2147483640"), HasSubstr("the diff ends"));
}

TEST(UnifiedDiff, ABrokenFileHeaderIsRefused) {
  EXPECT_THAT(refused("diff --git a/x b/x\n--- a/x\nnothing\n"),
              HasSubstr("line 3: a \"+++\" line must follow"));
  EXPECT_THAT(refused("--- a/x\n+++ b/x\n"), HasSubstr("line 3: a hunk"));
  EXPECT_THAT(refused("--- \"a/x\n+++ b/x\n"), HasSubstr("line 1: the file name after ---"));
  EXPECT_THAT(refused("--- \"a/\\000\"\n+++ b/x\n"), HasSubstr("line 1: the file name after ---"));
  EXPECT_THAT(refused("diff --git a/x b/y\nindex 1..2\n"), HasSubstr("line 1: cannot tell"));
}

// Whatever is cut off a diff's end is either told, or leaves a shorter diff that is right in
// itself.
TEST(UnifiedDiff, ATruncatedDiffIsRefusedOrStillADiff) {
  const std::string whole = under("diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n") +
                            under("diff --git a/y b/y\nindex 1..2 100644\n--- a/y\n+++ b/y\n");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const Result<Change> change = parse_unified_diff(whole.substr(0, length));
    if (!change) continue;
    for (const ChangedFile& file : change->files) EXPECT_EQ(file.hunks.size(), 1U) << length;
  }
}

std::string written(const ChangedFile& file) {
  std::string text = "--- a/" + file.path + "\n+++ b/" + file.path + "\n";
  for (const Hunk& hunk : file.hunks) {
    text += fmt::format("@@ -{},{} +{},{} @@ {}\n", hunk.old_first, hunk.old_count(),
                        hunk.new_first, hunk.new_count(), hunk.section);
    for (const HunkLine& line : hunk.lines) {
      text += " +-"[static_cast<std::size_t>(line.kind)] + line.text + "\n";
    }
  }
  return text;
}

RC_GTEST_PROP(UnifiedDiff, HunksThatWereWrittenReadBackAsThemselves, ()) {
  ChangedFile file{.path = "x", .old_path = "x"};
  const int count = *rc::gen::inRange(1, 5);
  for (int i = 0; i < count; ++i) {
    Hunk hunk{.old_first = 1 + i * 1000, .new_first = 1 + i * 1000, .section = "s", .lines = {}};
    const auto kinds = *rc::gen::nonEmpty(rc::gen::container<std::vector<Kind>>(
        rc::gen::element(Kind::kContext, Kind::kAdded, Kind::kRemoved)));
    for (const Kind kind : kinds) {
      hunk.lines.push_back(
          {kind, *rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '\x7E'))});
    }
    file.hunks.push_back(std::move(hunk));
  }
  const Result<Change> change = parse_unified_diff(written(file));
  RC_ASSERT(change.ok());
  RC_ASSERT(change->files.front().hunks == file.hunks);
}

RC_GTEST_PROP(UnifiedDiff, NoTextMakesItCrash, ()) {
  const auto pieces =
      *rc::gen::container<std::vector<std::string>>(rc::gen::weightedOneOf<std::string>(
          {{5, rc::gen::element<std::string>(
                   "diff --git a/x b/x\n", "--- a/x\n", "+++ b/x\n", "@@ -1 +1 @@\n", "-a\n",
                   "+b\n", " c\n", "\\ No\n", "GIT binary patch\n", "literal 3\n",
                   "rename from \"\\\n", "diff --cc x\n", "Submodule x 1..2\n", "\n")},
           {1, rc::gen::arbitrary<std::string>()}}));
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  const Result<Change> change = parse_unified_diff(text);
  RC_SUCCEED(change.ok() ? "read" : "refused");
}

}  // namespace
}  // namespace baton
