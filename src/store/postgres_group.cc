#include "store/postgres_group.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/event_format.h"
#include "store/file.h"
#include "store/fleet.h"
#include "store/postgres_connection.h"
#include "store/run_summary.h"

namespace baton {
namespace {

bool is_creation(const Event& event) {
  return std::holds_alternative<RunCreated>(event);
}

bool creates(const Append& append) {
  return !append.events.empty() && is_creation(append.events.front());
}

std::string shown(const RunId& run) {
  return is_run_name(run) ? run : fmt::format("'{}'", run.substr(0, 80));
}

bool reserves(const Append& append) {
  return append.allotment ||
         std::any_of(append.events.begin(), append.events.end(),
                     [](const Event& e) { return std::holds_alternative<CallReserved>(e); });
}

}  // namespace

std::string_view to_string(CallState state) {
  switch (state) {
    case CallState::kReserved:
      return "reserved";
    case CallState::kSettled:
      return "settled";
    case CallState::kReleased:
      return "released";
    case CallState::kWrittenOff:
      return "written_off";
  }
  return "";
}

CallState state_after(BillState bill) {
  switch (bill) {
    case BillState::kSettled:
      return CallState::kSettled;
    case BillState::kNotBilled:
      return CallState::kReleased;
    case BillState::kUnknown:
      return CallState::kWrittenOff;
  }
  return CallState::kWrittenOff;
}

PostgresGroup::PostgresGroup(std::vector<Append>& appends) : appends_(appends) {
  for (Append& append : appends_) {
    append.outcome = {};
    for (const Event& event : append.events) {
      if (const auto* reserved = std::get_if<CallReserved>(&event)) {
        calls_.emplace(append.run, reserved->call);
      } else if (const auto* ended = std::get_if<CallEnded>(&event)) {
        calls_.emplace(append.run, ended->call);
      }
      ends_a_run_ |= std::holds_alternative<RunEnded>(event);
    }
  }
}

std::vector<std::string> PostgresGroup::runs() const {
  std::set<RunId> names;
  for (const Append& append : appends_) {
    if (is_run_name(append.run)) names.insert(append.run);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> PostgresGroup::blobs() const {
  std::set<BlobId> ids;
  for (const Append& append : appends_) {
    for (const Blob& blob : append.blobs) ids.insert(blob.id);
  }
  return {ids.begin(), ids.end()};
}

// ---- what may be appended ----

Status PostgresGroup::has_shape(const Append& append) const {
  if (!is_run_name(append.run)) {
    return input_error(fmt::format("{} cannot be the name of a run", shown(append.run)));
  }
  const auto creations = std::count_if(append.events.begin(), append.events.end(), is_creation);
  if (creations > (creates(append) ? 1 : 0)) {
    return input_error(fmt::format("run {} is created after its first event", append.run));
  }
  return {};
}

// A run that this process has driven is appended to only as long as nobody has taken it since (this
// process itself neither: another driver does what is decided from then on) and its lease has not
// lapsed; a run it has never driven, as long as nobody drives it.
Status PostgresGroup::may_append(const Append& append) const {
  const auto found = leases.find(append.run);
  if (found == leases.end()) return {};
  const PgLeaseRow& row = found->second;
  if (!append.fence) {
    if (row.released || !row.live) return {};
    return Error{ErrorKind::kBusy,
                 fmt::format("run {} is being driven by {}", append.run, row.worker)};
  }
  if (row.fence.number != *append.fence) {
    return Error{
        ErrorKind::kBusy,
        fmt::format("this process has lost run {}: {} has taken it over, and nothing more is "
                    "written here",
                    append.run, row.worker)};
  }
  if (row.released || row.live) return {};
  return Error{
      ErrorKind::kBusy,
      fmt::format("this process has lost run {}: its lease has lapsed, since the database did "
                  "not hear of it in time, and nothing more is written here",
                  append.run)};
}

std::map<std::string, RunId> PostgresGroup::check() {
  std::map<std::string, RunId> wanted;
  for (Append& append : appends_) {
    append.outcome = has_shape(append);
    if (append.outcome.ok()) append.outcome = may_append(append);
    if (append.outcome.ok() && broken.contains(append.run)) {
      append.outcome =
          storage_error(fmt::format("run {}: its last event is not there, so it cannot go on; see "
                                    "what `baton verify` reports",
                                    append.run));
    }
    if (append.outcome.ok() && frozen && reserves(append)) append.outcome = *frozen;
    if (!append.outcome.ok() || !creates(append) || tips.contains(append.run)) continue;
    const std::string& key = std::get<RunCreated>(append.events.front()).key;
    if (!key.empty()) wanted.emplace(pg_key(key), append.run);
  }
  return wanted;
}

// ---- what becomes of each ----

void PostgresGroup::decide(const std::map<std::string, RunId>& owners) {
  for (Append& append : appends_) {
    if (append.outcome.ok()) append.outcome = take(append, owners);
  }
}

Status PostgresGroup::take(Append& append, const std::map<std::string, RunId>& owners) {
  const bool is_new = creates(append);
  const bool exists = tips.contains(append.run);
  if (is_new && exists) return input_error(fmt::format("run {} exists already", append.run));
  if (!is_new && !exists) return not_found(fmt::format("there is no run {}", append.run));
  std::string key;
  if (is_new) key = std::get<RunCreated>(append.events.front()).key;
  if (!key.empty()) {
    const RunId& owner = owners.at(pg_key(key));
    if (owner != append.run) {
      return Error{ErrorKind::kBusy,
                   fmt::format("run {} was created with the key '{}'", owner, key)};
    }
  }
  std::map<LedgerKey, LedgerRow> rows;
  if (Status followed = follow_calls(append, rows); !followed) return followed;

  for (auto& [call, row] : rows) ledger[call] = std::move(row);
  if (is_new) created.insert(append.run);
  if (!key.empty()) keys.insert(pg_key(key));
  if (append.place) places[append.run] = *append.place;
  touched_.insert(append.run);
  if (const auto lease = leases.find(append.run); lease != leases.end()) {
    fences[append.run] = lease->second.fence.number;
  }
  PgTip& tip = tips[append.run];
  tip.summary.run = append.run;
  add_events(append, tip);
  for (const Blob& blob : append.blobs) {
    if (!stored.contains(blob.id)) texts.emplace(blob.id, &blob);
  }
  if (append.allotment) days.push_back({.grant = &append, .run = append.run});
  return {};
}

// `rows`: as they are after the append, of the calls it names.
Status PostgresGroup::follow_calls(const Append& append,
                                   std::map<LedgerKey, LedgerRow>& rows) const {
  const auto row_of = [&](CallId call) {
    const LedgerKey key(append.run, call);
    if (const auto found = rows.find(key); found != rows.end()) return &found->second;
    const auto known = ledger.find(key);
    return known == ledger.end() ? nullptr : &(rows[key] = known->second);
  };
  for (const Event& event : append.events) {
    if (const auto* reserved = std::get_if<CallReserved>(&event)) {
      if (row_of(reserved->call) != nullptr) {
        return input_error(fmt::format("run {}: call {} is reserved already", append.run,
                                       reserved->call.to_string()));
      }
      rows[{append.run, reserved->call}] = {
          .model = reserved->model, .hold = reserved->hold, .changed = true};
    } else if (const auto* ended = std::get_if<CallEnded>(&event)) {
      LedgerRow* const row = row_of(ended->call);
      if (row == nullptr) {
        return input_error(fmt::format("run {}: call {} ends without a reservation", append.run,
                                       ended->call.to_string()));
      }
      if (row->state != CallState::kReserved) {
        return input_error(fmt::format("run {}: call {} has ended already: it is {}, with ${}",
                                       append.run, ended->call.to_string(), to_string(row->state),
                                       row->charge.to_string()));
      }
      row->state = state_after(ended->bill);
      row->charge = ended->charge;
      row->changed = true;
    }
  }
  return {};
}

void PostgresGroup::add_events(const Append& append, PgTip& tip) {
  for (const Event& event : append.events) {
    EventText text = write_event(event);
    apply(tip.summary, event);
    tip.hash = chained(tip.hash, text.type, text.body);
    events.push_back({append.run, tip.summary.events, text.type, std::move(text.body), tip.hash});
    if (const auto* ended = std::get_if<RunEnded>(&event)) {
      const bool paused = ended->status == RunStatus::kPaused;
      parted[append.run] = !paused ? "done" : ended->reason == kHandedBack ? "waiting" : "parked";
      if (!ended->day.empty()) {
        days.push_back({.run = append.run, .day = ended->day, .used = ended->day_used});
      }
    }
  }
}

}  // namespace baton
