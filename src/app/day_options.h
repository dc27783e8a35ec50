// Options that name a day.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace baton {

// A day of the calendar, as "2026-10-07".
bool is_day(std::string_view text);

// --on: the day asked for, today (UTC) if it is empty; kUsage if there is no such day.
Result<std::string> day_or_today(const std::string& given);

}  // namespace baton
