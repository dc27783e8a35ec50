#pragma once

#include "catalog/usage.h"

namespace baton {

// The usage with every count changed alike. Requires of Change: Tokens -> Tokens.
template <typename Change>
Usage each_count(const Usage& usage, const Change& change) {
  return {.input = change(usage.input),
          .cache_write_5m = change(usage.cache_write_5m),
          .cache_write_1h = change(usage.cache_write_1h),
          .cache_read = change(usage.cache_read),
          .output = change(usage.output)};
}

}  // namespace baton
