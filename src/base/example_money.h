// For tests: amounts as they are written.
#pragma once

#include <string_view>

#include "base/money.h"

namespace baton {

// Requires: `text` is an amount.
inline Money dollars(std::string_view text) {
  return *Money::parse(text);
}

}  // namespace baton
