#include <fmt/format.h>

#include <map>
#include <set>

#include "forecast/compare.h"
#include "forecast/compare_ways.h"
#include "forecast/fleet_math.h"
#include "forecast/usage_math.h"

namespace baton {
namespace {

struct Call {
  CallReserved reserved;
  std::optional<Tier> tier;
  Usage usage;
  Money charge;
  bool known = false;
};

// What the journal says of tasks and calls, by their ids.
struct Facts {
  std::map<TaskId, Role> roles;
  std::map<TaskId, Tier> tiers;  // of the attempt that goes on
  std::map<CallId, Call> calls;

  void operator()(const TaskAdded& event) { roles[event.spec.id] = event.spec.role; }
  void operator()(const AttemptStarted& event) { tiers[event.task] = event.tier; }
  void operator()(const CallReserved& event) {
    Call call{.reserved = event, .tier = std::nullopt, .usage = {}, .charge = event.hold};
    if (const auto at = tiers.find(event.task); at != tiers.end()) call.tier = at->second;
    calls[event.call] = std::move(call);
  }
  void operator()(const CallEnded& event) {
    const auto at = calls.find(event.call);
    if (at == calls.end()) return;  // ended without having been sent
    at->second.charge = event.charge;
    at->second.usage = event.usage;
    at->second.known = event.bill != BillState::kUnknown;
  }
  void operator()(const auto&) {}
};

// The sheet a recorded call was billed by, while the catalogue still has it.
const PriceSheet* pinned_sheet(const Model& model, std::string_view valid_from) {
  for (const PriceSheet& sheet : model.sheets) {
    if (sheet.valid_from == valid_from) return &sheet;
  }
  return nullptr;
}

Usage without_cache(const Usage& usage) {
  return {.input = usage.prompt(), .output = usage.output};
}

// Prices recorded calls otherwise, in one way.
class Repricer {
 public:
  Repricer(const Otherwise& way, const CompareAsk& ask, const Catalog& catalog,
           std::set<std::string>& notes)
      : way_(way), ask_(ask), catalog_(catalog), notes_(notes) {}

  Result<Money> price(const std::vector<RecordedCall>& calls) const {
    Money total;
    for (const RecordedCall& call : calls) {
      const Result<Money> bill = price(call);
      if (!bill) return bill.error();
      const std::optional<Money> sum = sum_of(total, *bill);
      if (!sum) return usage_error("more than can be counted (about 9 million dollars)");
      total = *sum;
    }
    return total;
  }

 private:
  Result<Money> price(const RecordedCall& call) const {
    const std::string other = way_.model ? way_.model(call.role, call.tier) : std::string();
    const Model* from = catalog_.find(call.model);
    const Model* model = other.empty() ? from : catalog_.find(other);
    const std::string& name = other.empty() ? call.model : other;
    if (model == nullptr) return usage_error(fmt::format("{} is not in the catalogue", name));
    const Service service =
        way_.batch_workers && call.role == Role::kWorker ? Service::kBatch : call.service;
    // What stays as it was costs what it did, whatever the catalogue says today.
    if (model == from && service == call.service && !way_.cache) return call.charge;

    const PriceSheet* sheet =
        model == from ? pinned_sheet(*model, call.price_date) : model->sheet_on(call.date);
    if (sheet == nullptr) {
      return usage_error(fmt::format("{} has no price on {}", model->id,
                                     model == from ? call.price_date : call.date));
    }
    if (model == from && sheet->bill(call.usage, call.service) != call.charge) {
      notes_.insert("some calls were billed otherwise than by this catalogue's price");
    }
    Usage usage = way_.cache == CacheUse::kOff ? without_cache(call.usage) : call.usage;
    if (model != from && from != nullptr && !ask_.same_tokens) {
      usage = each_count(usage, TokenScale{from->tokenizer_percent, model->tokenizer_percent});
      if (std::string note = tokenizer_note(*from, *model); !note.empty()) {
        notes_.insert(std::move(note));
      }
    }
    if (usage.prompt() + usage.output > model->context_window) {
      notes_.insert(fmt::format("{}: some calls have more tokens than the {} that {} takes",
                                way_.name, model->context_window.count(), model->id));
    }
    return sheet->bill(usage, service);
  }

  const Otherwise& way_;
  const CompareAsk& ask_;
  const Catalog& catalog_;
  std::set<std::string>& notes_;
};

}  // namespace

RecordedRun recorded_run(const std::vector<Event>& events) {
  Facts facts;
  for (const Event& event : events) std::visit(facts, event);
  RecordedRun run;
  for (const auto& [id, call] : facts.calls) {
    if (!call.known) {
      ++run.unknown_calls;
      run.unknown += call.charge;
      continue;
    }
    if (call.usage == Usage() && call.charge == Money()) continue;  // failed before it was billed
    const auto role = facts.roles.find(call.reserved.task);
    run.calls.push_back({.role = role == facts.roles.end() ? Role::kWorker : role->second,
                         .tier = call.tier,
                         .model = call.reserved.model,
                         .date = date_of(call.reserved.at),
                         .price_date = call.reserved.price_date,
                         .service = call.reserved.batch ? Service::kBatch : Service::kStandard,
                         .usage = call.usage,
                         .charge = call.charge});
  }
  return run;
}

Result<Comparison> compare_run(const RecordedRun& run, const CompareAsk& ask,
                               const Catalog& catalog) {
  if (run.calls.empty()) {
    return usage_error("no call of this run has a known bill: there is nothing to price otherwise");
  }
  Comparison comparison;
  std::set<std::string> notes;
  Money charged;
  for (const RecordedCall& call : run.calls) charged += call.charge;
  comparison.rows.push_back({.name = "as recorded", .cost = charged});
  for (const Otherwise& way : ways_to_price(ask, /*caches=*/false)) {
    const Result<Money> cost = Repricer(way, ask, catalog, notes).price(run.calls);
    CompareRow row{.name = way.name, .detail = way.detail};
    if (cost) {
      row.cost = *cost;
    } else {
      row.missing = cost.error().message;
    }
    comparison.rows.push_back(std::move(row));
  }
  notes.insert("cache reads and writes are taken as they were, also on other models");
  if (run.unknown_calls > 0) {
    notes.insert(fmt::format("calls of unknown bill are in no row: {}, {} booked",
                             run.unknown_calls, run.unknown.to_display()));
  }
  if (ask.same_tokens) notes.insert(std::string(kSameTokensNote));
  comparison.notes.assign(notes.begin(), notes.end());
  return comparison;
}

}  // namespace baton
