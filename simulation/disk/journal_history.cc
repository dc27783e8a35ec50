#include "disk/journal_history.h"

#include <fmt/format.h>

#include <future>
#include <span>
#include <utility>

#include "disk/disk_vfs.h"
#include "disk/journal_books.h"
#include "store/sqlite.h"
#include "store/sqlite_journal.h"

namespace baton::disk {
namespace {

constexpr int kMostLives = 5;
constexpr int kMostActions = 14;
constexpr int kMostTogether = 5;
constexpr int kLongestText = 9'000;
const Money kCap = Money::dollars(20);
const std::string kProject = "shop";

struct Broken {
  std::string what;
};

class History {
 public:
  History(std::uint64_t seed, const std::filesystem::path& folder, HistoryCounts& counts)
      : dice_(seed),
        folder_(folder),
        database_((folder / "baton.db").string()),
        disk_(~seed),
        vfs_(disk_, seed),
        counts_(counts) {}

  std::optional<std::string> play();
  FaultyDisk::Counts disk_counts() const { return disk_.counts(); }

 private:
  FaultyDisk::Plan draw_plan();
  Result<std::unique_ptr<Journal>> open();
  void restart();
  void begin_life();
  void look();
  void act();
  void end_life();

  Step draw_step();
  Step new_run();
  Step more_of(const RunId& run);
  Step ask(const RunId& run);
  Step end_of(const RunId& run);
  Blob draw_text();
  void append_together(const std::vector<Step>& steps);
  void push(const Step& step, std::promise<Result<Money>>& answer, std::shared_future<void> gate);
  void hear(std::span<const Step> group, std::span<const Result<Money>> answers);
  void read_one();
  void checkpoint_from_elsewhere();

  bool faulty() const;
  [[noreturn]] void broken(std::string what) const {
    throw Broken{fmt::format("life {}: {}", counts_.lives, what)};
  }

  Dice dice_;
  const std::filesystem::path folder_;
  const std::string database_;
  FaultyDisk disk_;
  DiskVfs vfs_;
  HistoryCounts& counts_;
  std::unique_ptr<Journal> journal_;  // of this life
  JournalBooks answered_;             // what has to be there
  std::vector<Step> unanswered_;      // one group that is there as a whole, or not at all
  bool failed_ = false;               // a commit of this life did
  FaultyDisk::Counts faults_before_;
  int failed_syncs_ = 0;  // before the latest restart
  int runs_made_ = 0;
};

int faults_of(const FaultyDisk::Counts& counts) {
  return counts.failed_writes + counts.failed_syncs + counts.failed_reads;
}

bool History::faulty() const {
  return !disk_.is_on() || faults_of(disk_.counts()) > faults_of(faults_before_);
}

// Faults come and go by the life: some have none, so that what only shows after several quiet lives
// is reached as well.
FaultyDisk::Plan History::draw_plan() {
  FaultyDisk::Plan plan;
  if (dice_.one_in(2)) plan.cut_at = dice_.between(1, 90);
  if (dice_.one_in(5)) plan.write_fails_at = dice_.between(1, 60);
  if (dice_.one_in(4)) plan.sync_fails_at = dice_.between(1, 20);
  if (dice_.one_in(10)) plan.read_fails_at = dice_.between(1, 60);
  plan.no_space = dice_.one_in(2);
  plan.stays = dice_.one_in(2);
  return plan;
}

// ---- one life ----

Result<std::unique_ptr<Journal>> History::open() {
  return open_sqlite_journal(
      folder_, [](const std::function<void()>& work) { work(); }, Millis(0));
}

// What could not be synced is in the system's memory and perhaps nowhere else, which the next
// process could not tell: after a failed sync the machine is restarted, too.
void History::restart() {
  const int failed_syncs = disk_.counts().failed_syncs;
  if (failed_syncs > std::exchange(failed_syncs_, failed_syncs)) disk_.cut_power();
  disk_.restart();
}

void History::begin_life() {
  ++counts_.lives;
  failed_ = false;
  restart();
  faults_before_ = disk_.counts();
  // Made by the journal before SQLite opens it, with the system's own calls.
  if (disk_.find(database_) == nullptr) disk_.make(database_);
  if (dice_.one_in(3)) disk_.plan(draw_plan());
  Result<std::unique_ptr<Journal>> journal = open();
  if (!journal) {
    ++counts_.failed_opens;
    if (!faulty()) broken("it does not open: " + journal.error().message);
    if (journal.error().kind != ErrorKind::kStorage) broken("not told as a failure of the store");
    counts_.cuts += disk_.is_on() ? 0 : 1;
    restart();
    if (disk_.find(database_) == nullptr) disk_.make(database_);
    faults_before_ = disk_.counts();
    journal = open();
    if (!journal) broken("it does not open again: " + journal.error().message);
  }
  journal_ = std::move(*journal);
}

void History::look() {
  disk_.plan({});
  if (!disk_.is_on()) return;  // the next life looks
  const Result<JournalBooks> found = read_books(*journal_, database_);
  if (!found) broken("it cannot be read: " + found.error().message);
  JournalBooks with_the_rest = answered_;
  for (const Step& step : unanswered_) with_the_rest.tell(step);
  if (*found != answered_) {
    if (*found != with_the_rest) {
      broken(fmt::format(
          "what is there is not what was answered: {}nor that and the {} steps that "
          "were not: {}",
          difference(answered_, *found), unanswered_.size(), difference(with_the_rest, *found)));
    }
    ++counts_.unanswered_kept;
  } else if (!unanswered_.empty()) {
    ++counts_.unanswered_lost;
  }
  answered_ = *found;
  unanswered_.clear();
  for (const char* day : {"2026-11-20", "2026-11-21"}) {
    if (answered_.promised(kProject, day) > kCap) broken("more is promised than the day's cap");
  }
  const Result<std::vector<Damage>> damage = journal_->verify();
  if (!damage) broken("it cannot be verified: " + damage.error().message);
  if (!damage->empty())
    broken(fmt::format("verify: run {}: {}", damage->front().run, damage->front().what));
}

void History::end_life() {
  if (!disk_.is_on()) {
    ++counts_.cuts;
  } else if (dice_.one_in(3)) {
    ++counts_.ends;
  } else if (dice_.one_in(2)) {
    ++counts_.kills;
    disk_.let_go();
  } else {
    ++counts_.cuts;
    disk_.cut_power();
  }
  journal_.reset();
}

// ---- what is done in it ----

Blob History::draw_text() {
  const auto size = static_cast<std::size_t>(dice_.between(1, kLongestText));
  std::string text;
  while (text.size() < size) text += fmt::format("{:016x}", dice_.draw());
  return make_blob(std::move(text));
}

Step History::new_run() {
  const RunId run = fmt::format("r-{}", ++runs_made_);
  const std::string key = dice_.one_in(3) ? "key of " + run : "";
  return {.run = run,
          .events = {RunCreated{.at = Instant::from_unix_ms(runs_made_),
                                .run = run,
                                .workflow = "review",
                                .project = kProject,
                                .key = key}}};
}

Step History::more_of(const RunId& run) {
  Step step{.run = run};
  for (int i = dice_.between(1, 4); i > 0; --i)
    step.events.push_back(CheckersStarted{.task = TaskId(dice_.below(1'000'000))});
  if (dice_.one_in(2)) {
    step.blobs.push_back(draw_text());
    step.events.push_back(CallEnded{.charge = Money::cents(3), .answer = step.blobs.back().id});
  }
  return step;
}

Step History::ask(const RunId& run) {
  const std::string day = dice_.one_in(3) ? "2026-11-20" : "2026-11-21";
  return {.run = run,
          .asked = {{DayCap{kProject, day, kCap}, Money::dollars(dice_.between(1, 9))}}};
}

Step History::end_of(const RunId& run) {
  const std::string day = dice_.one_in(3) ? "2026-11-20" : "2026-11-21";
  const auto share = answered_.shares.find({kProject, day, run});
  const Money used = share == answered_.shares.end() ? Money() : share->second;
  const Money left = Money::pico(used.picodollars() / 3);
  return {.run = run, .events = {RunEnded{.day = day, .day_used = left}}};
}

Step History::draw_step() {
  std::vector<RunId> runs;
  for (const auto& [run, events] : answered_.events) runs.push_back(run);
  if (runs.empty() || dice_.one_in(6)) return new_run();
  const RunId& run = runs[static_cast<std::size_t>(dice_.below(static_cast<int>(runs.size())))];
  if (dice_.one_in(4)) return ask(run);
  if (dice_.one_in(8)) return end_of(run);
  return more_of(run);
}

void History::push(const Step& step, std::promise<Result<Money>>& answer,
                   std::shared_future<void> gate) {
  auto done = [&answer, gate = std::move(gate)](Result<Money> result) {
    answer.set_value(std::move(result));
    if (gate.valid()) gate.wait();
  };
  if (step.asked) return journal_->allot(step.run, step.asked->first, step.asked->second, done);
  journal_->append(step.run, step.events, step.blobs, [done](const Status& status) {
    done(status ? Result<Money>(Money()) : Result<Money>(status.error()));
  });
}

// `group` went into one commit.
void History::hear(std::span<const Step> group, std::span<const Result<Money>> answers) {
  for (std::size_t i = 0; i < group.size(); ++i) {
    const Result<Money>& answer = answers[i];
    if (answer) {
      if (failed_) broken("accepted after a commit had failed, or beside a part that was refused");
      const Money expected = answered_.tell(group[i]);
      if (*answer != expected) {
        broken(fmt::format("run {} was granted {}, expected {}", group[i].run, answer->to_display(),
                           expected.to_display()));
      }
      ++counts_.answered;
      continue;
    }
    if (std::exchange(failed_, true)) continue;
    if (!faulty()) broken("refused without a cause: " + answer.error().message);
    if (i > 0) broken("a part of a commit was accepted, and a part refused");
    unanswered_.assign(group.begin(), group.end());
    ++counts_.failed_groups;
  }
}

// The first is a commit of its own. The journal's thread waits in its answer until all others are
// in the queue: they are the next one.
void History::append_together(const std::vector<Step>& steps) {
  std::vector<std::promise<Result<Money>>> promises(steps.size());
  std::promise<void> all_pushed;
  push(steps.front(), promises.front(), all_pushed.get_future().share());
  std::vector<Result<Money>> answers = {promises.front().get_future().get()};
  for (std::size_t i = 1; i < steps.size(); ++i) push(steps[i], promises[i], {});
  all_pushed.set_value();
  for (std::size_t i = 1; i < steps.size(); ++i) answers.push_back(promises[i].get_future().get());
  hear(std::span(steps).first(1), std::span(answers).first(1));
  hear(std::span(steps).subspan(1), std::span(answers).subspan(1));
}

void History::read_one() {
  if (answered_.events.empty() || failed_) return;
  auto chosen = answered_.events.begin();
  std::advance(chosen, dice_.below(static_cast<int>(answered_.events.size())));
  const Result<std::vector<Event>> events = journal_->events(chosen->first);
  if (!events && !faulty()) broken("it cannot be read: " + events.error().message);
  if (events && *events != chosen->second) broken("what was answered is not what is read");
}

// As another process does that ends. What it fails at is its own affair.
void History::checkpoint_from_elsewhere() {
  const auto other = Database::open(database_, Database::Mode::kReadWrite, Millis(0));
  if (!other) return;
  const bool whole = dice_.one_in(2);
  (void)(*other)->execute(whole ? "PRAGMA wal_checkpoint(TRUNCATE)"
                                : "PRAGMA wal_checkpoint(PASSIVE)");
  ++counts_.checkpoints;
}

void History::act() {
  if (dice_.one_in(7)) return read_one();
  if (dice_.one_in(9)) return checkpoint_from_elsewhere();
  std::vector<Step> steps = {draw_step()};
  if (dice_.one_in(3)) {
    for (int i = dice_.between(1, kMostTogether); i > 0; --i) steps.push_back(draw_step());
  }
  append_together(steps);
}

std::optional<std::string> History::play() {
  try {
    const int lives = dice_.between(2, kMostLives);
    for (int life = 1; life <= lives; ++life) {
      begin_life();
      look();
      faults_before_ = disk_.counts();
      disk_.plan(draw_plan());
      for (int i = dice_.between(1, kMostActions); i > 0 && disk_.is_on(); --i) act();
      end_life();
    }
    disk_.plan({});
    begin_life();
    disk_.plan({});
    look();
    journal_.reset();
  } catch (const Broken& found) {
    journal_.reset();
    return found.what;
  }
  return std::nullopt;
}

}  // namespace

HistoryCounts& HistoryCounts::operator+=(const HistoryCounts& more) {
  lives += more.lives;
  answered += more.answered;
  ends += more.ends;
  kills += more.kills;
  cuts += more.cuts;
  failed_opens += more.failed_opens;
  failed_groups += more.failed_groups;
  unanswered_kept += more.unanswered_kept;
  unanswered_lost += more.unanswered_lost;
  checkpoints += more.checkpoints;
  disk.operations += more.disk.operations;
  disk.cuts += more.disk.cuts;
  disk.kept += more.disk.kept;
  disk.lost += more.disk.lost;
  disk.torn += more.disk.torn;
  disk.failed_writes += more.disk.failed_writes;
  disk.failed_syncs += more.disk.failed_syncs;
  disk.failed_reads += more.disk.failed_reads;
  return *this;
}

std::optional<std::string> play_history(std::uint64_t seed, const std::filesystem::path& folder,
                                        HistoryCounts& counts) {
  HistoryCounts own;
  std::optional<std::string> broken;
  {
    History history(seed, folder, own);
    broken = history.play();
    own.disk = history.disk_counts();
  }
  counts += own;
  return broken;
}

}  // namespace baton::disk
