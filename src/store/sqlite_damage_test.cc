// A real journal, damaged in every way that a seed can choose: truncations and flipped bits in the
// database, its log and the heads. Nothing crashes; what was acknowledged is there or reported, and
// never silently another; a repair leaves a journal that is sound and can be written on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "base/temporary_folder.h"
#include "base/test_files.h"
#include "store/run_account.h"
#include "store/sqlite_journal.h"
#include "store/sqlite_repair.h"
#include "store/told_run.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

const Instant kEvening = kNoon + Millis::seconds(6 * 3600);

// Seeds that once found something; they are played in every run of this test, for good.
constexpr std::uint32_t kKeptSeeds[] = {1, 2, 3};
constexpr std::uint32_t kCases = 150;

Result<std::unique_ptr<Journal>> open(const fs::path& folder) {
  return open_sqlite_journal(
      folder, [](const std::function<void()>& task) { task(); }, Millis(2'000));
}

// Three runs whose events fill many pages; those of the last are still in the log.
class Original {
 public:
  Original() {
    const fs::path live = root_.path() / "live";
    std::unique_ptr<Journal> journal;
    for (int number = 1; number <= 3; ++number) {
      journal.reset();  // which empties the log into the database
      journal = std::move(*open(live));
      Told told(fmt::format("r-{}", number), Money::dollars(50));
      for (int call = 0; call < 12 * number; ++call)
        told.call(Money::cents(20), Money::cents(call));
      told.reserve(Money::cents(30));
      const Blob request =
          make_blob(std::string(3'000, static_cast<char>('a' + number)) + told.run());
      std::get<RunCreated>(told.events[0]).request = request.id;
      write_in_parts(*journal, told, request);
      runs_[told.run()] = told.events;
    }
    fs::create_directories(folder() / "heads");
    for (const char* name : {"baton.db", "baton.db-wal"})
      fs::copy_file(live / name, folder() / name);
    for (const auto& head : fs::directory_iterator(live / "heads"))
      fs::copy_file(head.path(), folder() / "heads" / head.path().filename());
  }

  fs::path folder() const { return root_.path() / "original"; }
  const std::map<RunId, std::vector<Event>>& runs() const { return runs_; }

 private:
  static void write_in_parts(Journal& journal, const Told& told, const Blob& request) {
    for (std::size_t from = 0; from < told.events.size(); from += 5) {
      const auto begin = told.events.begin() + static_cast<std::ptrdiff_t>(from);
      const auto end =
          told.events.begin() + static_cast<std::ptrdiff_t>(std::min(from + 5, told.events.size()));
      EXPECT_TRUE(tell(journal, told.run(), {begin, end}, {request}).ok());
    }
  }

  TemporaryFolder root_ = std::move(*TemporaryFolder::create("baton-original"));
  std::map<RunId, std::vector<Event>> runs_;
};

// The most that a run may have cost by the end of these events.
Money committed(const std::vector<Event>& events) {
  RunAccount account;
  for (const Event& event : events) count_money(account, event);
  return account.committed();
}

bool begins_with(const std::vector<Event>& whole, const std::vector<Event>& part) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

// What the seed does; told for the one who reads of a failure.
std::string damage(const fs::path& folder, std::uint32_t seed) {
  std::mt19937 dice(seed);
  const auto roll = [&dice](std::uintmax_t sides) { return dice() % sides; };
  std::vector<fs::path> files = {"baton.db", "baton.db", "baton.db-wal", "baton.db-wal"};
  files.push_back(fs::path("heads") / fmt::format("r-{}", 1 + roll(3)));
  const fs::path name = files[roll(files.size())];
  std::string bytes = bytes_of(folder / name);
  std::string told;
  if (roll(3) == 0) {
    const std::size_t page = name == "baton.db" ? 4096 : name == "baton.db-wal" ? 4120 : 1;
    const std::size_t left = roll(2) == 0 ? roll(bytes.size()) : roll(bytes.size() / page) * page;
    bytes.resize(left);
    told = fmt::format("{} ends after {} bytes", name.string(), left);
  } else {
    for (std::uintmax_t flips = 1 + roll(4); flips > 0; --flips) {
      const std::size_t at = roll(bytes.size());
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << roll(8)));
      told += fmt::format("{} flipped at {}; ", name.string(), at);
    }
  }
  write_file(folder / name, bytes);
  return told;
}

class DamagedJournal {
 public:
  DamagedJournal(const Original& original, std::uint32_t seed) : original_(original) {
    fs::copy(original.folder(), folder(), fs::copy_options::recursive);
    told_ = damage(folder(), seed);
  }
  fs::path folder() const { return root_.path() / "state"; }
  const std::string& told() const { return told_; }

  // What can be read is what was written; where it is not all of it, verify says so.
  void look() {
    auto journal = open(folder());
    if (!journal) return;  // reported
    std::set<RunId> short_runs;
    for (const auto& [run, written] : original_.runs()) {
      const Result<std::vector<Event>> events = (*journal)->events(run);
      if (!events) {
        short_runs.insert(run);
        continue;
      }
      ASSERT_TRUE(begins_with(written, *events)) << run << " is silently another";
      if (events->size() < written.size()) short_runs.insert(run);
    }
    const Result<std::vector<Damage>> found = (*journal)->verify();
    if (!found) return;  // reported
    for (const RunId& run : short_runs) {
      const bool reported = std::any_of(found->begin(), found->end(), [&](const Damage& damage) {
        return damage.run == run || damage.run.empty();
      });
      EXPECT_TRUE(reported) << run << " is short, and nothing says so";
    }
  }

  void write_and_look_again() {
    auto journal = open(folder());
    if (!journal) return;
    for (const auto& [run, written] : original_.runs()) {
      if (!tell(**journal, run, {RunResumed{kEvening}}).ok()) continue;
      const Result<std::vector<Event>> events = (*journal)->events(run);
      if (!events) continue;
      EXPECT_EQ(events->size(), written.size() + 1) << run << " goes on without its end";
    }
  }

  void repair() {
    Result<RepairReport> report = repair_sqlite_journal(folder(), std::nullopt, kEvening);
    ASSERT_TRUE(report.ok()) << report.error().message;
    auto journal = open(folder());
    ASSERT_TRUE(journal.ok()) << journal.error().message;
    EXPECT_THAT(found_in(**journal), testing::IsEmpty());
    for (const auto& [run, written] : original_.runs()) {
      const Result<std::vector<Event>> events = (*journal)->events(run);
      if (!events) {
        EXPECT_TRUE(std::any_of(report->runs.begin(), report->runs.end(),
                                [&name = run](const RunRepair& r) { return r.run == name; }))
            << run << " is gone, and nothing says so";
        continue;
      }
      EXPECT_GE(committed(*events), committed(written)) << run;
      const Result<RunState> state = replay(*events);
      ASSERT_TRUE(state.ok()) << state.error().message;
      EXPECT_TRUE(tell(**journal, run, {RunResumed{kEvening}}).ok()) << run;
    }
    EXPECT_TRUE(tell(**journal, "r-new", Told("r-new").events).ok());
    EXPECT_THAT(found_in(**journal), testing::IsEmpty());
  }

 private:
  const Original& original_;
  TemporaryFolder root_ = std::move(*TemporaryFolder::create("baton-damaged"));
  std::string told_;
};

void play(const Original& original, std::uint32_t seed) {
  {
    DamagedJournal journal(original, seed);
    SCOPED_TRACE(fmt::format("BATON_DAMAGE_SEED={}: {}", seed, journal.told()));
    journal.look();
    journal.repair();
  }
  // And by somebody who writes without having looked.
  DamagedJournal journal(original, seed);
  SCOPED_TRACE(fmt::format("BATON_DAMAGE_SEED={}, written on: {}", seed, journal.told()));
  journal.write_and_look_again();
}

TEST(SqliteDamageTest, WhateverIsDamagedIsReportedAndRepaired) {
  // In memory where there is such a place: hundreds of journals wait for no disk.
  if (fs::is_directory("/dev/shm") && std::getenv("TMPDIR") == nullptr)
    ::setenv("TMPDIR", "/dev/shm", 0);
  const Original original;
  if (const char* seed = std::getenv("BATON_DAMAGE_SEED"))
    return play(original, static_cast<std::uint32_t>(std::atol(seed)));
  for (const std::uint32_t seed : kKeptSeeds) play(original, seed);
  for (std::uint32_t seed = 1'000; seed < 1'000 + kCases && !testing::Test::HasFailure(); ++seed)
    play(original, seed);
}

}  // namespace
}  // namespace baton
