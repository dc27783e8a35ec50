// For tests: a small price list whose sums can be done in the head.
#pragma once

#include "catalog/catalog.h"

namespace baton {

inline const Catalog& prices() {
  static const Catalog catalog = *Catalog::parse(R"(
    [[model]]
    id = "small"
    context_window = 200_000
    max_output = 64_000
    min_cacheable = 4096
    takes_effort = false
    tokenizer_percent = 100
    [[model.price]]
    valid_from = 2026-01-01
    source = "test"
    verified_on = 2026-11-20
    batch_percent = 50
    steps = [{ input = "1", cache_write_5m = "1.25", cache_write_1h = "2", cache_read = "0.1", output = "5" }]

    [[model]]
    id = "large"
    context_window = 1_000_000
    max_output = 128_000
    min_cacheable = 2048
    takes_effort = true
    tokenizer_percent = 130
    [[model.price]]
    valid_from = 2026-01-01
    source = "test"
    verified_on = 2026-11-20
    batch_percent = 50
    steps = [{ input = "5", cache_write_5m = "6.25", cache_write_1h = "10", cache_read = "0.5", output = "25" }]

    [[model]]
    id = "unpriced"
    context_window = 1_000_000
    max_output = 128_000
    min_cacheable = 2048
    takes_effort = false
    tokenizer_percent = 100
  )");
  return catalog;
}

}  // namespace baton
