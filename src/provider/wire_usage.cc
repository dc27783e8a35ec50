#include "provider/wire_usage.h"

#include <boost/json.hpp>

#include "base/json_fields.h"
#include "base/text.h"

namespace baton {
namespace {

namespace json = boost::json;

// Beyond any context window, and small enough that five classes of it, each at the dearest price a
// catalogue may hold, stay inside the range of Money.
constexpr std::int64_t kMostTokens = std::int64_t{1} << 27;

Status read_count(const json::value* usage, std::string_view key,
                  std::optional<std::int64_t>& count) {
  const json::value* value = value_at(usage, key);
  if (value == nullptr) return {};
  const std::int64_t* number = value->if_int64();
  if (number == nullptr || *number < 0 || *number > kMostTokens) {
    return input_error(
        fmt::format("usage.{} is {}, expected a count", key, shorten(json::serialize(*value), 40)));
  }
  count = *number;
  return {};
}

}  // namespace

Status WireUsage::merge(const json::value* usage) {
  WireUsage merged = *this;
  const json::value* split = value_at(usage, "cache_creation");
  for (const Status& status : {
           read_count(usage, "input_tokens", merged.input_),
           read_count(usage, "output_tokens", merged.output_),
           read_count(usage, "cache_read_input_tokens", merged.cache_read_),
           read_count(usage, "cache_creation_input_tokens", merged.cache_write_),
           read_count(split, "ephemeral_5m_input_tokens", merged.cache_write_5m_),
           read_count(split, "ephemeral_1h_input_tokens", merged.cache_write_1h_),
       }) {
    if (!status) return status;
  }
  // A split that came without a newer sum is the newer truth.
  if (split != nullptr && value_at(usage, "cache_creation_input_tokens") == nullptr) {
    merged.cache_write_.reset();
  }
  *this = merged;
  return {};
}

Result<Usage> WireUsage::input() const {
  if (!input_) return input_error("usage.input_tokens was never told");
  const bool is_split = cache_write_5m_ || cache_write_1h_;
  std::int64_t write_1h = cache_write_1h_.value_or(0);
  const std::int64_t split = cache_write_5m_.value_or(0) + write_1h;
  const std::int64_t writes = cache_write_.value_or(split);
  if (writes < split) {
    return input_error(fmt::format(
        "usage.cache_creation_input_tokens is {}, less than the {} of its split", writes, split));
  }
  // Writes beyond the split were made after it was told, by the provider's own tools: at 5 minutes.
  // Where there is no split at all, they are what the request asked for.
  if (!is_split && ttl_ == CacheTtl::k1Hour) write_1h = writes;
  return Usage{.input = Tokens(*input_),
               .cache_write_5m = Tokens(writes - write_1h),
               .cache_write_1h = Tokens(write_1h),
               .cache_read = Tokens(cache_read_.value_or(0)),
               .output = Tokens()};
}

Result<Usage> WireUsage::total() const {
  Result<Usage> usage = input();
  if (!usage) return usage;
  if (!output_) return input_error("usage.output_tokens was never told");
  usage->output = Tokens(*output_);
  return usage;
}

std::optional<Usage> WireUsage::input_side() const {
  const Result<Usage> usage = input();
  return usage ? std::optional<Usage>(*usage) : std::nullopt;
}

}  // namespace baton
