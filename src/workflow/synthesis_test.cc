#include "workflow/synthesis.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Finding finding(std::string message, std::string source = "t2", std::string suggestion = "") {
  Finding made;
  made.file = "a.py";
  made.line = 3;
  made.severity = Severity::kLow;
  made.category = "naming";
  made.message = std::move(message);
  made.suggestion = std::move(suggestion);
  made.source = std::move(source);
  return made;
}

Finding with(Finding made, Severity severity) {
  made.severity = severity;
  return made;
}

const std::vector<Finding> kThree = {finding("one", "t2"), finding("two", "t3", "do that"),
                                     finding("three", "t4")};

Synthesis read(std::string_view answer) {
  Result<Synthesis> synthesis = read_synthesis(answer);
  EXPECT_TRUE(synthesis.ok()) << synthesis.error().message;
  return *synthesis;
}

TEST(SynthesisTest, FindingsStandAsTheyAreRankedWithTheSeveritiesGiven) {
  const Synthesis synthesis = read(R"({"summary": "Mixed.", "ranking": [
      {"id": "f3", "same_as": [], "severity": "critical"},
      {"id": "f1", "same_as": [], "severity": "info"},
      {"id": "f2", "same_as": [], "severity": "low"}], "dismissed": []})");
  EXPECT_EQ(synthesis.summary, "Mixed.");
  EXPECT_THAT(ranked(synthesis, kThree),
              ElementsAre(with(kThree[2], Severity::kCritical), with(kThree[0], Severity::kInfo),
                          with(kThree[1], Severity::kLow)));
}

TEST(SynthesisTest, WhatSaysTheSameIsMergedAndKeepsEverySourceAndASuggestion) {
  const Synthesis synthesis =
      read(R"({"ranking": [{"id": "f1", "same_as": ["f2", "f3"], "severity": "high"}]})");
  Finding merged = with(kThree[0], Severity::kHigh);
  merged.source = "t2, t3, t4";
  merged.suggestion = "do that";
  EXPECT_THAT(ranked(synthesis, kThree), ElementsAre(merged));
}

TEST(SynthesisTest, WithoutASeverityGivenAFindingIsAsSevereAsTheWorstThatSaysTheSame) {
  std::vector<Finding> all = kThree;
  all[1].severity = Severity::kHigh;
  const Synthesis synthesis =
      read(R"({"ranking": [{"id": "f3"}, {"id": "f1", "same_as": ["f2"]}]})");
  Finding merged = with(all[0], Severity::kHigh);
  merged.source = "t2, t3";
  merged.suggestion = "do that";
  EXPECT_THAT(ranked(synthesis, all), ElementsAre(all[2], merged));
}

TEST(SynthesisTest, WhatTheRankingForgotComesLastAsItWas) {
  const Synthesis synthesis = read(R"({"ranking": [{"id": "f3", "severity": "high"}]})");
  EXPECT_THAT(ranked(synthesis, kThree),
              ElementsAre(with(kThree[2], Severity::kHigh), kThree[0], kThree[1]));
}

TEST(SynthesisTest, WhatIsDismissedIsLeftOutAndSaid) {
  const Synthesis synthesis =
      read(R"({"ranking": [], "dismissed": [{"id": "f2", "reason": "generated code"}]})");
  EXPECT_THAT(ranked(synthesis, kThree), ElementsAre(kThree[0], kThree[2]));
  EXPECT_THAT(dismissals(synthesis, kThree), ElementsAre("dismissed: a.py:3 two (generated code)"));
}

TEST(SynthesisTest, IdsThatNameNothingHaveNoEffect) {
  for (const char* id : {"", "f", "f0", "f4", "f-1", "f1x", " f1", "F1", "1", "t2", "f01x",
                         "f99999999999999999999999"}) {
    SCOPED_TRACE(id);
    Synthesis synthesis;
    synthesis.ranking = {{id, {}, Severity::kCritical}, {"f1", {id}, Severity::kLow}};
    synthesis.dismissed = {{id, "made up"}};
    EXPECT_EQ(ranked(synthesis, kThree), kThree);
    EXPECT_THAT(dismissals(synthesis, kThree), IsEmpty());
  }
}

TEST(SynthesisTest, AnIdNamedTwiceCountsWhereItStandsFirst) {
  Synthesis synthesis;
  synthesis.ranking = {{"f2", {"f2", "f1", "f1"}, Severity::kHigh},
                       {"f2", {"f3"}, Severity::kInfo},
                       {"f1", {}, Severity::kInfo},
                       {"f3", {"f2"}, Severity::kMedium}};
  Finding first = with(kThree[1], Severity::kHigh);
  first.source = "t3, t2";
  EXPECT_THAT(ranked(synthesis, kThree), ElementsAre(first, with(kThree[2], Severity::kMedium)));

  synthesis.dismissed = {{"f3", "first reason"}, {"f3", "second reason"}};
  EXPECT_THAT(dismissals(synthesis, kThree), ElementsAre(HasSubstr("first reason")));
}

TEST(SynthesisTest, WhatIsDismissedAndRankedAtOnceIsDismissed) {
  Synthesis synthesis;
  synthesis.ranking = {{"f1", {"f2"}, Severity::kCritical}, {"f3", {}, Severity::kLow}};
  synthesis.dismissed = {{"f1", "wrong"}, {"f3", "wrong"}};
  EXPECT_THAT(ranked(synthesis, kThree), ElementsAre(kThree[1]));

  // Of a merge, too: what is dismissed gives nothing to what is kept.
  synthesis.ranking = {{"f1", {"f2"}, Severity::kLow}};
  synthesis.dismissed = {{"f2", "wrong"}};
  EXPECT_THAT(ranked(synthesis, kThree), ElementsAre(kThree[0], kThree[2]));
}

TEST(SynthesisTest, AnAnswerThatIsNotAJsonObjectIsAnError) {
  for (const char* answer : {"", "fine", "[]", "null", R"({"summary": "cut)"}) {
    const Result<Synthesis> synthesis = read_synthesis(answer);
    ASSERT_FALSE(synthesis.ok()) << answer;
    EXPECT_EQ(synthesis.error().kind, ErrorKind::kInput);
    EXPECT_THAT(synthesis.error().message, HasSubstr("the answer is not "));
  }
}

TEST(SynthesisTest, FieldsOfTheWrongTypeReadAsEmpty) {
  const Synthesis synthesis = read(R"({"summary": 7, "ranking": [1, "f1", null,
      {"id": 2, "same_as": "f1", "severity": "awful"}], "dismissed": {"id": "f1"}})");
  EXPECT_EQ(synthesis.summary, "");
  ASSERT_THAT(synthesis.ranking, SizeIs(1));
  EXPECT_EQ(synthesis.ranking[0].id, "");
  EXPECT_THAT(synthesis.ranking[0].same_as, IsEmpty());
  EXPECT_EQ(synthesis.ranking[0].severity, std::nullopt);
  EXPECT_THAT(synthesis.dismissed, IsEmpty());
}

TEST(SynthesisTest, AReasonForDismissalIsKeptShort) {
  const Synthesis synthesis = read(
      fmt::format(R"({{"dismissed": [{{"id": "f1", "reason": "{}"}}]}})", std::string(9'000, 'r')));
  ASSERT_THAT(synthesis.dismissed, SizeIs(1));
  EXPECT_LE(synthesis.dismissed[0].reason.size(), 300u);
}

}  // namespace
}  // namespace baton
