#include "report/sprint_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/example_money.h"
#include "report/example_report.h"

namespace baton {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr Instant kMorning = Instant::from_unix_ms(1'795'197'891'250);  // 2026-11-20T18:04:51Z

SprintReport nightly() {
  SprintReport report;
  report.id = "s-abc123def456";
  report.name = "nightly";
  report.status = "stopped";
  report.reason = "the time box of 30 min is used up";
  report.began = kMorning;
  report.sittings = 2;
  report.parallel = 2;
  report.minutes = 30;
  report.budget = dollars("5");
  report.jobs = {{.name = "audit",
                  .kind = "review",
                  .repo = "/srv/app",
                  .state = SprintJobState::kComplete,
                  .run = "r-1",
                  .cost = dollars("0.4"),
                  .cap = dollars("2"),
                  .worked = Millis(65'000),
                  .files = 8,
                  .tasks = 5,
                  .tasks_done = 5},
                 {.name = "json",
                  .kind = "feature",
                  .repo = "/srv/app",
                  .state = SprintJobState::kPartial,
                  .note = "1 of 4 tasks is missing",
                  .run = "r-2",
                  .cost = dollars("0.6"),
                  .unknown = dollars("0.1"),
                  .cap = dollars("2"),
                  .worked = Millis(300'000),
                  .files = 3,
                  .tasks = 4,
                  .tasks_done = 3,
                  .branch = "baton/json"},
                 {.name = "docs", .kind = "run", .repo = "/srv/app"}};
  report.by_model = {
      {"claude-opus-4-7", 3, example::tokens(20'000, 0, 0, 6'000), dollars("0.75")},
      {"claude-haiku-4-5", 9, example::tokens(3'456, 0, 41'000, 6'345), dollars("0.25")}};
  report.totals = totals_of(report.jobs, Millis(360'000));
  SprintTotals before = report.totals;
  before.cost = dollars("2");
  before.done = 1;
  report.earlier = {{"s-earlier00000", Instant::from_unix_ms(1'795'111'491'250), before}};
  return report;
}

TEST(SprintTotalsTest, EverythingSpentIsThePriceOfTheJobsThatAreDone) {
  const SprintTotals totals = nightly().totals;
  EXPECT_EQ(totals.jobs, 3);
  EXPECT_EQ(totals.done, 2);
  EXPECT_EQ(totals.cost, dollars("1"));
  EXPECT_EQ(totals.unknown, dollars("0.1"));
  EXPECT_EQ(totals.cost_per_job(), dollars("0.5"));
  EXPECT_EQ(totals.cost_per_changed_file(), dollars("0.2"));
  EXPECT_EQ(totals.cost_per_reviewed_file(), dollars("0.05"));
  EXPECT_EQ(totals.tenths_per_hour(), 200);  // 2 in six minutes
}

TEST(SprintTotalsTest, NothingIsDividedByNothing) {
  const SprintTotals none = totals_of({}, Millis());
  EXPECT_EQ(none.cost_per_job(), std::nullopt);
  EXPECT_EQ(none.cost_per_changed_file(), std::nullopt);
  EXPECT_EQ(none.cost_per_reviewed_file(), std::nullopt);
  EXPECT_EQ(none.tenths_per_hour(), std::nullopt);
}

TEST(SprintReportTest, TextSaysJobsModelsAndHowItComparesWithEarlierOnes) {
  EXPECT_EQ(to_terminal(nightly(), {}), R"(Sprint nightly (s-abc123def456)
2 of 3 jobs done · $1.00 of $5.00 · 6m00s
Stopped: the time box of 30 min is used up
  cost per job   $0.5000
  per file       $0.2000 (3 files changed)
  per file       $0.0500 (8 files reviewed)
  jobs per hour  20.0
  budget used    20.0% of $5.00
  not known      $0.1000 of the cost is booked at its worst case
  bounds         2 jobs at a time, 30 minutes, 2 sittings

Jobs
  job    status                 cost     time  tasks             files
  audit  complete            $0.4000    1m05s    5/5  8 files reviewed
  json   partial             $0.6000    5m00s    3/4   3 files changed
    branch baton/json
    1 of 4 tasks is missing
  docs   waiting               $0.00      0ms      -                 -

Models
  model              calls       prompt      output        cost    share
  claude-opus-4-7        3       20,000       6,000     $0.7500    75.0%
  claude-haiku-4-5       9       44,456       6,345     $0.2500    25.0%

Earlier sprints of this name
  sprint          began             done       cost     per job   change  per hour   change
  this one        2026-11-20      2 of 3      $1.00     $0.5000        -      20.0        -
  s-earlier00000  2026-11-19      1 of 3      $2.00       $2.00   -75.0%      10.0  +100.0%
)");
}

TEST(SprintReportTest, MarkdownAndTextFromOutsideAreMadeSafe) {
  SprintReport report = nightly();
  report.name = "<b>nightly</b>\x1b[2J";
  report.jobs[1].note = "](http://x) \x1b[31m<script>";
  EXPECT_THAT(to_markdown(report), Not(HasSubstr("<script>")));
  EXPECT_THAT(to_markdown(report), Not(HasSubstr("<b>")));
  EXPECT_THAT(to_terminal(report, {}), Not(HasSubstr("\x1b")));
}

TEST(SprintReportTest, MarkdownHasTheSameTables) {
  const std::string text = to_markdown(nightly());
  for (const char* line : {"# Sprint nightly\n",
                           "| audit | review | complete | $0.4000 | 1m05s | 5/5 | 8 files reviewed",
                           "* json: branch `baton/json`\n",
                           "| claude-opus-4-7 | 3 | 20,000 | 6,000 | $0.7500 | 75.0% |",
                           "| 2026-11-19 | 1 of 3 | $2.00 | $2.00 | -75.0% | 10.0 | +100.0% |"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(SprintReportTest, JsonHasExactAmounts) {
  SprintReport report = nightly();
  report.jobs[0].cost = Money::pico(400'000'000'001);
  const boost::json::object json = boost::json::parse(to_json(report)).as_object();
  const boost::json::object& audit = json.at("jobs").as_array()[0].as_object();
  EXPECT_EQ(audit.at("cost_usd").as_string(), "0.400000000001");
  EXPECT_EQ(audit.at("status").as_string(), "complete");
  EXPECT_EQ(audit.at("files").as_int64(), 8);
  EXPECT_TRUE(json.at("jobs").as_array()[2].as_object().at("run_id").is_null());
  EXPECT_EQ(json.at("totals").as_object().at("cost_per_job_usd").as_string(), "0.50");
  EXPECT_EQ(json.at("by_model").as_array().size(), 2U);
  EXPECT_EQ(json.at("earlier").as_array()[0].as_object().at("sprint_id").as_string(),
            "s-earlier00000");
}

}  // namespace
}  // namespace baton
