// The hash chain of a run: each event's hash covers the one before it, so an event cannot be
// changed, taken out or put in without every later hash telling.
#pragma once

#include <string_view>

#include "base/hash.h"

namespace baton {

// What the first event of a run follows.
inline constexpr Sha256 kChainStart{};

// SHA-256 of: previous hash, type, a zero byte, body.
Sha256 chained(const Sha256& previous, std::string_view type, std::string_view body);

inline std::string_view bytes_of(const Sha256& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace baton
