// Rate limits: for each model class three token buckets that refill continuously.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "mock_api/options.h"

namespace baton::mock_api {

using Headers = std::vector<std::pair<std::string, std::string>>;

class RateLimiter {
 public:
  explicit RateLimiter(RateLimits limits) : limits_(std::move(limits)) {}

  // Takes one request with `input_tokens` (cache reads left out) from the class's buckets. A number
  // of seconds, with nothing taken, if the request must wait that long.
  std::optional<int> admit(std::string_view rate_class, std::int64_t input_tokens, Instant now);
  void produced(std::string_view rate_class, std::int64_t output_tokens, Instant now);
  // The anthropic-ratelimit-* headers for the limits that are set.
  Headers headers(std::string_view rate_class, Instant now);

  // How well each class's limits were used, from its first request to its last sign of life:
  // {class: {"since_ms", "last_ms", "admitted", "refused",
  //          "requests" | "input_tokens" | "output_tokens":
  //              {"limit_per_minute", "burst", "allowed", "used", "share"}}}
  // `allowed` is the full bucket it began with and what has flowed into it since; no limit: nulls.
  std::string to_json() const;

 private:
  struct Bucket {
    double limit = 0;     // a minute; 0: none
    double capacity = 0;  // what it holds when full
    double level = 0;
    double used = 0;
    Instant filled;

    void refill(Instant now);
    void take(double amount);
    // Seconds until `amount` is there; for more than it can hold, until it is full.
    double wait_for(double amount) const;
  };
  struct Class {
    Bucket requests, input, output;
    std::int64_t admitted = 0;
    std::int64_t refused = 0;
    Instant since;
    Instant last;
  };
  Class& filled(std::string_view rate_class, Instant now);

  RateLimits limits_;
  std::map<std::string, Class, std::less<>> classes_;
};

}  // namespace baton::mock_api
