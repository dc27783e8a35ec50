// The usage objects of one answer, laid over each other: message_start tells the input side and its
// cache split, message_delta tells cumulative counts without the split.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "catalog/usage.h"
#include "prompt/prompt.h"

namespace baton {

class WireUsage {
 public:
  // `ttl` is what the request asked for: the class of cache writes that are told without a split.
  explicit WireUsage(CacheTtl ttl = CacheTtl::k5Minutes) : ttl_(ttl) {}

  // Counts that are absent or null leave what was known. kInput for a count that cannot be one
  // (negative, a fraction, text, beyond any context); nothing of that object is taken then.
  Status merge(const boost::json::value* usage);

  // What the provider will bill. kInput while the input or the output was never told, and where the
  // cache counts contradict each other.
  Result<Usage> total() const;
  // The input side alone, output zero; empty where total() would fail because of it.
  std::optional<Usage> input_side() const;

 private:
  Result<Usage> input() const;

  CacheTtl ttl_;
  std::optional<std::int64_t> input_;
  std::optional<std::int64_t> output_;
  std::optional<std::int64_t> cache_read_;
  std::optional<std::int64_t> cache_write_;
  std::optional<std::int64_t> cache_write_5m_;
  std::optional<std::int64_t> cache_write_1h_;
};

}  // namespace baton
