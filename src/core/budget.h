// Budget: what a run may still promise to spend.
//
// A call reserves its worst case before it starts and settles its bill when it ends, so the calls
// in flight are never promised more than the cap. (A limit checked after spending is a report.)
//
//   reserve(call, worst) ──► settle(call, actual)        charged + held <= cap at every instant
//
// Pure: no clock, no I/O. Owned by its run.
#pragma once

#include <map>
#include <optional>

#include "base/ids.h"
#include "base/money.h"

namespace baton {

class Budget {
 public:
  // `cap` is the most that may ever be promised; none: there is no cap. A zero cap admits only what
  // costs nothing.
  explicit Budget(std::optional<Money> cap = std::nullopt) : cap_(cap) {}

  bool fits(Money worst) const { return !cap_ || charged_ + held_ + worst <= *cap_; }

  // Sets `worst` aside for `call`. Requires: worst >= 0, fits(worst), and `call` holds no
  // reservation.
  void reserve(CallId call, Money worst);

  // Ends the reservation of `call` and charges `actual`. A bill is a fact: it is charged in full
  // even if it passes what was held, and overdrawn() then says so. Requires: `call` holds a
  // reservation.
  void settle(CallId call, Money actual);

  // Charges what was never reserved here: a fact, as a bill is. Requires: actual >= 0.
  void book(Money actual);

  // A new cap, whatever was charged so far. A lower one stops what is to come.
  void raise(std::optional<Money> cap) { cap_ = cap; }

  // What could be promised now; none: no cap.
  std::optional<Money> available() const;
  std::optional<Money> cap() const { return cap_; }
  Money charged() const { return charged_; }
  Money held() const { return held_; }
  bool overdrawn() const { return cap_ && charged_ > *cap_; }

  bool operator==(const Budget&) const = default;

 private:
  std::optional<Money> cap_;
  Money charged_;
  Money held_;
  std::map<CallId, Money> reservations_;  // ordered: a replay must walk it the same way
};

}  // namespace baton
