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
  explicit RateLimiter(RateLimits limits) : limits_(limits) {}

  // Takes one request with `input_tokens` (cache reads left out) from the class's buckets. A number
  // of seconds, with nothing taken, if the request must wait that long.
  std::optional<int> admit(std::string_view rate_class, std::int64_t input_tokens, Instant now);
  void produced(std::string_view rate_class, std::int64_t output_tokens, Instant now);
  // The anthropic-ratelimit-* headers for the limits that are set.
  Headers headers(std::string_view rate_class, Instant now);

 private:
  struct Bucket {
    double limit = 0;  // a minute; 0: none
    double level = 0;
    Instant filled;

    void refill(Instant now);
    // Seconds until `amount` is there; a bucket below one whole minute's fill suffices for more.
    double wait_for(double amount) const;
  };
  struct Buckets {
    Bucket requests, input, output;
  };
  Buckets& buckets(std::string_view rate_class, Instant now);

  RateLimits limits_;
  std::map<std::string, Buckets, std::less<>> classes_;
};

}  // namespace baton::mock_api
