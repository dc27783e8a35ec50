// Journals written by earlier builds stay readable for ever: tests/golden/journal-v*/.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "base/text.h"
#include "core/run_state.h"
#include "store/chain.h"
#include "store/event_format.h"

namespace baton {
namespace {

std::string golden(const std::string& name) {
  std::ifstream file("tests/golden/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name << ": run this test from the project's root";
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Line {
  std::string type;
  std::string body;
};

std::vector<Line> golden_events(const std::string& name) {
  std::vector<Line> events;
  const std::string text = golden(name);
  for (const std::string_view line : split_lines(text)) {
    const std::size_t tab = line.find('\t');
    events.push_back({std::string(line.substr(0, tab)), std::string(line.substr(tab + 1))});
  }
  return events;
}

class GoldenJournal : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(SinceV2, GoldenJournal,
                         testing::Values("journal-v2/review.tsv", "journal-v2/words.tsv",
                                         "journal-v3/agents.tsv", "journal-v3/words.tsv",
                                         "journal-v4/fleet.tsv"));

TEST_P(GoldenJournal, IsReadAndWrittenBackByteForByte) {
  const std::vector<Line> events = golden_events(GetParam());
  ASSERT_FALSE(events.empty());
  for (const Line& line : events) {
    const Result<Event> event = read_event(line.type, line.body);
    ASSERT_TRUE(event.ok()) << line.body << '\n' << event.error().message;
    const EventText written = write_event(*event);
    EXPECT_EQ(written.type, line.type);
    EXPECT_EQ(written.body, line.body);
  }
}

TEST(GoldenJournalTest, TheyHaveEveryTypeOfEvent) {
  std::set<std::size_t> types;
  for (const char* name :
       {"journal-v2/review.tsv", "journal-v3/agents.tsv", "journal-v4/fleet.tsv"}) {
    for (const Line& line : golden_events(name)) {
      const Result<Event> event = read_event(line.type, line.body);
      ASSERT_TRUE(event.ok()) << event.error().message;
      types.insert(event->index());
    }
  }
  EXPECT_EQ(types.size(), std::variant_size_v<Event>);
}

TEST(GoldenJournalTest, ItsHashChainEndsWhereItDid) {
  for (const std::string name : {"journal-v2/review", "journal-v3/agents", "journal-v4/fleet"}) {
    Sha256 hash = kChainStart;
    const std::vector<Line> events = golden_events(name + ".tsv");
    for (const Line& line : events) hash = chained(hash, line.type, line.body);
    EXPECT_EQ(fmt::format("{} {}\n", events.size(), to_hex(hash)), golden(name + ".head"));
  }
}

TEST(GoldenJournalTest, OfAFleetFoldsToTheRunItTellsOf) {
  std::vector<Event> events;
  for (const Line& line : golden_events("journal-v4/fleet.tsv"))
    events.push_back(*read_event(line.type, line.body));
  const Result<RunState> run = replay(events);
  ASSERT_TRUE(run.ok()) << run.error().message;
  EXPECT_EQ(run->created.key, "nightly 2026-11-20 \"größe\"");
  EXPECT_EQ(run->unknown, Money::pico(120'000'000'001));
  EXPECT_EQ(run->budget.charged(), run->unknown);
  EXPECT_EQ(run->budget.held(), Money::pico(457'500'000'000));
  EXPECT_EQ(run->day.used, Money::pico(577'500'000'001));
}

// What a later build may have written is not passed over: the fold would be of another run.
TEST(GoldenJournalTest, AnEventOfALaterBuildStopsTheReading) {
  const Result<Event> event = read_event("run_teleported", R"({"at":1795197891250})");
  ASSERT_FALSE(event.ok());
  EXPECT_EQ(event.error().kind, ErrorKind::kInput);
}

TEST(GoldenJournalTest, OfAgentsFoldsToTheRunItTellsOf) {
  std::vector<Event> events;
  for (const Line& line : golden_events("journal-v3/agents.tsv"))
    events.push_back(*read_event(line.type, line.body));
  const Result<RunState> run = replay(events);
  ASSERT_TRUE(run.ok()) << run.error().message;
  EXPECT_EQ(run->status, RunStatus::kPaused);
  EXPECT_EQ(run->approved, (std::map<std::string, bool>{{"plan", true}}));
  EXPECT_EQ(run->task(TaskId(1)).workspace(), "4b825dc642cb6eb9a060e54bf8d69288fbee4905");
  EXPECT_EQ(run->task(TaskId(2)).attempts, 2);
}

TEST(GoldenJournalTest, OfTheFirstVersionFoldsToTheRunItTellsOf) {
  std::vector<Event> events;
  for (const Line& line : golden_events("journal-v1/review.tsv"))
    events.push_back(*read_event(line.type, line.body));
  const Result<RunState> run = replay(events);
  ASSERT_TRUE(run.ok()) << run.error().message;
  EXPECT_EQ(run->status, RunStatus::kBudgetExhausted);
  EXPECT_EQ(run->ended, static_cast<int>(run->tasks.size()));
  EXPECT_EQ(run->budget.held(), Money());
}

TEST(GoldenJournalTest, FoldsToTheRunItTellsOf) {
  std::vector<Event> events;
  for (const Line& line : golden_events("journal-v2/review.tsv"))
    events.push_back(*read_event(line.type, line.body));
  const Result<RunState> run = replay(events);
  ASSERT_TRUE(run.ok()) << run.error().message;
  EXPECT_EQ(run->status, RunStatus::kPaused);
  EXPECT_EQ(run->budget.cap(), Money::dollars(5));
  EXPECT_EQ(run->budget.held(), Money());
  EXPECT_EQ(run->task(TaskId(2)).status, TaskStatus::kBackingOff);
  EXPECT_EQ(run->task(TaskId(2)).turns.size(), 1U);
  EXPECT_EQ(run->day.allotted, Money::cents(14));  // the rest has gone back
}

// Values, not only bytes: two fields that changed places in reading and writing alike would show.
TEST(GoldenJournalTest, ItsFieldsMeanWhatTheyMeant) {
  const std::vector<Line> lines = golden_events("journal-v1/review.tsv");
  const auto event = [&](std::size_t number) {
    const Result<Event> read = read_event(lines[number].type, lines[number].body);
    EXPECT_TRUE(read.ok()) << read.error().message;
    return *read;
  };
  EXPECT_EQ(
      event(15),
      Event(CallEnded{
          .at = Instant::from_unix_ms(1'795'197'895'250),
          .call = CallId(1),
          .bill = BillState::kSettled,
          .charge = Money::pico(97'500'000'000),
          .usage = {.input = Tokens(1200), .cache_write_5m = Tokens(6100), .output = Tokens(1930)},
          .verdict = Verdict::kAccepted,
          .http_status = 200,
          .answer = "64879f7d6b960a01909762d911a32d4582c20010c5641ee90278b644a9e3b525",
          .request_id = "req_011CVabcdEFGH"}));
  EXPECT_EQ(event(10), Event(CallReserved{.at = Instant::from_unix_ms(1'795'197'894'154),
                                          .call = CallId(2),
                                          .task = TaskId(2),
                                          .model = "claude-opus-4-7",
                                          .max_output = Tokens(6000),
                                          .hold = Money::pico(207'000'000'000),
                                          .price_date = "2026-04-16"}));
}

}  // namespace
}  // namespace baton
