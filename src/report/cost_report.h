// What a run cost, folded from its journal. Pure.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "core/event.h"
#include "report/review_report.h"

namespace baton {

// One call that may have been billed, with what is booked for it.
struct CostedCall {
  const CallReserved& reserved;
  const TaskSpec& task;
  Money charge;
  Usage usage;
  bool known = false;   // false: `charge` is the worst case, and `usage` what had been reported
  bool wasted = false;  // it had no answer, or its attempt was not accepted in the end
};

// What the call's tokens cost on `deep`, live, by the sheet valid on its day. None if its bill is
// not known, or `deep` is null or had no price.
std::optional<Money> deep_price(const CostedCall& call, const Model* deep);

// The fold of a run's events into what it cost: fed as they happen, or from the journal, with the
// same result.
//
// Every call that may have been billed counts: settled ones with their bill, unknown ones with what
// was booked for them, and those whose end the journal does not have (the run is still going, or
// was interrupted) with what is set aside for them, as unknown. What was booked for events that
// were lost counts as one call more, unknown, of no task.
class CostFold {
 public:
  CostFold();
  ~CostFold();
  CostFold(CostFold&&) noexcept;
  CostFold& operator=(CostFold&&) noexcept;

  void add(const std::vector<Event>& events);

  // `all_deep` prices each call's tokens on `deep_model`, by the sheet valid on the day of the
  // call. It stays zero if the catalogue has no such model, or no price of it on one of those days.
  CostReport report(const Catalog& catalog, std::string_view deep_model) const;
  // In the order they were reserved.
  void each_call(const std::function<void(const CostedCall&)>& see) const;
  const std::vector<Instant>& escalations() const;
  Instant began() const;
  // Between the first event and the last.
  Millis elapsed() const;

 private:
  struct Facts;
  std::unique_ptr<Facts> facts_;
};

// Of a whole journal.
CostReport cost_of(const std::vector<Event>& events, const Catalog& catalog,
                   std::string_view deep_model);

}  // namespace baton
