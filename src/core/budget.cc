#include "core/budget.h"

#include "base/check.h"

namespace baton {

void Budget::reserve(CallId call, Money worst) {
  BATON_CHECK(worst >= Money() && fits(worst));
  BATON_CHECK(reservations_.emplace(call, worst).second);
  held_ += worst;
}

void Budget::settle(CallId call, Money actual) {
  const auto reservation = reservations_.find(call);
  BATON_CHECK(reservation != reservations_.end());
  held_ -= reservation->second;
  reservations_.erase(reservation);
  charged_ += actual;
}

void Budget::book(Money actual) {
  BATON_CHECK(actual >= Money());
  charged_ += actual;
}

std::optional<Money> Budget::available() const {
  if (!cap_) return std::nullopt;
  return *cap_ - charged_ - held_;
}

}  // namespace baton
