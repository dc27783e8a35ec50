// Points in time as the provider's headers and answers write them.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace baton {

// RFC 3339: "2026-11-20T18:04:51Z", also with a fraction of a second or an offset. None for
// anything else, and for years before 1970.
std::optional<Instant> wire_time(std::string_view text);

}  // namespace baton
