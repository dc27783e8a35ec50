// What the head of a response says of the provider's rate limits, and which models share them.
// Facts: the Messages API reference, section 11.
#pragma once

#include <string_view>

#include "core/pacer.h"
#include "provider/messages.h"

namespace baton {

// From the anthropic-ratelimit-* headers of requests, input and output tokens. What is not a number
// or a time, or none that can be meant, reads as not said.
RateLimits rate_limits(const HttpHeaders& headers, Instant now);

// The name of the bucket that the provider counts a model's calls in: `model` itself, without its
// date, where it has one of its own. Lives as long as `model`.
std::string_view rate_class_of(std::string_view model);

}  // namespace baton
