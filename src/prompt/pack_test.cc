#include "prompt/pack.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

using Kind = HunkLine::Kind;

ChangedFile sample() {
  ChangedFile file;
  file.path = "src/a.cc";
  file.old_path = file.path;
  file.hunks = {Hunk{1,
                     1,
                     "int f()",
                     {{Kind::kContext, "one"},
                      {Kind::kRemoved, "deux"},
                      {Kind::kAdded, "two"},
                      {Kind::kContext, "three"}}}};
  file.text = "one\ntwo\nthree\nfour\n";
  return file;
}

TEST(PackTest, LinesCarryTheNumbersOfTheNewSideAndWhatTheChangeDid) {
  EXPECT_EQ(render_lines(sample(), {{2, 4}}),
            "### src/a.cc (modified, 4 lines)\n"
            "lines 2-4:\n"
            "      |- deux\n"
            "     2|+ two\n"
            "     3|  three\n"
            "     4|  four\n");
}

TEST(PackTest, AFileKnownOnlyByItsHunksShowsThose) {
  ChangedFile file = sample();
  file.text.reset();
  EXPECT_EQ(render_lines(file, {}), render_hunks(file));
  EXPECT_EQ(render_hunks(file),
            "### src/a.cc (modified, 3 lines)\n"
            "@@ -1,3 +1,3 @@ int f()\n"
            "     1|  one\n"
            "      |- deux\n"
            "     2|+ two\n"
            "     3|  three\n");
}

TEST(PackTest, RangesBeyondTheFileShowWhatThereIs) {
  EXPECT_EQ(render_lines(sample(), {{4, 900}}),
            "### src/a.cc (modified, 4 lines)\nlines 4-900:\n     4|  four\n");
}

TEST(PackTest, AChangeTooLargeIsCutBetweenFilesAndSaysWhatIsMissing) {
  Change change;
  change.files = {sample(), sample()};
  change.files[1].path = "src/b.cc";
  const std::string text = render_change(change, render_hunks(sample()).size());
  EXPECT_NE(text.find("### src/a.cc"), text.npos);
  EXPECT_EQ(text.find("### src/b.cc"), text.npos);
  EXPECT_NE(text.find("- src/b.cc (modified, 4 lines)"), text.npos);
}

}  // namespace
}  // namespace baton
