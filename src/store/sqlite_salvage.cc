#include "store/sqlite_salvage.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/blob_codec.h"
#include "store/event_format.h"
#include "store/file.h"
#include "store/run_summary.h"
#include "store/sqlite_verify.h"

namespace baton {
namespace {

// Rows that are tried one by one where a page between them cannot be read. A damaged page may name
// any row; more than this is not searched.
constexpr std::int64_t kMostProbed = 1'000'000;

// The rows of a statement, as far as they can be read.
template <typename See, typename... Value>
void each_row(Database& database, std::string_view sql, const See& see, const Value&... values) {
  Result<Statement> rows = database.prepare(sql);
  if (!rows) return;
  rows->start(values...);
  for (;;) {
    const Result<bool> row = rows->next();
    if (!row || !*row || !see(*rows)) return;
  }
}

std::optional<StoredBlob> sound_blob(const Statement& row) {
  StoredBlob blob{row.text(0), row.integer(1), row.integer(2), row.text(3)};
  const Result<std::string> text = decompress(blob.coding, blob.data, blob.size);
  if (!text || sha256_hex(*text) != blob.id) return std::nullopt;
  return blob;
}

// Takes the event on if it is what was written and can follow.
bool follows(SoundRun& run, std::string_view type, std::string_view body) {
  const Result<Event> event = read_event(type, body);
  if (!event) return false;
  const auto* created = std::get_if<RunCreated>(&*event);
  if (created != nullptr && created->run != run.run) return false;
  if (contradiction(run.state, *event)) return false;
  evolve(run.state, *event);
  apply(run.summary, *event);
  ++run.account.sequence;
  run.account.hash = chained(run.account.hash, type, body);
  count_money(run.account, *event);
  for (BlobId& text : texts_named_by(*event)) {
    if (!text.empty()) run.texts.insert(std::move(text));
  }
  run.events.push_back({std::string(type), std::string(body)});
  return true;
}

SoundRun empty_run(const RunId& id) {
  SoundRun run;
  run.run = run.summary.run = id;
  return run;
}

}  // namespace

// What stands behind the last sound event, as far as it can be read.
struct Salvage::Later {
  std::map<std::int64_t, Event> events;
  std::int64_t last = 0;
  bool failed = false;  // something could not be read at all
  bool fits = false;    // the first was written like that, but cannot follow
};

std::set<RunId> Salvage::runs() const {
  std::set<RunId> runs;
  const auto note = [&runs](std::string_view run) {
    if (is_run_name(run)) runs.emplace(run);
  };
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(heads_, error))
    note(entry.path().filename().string());
  const auto note_row = [&](const Statement& row) {
    note(row.text(0));
    return true;
  };
  each_row(database_, "SELECT run FROM runs ORDER BY run", note_row);
  each_row(database_, "SELECT run FROM runs ORDER BY run DESC", note_row);
  // From run to run, over the events of each.
  const auto walk = [&](std::string_view sql, std::string from, auto before) {
    for (bool more = true; more;) {
      more = false;
      each_row(
          database_, sql,
          [&](const Statement& row) {
            std::string run(row.text(0));
            more = before(from, run);  // in a damaged table they may come in any order
            note(run);
            from = std::move(run);
            return false;
          },
          std::string(from));
    }
  };
  walk("SELECT run FROM events WHERE run > ?1 ORDER BY run, seq LIMIT 1", "", std::less<>());
  walk("SELECT run FROM events WHERE run < ?1 ORDER BY run DESC, seq DESC LIMIT 1", "\x7f",
       std::greater<>());
  return runs;
}

SoundRun Salvage::read(const RunId& id) const {
  SoundRun run = empty_run(id);
  Later later;
  read_sound(run, later);
  read_backwards(run, later);
  run.inside = later.failed || later.last > run.account.sequence;
  weigh(run, later);
  return run;
}

void Salvage::read_sound(SoundRun& run, Later& later) const {
  Result<Statement> rows =
      database_.prepare("SELECT seq, type, body, hash FROM events WHERE run = ?1 ORDER BY seq");
  later.failed = !rows;
  if (!rows) return;
  rows->start(run.run);
  for (bool sound = true;;) {
    const Result<bool> row = rows->next();
    later.failed = !row;
    if (!row || !*row) return;
    const std::int64_t sequence = rows->integer(0);
    if (sound) {
      later.fits =
          sequence == run.account.sequence + 1 &&
          bytes_of(chained(run.account.hash, rows->text(1), rows->text(2))) == rows->text(3);
      sound = later.fits && follows(run, rows->text(1), rows->text(2));
      if (sound) continue;
    }
    later.last = std::max(later.last, sequence);
    if (Result<Event> event = read_event(rows->text(1), rows->text(2)))
      later.events.emplace(sequence, std::move(*event));
  }
}

void Salvage::read_backwards(const SoundRun& run, Later& later) const {
  if (!later.failed) return;
  each_row(
      database_, "SELECT seq, type, body FROM events WHERE run = ?1 ORDER BY seq DESC",
      [&](const Statement& row) {
        const std::int64_t sequence = row.integer(0);
        if (sequence <= run.account.sequence) return false;
        later.last = std::max(later.last, sequence);
        if (Result<Event> event = read_event(row.text(1), row.text(2)))
          later.events.emplace(sequence, std::move(*event));
        return true;
      },
      run.run);
}

std::optional<std::int64_t> Salvage::listed_events(const RunId& run) const {
  std::optional<std::int64_t> listed;
  each_row(
      database_, "SELECT events FROM runs WHERE run = ?1",
      [&](const Statement& row) {
        listed = row.integer(0);
        return false;
      },
      run);
  return listed;
}

// How many events are lost, and what they may have cost.
void Salvage::weigh(SoundRun& run, const Later& later) const {
  const std::int64_t kept = run.account.sequence;
  const Result<std::optional<Head>> read = read_head(heads_ / run.run);
  const std::optional<Head> head = read ? *read : std::nullopt;
  if (!read) run.note = "its head could not be read";
  std::int64_t length = std::max(kept, later.last);
  if (head) {
    length = std::max(length, head->sequence);
  } else {
    length = std::max(length, listed_events(run.run).value_or(0));
  }
  run.lost = length - kept;
  // Everything that was known of is here, whatever else of the file cannot be read; unless the head
  // lagged, and more was written.
  const bool wrote_more = later.fits && later.last > kept;
  if (head && head->sequence == kept && head->hash == to_hex(run.account.hash) && !wrote_more)
    run.lost = 0;
  if (head && head->sequence == kept && head->hash != to_hex(run.account.hash))
    run.note = "its head remembered another end";

  const Money accounted = run.account.committed();
  const auto beyond = [&](Money committed) { return std::max(Money(), committed - accounted); };
  if (head && head->committed && head->sequence >= length) {
    run.at_risk = beyond(*head->committed);
  } else if (run.lost == 0) {
    run.at_risk = Money();
  } else if (const auto cap = run.state.budget.cap(); cap && !run.events.empty()) {
    run.at_risk = beyond(*cap);  // no run may promise more
  } else {
    RunAccount account = run.account;
    for (const auto& [sequence, event] : later.events) count_money(account, event);
    const Money seen =
        std::max(account.committed(), head ? head->committed.value_or(Money()) : Money());
    if (seen > accounted) run.at_risk = beyond(seen);
  }
}

SoundRun first_events(const SoundRun& run, std::size_t count) {
  SoundRun shorter = empty_run(run.run);
  for (std::size_t i = 0; i < count; ++i)
    (void)follows(shorter, run.events[i].type, run.events[i].body);
  shorter.lost = run.lost + static_cast<std::int64_t>(run.events.size() - count);
  shorter.at_risk = run.at_risk;
  if (run.at_risk) {
    shorter.at_risk = std::max(Money(), saturating_sum(*run.at_risk, run.account.committed()) -
                                            shorter.account.committed());
  }
  shorter.inside = run.inside;
  shorter.note = run.note;
  return shorter;
}

void Salvage::each_text(const std::function<void(const StoredBlob&)>& see) const {
  std::set<std::string> seen;
  std::int64_t first = 0;  // the last row that could be read from the beginning
  std::int64_t last = 0;   // and from the end
  const auto take = [&](const Statement& row) {
    const std::optional<StoredBlob> blob = sound_blob(row);
    if (blob && seen.emplace(blob->id).second) see(*blob);
  };
  each_row(database_, "SELECT id, coding, size, data, rowid FROM blobs NOT INDEXED ORDER BY rowid",
           [&](const Statement& row) {
             first = row.integer(4);
             take(row);
             return true;
           });
  each_row(database_,
           "SELECT id, coding, size, data, rowid FROM blobs NOT INDEXED ORDER BY rowid DESC",
           [&](const Statement& row) {
             last = row.integer(4);
             if (last <= first) return false;
             take(row);
             return true;
           });
  if (last <= first) return;
  Result<Statement> row =
      database_.prepare("SELECT id, coding, size, data FROM blobs NOT INDEXED WHERE rowid = ?1");
  if (!row) return;
  const std::int64_t end = std::min(last, first + kMostProbed);
  for (std::int64_t number = first + 1; number < end; ++number) {
    row->start(number);
    const Result<bool> found = row->next();
    if (found && *found) take(*row);
  }
}

std::vector<ShareOfDay> Salvage::day_shares() const {
  std::vector<ShareOfDay> shares;
  const auto take = [&](const Statement& row) {
    shares.push_back({std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)),
                      Money::pico(row.integer(3))});
    return true;
  };
  each_row(database_, "SELECT project, day, run, share FROM day_shares ORDER BY 1, 2, 3", take);
  each_row(database_,
           "SELECT project, day, run, share FROM day_shares ORDER BY 1 DESC, 2 DESC, 3 DESC", take);
  return shares;
}

std::set<BlobId> Salvage::lost_texts() const {
  std::set<BlobId> lost;
  each_row(database_, "SELECT id FROM lost_texts", [&](const Statement& row) {
    lost.emplace(row.text(0));
    return true;
  });
  return lost;
}

}  // namespace baton
