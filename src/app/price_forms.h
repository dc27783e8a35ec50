// What the commands about prices share: days, and cells of their tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton {

// The day asked for ("2026-10-07"), today (UTC) if it is empty; kUsage if there is no such day.
Result<std::string> day_or_today(const std::string& given);

// One line of CSV by RFC 4180, its end included. Text from outside does nothing in it: control
// characters are gone, and a spreadsheet takes no cell for a formula.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace baton
