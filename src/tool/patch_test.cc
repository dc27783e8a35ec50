#include "tool/patch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kText = "one\ntwo\nthree\nfour\nfive\n";

// The text after a patch of one file, or why not.
std::string applied(std::string_view text, std::string_view patch) {
  const Result<std::vector<FilePatch>> files = read_patch(patch);
  if (!files) return files.error().message;
  EXPECT_EQ(files->size(), 1U);
  const Result<Patched> patched = apply_patch(text, files->front());
  return patched ? patched->text : patched.error().message;
}

std::string in_file(std::string_view hunks) {
  return "--- a/x\n+++ b/x\n" + std::string(hunks);
}

TEST(PatchTest, LinesAreReplacedAddedAndRemoved) {
  EXPECT_EQ(applied(kText, in_file("@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n")),
            "one\nTWO\nthree\nfour\nfive\n");
  EXPECT_EQ(applied(kText, in_file("@@ -2 +1,0 @@\n-two\n@@ -5 +4,2 @@\n five\n+six\n")),
            "one\nthree\nfour\nfive\nsix\n");
  EXPECT_EQ(applied(kText, in_file("@@ -2,0 +3 @@\n+two and a half\n")),
            "one\ntwo\ntwo and a half\nthree\nfour\nfive\n");
  EXPECT_EQ(applied("", "--- /dev/null\n+++ b/x\n@@ -0,0 +1,2 @@\n+a\n+b\n"), "a\nb\n");
}

TEST(PatchTest, WrongCountsDoNotMatterAsTheLinesSayWhatIsMeant) {
  EXPECT_EQ(applied(kText, in_file("@@ -1,9 +1,2 @@\n one\n-two\n+TWO\n three\n")),
            "one\nTWO\nthree\nfour\nfive\n");
  EXPECT_EQ(applied(kText, in_file("@@ -1,1 +1,1 @@\n one\n-two\n+TWO\n three\n")),
            "one\nTWO\nthree\nfour\nfive\n");
  EXPECT_EQ(applied("a\n\nb\nc\n", in_file("@@ -1,1 +1,1 @@\n a\n\n b\n-c\n+d\n")), "a\n\nb\nd\n");
  EXPECT_EQ(applied(kText, in_file("@@ @@\n-two\n+TWO\n")), "one\nTWO\nthree\nfour\nfive\n");
}

TEST(PatchTest, AHunkIsFoundSomeLinesAwayAndTheNextOnesWithIt) {
  const std::string patch =
      in_file("@@ -1,2 +1,2 @@\n-two\n+TWO\n three\n@@ -4 +4 @@\n-five\n+FIVE\n");
  const auto files = read_patch(patch);
  ASSERT_TRUE(files);
  const auto patched = apply_patch(kText, files->front());
  ASSERT_TRUE(patched) << patched.error().message;
  EXPECT_EQ(patched->text, "one\nTWO\nthree\nfour\nFIVE\n");
  EXPECT_THAT(patched->offsets, ElementsAre(1, 1));
}

TEST(PatchTest, AHunkThatIsTooFarAwayOrFitsTwiceIsRefused) {
  std::string far;
  for (int i = 0; i < 1000; ++i) far += "x\n";
  far += "two\n";
  EXPECT_THAT(applied(far, in_file("@@ -2 +2 @@\n-two\n+TWO\n")), HasSubstr("does not fit"));
  EXPECT_THAT(applied("a\nb\na\nb\na\n", in_file("@@ -2 +2 @@\n-a\n+c\n")),
              HasSubstr("fits 3 places (lines 1, 3, …)"));
}

TEST(PatchTest, AMisfitTellsTheHunkAndWhatTheFileHas) {
  EXPECT_EQ(
      applied(kText, in_file("@@ -1,3 +1,3 @@ main\n one\n-2\n+TWO\n three\n")),
      "hunk @@ -1,3 +1,3 @@ main (line 3 of the patch) does not fit: `2` is expected at line 2, "
      "where the file has `two`");
  EXPECT_EQ(
      applied(kText, in_file("@@ -70 +70 @@\n-none\n+x\n")),
      "hunk @@ -70 +70 @@ (line 3 of the patch) does not fit: `none` is not in the file, which "
      "has 5 lines");
  EXPECT_THAT(applied(kText, in_file("@@ -5,2 +5,2 @@\n five\n-six\n+x\n")),
              HasSubstr("where the file has its end"));
}

TEST(PatchTest, LineEndsOfTheFileStay) {
  EXPECT_EQ(applied("one\r\ntwo\r\n", in_file("@@ -1,2 +1,2 @@\n one\n-two\n+TWO\n")),
            "one\r\nTWO\r\n");
  EXPECT_EQ(applied("one\ntwo", in_file("@@ -1,2 +1,3 @@\n one\n two\n+three\n")),
            "one\ntwo\nthree\n");
  EXPECT_EQ(
      applied("one\ntwo\n", in_file("@@ -2 +2 @@\n-two\n+TWO\n\\ No newline at end of file\n")),
      "one\nTWO");
}

TEST(PatchTest, NothingOfAPatchIsPassedOverInSilence) {
  EXPECT_THAT(applied(kText, in_file("@@ -1,4 +1,4 @@\n one\nforgotten space\n-two\n+TWO\n")),
              HasSubstr("line 5 of the patch: each line of a hunk begins with"));
  EXPECT_THAT(applied(kText, in_file("@@ -1,1 +1,1 @@\n one\nforgotten space\n-two\n+TWO\n")),
              HasSubstr("line 6 of the patch: outside of any hunk"));
  EXPECT_THAT(applied(kText, "@@ -1 +1 @@\n-one\n+ONE\n"), HasSubstr("a hunk without a file"));
  EXPECT_THAT(applied(kText, "hello\n"), HasSubstr("no file in the patch"));
  EXPECT_THAT(applied(kText, "--- a/x\n+++ b/x\n"), HasSubstr("must follow here"));
  EXPECT_THAT(applied(kText, "diff --git a/x b/x\nGIT binary patch\n"), HasSubstr("binary"));
  EXPECT_THAT(applied(kText, "--- /dev/null\n+++ /dev/null\n@@ -1 +1 @@\n"),
              HasSubstr("names no file"));
  EXPECT_THAT(applied(kText, "diff --git a/l b/l\nnew file mode 120000\n"), HasSubstr("no links"));
}

TEST(PatchTest, SeveralFilesNewOnesDeletedOnesAndRenames) {
  const auto files = read_patch(
      "A message\n- with a list\n\n"
      "diff --git a/a.txt b/a.txt\nindex 1..2 100644\n--- a/a.txt\t2026-01-01\n+++ b/a.txt\n"
      "@@ -1 +1 @@\n-x\n+y\n"
      "diff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n"
      "diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n"
      "@@ -1 +0,0 @@\n-x\n-- \n2.39\n");
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 3U);
  EXPECT_EQ((*files)[0].new_path, "a.txt");
  EXPECT_EQ((*files)[1].old_path, "old");
  EXPECT_EQ((*files)[1].new_path, "new");
  EXPECT_TRUE((*files)[1].hunks.empty());
  EXPECT_EQ((*files)[2].old_path, "gone");
  EXPECT_EQ((*files)[2].new_path, "");
}

// Repeated lines make every place nearly fit.
TEST(PatchTest, AHostilePatchTakesNoTime) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "a\n";
  std::string hunk = "@@ @@\n";
  for (int i = 0; i < 100'000; ++i) hunk += " a\n";
  hunk += "-b\n";
  EXPECT_THAT(applied(text, in_file(hunk)), HasSubstr("takes too long"));
}

RC_GTEST_PROP(PatchProperty, NoTextCrashesTheReader, (const std::string& text)) {
  (void)read_patch(text).ok();
  (void)read_patch("--- a/x\n+++ b/x\n@@ -" + text).ok();
}

}  // namespace
}  // namespace baton
