#include "report/targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/embedded.h"
#include "report/example_ledger.h"

namespace baton {

void PrintTo(const Target& target, std::ostream* out) {
  *out << target.name << ' ' << to_string(target.measure);
}

namespace {

using testing::HasSubstr;

std::vector<Target> read(std::string_view toml) {
  const Result<std::vector<Target>> targets = parse_targets(toml);
  EXPECT_TRUE(targets.ok()) << (targets.ok() ? "" : targets.error().message);
  return targets ? *targets : std::vector<Target>{};
}

Judgement judged(std::string_view toml, const Ledger& ledger) {
  return judge(read(toml), ledger).at(0);
}

std::string said(const Judgement& judgement) {
  return fmt::format("{}: {}{} of {}, {}/{}", to_string(judgement.state), judgement.value,
                     judgement.where.empty() ? "" : " in " + judgement.where, judgement.wanted,
                     judgement.met, judgement.measured);
}

TEST(TargetsTest, TheBuiltInTargetsAreReadAndJudged) {
  const std::vector<Target> targets = read(*embedded_file("catalog/targets.toml"));
  std::vector<std::string> states;
  for (const Judgement& one : judge(targets, example::two_runs())) {
    states.push_back(one.name + ": " + said(one));
  }
  EXPECT_EQ(states,
            (std::vector<std::string>{
                "orchestrator's share: not met: 73.1% of 40.0% to 60.0%, 0/1",
                "saved against all deep, each month: not met: 28.0% in 2026-11 of at least 60.0%, "
                "0/1",
                "cached share of the prompts: not met: 0.0% of at least 50.0%, 0/1",
                "spent on attempts not accepted: not met: 13.4% of at most 10.0%, 0/1",
                "booked without a known bill: not met: 12.1% of at most 1.0%, 0/1"}));
}

TEST(TargetsTest, WithoutRunsNothingIsMeasurable) {
  const Ledger nothing = LedgerFold(Catalog::builtin(), {}).ledger();
  for (const Judgement& one : judge(read(*embedded_file("catalog/targets.toml")), nothing)) {
    EXPECT_EQ(one.state, TargetState::kNotMeasurable) << one.name;
    EXPECT_EQ(one.value, "");
  }
}

TEST(TargetsTest, AShareIsJudgedAtItsBounds) {
  const Ledger ledger = example::two_runs();  // 73.1%
  for (const auto& [bound, state] :
       {std::pair{"min = 73.1", TargetState::kMet}, std::pair{"min = 73.2", TargetState::kNotMet},
        std::pair{"max = 73.1", TargetState::kMet}, std::pair{"max = 73", TargetState::kNotMet}}) {
    const Judgement one = judged(
        fmt::format("[[target]]\nname = 'n'\nmeasure = 'orchestrator_share'\n{}\n", bound), ledger);
    EXPECT_EQ(one.state, state) << bound;
  }
}

TEST(TargetsTest, DollarsAreJudgedExactly) {
  const Ledger ledger = example::two_runs();
  EXPECT_EQ(said(judged("[[target]]\nname='n'\nmeasure='total'\nmax='0.82'\n", ledger)),
            "met: $0.8200 of at most $0.8200, 1/1");
  EXPECT_EQ(judged("[[target]]\nname='n'\nmeasure='total'\nmax='0.819999999999'\n", ledger).state,
            TargetState::kNotMet);
  EXPECT_EQ(said(judged("[[target]]\nname='n'\nmeasure='cost_per_run'\nmax='0.41'\n", ledger)),
            "met: $0.4100 of at most $0.4100, 1/1");
}

TEST(TargetsTest, OfSeveralTheOneFurthestOffIsNamed) {
  const Ledger ledger = example::two_runs();
  EXPECT_EQ(said(judged("[[target]]\nname='n'\nmeasure='total'\neach='day'\nmax='0.35'\n", ledger)),
            "not met: $0.4200 in 2026-11-03 of at most $0.3500, 2/3");
  EXPECT_EQ(said(judged("[[target]]\nname='n'\nmeasure='saved'\neach='run'\nmin=0\n", ledger)),
            "met: 0.0% in r-two of at least 0.0%, 2/2");
}

TEST(TargetsTest, TheUsersTargetReplacesTheBuiltInOneOfItsNameOrTakesItAway) {
  const std::string_view builtin =
      "[[target]]\nname='a'\nmeasure='saved'\nmin=60\n"
      "[[target]]\nname='b'\nmeasure='saved'\nmin=60\n";
  const Result<std::vector<Target>> targets = parse_targets(
      builtin,
      "[[target]]\nname='a'\nmeasure='cached_share'\nmin=7.5\n[[target]]\nname='b'\noff=true\n"
      "[[target]]\nname='c'\nmeasure='total'\neach='month'\nmax='20'\n");
  ASSERT_TRUE(targets.ok());
  EXPECT_EQ(*targets,
            (std::vector<Target>{{.name = "a", .measure = Measure::kCachedShare, .min = 75},
                                 {.name = "c",
                                  .measure = Measure::kTotal,
                                  .each = Grouping::kMonth,
                                  .max = Money::dollars(20).picodollars()}}));
}

TEST(TargetsTest, WhatIsWrongIsNamedWithItsPlace) {
  const auto error = [](std::string_view own) {
    const Result<std::vector<Target>> read = parse_targets("", own, "targets.toml");
    return read ? std::string("no error") : read.error().message;
  };
  const std::string head = "[[target]]\nname='n'\n";
  EXPECT_THAT(error("x = 1"),
              HasSubstr("targets.toml, line 1, column 1: expected only [[target]]"));
  EXPECT_THAT(error("[[target]]\nmeasure='saved'\nmin=1"), HasSubstr("needs a 'name'"));
  EXPECT_THAT(error(head + "measure='speed'\nmin=1"), HasSubstr("'speed' is not a measure"));
  EXPECT_THAT(error(head + "measure='saved'"), HasSubstr("needs 'min' or 'max'"));
  EXPECT_THAT(error(head + "measure='saved'\nmin=2\nmax=1"), HasSubstr("'min' is more than 'max'"));
  EXPECT_THAT(error(head + "measure='saved'\nmin='2'"),
              HasSubstr("line 4, column 5: 'min' must be a number of percent"));
  EXPECT_THAT(error(head + "measure='saved'\nmin=nan"), HasSubstr("must be a number of percent"));
  EXPECT_THAT(error(head + "measure='total'\nmax=2.5"), HasSubstr("must be dollars as text"));
  EXPECT_THAT(error(head + "measure='saved'\nmin=1\neach='role'"),
              HasSubstr("'each' must be run, day or month"));
  EXPECT_THAT(error(head + "measure='saved'\nmin=1\ncolour='red'"), HasSubstr("'colour' is not"));
  EXPECT_THAT(error(head + "off='yes'"), HasSubstr("'off' is neither true nor false"));
  EXPECT_THAT(error("[[target]\n"), HasSubstr("targets.toml, line 1"));
}

}  // namespace
}  // namespace baton
