// Compare: the same work priced otherwise. Described work (a fleet) or recorded work (the calls of
// a run), on other models, without a cache, in a batch.
//
// Token counts do not transfer between models: on another model they are taken times what the
// catalogue says of both tokenizers, and a note says so. Cache reads and writes of recorded work
// stay what they were; those of a fleet follow from its description.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "core/event.h"
#include "core/tier.h"
#include "forecast/fleet.h"

namespace baton {

// One call of a recorded run whose bill is known.
struct RecordedCall {
  Role role = Role::kWorker;
  std::optional<Tier> tier{};
  std::string model{};
  std::string date{};        // of the call: what another model's price is looked up by
  std::string price_date{};  // `valid_from` of the sheet it was billed by
  Service service = Service::kStandard;
  Usage usage{};
  Money charge{};

  bool operator==(const RecordedCall&) const = default;
};

struct RecordedRun {
  std::vector<RecordedCall> calls{};
  int unknown_calls = 0;  // ended without a known bill, or not at all; in no row
  Money unknown{};        // what is booked for them

  bool operator==(const RecordedRun&) const = default;
};

// The fold of a run's events. Pure.
RecordedRun recorded_run(const std::vector<Event>& events);

struct CompareAsk {
  TierModels models;         // of the rows "all deep" and "balanced workers"
  TierModels newer;          // of the row "5.5 models"
  bool chosen = false;       // some of `models` were named by the user: a row for them
  bool same_tokens = false;  // take token counts as they are, whatever the tokenizer
};

struct CompareRow {
  std::string name;
  std::string detail;         // the models it is about, or nothing
  std::optional<Money> cost;  // none: `missing` says why
  std::string missing;

  bool operator==(const CompareRow&) const = default;
};

struct Comparison {
  std::vector<CompareRow> rows;    // never empty; the first is what was described or recorded
  std::vector<std::string> notes;  // what the figures rest on

  Money base() const { return *rows.front().cost; }
};

// kUsage if the fleet itself can not be priced.
Result<Comparison> compare_fleet(const FleetPlan& fleet, const CompareAsk& ask,
                                 const Catalog& catalog, const std::string& date);
// kUsage if no call has a known bill.
Result<Comparison> compare_run(const RecordedRun& run, const CompareAsk& ask,
                               const Catalog& catalog);

// `part` of `whole` in percent, rounded to one decimal; none of nothing.
std::optional<double> percent_of_base(Money part, Money whole);

struct Projection {
  Money daily;  // a 30th of `monthly`, rounded up to a picodollar
  Money monthly;
};
// None if it is more than can be counted. Requires: runs_per_month >= 0.
std::optional<Projection> projected(Money of_one_run, int runs_per_month);

}  // namespace baton
