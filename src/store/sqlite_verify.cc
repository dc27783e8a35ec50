#include "store/sqlite_verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "store/blob_codec.h"
#include "store/chain.h"
#include "store/event_format.h"
#include "store/file.h"
#include "store/head_files.h"
#include "store/run_account.h"
#include "store/run_summary.h"

namespace baton {
std::vector<BlobId> texts_named_by(const Event& event) {
  if (const auto* e = std::get_if<RunCreated>(&event)) return {e->request, e->input};
  if (const auto* e = std::get_if<TaskAdded>(&event)) return {e->spec.brief};
  if (const auto* e = std::get_if<CallEnded>(&event)) return {e->answer, e->content, e->reply};
  if (const auto* e = std::get_if<ToolsEnded>(&event)) return {e->reply, e->result};
  if (const auto* e = std::get_if<CheckersEnded>(&event)) return {e->findings};
  if (const auto* e = std::get_if<TaskFinished>(&event)) return {e->result};
  return {};
}

namespace {

// ---- one run ----

// Folds the events of one run as they are read and keeps what is wrong.
class RunCheck {
 public:
  RunCheck(RunId run, std::optional<Head> head) : head_(std::move(head)) {
    summary_.run = std::move(run);
  }

  void add(std::int64_t sequence, std::string_view type, std::string_view body,
           std::string_view hash);
  void compare_with_head();
  void compare_with_listed(const RunSummary& listed);

  const std::map<BlobId, std::int64_t>& texts() const { return texts_; }
  std::int64_t last() const { return account_.sequence; }
  std::vector<Damage> take() && { return std::move(found_); }

 private:
  Damage& report(std::string what, DamageKind kind = DamageKind::kBroken) {
    return found_.emplace_back(Damage{.run = summary_.run, .what = std::move(what), .kind = kind});
  }
  void broken_at(std::int64_t event, std::string what) { report(std::move(what)).event = event; }
  void follow(std::int64_t sequence, const Event& event);
  std::string calls_in_flight() const;

  RunSummary summary_;
  RunAccount account_;
  std::optional<Head> head_;
  std::map<BlobId, std::int64_t> texts_;  // the first event that names each
  bool unreadable_ = false;
  std::vector<Damage> found_;
};

void RunCheck::add(std::int64_t sequence, std::string_view type, std::string_view body,
                   std::string_view hash) {
  const std::int64_t expected = account_.sequence + 1;
  if (sequence != expected) {
    broken_at(expected,
              fmt::format("events {} to {} are missing from the middle", expected, sequence - 1));
  } else if (bytes_of(chained(account_.hash, type, body)) != hash) {
    broken_at(sequence, fmt::format("event {} ({}) is not what was written: its hash does not fit",
                                    sequence, type));
  }
  account_.sequence = sequence;
  // The stored hash is what the next event was chained to: so one changed event is one report.
  account_.hash = kChainStart;
  if (hash.size() == account_.hash.size())
    std::copy(hash.begin(), hash.end(), account_.hash.begin());
  if (head_ && head_->sequence == sequence && head_->hash != to_hex(account_.hash)) {
    report(fmt::format("it was rewritten: event {} is not the one that heads/{} remembers",
                       sequence, summary_.run),
           DamageKind::kHead)
        .event = sequence;
  }

  const Result<Event> event = read_event(type, body);
  if (event) return follow(sequence, *event);
  unreadable_ = true;
  broken_at(sequence, fmt::format("event {} cannot be read: {}", sequence, event.error().message));
}

void RunCheck::follow(std::int64_t sequence, const Event& event) {
  const auto* created = std::get_if<RunCreated>(&event);
  if ((created != nullptr) != (sequence == 1)) {
    broken_at(sequence, sequence == 1 ? "its first event is not run_created"
                                      : fmt::format("event {} creates it a second time", sequence));
  } else if (created != nullptr && created->run != summary_.run) {
    broken_at(1, fmt::format("event 1 belongs to another run, {}", created->run));
  }
  count_money(account_, event);
  for (BlobId& text : texts_named_by(event)) {
    if (!text.empty()) texts_.emplace(std::move(text), sequence);
  }
  apply(summary_, event);
}

std::string amount_at_risk(const std::optional<Money>& amount) {
  if (!amount)
    return "what they charged is not in the ledger (its head is too old to tell how much)";
  if (*amount == Money()) return "what they may have cost is in the ledger, as charged or held";
  return fmt::format("up to ${} that they charged or held is not in the ledger",
                     amount->to_string());
}

void RunCheck::compare_with_head() {
  if (!head_ || head_->sequence <= last()) return;
  std::optional<Money> at_risk;
  if (head_->committed) at_risk = std::max(Money(), *head_->committed - account_.committed());
  const std::string left =
      last() == 0 ? "and none is left" : fmt::format("and what is left ends at event {}", last());
  const std::string amount = amount_at_risk(at_risk);
  Damage& lost = report(
      fmt::format("its last {} events are lost: it had come to event {}, {}; {}{}",
                  head_->sequence - last(), head_->sequence, left, amount, calls_in_flight()),
      DamageKind::kLostTail);
  lost.event = last() + 1;
  lost.lost_events = head_->sequence - last();
  lost.at_risk = at_risk;
}

std::string RunCheck::calls_in_flight() const {
  if (account_.holds.empty()) return {};
  std::string calls;
  for (const auto& [call, hold] : account_.holds) {
    calls += fmt::format("{}{} (up to ${})", calls.empty() ? "" : ", ", call.to_string(),
                         hold.to_string());
  }
  return fmt::format("; how these calls ended is not known: {}", calls);
}

void RunCheck::compare_with_listed(const RunSummary& listed) {
  if (unreadable_ || !found_.empty()) return;  // then the events are what is wrong
  if (listed.events == summary_.events && listed.status == summary_.status &&
      listed.spent == summary_.spent && listed.created == summary_.created &&
      listed.updated == summary_.updated && listed.workflow == summary_.workflow &&
      listed.title == summary_.title && listed.project == summary_.project &&
      listed.key == summary_.key) {
    return;
  }
  report(fmt::format(
      "its line in the list of runs ({} events, {}, ${} spent) is not what its events say ({} "
      "events, {}, ${} spent)",
      listed.events, listed.status, listed.spent.to_string(), summary_.events, summary_.status,
      summary_.spent.to_string()));
}

// ---- the whole ----

class Verification {
 public:
  Verification(Database& database, const std::filesystem::path& heads)
      : database_(database), heads_(heads) {}

  std::vector<Damage> run() {
    for (const auto step :
         {&Verification::check_file, &Verification::check_runs, &Verification::check_texts}) {
      if (const Status done = (this->*step)(); !done) report(done.error().message);
    }
    return std::move(found_);
  }

 private:
  // One damaged page is come upon by many.
  void report(std::string what) {
    const bool known = std::any_of(found_.begin(), found_.end(),
                                   [&what](const Damage& d) { return d.what == what; });
    if (!known) found_.push_back({{}, std::move(what)});
  }

  Status check_file();
  Status check_runs();
  Status check_run(const RunId& run);
  Status check_texts();
  Result<std::set<RunId>> all_runs();
  Result<std::optional<RunSummary>> listed(const RunId& run);

  Database& database_;
  const std::filesystem::path& heads_;
  std::map<BlobId, std::pair<RunId, std::int64_t>>
      texts_;  // named by an event: the first that does
  std::vector<Damage> found_;
};

Status Verification::check_file() {
  Result<Statement> check = database_.prepare("PRAGMA quick_check(20)");
  if (!check) return check.error();
  for (;;) {
    const Result<bool> row = check->next();
    if (!row) return row.error();
    if (!*row) return {};
    if (check->text(0) != "ok") {
      report(fmt::format("the database file is damaged: {}", check->text(0)));
    }
  }
}

// A run may be known by its events, by its line in the list, or by nothing but its head.
Result<std::set<RunId>> Verification::all_runs() {
  std::set<RunId> runs;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(heads_, error)) {
    std::string name = entry.path().filename().string();
    if (is_run_name(name)) runs.insert(std::move(name));
  }
  Result<Statement> names = database_.prepare("SELECT run FROM runs UNION SELECT run FROM events");
  if (!names) return names.error();
  for (;;) {
    const Result<bool> row = names->next();
    if (!row) return row.error();
    if (!*row) return runs;
    runs.emplace(names->text(0));
  }
}

Status Verification::check_runs() {
  const Result<std::set<RunId>> runs = all_runs();
  if (!runs) return runs.error();
  for (const RunId& run : *runs) {
    if (Status checked = check_run(run); !checked) {
      found_.push_back({run, checked.error().message});
    }
  }
  return {};
}

Status Verification::check_run(const RunId& run) {
  // Before the events: a head read after them could already know of a commit they do not show.
  Result<std::optional<Head>> head = std::optional<Head>();
  if (is_run_name(run)) head = read_head(heads_ / run);
  if (!head) {
    found_.push_back({.run = run,
                      .what = fmt::format("{}: whether its last events are lost cannot be told",
                                          head.error().message),
                      .kind = DamageKind::kHead});
  }
  if (Status begun = database_.execute("BEGIN"); !begun) return begun;
  RunCheck check(run, head ? *head : std::nullopt);
  const auto read_events = [&]() -> Status {
    Result<Statement> events =
        database_.prepare("SELECT seq, type, body, hash FROM events WHERE run = ?1 ORDER BY seq");
    if (!events) return events.error();
    events->start(run);
    for (;;) {
      const Result<bool> row = events->next();
      if (!row) return row.error();
      if (!*row) return {};
      check.add(events->integer(0), events->text(1), events->text(2), events->text(3));
    }
  };
  const Status read = read_events();
  const Result<std::optional<RunSummary>> line = listed(run);
  if (Status ended = database_.execute("COMMIT"); !ended) return ended;

  if (read.ok()) check.compare_with_head();
  if (read.ok() && line && *line) check.compare_with_listed(**line);
  const bool unlisted = line && !*line && check.last() > 0;
  for (const auto& [text, sequence] : check.texts()) texts_.try_emplace(text, run, sequence);
  for (Damage& damage : std::move(check).take()) found_.push_back(std::move(damage));
  if (unlisted) found_.push_back({run, "it is not in the list of runs"});
  return read.ok() && !line ? Status(line.error()) : read;
}

Result<std::optional<RunSummary>> Verification::listed(const RunId& run) {
  Result<Statement> line = database_.prepare(
      "SELECT workflow, title, created, updated, status, spent, events, project, key FROM runs "
      "WHERE run = ?1");
  if (!line) return line.error();
  line->start(run);
  const Result<bool> row = line->next();
  if (!row) return row.error();
  if (!*row) return std::optional<RunSummary>();
  return std::optional(RunSummary{.run = run,
                                  .workflow = std::string(line->text(0)),
                                  .title = std::string(line->text(1)),
                                  .project = std::string(line->text(7)),
                                  .key = std::string(line->text(8)),
                                  .created = Instant::from_unix_ms(line->integer(2)),
                                  .updated = Instant::from_unix_ms(line->integer(3)),
                                  .status = std::string(line->text(4)),
                                  .spent = Money::pico(line->integer(5)),
                                  .events = static_cast<int>(line->integer(6))});
}

Status Verification::check_texts() {
  Result<Statement> blobs = database_.prepare("SELECT id, coding, size, data FROM blobs");
  if (!blobs) return blobs.error();
  for (;;) {
    const Result<bool> row = blobs->next();
    if (!row) return row.error();
    if (!*row) break;
    const std::string id(blobs->text(0));
    texts_.erase(id);
    const Result<std::string> text =
        decompress(blobs->integer(1), blobs->text(3), blobs->integer(2));
    if (!text) {
      report(fmt::format("stored text {} cannot be read: {}", id, text.error().message));
    } else if (sha256_hex(*text) != id) {
      report(fmt::format("stored text {} is not what was written: its hash does not fit", id));
    }
  }
  // Those whose loss a repair has written down are known to be gone.
  Result<Statement> gone = database_.prepare("SELECT id FROM lost_texts");
  if (!gone) return gone.error();
  for (;;) {
    const Result<bool> row = gone->next();
    if (!row) return row.error();
    if (!*row) break;
    texts_.erase(std::string(gone->text(0)));
  }
  for (const auto& [id, where] : texts_) {
    found_.push_back(
        {.run = where.first,
         .what = fmt::format("event {} names text {}, which is not stored", where.second, id),
         .kind = DamageKind::kBroken,
         .event = where.second});
  }
  return {};
}

}  // namespace

std::optional<Damage> look_at_latest(Database& database, const std::filesystem::path& heads) {
  // Before the events, as in a verification.
  const std::optional<RunId> run = latest_run(heads);
  if (!run) return std::nullopt;
  const Result<std::optional<Head>> head = read_head(heads / *run);
  if (!head || !*head) return std::nullopt;
  Result<Statement> last =
      database.prepare("SELECT coalesce(max(seq), 0) FROM events WHERE run = ?1 AND seq <= ?2");
  if (!last) return std::nullopt;
  last->start(*run, (*head)->sequence);
  const Result<bool> row = last->next();
  if (!row || !*row || last->integer(0) == (*head)->sequence) return std::nullopt;
  const std::int64_t left = last->integer(0);
  return Damage{.run = *run,
                .what = fmt::format("its last {} events are lost: either an older copy of the "
                                    "journal was put back, or a part of its log is gone",
                                    (*head)->sequence - left),
                .kind = DamageKind::kLostTail,
                .event = left + 1,
                .lost_events = (*head)->sequence - left,
                .at_risk = std::nullopt};
}

std::vector<Damage> verify_journal(Database& database, const std::filesystem::path& heads) {
  return Verification(database, heads).run();
}

}  // namespace baton
