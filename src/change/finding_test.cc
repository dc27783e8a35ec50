#include "change/finding.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Finding finding(std::string file, int line, Severity severity, std::string category,
                std::string message, std::string source) {
  Finding made;
  made.file = std::move(file);
  made.line = line;
  made.severity = severity;
  made.category = std::move(category);
  made.message = std::move(message);
  made.source = std::move(source);
  return made;
}

std::string element(std::string_view line, std::string_view severity) {
  return fmt::format(
      R"([{{"file": "a.cc", "line": {}, "severity": {}, "category": "c", "message": "m"}}])", line,
      severity);
}

std::string error_of(const std::string& json) {
  const Result<std::vector<Finding>> read = read_findings(json, "t3");
  return read ? "no error" : read.error().message;
}

TEST(FindingTest, EverySeverityIsReadBackFromItsWordInAnyLetterCase) {
  for (const Severity severity :
       {Severity::kInfo, Severity::kLow, Severity::kMedium, Severity::kHigh, Severity::kCritical}) {
    EXPECT_EQ(severity_from(to_string(severity)), severity);
  }
  EXPECT_EQ(severity_from("HiGh"), Severity::kHigh);
  EXPECT_EQ(severity_from("blocker"), std::nullopt);
  EXPECT_EQ(severity_from(""), std::nullopt);
}

TEST(FindingTest, FindingsWrittenAreReadBackWithTheSourceOfTheReader) {
  Finding first = finding("src/a b.cc", 7, Severity::kHigh, "security", "a \"quoted\"\nline", "t3");
  first.suggestion = "use snprintf";
  first.confidence = 0.25;
  const Finding second = finding("ü.py", 1, Severity::kInfo, "naming", "m", "t3");
  const Result<std::vector<Finding>> read = read_findings(write_findings({first, second}), "t3");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(*read, ElementsAre(first, second));
}

TEST(FindingTest, UnknownFieldsAreIgnoredAndMissingAdviceIsEmpty) {
  const Result<std::vector<Finding>> read = read_findings(
      R"([{"file": "a", "line": 3, "severity": "LOW", "category": "c", "message": "m", "cwe": [1]}])",
      "t1");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(*read, ElementsAre(finding("a", 3, Severity::kLow, "c", "m", "t1")));
}

TEST(FindingTest, AnErrorNamesTheElementAndTheField) {
  EXPECT_THAT(error_of(element("\"12\"", "\"low\"")),
              HasSubstr("t3: finding 1: field 'line' is not a whole number"));
  EXPECT_THAT(error_of(element("1.5", "\"low\"")), HasSubstr("field 'line' is not a whole number"));
  EXPECT_THAT(error_of(element("1", "\"blocker\"")),
              HasSubstr("field 'severity' is not a known severity ('blocker' was given"));
  EXPECT_THAT(error_of(element("1", "3")), HasSubstr("field 'severity' is not a string"));
  EXPECT_THAT(error_of(R"([{"file": "a"}])"), HasSubstr("field 'line'"));
  EXPECT_THAT(error_of(R"(["text"])"), HasSubstr("finding 1: not an object"));
  EXPECT_THAT(error_of(R"({"findings": []})"), HasSubstr("expected an array"));
  EXPECT_THAT(error_of("[{"), HasSubstr("not JSON"));
  EXPECT_THAT(error_of(std::string(100'000, '[')), HasSubstr("not JSON"));
}

TEST(FindingTest, ALineNumberOutOfAllRangeIsReadAsALineNoFileHas) {
  for (const std::string_view line : {"-7", "99999999999999999999", "1e300", "-1e300"}) {
    SCOPED_TRACE(line);
    const Result<std::vector<Finding>> read = read_findings(element(line, "\"low\""), "t1");
    ASSERT_TRUE(read) << read.error().message;
    const int number = read->front().line;
    EXPECT_TRUE(number == 0 || number == std::numeric_limits<int>::max()) << number;
  }
}

TEST(FindingTest, ConfidenceIsClampedAndBytesThatAreNoTextBecomeReplacementCharacters) {
  const Result<std::vector<Finding>> read = read_findings(
      "[{\"file\": \"a\", \"line\": 1, \"severity\": \"low\", \"category\": \"c\", "
      "\"message\": \"bad \xFF byte\", \"confidence\": 17}]",
      "t1");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->front().confidence, 1.0);
  EXPECT_EQ(read->front().message, "bad \uFFFD byte");
}

// Two added lines (4 and 5) with a line of context on either side; the file has ten lines.
Change small_change() {
  ChangedFile file;
  file.path = "a.cc";
  file.old_path = "a.cc";
  using Kind = HunkLine::Kind;
  Hunk hunk;
  hunk.old_first = 3;
  hunk.new_first = 3;
  hunk.lines = {
      {Kind::kContext, "3"}, {Kind::kAdded, "4"}, {Kind::kAdded, "5"}, {Kind::kContext, "6"}};
  file.hunks = {hunk};
  file.text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";
  Change change;
  change.files = {file};
  return change;
}

TEST(FindingTest, OnlyFindingsOnReviewedLinesAreKeptAndTheOthersAreCountedByReason) {
  const auto at = [](std::string file, int line) {
    return finding(std::move(file), line, Severity::kLow, "c", "m", "t1");
  };
  const Sifted sifted = sift(small_change(), {at("a.cc", 3), at("a.cc", 6), at("a.cc", 7),
                                              at("a.cc", 11), at("a.cc", 0), at("b.cc", 4)});
  EXPECT_THAT(sifted.kept, ElementsAre(at("a.cc", 3), at("a.cc", 6)));
  EXPECT_EQ(sifted.not_reviewed, 1);
  EXPECT_EQ(sifted.no_such_line, 2);
  EXPECT_EQ(sifted.no_such_file, 1);
  EXPECT_EQ(sifted.dropped(), 4);
}

TEST(FindingTest, TheSameMessageButForCaseAndSpaceIsOneFindingOfTheHighestSeverity) {
  Finding mild = finding("a", 1, Severity::kLow, "naming", "Bad  name ", "t1");
  mild.suggestion = "rename it";
  mild.confidence = 0.9;
  Finding grave = finding("a", 1, Severity::kHigh, "security", "bad name", "t2");
  grave.confidence = 0.5;
  Finding merged = grave;
  merged.suggestion = "rename it";
  merged.confidence = 0.9;
  merged.source = "t1, t2";
  EXPECT_THAT(merge_findings({mild, grave}), ElementsAre(merged));
}

TEST(FindingTest, TheSameCategoryOnOneLineFromACheckerAndAnotherIsOneFinding) {
  Finding merged =
      finding("a", 1, Severity::kHigh, "naming", "name is misleading", "t1 (pylint), t2");
  EXPECT_THAT(
      merge_findings({finding("a", 1, Severity::kLow, "naming", "rename this", "t1 (pylint)"),
                      finding("a", 1, Severity::kHigh, "naming", "name is misleading", "t2")}),
      ElementsAre(merged));
}

TEST(FindingTest, WhatTwoModelsSayOfOneLineInOneCategoryStaysTwo) {
  EXPECT_THAT(
      merge_findings({finding("a", 1, Severity::kLow, "naming", "rename this", "t1"),
                      finding("a", 1, Severity::kHigh, "naming", "name is misleading", "t2")}),
      testing::SizeIs(2));
}

TEST(FindingTest, TwoThingsOneSourceSaysAboutOneLineStayTwo) {
  const Finding os = finding("a", 1, Severity::kLow, "import_organization", "unused os", "t1");
  const Finding sys = finding("a", 1, Severity::kLow, "import_organization", "unused sys", "t1");
  EXPECT_THAT(merge_findings({sys, os}), ElementsAre(os, sys));
}

TEST(FindingTest, MergedFindingsAreOrderedBySeverityThenFileThenLine) {
  const Finding a = finding("b", 2, Severity::kCritical, "x", "1", "t1");
  const Finding b = finding("a", 1, Severity::kLow, "x", "2", "t1");
  const Finding c = finding("a", 10, Severity::kLow, "x", "3", "t1");
  const Finding d = finding("b", 1, Severity::kLow, "x", "4", "t1");
  EXPECT_THAT(merge_findings({d, c, b, a}), ElementsAre(a, b, c, d));
}

}  // namespace
}  // namespace baton
