// What the head of a response says of the provider's rate limits.
// Facts: the Messages API reference, section 11.
#pragma once

#include <string_view>

#include "core/pacer.h"
#include "provider/messages.h"

namespace baton {

// From the anthropic-ratelimit-* headers of requests, input and output tokens. What is not a number
// or a time, or none that can be meant, reads as not said.
RateLimits rate_limits(const HttpHeaders& headers, Instant now);

}  // namespace baton
