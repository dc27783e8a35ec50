#include "change/change.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"

namespace baton {
namespace {

using Kind = HunkLine::Kind;
using State = ChangedFile::State;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Lines 2 to 5 of the new side: one of context, two added, one of context.
Hunk two_added() {
  return {.old_first = 2,
          .new_first = 2,
          .section = "int main()",
          .lines = {{Kind::kContext, "a"},
                    {Kind::kRemoved, "x"},
                    {Kind::kAdded, "b"},
                    {Kind::kAdded, "c"},
                    {Kind::kContext, "d"}}};
}

ChangedFile modified(std::vector<Hunk> hunks) {
  ChangedFile file{.path = "x.cc", .old_path = "x.cc"};
  file.hunks = std::move(hunks);
  return file;
}

TEST(ChangeTest, AHunkCountsTheLinesOfEachSide) {
  EXPECT_EQ(two_added().old_count(), 3);
  EXPECT_EQ(two_added().new_count(), 4);
}

TEST(ChangeTest, ALineIsCoveredIfOneOfTheRangesContainsIt) {
  const std::vector<LineRange> ranges = {{2, 3}, {7, 7}};
  std::vector<int> covered;
  for (int line = 0; line < 10; ++line) {
    if (covers(ranges, line)) covered.push_back(line);
  }
  EXPECT_THAT(covered, ElementsAre(2, 3, 7));
  EXPECT_FALSE(covers({}, 1));
}

// They stand in journals: a word that changes makes old ones unreadable.
TEST(ChangeTest, StatesAndKindsHaveTheirWords) {
  EXPECT_EQ(to_string(State::kAdded), "added");
  EXPECT_EQ(to_string(State::kModified), "modified");
  EXPECT_EQ(to_string(State::kDeleted), "deleted");
  EXPECT_EQ(to_string(State::kRenamed), "renamed");
  EXPECT_EQ(to_string(State::kWhole), "whole");
  EXPECT_EQ(to_string(Change::Kind::kRange), "range");
  EXPECT_EQ(to_string(Change::Kind::kDiff), "diff");
  EXPECT_EQ(to_string(Change::Kind::kTree), "tree");
}

TEST(ChangeTest, AFileKnownByItsHunksHasOnlyTheLinesTheyShow) {
  const ChangedFile file = modified({two_added()});
  EXPECT_EQ(file.line(1), std::nullopt);
  EXPECT_EQ(file.line(2), "a");
  EXPECT_EQ(file.line(4), "c");
  EXPECT_EQ(file.line(5), "d");
  EXPECT_EQ(file.line(6), std::nullopt);
  EXPECT_EQ(file.line_count(), 5);
}

TEST(ChangeTest, AFileWithItsTextHasEveryLine) {
  ChangedFile file = modified({});
  file.text = "one\n\nthree";
  EXPECT_EQ(file.line(0), std::nullopt);
  EXPECT_EQ(file.line(-1), std::nullopt);
  EXPECT_EQ(file.line(1), "one");
  EXPECT_EQ(file.line(2), "");
  EXPECT_EQ(file.line(3), "three");
  EXPECT_EQ(file.line(4), std::nullopt);
  EXPECT_EQ(file.line_count(), 3);
}

TEST(ChangeTest, ALastLineEndBeginsNoFurtherLine) {
  ChangedFile file = modified({});
  file.text = "one\n";
  EXPECT_EQ(file.line_count(), 1);
  EXPECT_EQ(file.line(2), std::nullopt);
  file.text = "";
  EXPECT_EQ(file.line_count(), 0);
  EXPECT_EQ(file.line(1), std::nullopt);
}

TEST(ChangeTest, ReviewedIsWhatTheHunksShowAndAddedOnlyWhatIsNew) {
  Hunk later = two_added();
  later.new_first = 20;
  const ChangedFile file = modified({two_added(), later});
  EXPECT_THAT(file.reviewed(), ElementsAre(LineRange{2, 5}, LineRange{20, 23}));
  EXPECT_THAT(file.added(), ElementsAre(LineRange{3, 4}, LineRange{21, 22}));
}

TEST(ChangeTest, HunksThatTouchAreOneRange) {
  Hunk next = two_added();
  next.new_first = 6;
  EXPECT_THAT(modified({two_added(), next}).reviewed(), ElementsAre(LineRange{2, 9}));
}

TEST(ChangeTest, OfATreeEveryLineIsReviewedAndCountsAsAdded) {
  ChangedFile file = modified({});
  file.state = State::kWhole;
  file.text = "a\nb\n";
  EXPECT_THAT(file.reviewed(), ElementsAre(LineRange{1, 2}));
  EXPECT_THAT(file.added(), ElementsAre(LineRange{1, 2}));
  file.text = "";
  EXPECT_THAT(file.reviewed(), IsEmpty());
}

TEST(ChangeTest, ADeletedFileHasNothingAFindingMayName) {
  ChangedFile file = modified(
      {{.old_first = 1, .new_first = 0, .section = "", .lines = {{Kind::kRemoved, "gone"}}}});
  file.state = State::kDeleted;
  EXPECT_THAT(file.reviewed(), IsEmpty());
  EXPECT_EQ(file.line_count(), 0);
}

TEST(ChangeTest, AddedLinesAreSummedOverTheFiles) {
  Change change;
  change.files = {modified({two_added()}), modified({two_added()})};
  change.files[1].path = "y.cc";
  EXPECT_EQ(change.added_lines(), 4);
  EXPECT_EQ(change.find("y.cc"), &change.files[1]);
  EXPECT_EQ(change.find("z.cc"), nullptr);
}

rc::Gen<std::string> any_text() {
  return rc::gen::map(rc::gen::arbitrary<std::string>(),
                      [](const std::string& bytes) { return to_utf8(bytes); });
}

rc::Gen<Hunk> any_hunk() {
  const auto line = rc::gen::build<HunkLine>(
      rc::gen::set(&HunkLine::kind, rc::gen::element(Kind::kContext, Kind::kAdded, Kind::kRemoved)),
      rc::gen::set(&HunkLine::text, any_text()));
  return rc::gen::build<Hunk>(
      rc::gen::set(&Hunk::old_first, rc::gen::arbitrary<int>()),
      rc::gen::set(&Hunk::new_first, rc::gen::arbitrary<int>()),
      rc::gen::set(&Hunk::section, any_text()),
      rc::gen::set(&Hunk::lines, rc::gen::container<std::vector<HunkLine>>(line)));
}

rc::Gen<Change> any_change() {
  const auto file = rc::gen::build<ChangedFile>(
      rc::gen::set(&ChangedFile::path, any_text()),
      rc::gen::set(&ChangedFile::old_path, any_text()),
      rc::gen::set(&ChangedFile::state,
                   rc::gen::element(State::kAdded, State::kModified, State::kDeleted,
                                    State::kRenamed, State::kWhole)),
      rc::gen::set(&ChangedFile::hunks, rc::gen::container<std::vector<Hunk>>(any_hunk())),
      rc::gen::set(&ChangedFile::text,
                   rc::gen::map(rc::gen::pair(rc::gen::arbitrary<bool>(), any_text()),
                                [](const std::pair<bool, std::string>& given) {
                                  return given.first ? std::optional(given.second) : std::nullopt;
                                })));
  const auto skipped = rc::gen::build<SkippedFile>(rc::gen::set(&SkippedFile::path, any_text()),
                                                   rc::gen::set(&SkippedFile::reason, any_text()));
  return rc::gen::build<Change>(
      rc::gen::set(&Change::kind, rc::gen::element(Change::Kind::kRange, Change::Kind::kDiff,
                                                   Change::Kind::kTree)),
      rc::gen::set(&Change::title, any_text()), rc::gen::set(&Change::description, any_text()),
      rc::gen::set(&Change::files, rc::gen::container<std::vector<ChangedFile>>(file)),
      rc::gen::set(&Change::skipped, rc::gen::container<std::vector<SkippedFile>>(skipped)),
      rc::gen::set(&Change::notes, rc::gen::container<std::vector<std::string>>(any_text())),
      rc::gen::set(&Change::map, any_text()));
}

RC_GTEST_PROP(ChangeJson, AChangeThatWasWrittenReadsBackAsItself, ()) {
  const Change change = *rc::gen::resize(12, any_change());
  const Result<Change> read = read_change(write_change(change));
  RC_ASSERT(read.ok());
  RC_ASSERT(*read == change);
}

TEST(ChangeJson, AFileWithoutTextStaysWithoutAndAnEmptyOneStaysEmpty) {
  Change change;
  change.files = {modified({two_added()}), modified({})};
  change.files[1].text = "";
  const Result<Change> read = read_change(write_change(change));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, change);
}

TEST(ChangeJson, WhatIsNotAChangeIsRefusedByTheFieldThatIsWrong) {
  const auto refusal = [](std::string_view json) { return read_change(json).error().message; };
  EXPECT_THAT(refusal("{"), HasSubstr("a stored change cannot be read"));
  EXPECT_THAT(refusal("[]"), HasSubstr("not an object"));
  EXPECT_THAT(refusal("{}"), HasSubstr("\"kind\""));
  EXPECT_THAT(refusal(R"({"kind":"range","title":1})"), HasSubstr("\"title\""));

  std::string json = write_change({.files = {modified({two_added()})}});
  json.replace(json.find("\"+b\""), 4, "\"?b\"");
  EXPECT_THAT(refusal(json), HasSubstr("\"lines\""));
}

}  // namespace
}  // namespace baton
