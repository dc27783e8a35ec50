// Usage: what the provider says one call consumed, by the classes it bills apart.
#pragma once

#include <ostream>

#include "base/tokens.h"

namespace baton {

struct Usage {
  Tokens input{};  // neither read from nor written to the cache
  Tokens cache_write_5m{};
  Tokens cache_write_1h{};
  Tokens cache_read{};
  Tokens output{};  // thinking included

  Tokens prompt() const { return input + cache_write_5m + cache_write_1h + cache_read; }
  Usage& operator+=(const Usage& other) {
    input += other.input;
    cache_write_5m += other.cache_write_5m;
    cache_write_1h += other.cache_write_1h;
    cache_read += other.cache_read;
    output += other.output;
    return *this;
  }
  bool operator==(const Usage&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Usage& u) {
  return out << "{in " << u.input.count() << ", w5m " << u.cache_write_5m.count() << ", w1h "
             << u.cache_write_1h.count() << ", read " << u.cache_read.count() << ", out "
             << u.output.count() << '}';
}

}  // namespace baton
