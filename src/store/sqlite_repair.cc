#include "store/sqlite_repair.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <set>

#include "store/damage_mark.h"
#include "store/event_format.h"
#include "store/file.h"
#include "store/journal_replacement.h"
#include "store/repair_writer.h"
#include "store/run_lease.h"
#include "store/run_summary.h"
#include "store/spare_room.h"
#include "store/sqlite_salvage.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_verify.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

// A run of which no more than its beginning is left, and perhaps not all of that, has done nothing.
bool is_only_begun(const SoundRun& run) {
  return std::all_of(run.events.begin(), run.events.end(), [](const StoredEvent& event) {
    return event.type == "run_created" || event.type == "task_added" || event.type == "plan_closed";
  });
}

// Tasks are added together with what follows upon them, in one commit: half of it would bring them
// twice, or never.
SoundRun cut_between_commits(SoundRun run) {
  std::size_t count = run.events.size();
  while (count > 0 && run.events[count - 1].type == "task_added") --count;
  if (is_only_begun(run)) count = 0;
  return count == run.events.size() ? run : first_events(run, count);
}

// Books the loss in the run itself.
RunRepair accept_loss(SoundRun& run, Instant now) {
  RunRepair repair{.run = run.run,
                   .kept = run.account.sequence,
                   .lost = run.lost,
                   .booked = run.at_risk.value_or(Money()),
                   .known = run.at_risk.has_value(),
                   .what = run.note};
  if (run.events.empty() || (run.lost == 0 && repair.booked == Money())) return repair;
  // The clock may have been set back since.
  const Event lost = TailLost{std::max(now, run.state.last_at), std::max<std::int64_t>(1, run.lost),
                              repair.booked};
  const EventText text = write_event(lost);
  evolve(run.state, lost);
  apply(run.summary, lost);
  ++run.account.sequence;
  run.account.hash = chained(run.account.hash, text.type, text.body);
  count_money(run.account, lost);
  run.events.push_back({std::string(text.type), text.body});
  return repair;
}

Head head_of(const SoundRun& run) {
  return {run.account.sequence, to_hex(run.account.hash), run.account.committed()};
}

// ---- one repair ----

bool calls_for_rebuilding(const Damage& damage) {
  return damage.kind == DamageKind::kBroken || damage.kind == DamageKind::kContradiction;
}

class Repair {
 public:
  Repair(fs::path folder, Instant now, Millis busy_timeout)
      : folder_(std::move(folder)), now_(now), busy_timeout_(busy_timeout) {}

  Result<RepairReport> run(const std::optional<RunId>& only);

 private:
  fs::path database() const { return folder_ / "baton.db"; }
  fs::path heads() const { return folder_ / "heads"; }
  fs::path scratch() const { return repair_folder(folder_); }

  Status take_leases(const std::optional<RunId>& only);
  Result<std::vector<Damage>> look();
  Result<RepairReport> in_place(const std::vector<Damage>& damages,
                                const std::optional<RunId>& only);
  Status check_known(const RunId& run) const;
  Result<RepairReport> rebuild();
  Status keep_writers_out();
  Status copy_to_scratch();
  Result<std::unique_ptr<Database>> open_copy();
  Status write_new(const Salvage& salvage, RepairReport& report, std::map<RunId, Head>& heads);
  Status write_texts(Database& into, const Salvage& salvage, const std::set<BlobId>& named,
                     RepairReport& report);
  Status write_heads(const std::map<RunId, Head>& heads);

  fs::path folder_;
  Instant now_;
  Millis busy_timeout_;
  std::vector<std::unique_ptr<RunLease>> leases_;
};

Result<RepairReport> Repair::run(const std::optional<RunId>& only) {
  std::error_code error;
  if (!fs::exists(database(), error) && !fs::exists(heads(), error))
    return not_found(fmt::format("there is no journal in {}", folder_.string()));
  // Nobody opens it meanwhile, and who has it open is told by the change of the file.
  const Fd alone(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (alone.ok()) (void)::flock(alone.get(), LOCK_EX);
  const Result<bool> finished = finish_replacement(folder_);
  if (!finished) return finished.error();
  if (Status free = take_leases(only); !free) return free.error();

  const Result<std::vector<Damage>> damages = look();
  if (!damages) return damages.error();
  // What was found once, and is not found now, is not trusted either.
  const bool broken = std::any_of(damages->begin(), damages->end(), calls_for_rebuilding) ||
                      (damages->empty() && damage_mark(folder_));
  if (broken && only) {
    return usage_error(fmt::format(
        "more is damaged in {} than the end of run {}: `baton repair`, without a run, puts all of "
        "it right",
        folder_.string(), *only));
  }
  Result<RepairReport> report = broken ? rebuild() : in_place(*damages, only);
  if (report) report->finished_earlier = *finished;
  return report;
}

Status Repair::take_leases(const std::optional<RunId>& only) {
  std::vector<RunId> runs;
  if (only) runs.push_back(*only);
  std::error_code error;
  if (!only) {
    for (const auto& entry : fs::directory_iterator(folder_ / "leases", error))
      runs.push_back(entry.path().filename().string());
  }
  for (const RunId& run : runs) {
    Result<std::unique_ptr<RunLease>> lease = lock_run(folder_ / "leases", run);
    if (!lease) return lease.error();
    leases_.push_back(std::move(*lease));
  }
  return {};
}

// What is wrong; a database that damage keeps from being opened is broken.
Result<std::vector<Damage>> Repair::look() {
  const Result<std::unique_ptr<Database>> writer = open_journal_file(database(), busy_timeout_);
  if (!writer) {
    const auto damage = damage_that_bars(database(), busy_timeout_);
    if (!damage) return writer.error();
    return std::vector<Damage>{{.run = {}, .what = *damage}};
  }
  Result<std::unique_ptr<Database>> reader =
      Database::open(database(), Database::Mode::kRead, busy_timeout_);
  if (!reader) return reader.error();
  std::vector<Damage> found = verify_journal(**reader, heads());
  if (std::any_of(found.begin(), found.end(), calls_for_rebuilding)) return found;
  // Where every hash fits, what ends before the run's last event is contradicted by the next.
  const Salvage salvage(**reader, heads());
  for (const RunId& run : salvage.runs()) {
    if (salvage.read(run).inside)
      found.push_back({.run = run, .what = {}, .kind = DamageKind::kContradiction});
  }
  return found;
}

Status Repair::check_known(const RunId& run) const {
  const Result<std::unique_ptr<Database>> reader =
      Database::open(database(), Database::Mode::kRead, busy_timeout_);
  if (!reader) return reader.error();
  if (Salvage(**reader, heads()).runs().contains(run)) return {};
  return not_found(fmt::format("there is no run '{}' in {}", run.substr(0, 80), folder_.string()));
}

Result<RepairReport> Repair::in_place(const std::vector<Damage>& damages,
                                      const std::optional<RunId>& only) {
  std::set<RunId> runs;
  RepairReport report;
  for (const Damage& damage : damages) {
    if (!only || damage.run == *only) {
      runs.insert(damage.run);
    } else if (damage.kind == DamageKind::kLostTail) {
      ++report.still_lost;
    }
  }
  if (runs.empty() && only) {
    if (Status known = check_known(*only); !known) return known.error();
  }
  if (runs.empty()) return report;
  Result<std::unique_ptr<Database>> database = open_journal_file(this->database(), busy_timeout_);
  if (!database) return database.error();
  const Salvage salvage(**database, heads());
  for (const RunId& id : runs) {
    SoundRun run = salvage.read(id);
    const std::int64_t before = run.account.sequence;
    RunRepair repair = accept_loss(run, now_);
    Result<RepairWriter> writer = RepairWriter::make(**database, now_, {});
    if (!writer) return writer.error();
    if (Status begun = (*database)->execute("BEGIN IMMEDIATE"); !begun) return begun.error();
    Status written = run.events.empty() ? Status() : writer->put(run, before + 1);
    if (written.ok()) written = writer->note(repair);
    if (written.ok()) written = (*database)->execute("COMMIT");
    if (!written) return written.error();
    // After the commit: until then it guards what is missing.
    std::error_code error;
    if (run.events.empty()) {
      fs::remove(heads() / id, error);
    } else {
      HeadFiles(heads()).write(id, head_of(run));
    }
    report.runs.push_back(std::move(repair));
  }
  if (report.still_lost > 0) return report;
  if (Status lifted = clear_damage_mark(folder_); !lifted) return lifted.error();
  return report;
}

// ---- a new database ----

Result<RepairReport> Repair::rebuild() {
  if (Status still = keep_writers_out(); !still) return still.error();
  if (Status copied = copy_to_scratch(); !copied) return copied.error();
  Result<std::unique_ptr<Database>> copy = open_copy();
  if (!copy) return copy.error();
  std::string time = timestamp_of(now_);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  RepairReport report;
  report.backup = folder_ / fmt::format("baton.db.damaged-{}", time);
  std::error_code error;
  for (int again = 2; fs::exists(report.backup, error); ++again)
    report.backup = folder_ / fmt::format("baton.db.damaged-{}-{}", time, again);

  std::map<RunId, Head> heads;
  if (Status written = write_new(Salvage(**copy, this->heads()), report, heads); !written)
    return written.error();
  if (Status written = write_heads(heads); !written) return written.error();
  if (Status begun = begin_replacement(folder_, report.backup); !begun) return begun.error();
  if (const Result<bool> done = finish_replacement(folder_); !done) return done.error();
  return report;
}

// Who has the journal open looks for the mark within each transaction: those that had begun before
// are waited for. Of what cannot be opened there are no writers.
Status Repair::keep_writers_out() {
  if (Status marked = mark_damaged(folder_, "its repair has not come to its end"); !marked)
    return marked;
  const auto open = Database::open(database(), Database::Mode::kReadWrite, busy_timeout_);
  if (!open) return {};
  const Status alone = (*open)->execute("BEGIN IMMEDIATE; ROLLBACK");
  return !alone && (*open)->is_locked() ? alone : Status();
}

// The original is not read: SQLite would write into it what it makes of its log.
Status Repair::copy_to_scratch() {
  std::error_code error;
  fs::remove_all(scratch(), error);
  std::uintmax_t size = 0;
  for (const char* name : {"baton.db", "baton.db-wal"}) {
    const auto part = fs::file_size(folder_ / name, error);
    if (!error) size += part;
  }
  if (free_space(folder_) < 3 * size + kMiB) {
    return storage_error(fmt::format(
        "repairing {}: it takes {} MiB of free space on its disk, and there are {}; nothing was "
        "changed",
        database().string(), (3 * size + kMiB) / kMiB, free_space(folder_) / kMiB));
  }
  for (const char* made : {"", "copy", "new", "heads"}) {
    if (Status status = make_private_folder(scratch() / made); !status) return status;
  }
  for (const char* name : {"baton.db", "baton.db-wal"}) {
    if (!fs::exists(folder_ / name, error)) continue;
    fs::copy_file(folder_ / name, scratch() / "copy" / name, error);
    if (error) {
      return storage_error(fmt::format("copying {}: {}; nothing was changed",
                                       (folder_ / name).string(), error.message()));
    }
  }
  return {};
}

// The first page of a database says what it is and where its tables are: without it nothing can be
// read. Ours are all made alike, so a page of a new one stands in for it; should it not fit, the
// hashes of what is read do not either.
Status give_first_page(const fs::path& from, const fs::path& to) {
  std::string page(4096, '\0');
  std::ifstream(from, std::ios::binary)
      .read(page.data(), static_cast<std::streamsize>(page.size()));
  // Its count of pages is not this file's: with another count of changes SQLite takes the size.
  std::fill(page.begin() + 92, page.begin() + 96, '\xff');
  std::fstream file(to, std::ios::binary | std::ios::in | std::ios::out);
  if (!file) file.open(to, std::ios::binary | std::ios::out);
  file.write(page.data(), static_cast<std::streamsize>(page.size()));
  file.flush();
  if (file) return {};
  return storage_error(fmt::format("writing {}: it cannot be written", to.string()));
}

Result<std::unique_ptr<Database>> Repair::open_copy() {
  const fs::path copy = scratch() / "copy" / "baton.db";
  if (Result<Fd> made = open_private_file(copy); !made) return made.error();
  for (const bool again : {false, true}) {
    if (again) {
      const fs::path model = scratch() / "model.db";
      {
        const Result<std::unique_ptr<Database>> made = open_journal_file(model, busy_timeout_);
        if (!made) return made.error();
        if (Status status = (*made)->execute("PRAGMA wal_checkpoint(TRUNCATE)"); !status)
          return status.error();
      }
      if (Status given = give_first_page(model, copy); !given) return given.error();
    }
    Result<std::unique_ptr<Database>> database =
        Database::open(copy, Database::Mode::kReadWrite, busy_timeout_);
    if (!database) return database.error();
    const bool legible = (*database)->prepare("SELECT 1 FROM events, runs, blobs").ok();
    if (legible || again) return database;
  }
  return storage_error("not reached");
}

Status Repair::write_new(const Salvage& salvage, RepairReport& report,
                         std::map<RunId, Head>& heads) {
  Result<std::unique_ptr<Database>> made =
      open_journal_file(scratch() / "new" / "baton.db", busy_timeout_);
  if (!made) return made.error();
  Database& into = **made;
  Result<RepairWriter> writer = RepairWriter::make(into, now_, report.backup.string());
  if (!writer) return writer.error();
  if (Status begun = into.execute("BEGIN IMMEDIATE"); !begun) return begun;
  std::set<BlobId> named;
  for (const ShareOfDay& share : salvage.day_shares()) {
    if (Status put = writer->put_share(share); !put) return put;
  }
  for (const RunId& id : salvage.runs()) {
    SoundRun run = salvage.read(id);
    if (run.inside && run.lost > 0) run = cut_between_commits(std::move(run));
    const bool whole = run.lost == 0 && run.note.empty() && !run.events.empty();
    RunRepair repair = accept_loss(run, now_);
    if (!run.events.empty()) {
      if (Status put = writer->put(run); !put) return put;
      heads[id] = head_of(run);
      named.merge(run.texts);
    }
    if (whole) {
      ++report.sound_runs;
      continue;
    }
    if (Status noted = writer->note(repair); !noted) return noted;
    report.runs.push_back(std::move(repair));
  }
  if (Status written = write_texts(into, salvage, named, report); !written) return written;
  const RunRepair store{.run = {},
                        .kept = 0,
                        .lost = 0,
                        .booked = {},
                        .known = true,
                        .what = damage_mark(folder_).value_or("")};
  if (Status noted = writer->note(store); !noted) return noted;
  if (Status committed = into.execute("COMMIT"); !committed) return committed;
  return into.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

Status Repair::write_texts(Database& into, const Salvage& salvage, const std::set<BlobId>& named,
                           RepairReport& report) {
  Result<Statement> put = into.prepare("INSERT OR IGNORE INTO blobs VALUES (?1, ?2, ?3, ?4)");
  if (!put) return put.error();
  std::set<BlobId> missing = named;
  Status written;
  salvage.each_text([&](const StoredBlob& blob) {
    if (!written) return;
    missing.erase(std::string(blob.id));
    written = put->run(blob.id, blob.coding, blob.size, Bytes{blob.data});
  });
  if (!written) return written;
  Result<Statement> lost = into.prepare("INSERT INTO lost_texts VALUES (?1, ?2)");
  if (!lost) return lost.error();
  const std::set<BlobId> known = salvage.lost_texts();
  for (const BlobId& id : missing) {
    if (Status put_lost = lost->run(id, now_.unix_ms()); !put_lost) return put_lost;
    if (!known.contains(id)) ++report.lost_texts;
  }
  return {};
}

Status Repair::write_heads(const std::map<RunId, Head>& heads) {
  HeadFiles files(scratch() / "heads");
  for (const auto& [run, head] : heads) files.write(run, head);
  return sync_folder(scratch() / "heads");
}

}  // namespace

Result<RepairReport> repair_sqlite_journal(const std::filesystem::path& folder,
                                           const std::optional<RunId>& run, Instant now,
                                           Millis busy_timeout) {
  std::error_code error;
  const fs::path place = fs::absolute(folder, error);
  if (error) return storage_error(fmt::format("finding {}: {}", folder.string(), error.message()));
  return Repair(place, now, busy_timeout).run(run);
}

}  // namespace baton
