#include "report/ledger_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/embedded.h"
#include "report/example_ledger.h"

namespace baton {
namespace {

using testing::HasSubstr;
using testing::Not;

LedgerReport report_of(Ledger ledger, std::vector<Grouping> by) {
  LedgerReport report;
  report.targets = judge(*parse_targets(*embedded_file("catalog/targets.toml")), ledger);
  report.ledger = std::move(ledger);
  report.by = std::move(by);
  return report;
}

// A run whose every text from outside is hostile.
LedgerReport hostile() {
  LedgerFold fold(Catalog::builtin(), {});
  example::RunStory story(example::on(3));
  story.attempt(TaskId(1));
  story.spend({TaskId(1), "</script><b>model\"'&", "0.06", example::in_out(10, 10)});
  fold.add(example::named("r-one", "</title></script><script>alert(1)</script>\x1b[2J, \"=1+1\""),
           story.costs());
  fold.leave_out("r-<i>", "broken at <img src=x onerror=alert(1)>\xff");
  return report_of(std::move(fold).ledger(), all_groupings());
}

TEST(LedgerReportTest, TextSaysWhatHappenedWhetherTargetsAreMetAndWhatIsBehindIt) {
  const LedgerReport report = report_of(example::two_runs(), {Grouping::kRole});
  EXPECT_EQ(to_terminal(report, {.color = false, .width = 100}),
            R"(Cost of 2 runs
$0.8200 in 6 calls: orchestrator $0.6000 (73.1%), workers $0.2200
  per run   $0.4100 on average, $0.4200 in the middle, $0.4200 at most (r-one)
  cached    0.0% of the prompt tokens were read from the cache
  all deep  $1.00 for the same tokens: 28.0% saved
  retries   $0.1100 (13.4%) for attempts that were not accepted; 1 escalation
  unknown   1 call is without a known bill, booked at worst case: $0.1000

Targets
  not met         orchestrator's share: 73.1% (40.0% to 60.0% wanted)
  not met         saved against all deep, each month: 28.0% in 2026-11 (at least 60.0% wanted; 0 of
                  1 met)
  not met         cached share of the prompts: 0.0% (at least 50.0% wanted)
  not met         spent on attempts not accepted: 13.4% (at most 10.0% wanted)
  not met         booked without a known bill: 12.1% (at most 1.0% wanted)

By role
                runs  calls       input cache write  cache read     output       cost   saved
  orchestrator     2      2      20,000           0           0     20,000    $0.6000    0.0%
  workers          2      4      20,000           0           0     12,000    $0.2200   70.0%
)");
}

TEST(LedgerReportTest, WithoutRunsTextSaysSo) {
  const LedgerReport report =
      report_of(LedgerFold(Catalog::builtin(), {.since = "2026-10-01"}).ledger(), all_groupings());
  EXPECT_EQ(to_terminal(report, {}),
            "Cost of 0 runs, since 2026-10-01\n$0.00: no model was called\n");
  EXPECT_THAT(to_html(report), HasSubstr("no model was called"));
}

TEST(LedgerReportTest, JsonHasExactAmountsAsText) {
  const auto json = boost::json::parse(
      to_json(report_of(example::two_runs({.since = "2026-11-01"}), all_groupings())));
  const auto at = [&](const char* pointer) {
    return boost::json::serialize(json.at_pointer(pointer));
  };
  EXPECT_EQ(at("/since"), R"("2026-11-01")");
  EXPECT_EQ(at("/until"), "null");
  EXPECT_EQ(at("/total/charged_usd"), R"("0.82")");
  EXPECT_EQ(at("/total/wasted_usd"), R"("0.11")");
  EXPECT_EQ(at("/by/run/0/name"), R"("r-two")");
  EXPECT_EQ(at("/by/day/2/unknown_usd"), R"("0.10")");
  EXPECT_EQ(at("/by/model/1/tokens/output"), "11000");
  EXPECT_EQ(at("/targets/0/state"), R"("not met")");
}

TEST(LedgerReportTest, CsvQuotesAndLetsNoTitleBeAFormula) {
  LedgerFold fold(Catalog::builtin(), {});
  fold.add(example::named("r-one", "=HYPERLINK(\"http://x\",\"y\")"),
           example::RunStory(example::on(3)).costs());
  fold.add(example::named("r-two", "two\nlines, \"quoted\""),
           example::RunStory(example::on(2)).costs());
  EXPECT_EQ(
      to_csv(report_of(std::move(fold).ledger(), {Grouping::kRun})),
      "by,name,title,status,created,runs,calls,input,cache_write_5m,cache_write_1h,cache_read,"
      "output,charged_usd,orchestrator_usd,unknown_usd,unknown_calls,wasted_usd,escalations,"
      "all_deep_usd,comparable_usd\r\n"
      "run,r-one,\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\",complete,2026-11-03T12:00:00Z,1,0,0,0,"
      "0,0,0,0.00,0.00,0.00,0,0.00,0,0.00,0.00\r\n"
      "run,r-two,\"two lines, \"\"quoted\"\"\",complete,2026-11-02T12:00:00Z,1,0,0,0,0,0,0,0.00,"
      "0.00,0.00,0,0.00,0,0.00,0.00\r\n");
}

TEST(LedgerReportTest, MarkdownShowsHostileTextsAsTheyWereWritten) {
  const std::string text = to_markdown(hostile());
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_THAT(text, Not(HasSubstr("<img")));
  EXPECT_THAT(text, HasSubstr("alert(1)"));
}

TEST(LedgerReportTest, TextLetsNoControlCharacterThrough) {
  EXPECT_THAT(to_terminal(hostile(), {.color = false}), Not(HasSubstr("\x1b")));
}

// The whole page without the two elements that the program itself has put in.
std::string without_own_code(std::string page) {
  for (const auto& [open, close] :
       {std::pair{"<style>", "</style>"}, std::pair{"<script>", "</script>"}}) {
    const std::size_t begin = page.rfind(open);
    const std::size_t end = page.find(close, begin);
    EXPECT_NE(end, std::string::npos);
    page.erase(begin, end - begin + std::string_view(close).size());
  }
  return page;
}

TEST(LedgerReportTest, InHtmlNothingFromOutsideIsMarkup) {
  const std::string page = without_own_code(to_html(hostile()));
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, Not(HasSubstr("<i>")));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
  EXPECT_THAT(page, HasSubstr("&lt;/title&gt;&lt;/script&gt;&lt;script&gt;alert(1)"));
  // The data of the charts is the only script element left.
  EXPECT_EQ(page.find("<script"), page.rfind("<script"));
  EXPECT_THAT(page, HasSubstr("<script type=\"application/json\""));
}

TEST(LedgerReportTest, TheHtmlPageAllowsItsOwnCodeAndNothingElse) {
  const std::string page = to_html(hostile());
  EXPECT_THAT(page, HasSubstr("default-src 'none'; script-src 'sha256-"));
  EXPECT_THAT(page, HasSubstr("base-uri 'none'; form-action 'none'\">"));
  // Neither file may end its own element early.
  EXPECT_EQ(page.find("</style"), page.rfind("</style"));
  EXPECT_EQ(page.find("</script>", page.rfind("<script>")), page.rfind("</script>"));
  const std::string own = without_own_code(page);
  for (const char* reference : {"src=\"", "href=\"", "@import", "url("}) {
    EXPECT_THAT(own, Not(HasSubstr(reference)));
  }
}

TEST(LedgerReportTest, AnHtmlPageOfThousandsOfRunsListsTheLatestAndSaysWhereTheRestIs) {
  LedgerFold fold(Catalog::builtin(), {});
  for (int i = 0; i < 1'000; ++i) {
    fold.add(example::named(fmt::format("r-{}", i)), example::RunStory(example::on(3)).costs());
  }
  const std::string page = to_html(report_of(std::move(fold).ledger(), {Grouping::kRun}));
  EXPECT_THAT(page, HasSubstr("The latest 200 of 1,000 runs"));
  EXPECT_THAT(page, Not(HasSubstr("<th scope=\"row\">r-200<")));
}

}  // namespace
}  // namespace baton
